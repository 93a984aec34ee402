import Execution
import GitStore
import Porcelain

extension Session {
    /// Closes the jobs of this clone whose process is gone, with their reason.
    ///
    /// Called before anything is shown or started, so that no command is needed to repair what
    /// a crash left. Where nothing may be written, what is shown says what is stored.
    func closeDeadJobs() throws {
        guard context.environment["DRAFT_JOB"] == nil else { return }
        do {
            try Recovery(jobContext()).closeDeadJobs()
        } catch let error as GitError where error.code == .system {
            warn("cannot close jobs that died: \(error)")
        }
    }
}

import Execution
import GitStore
import Model
import Porcelain

extension Session {
    /// Closes the jobs and the landings of this clone whose process is gone.
    ///
    /// Called before anything is shown or started, so that no command is needed to repair what
    /// a crash left. Where nothing may be written, what is shown says what is stored.
    func closeDeadJobs() throws {
        guard context.environment["DRAFT_JOB"] == nil else { return }
        do {
            let jobs = try jobContext()
            try Recovery(jobs).closeDeadJobs()
            try closeDeadLandings(jobs)
            removing { try jobs.removeDeadCheckouts() }
        } catch {
            warn("cannot close jobs that died: \(error)")
        }
    }

    /// Finishes the landings that moved the base and did not live to say so.
    private func closeDeadLandings(_ jobs: JobContext) throws {
        guard try !repository.references(under: "refs/draft-local/land/").isEmpty,
            let person = try? decider()
        else { return }
        for landing in try lander(jobs, progress: { _ in }).recoverIfIdle(as: person) {
            for note in landing.notes { terminal.note("note: \(escaped(note))") }
        }
    }

    /// Removes what finished tickets left on the disk.
    ///
    /// What stands in the way is tried again by the next command.
    func removeLeftovers(_ jobs: JobContext) {
        removing { try TicketCleanup(jobs).cleanFinished() }
    }

    private func removing(_ body: () throws -> Void) {
        do {
            try body()
        } catch {
            warn("cannot remove what a dead process left: \(error)")
        }
    }

    /// What moves the base branch.
    func lander(
        _ jobs: JobContext, stop: StopSignal? = nil, progress: @escaping @Sendable (String) -> Void
    ) throws -> Lander {
        guard let committer = repository.identity(.committer) else {
            throw CommandError("git does not know who you are")
        }
        var git = GitProgram(environment: jobs.environment)
        git.asksOnTerminal = context.terminal.inputIsTTY
        let policy = try PolicyLoader(self).current().policy.policy
        let limit = policy.guardrails.maxRuntimeSeconds
        // Found out here, for a landing asks while it holds the board.
        _ = try? jobs.sandbox(policy)
        return Lander(
            board: board, git: git,
            validation: jobs.validation(stop: stop, limit: limit),
            committer: committer, policy: jobs.policy, stop: stop, progress: progress)
    }
}

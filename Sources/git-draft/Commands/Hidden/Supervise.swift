import Execution
import GitStore
import Glibc
import Model
import Porcelain

/// `git draft _supervise`: the process of one job; never typed by people.
struct Supervise: Command {
    static let help = Help("Run one job", verb: "_supervise", hidden: true)

    @Argument("the job") var job: String

    func run(in context: Context) async throws {
        // Whoever started us may die at any time, also now: until the signal is caught it kills.
        let parent = getppid()
        let stop = try StopSignal.catchingTermination(parent: parent)
        try Supervision.dieWithParent(SIGTERM, parent: parent)
        let session = try Session(context, stream: job)
        let jobs = try session.jobContext(readsOnce: true)
        _ = try JobRunner(jobs, stop: stop).run(job)
    }
}

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
        let stop = try StopSignal.catchingTermination()
        try Supervision.dieWithParent(SIGTERM)
        let session = try Session(context, stream: job)
        let jobs = try session.jobContext(readsOnce: true)
        _ = try JobRunner(jobs, stop: stop).run(job)
    }
}

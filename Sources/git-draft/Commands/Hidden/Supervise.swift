import Execution
import GitStore
import Glibc
import Model
import Porcelain

/// `git draft _supervise`: the process of one job; never typed by people.
struct Supervise: Command {
    static let help = Help("Run one job", verb: "_supervise", hidden: true)

    @Argument("the job") var job: String
    @Option("--trust", value: "hash", help: "run that set of commands only")
    var trust: String?
    @Option("--bwrap", value: "path", help: "keep jobs apart with that, which works")
    var bwrap: String?
    @Flag("--user-namespaces", help: "it cannot turn them off inside") var userNamespaces

    func run(in context: Context) async throws {
        // Whoever started us may die at any time, also now: until the signal is caught it kills.
        let parent = getppid()
        let stop = try StopSignal.catchingTermination(parent: parent)
        try Supervision.dieWithParent(SIGTERM, parent: parent)
        var session = try Session(context, stream: job)
        guard !JobAncestry.isInsideJob(at: session.repository) else {
            throw CommandError("a job cannot decide; that is for a person outside of it")
        }
        session.acceptedSet = trust
        session.foundSandbox = bwrap.map {
            Bubblewrap.Found(program: $0, closesNamespaces: !userNamespaces)
        }
        JobAncestry.mark()
        _ = try session.environmentFile.get()
        let jobs = try session.jobContext(readsOnce: true)
        _ = try JobRunner(jobs, stop: stop).run(job)
    }
}

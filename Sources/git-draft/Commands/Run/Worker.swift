import Execution
import GitStore
import Model
import Porcelain

/// `git draft worker`.
struct Worker: Command {
    static let help = Help(
        "Take up the jobs that are queued", group: "Execution",
        description: """
            Takes up jobs that wait for their turn in this clone, such as those whose question \
            was answered, the most urgent first, and ends when nothing is queued.

            With --trust, only the set of commands with that hash runs, as `git draft trust \
            --show` prints it; nothing that was accepted before counts, and nothing is \
            remembered. That is for machines on which nobody accepts anything.

            Exits with 0 when nothing is queued any more, whatever came of the jobs.
            """)

    @Option("--trust", value: "hash", help: "run the set of commands with that <hash> only")
    var trust: String?
    @Option("--job", value: "job", help: "take up <job> alone") var job: String?
    @Options var output: OutputOptions

    func validate() throws {
        guard let trust else { return }
        let isHash = trust.utf8.count == 64 && trust.utf8.allSatisfy { hexValues.contains($0) }
        if !isHash {
            throw UsageError("bad value '\(trust)' for '--trust'; expected 64 hexadecimal digits")
        }
    }

    private var hexValues: [UInt8] { Array("0123456789abcdef".utf8) }

    func run(in context: Context) async throws {
        var session = try Session(context)
        session.acceptedSet = trust
        let person = try session.decider()
        let jobs = try session.admission()
        let only = try job.map { try session.jobID($0) }
        if let only { try check(only, session) }
        let view = JobProgress(session, isQuiet: output.json || output.quiet, saysEnds: true)
        let stop = try StopSignal.catchingTermination()
        let scheduler = Scheduler(
            jobs, invoker: person, request: RunRequest(), stop: stop, tell: view.hear)
        let queue = WorkerQueue(session, only: only)
        defer { view.finish() }
        var ended: [Model.Job] = []
        while !stop.isRequested {
            let count = queue.taken
            do {
                _ = try scheduler.run(next: { try queue.tickets() }, ended: { ended.append($1) })
            } catch let error as AdmissionError where error.isBusy && only == nil {
                // Somebody else took it up first.
            }
            while let goal = try queue.goal(), !stop.isRequested {
                if let job = try scheduler.plan(goal) { ended.append(job) }
            }
            guard queue.taken > count else { break }
        }
        view.finish()
        if output.json { try session.printJSON(JSON(schemaList: "jobs", ended.map(\.shown))) }
        if stop.isRequested { throw Verdict(status: ExitStatus.interrupted) }
        if ended.isEmpty { session.terminal.note("nothing is queued") }
    }

    /// Refuses a job that is not queued.
    private func check(_ id: String, _ session: Session) throws {
        let job = try session.board.snapshot().require(Model.Job.self, id)
        guard job.status != .queued || job.isPersons || job.jobKind == .land else { return }
        let name = sentenceName(id)
        throw CommandError(
            "job \(name) is \(job.isPersons ? "a person's" : job.status.word); only a queued one "
                + "can be taken up", hint: "git draft job show \(name)")
    }
}

/// What a worker takes up next.
private final class WorkerQueue {
    private let session: Session
    private let only: String?
    private var seen: Set<String> = []

    /// How many jobs were taken up.
    var taken: Int { seen.count }

    init(_ session: Session, only: String?) {
        self.session = session
        self.only = only
    }

    /// The tickets whose jobs wait for their turn, the most urgent first.
    func tickets() throws -> [String] {
        let snapshot = try session.board.snapshot()
        let jobs = try queued(snapshot).filter { $0.ticketID != nil }
        seen.formUnion(jobs.map(\.id))
        let ids = Set(jobs.compactMap(\.ticketID))
        return try snapshot.list(Ticket.self).filter { ids.contains($0.id) }.inOrder().map(\.id)
    }

    /// The next goal whose plan waits for its turn.
    func goal() throws -> String? {
        let job = try queued(session.board.snapshot()).first { $0.jobKind == .plan }
        if let job { seen.insert(job.id) }
        return job?.goalID
    }

    /// The jobs that wait here and that somebody of this clone queued.
    private func queued(_ snapshot: Snapshot) throws -> [Model.Job] {
        let replica = try session.board.replicaIfAny()
        let policy = try PolicyLoader(session).current().policy.policy
        let members = Members(session.repository, policy)
        return try snapshot.list(Model.Job.self).filter { job in
            guard job.status == .queued, !job.isPersons, job.jobKind != .land,
                !seen.contains(job.id),
                only == nil || job.id == only, job.replica == nil || job.replica == replica
            else { return false }
            guard !members.contains(job.invoker ?? "") else { return true }
            seen.insert(job.id)
            session.warn(
                "job \(job.id.prefix(6)) was queued by '\(job.person ?? "nobody")', who may not "
                    + "start jobs here")
            return false
        }
    }
}

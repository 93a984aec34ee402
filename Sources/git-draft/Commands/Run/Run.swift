import Execution
import GitStore
import Model
import Porcelain

/// What `run` and `retry` share: how the jobs are to be done.
struct RunOptions: OptionGroup {
    @Option("--agent", help: "let <agent> of draft.yaml do it")
    var agent: String?
    @Option("--validate", value: "command", help: "validate with <command> instead")
    var validate: String?
    @Option(
        "--allow-no-validation", value: "reason",
        help: "run without validation, and record why")
    var allowNoValidation: String?
    @Option(
        "--allow-red-base", value: "reason",
        help: "run on a base that fails its own validation, and record why")
    var allowRedBase: String?
    @Flag("--investigate", help: "only find out; change nothing") var investigate
    @Flag("--fresh", help: "start at the base, whatever was done before") var fresh

    /// The options as execution takes them.
    var request: RunRequest {
        var request = RunRequest()
        request.agent = agent
        request.validate = validate
        request.allowNoValidation = allowNoValidation
        request.allowRedBase = allowRedBase
        request.investigates = investigate
        request.isFresh = fresh
        return request
    }
}

/// `git draft run`.
struct Run: Command {
    static let help = Help(
        "Have tickets done", group: "Execution",
        description: """
            Starts a job for each ticket, several at once, and follows them until they end. A \
            ticket must be planned, and the tickets that it waits for must be done. A job that \
            waits for its turn since a question was answered is taken up.

            Exits with 0 if every ticket has a revision to review, and with 1 if one is blocked \
            or asks.
            """)

    @Argument("which tickets", value: "ticket", atLeastOne: true) var tickets: [String]
    @Options var options: RunOptions
    @Options var output: OutputOptions

    func run(in context: Context) async throws {
        let session = try Session(context)
        let jobs = try session.admission()
        let ids = try session.ticketIDs(tickets)
        try JobRun(session, jobs, options.request, output).run(ids)
    }
}

/// Runs jobs for tickets, shows how they get on, and says what came of them.
struct JobRun {
    let session: Session
    let jobs: JobContext
    let request: RunRequest
    let output: OutputOptions

    /// Whether to name what comes next.
    var advises = true

    init(
        _ session: Session, _ jobs: JobContext, _ request: RunRequest, _ output: OutputOptions
    ) {
        self.session = session
        self.jobs = jobs
        self.request = request
        self.output = output
    }

    /// Runs jobs for tickets, each once.
    ///
    /// - Throws: ``Verdict`` with status 1 if one has no revision, 130 if it was interrupted.
    func run(_ tickets: [String]) throws {
        var rest = tickets
        var ended: [Model.Job] = []
        let view = JobProgress(
            session, isQuiet: output.json || output.quiet, saysEnds: false)
        let stop = try StopSignal.catchingTermination()
        let scheduler = Scheduler(
            jobs, invoker: try session.decider(), request: request, stop: stop,
            tell: view.hear)
        let isComplete: Bool
        do {
            isComplete = try scheduler.run(
                next: {
                    defer { rest = [] }
                    return rest
                }, ended: { ended.append($1) })
        } catch {
            view.finish()
            if !ended.isEmpty { try report(ended) }
            throw error
        }
        view.finish()
        try report(ended)
        guard isComplete else {
            session.terminal.note("canceled")
            let done = Set(ended.compactMap(\.ticketID))
            let names = tickets.filter { !done.contains($0) }.map { sentenceName($0) }
            if !names.isEmpty { session.advise("git draft run \(names.joined(separator: " "))") }
            throw Verdict(status: ExitStatus.interrupted)
        }
        let isGood = ended.count == tickets.count && ended.allSatisfy(\.hasResult)
        if !isGood { throw Verdict(status: ExitStatus.no) }
    }

    private func report(_ ended: [Model.Job]) throws {
        if output.json {
            return try session.printJSON(JSON(schemaList: "jobs", ended.map(\.shown)))
        }
        for job in ended {
            guard !output.quiet else {
                try session.terminal.writeLine(job.id)
                continue
            }
            try session.terminal.writeLine(JobSentence(session).text(job))
        }
        let done = ended.filter(\.hasResult)
        guard !output.quiet, advises, let job = done.first, let first = job.ticketID else { return }
        if job.reason == Reason.tripwire.rawValue {
            return session.advise("git draft review \(first.prefix(6))")
        }
        session.advise(
            "git draft diff \(first.prefix(6)); git draft review --approve \(first.prefix(6))")
    }
}

extension Model.Job {
    /// Whether it ended with something to review.
    var hasResult: Bool { status == .succeeded && ["revision", "findings"].contains(outcome) }
}

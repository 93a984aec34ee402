import Execution
import GitStore
import Model
import Porcelain
import Synchronization

/// `git draft submit`.
struct Submit: Command {
    static let help = Help(
        "Bring in what you did on a ticket that you took", group: "Execution",
        description: """
            Takes the commits on `take/<ticket>` and whatever else is in the worktree and not \
            ignored, and has it go the way of an agent's work: guardrails, fast and full \
            validation in a fresh checkout by what the base commit says, and a revision to \
            review. Nothing in the worktree changes.

            Exits with 0 if there is a revision to review, and with 1 if something is wrong: the \
            ticket then stays taken, and what was submitted is kept as a snapshot.
            """)

    @Argument("which ticket") var ticket: String
    @Option("-m", "--message", value: "text", help: "tell reviewers <text>")
    var messages: [String]
    @Option(
        "--allow-no-validation", value: "reason",
        help: "submit without validation, and record why")
    var allowNoValidation: String?
    @Options var output: OutputOptions

    func run(in context: Context) async throws {
        let session = try Session(context)
        _ = try session.decider()
        let jobs = try session.admission()
        let id = try session.board.snapshot().ticketID(ticket)
        let isQuiet = output.json || output.quiet
        let line = Mutex(ProgressLine(terminal: session.terminal))
        defer { line.withLock { $0.finish() } }
        let submission = Submission(
            jobs, message: messages.isEmpty ? nil : messages.joined(separator: "\n\n"),
            allowNoValidation: allowNoValidation, stop: try StopSignal.catchingTermination()
        ) { text in
            if !isQuiet { line.withLock { $0.note(Cell(text)) } }
        }
        switch try submission.submit(id) {
        case .interrupted: throw Verdict(status: ExitStatus.interrupted)
        case .revision(let job): try report(job, id, session)
        case .red(let job, let reason, let failures):
            try complain(job, id, reason, failures, session)
            throw Verdict(status: ExitStatus.no)
        }
    }

    private func report(_ job: Model.Job, _ id: String, _ session: Session) throws {
        let snapshot = try session.board.snapshot()
        let revision = try snapshot.list(Revision.self).filter { $0.jobID == job.id }
            .max { $0.number < $1.number }
        guard let revision else {
            throw CommandError("the revision of job \(sentenceName(job.id)) is gone")
        }
        try session.report(
            revision, output, "submitted revision \(revision.number) of ticket \(sentenceName(id))")
        guard !output.json, !output.quiet else { return }
        let name = sentenceName(id)
        session.advise("git draft diff \(name); git draft review --approve \(name)")
    }

    private func complain(
        _ job: Model.Job, _ id: String, _ reason: String?,
        _ failures: [(what: String, output: String)], _ session: Session
    ) throws {
        if output.json { return try session.printJSON(job.shown) }
        if output.quiet { return }
        let why = reason.map { " (\($0))" } ?? ""
        session.terminal.note("error: ticket \(sentenceName(id)) is not green\(why)")
        for failure in failures {
            session.terminal.note("  \(escaped(failure.what)):")
            let tail = Text.boundedTail(failure.output, limit: 4096)
            for line in tail.split(separator: "\n") {
                session.terminal.note("    \(escaped(String(line)))")
            }
        }
        session.advise("git draft submit \(sentenceName(id))")
    }
}

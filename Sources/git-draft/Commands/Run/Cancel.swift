import Execution
import FoundationEssentials
import GitStore
import Model
import Porcelain

/// `git draft cancel`.
struct Cancel: Command {
    static let help = Help(
        "Stop a job", group: "Execution",
        description: """
            Stops the job, or the last job of the ticket, with everything that it started. The \
            ticket is planned again, and what was done so far is kept. Of a ticket that a person \
            took this gives it back; its worktree stays as it is.
            """)

    @Argument("what to stop", value: "ticket|job") var subject: String
    @Options var output: OutputOptions

    func run(in context: Context) async throws {
        let session = try Session(context)
        let id = try session.jobID(subject)
        let jobs = try session.jobContext()
        let kept = try Cancellation(jobs).cancel(id, by: session.decider())
        let snapshot = try session.board.snapshot()
        let job = try snapshot.require(Model.Job.self, id)
        if job.isPersons,
            let ticket = try job.ticketID.flatMap({ try snapshot.view(Ticket.self, $0) })
        {
            return try report(kept, job, ticket, snapshot, session)
        }
        try session.report(job, output, "canceled job \(sentenceName(id))")
    }

    /// Says what became of a ticket that a person gave back, and of what they did.
    private func report(
        _ kept: Kept, _ job: Model.Job, _ ticket: Ticket, _ snapshot: Snapshot, _ session: Session
    ) throws {
        let name = sentenceName(ticket.id)
        let place = kept.path ?? ""
        for file in kept.left { session.warn("'\(file)' is kept in '\(place)' only") }
        if let absence = kept.absence {
            if FileManager.default.fileExists(atPath: place) {
                session.warn("what is in '\(place)' was not kept: it is not a worktree any more")
                session.advise("\(absence.hint ?? ""); git draft take \(name)")
            } else {
                session.warn(
                    "'\(place)' is not there; nothing of it was kept but what was committed "
                        + "or submitted")
            }
        }
        try session.report(job, output, "gave back \(ticket.sentence)")
        guard !output.json, !output.quiet else { return }
        let revision = try snapshot.list(Revision.self).filter { $0.ticketID == ticket.id }
            .max { $0.number < $1.number }
        guard ticket.state == .needsHuman, let revision else {
            return session.advise("git draft run \(name); git draft take \(name)")
        }
        session.terminal.note(
            "note: revision \(revision.number) is \(escaped(revision.status.word)), as before")
        if let commit = kept.commit {
            session.terminal.note("note: what you changed is kept as \("\(commit)".prefix(8))")
        }
        let next = revision.status == .approved ? "land" : "review"
        session.advise("git draft \(next) \(name); git draft take \(name)")
    }
}

/// `git draft retry`.
struct Retry: Command {
    static let help = Help(
        "Run a ticket again", group: "Execution",
        description: """
            Goes on from the last snapshot with fresh limits, from the base with --fresh, or from \
            the snapshot of a given turn with --at. A ticket that is done is opened again, and \
            starts at the base, which has what landed.
            """)

    @Argument("what to run again", value: "ticket|job") var subject: String
    @Option("--at", value: "turn", help: "start at the snapshot of turn <turn> of the last job")
    var turn: Int?
    @Options var options: RunOptions
    @Options var output: OutputOptions

    func run(in context: Context) async throws {
        let session = try Session(context)
        let jobs = try session.admission()
        let snapshot = try session.board.snapshot()
        var request = options.request
        let hit = try snapshot.resolve(subject, among: [.ticket, .job])
        var id = hit.id
        if hit.kind == .job {
            guard let ticket = try snapshot.require(Model.Job.self, hit.id).ticketID else {
                throw CommandError("job \(sentenceName(hit.id)) has no ticket to run again")
            }
            id = ticket
        }
        if let turn { request.start = try start(turn, session) }
        let wasDone = try session.board.transact(as: session.decider()) { transaction in
            let ticket = try transaction.require(Ticket.self, id)
            try transaction.refuseTaken(ticket)
            try check(ticket, in: transaction)
            if ticket.state == .planned { return false }
            let isDone = ticket.state == .done
            // From there the table knows one way only.
            try transaction.move(ticket, to: isDone ? .executing : .planned, reason: nil)
            return isDone
        }
        if wasDone {
            try plan(id, session)
            if request.start == nil { request.isFresh = true }
        }
        try JobRun(session, jobs, request, output).run([id])
    }

    /// Plans a ticket that was opened again, unless a job has taken it meanwhile.
    private func plan(_ id: String, _ session: Session) throws {
        try session.board.transact(as: session.decider()) { transaction in
            let ticket = try transaction.require(Ticket.self, id)
            guard ticket.state == .executing, ticket.jobID == nil else { return }
            try transaction.move(ticket, to: .planned, reason: nil)
        }
    }

    /// Refuses a ticket that somebody is at; one whose job has ended is nobody's.
    private func check(_ ticket: Ticket, in transaction: Transaction) throws {
        guard [.executing, .verifying].contains(ticket.state), let job = ticket.jobID,
            try transaction.before.view(Model.Job.self, job)?.status.isTerminal == false
        else { return }
        let name = sentenceName(ticket.id)
        throw CommandError(
            "ticket \(name) is being worked on", status: ExitStatus.again,
            hint: "git draft cancel \(name)")
    }

    private func start(_ turn: Int, _ session: Session) throws -> ObjectID {
        let job = try session.board.snapshot().require(
            Model.Job.self, try session.jobID(subject))
        let iteration = job.iterations.first { $0["n"]?.integer == Int64(turn) }
        guard let hex = iteration?["snapshot"]?.string, let commit = ObjectID(hex: hex) else {
            throw CommandError(
                "job \(sentenceName(job.id)) has no snapshot of turn \(turn)",
                hint: "git draft job show \(sentenceName(job.id))")
        }
        return commit
    }
}

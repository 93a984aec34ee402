import Configuration
import Execution
import FoundationEssentials
import GitStore
import Glibc
import Model
import Planner
import Porcelain

/// `git draft goal run`.
struct GoalRun: Command {
    static let help = Help(
        "Have a whole goal done", verb: "run",
        description: """
            Plans the goal if it has no tickets, from a file or by the agent, runs what is \
            unblocked, and goes on until nothing can move. A ticket that waits for others starts from the base once they \
            are done. Without --auto-approve each revision waits for a review; with it, so does \
            that of a ticket which holds text that nobody of this clone wrote or accepted, and \
            one that 'autonomy_config' keeps for a person. Where 'merge_config.on_approve' is \
            'nothing', what is approved is left to `git draft land`.

            Exits with 0 if all tickets are done, with 1 if some are blocked or wait for a person, \
            and with 75 if the time was up, or another command was in the way of what is left.
            """)

    @Argument("which goal", value: "goal") var goal: String
    @Flag("--auto-approve", help: "accept, approve and land as you") var autoApprove
    @Flag("--wait", help: "follow until nothing can move; this is the default") var wait
    @Option("--timeout", value: "seconds", help: "stop after <seconds>") var timeout: Int?
    @Option("--from", value: "file", help: "plan from <file> if there are no tickets")
    var file: String?
    @Option("--progress", value: "format", help: "print progress as <format>: jsonl")
    var progress: String?
    @Options var options: RunOptions
    @Options var output: OutputOptions

    func validate() throws {
        if let progress, progress != "jsonl" {
            throw UsageError("bad value '\(progress)' for '--progress'; expected one of: jsonl")
        }
        if progress != nil, output.json {
            throw UsageError("--progress and --json exclude each other")
        }
        if let timeout, timeout <= 0 {
            throw UsageError("bad value '\(timeout)' for '--timeout'; expected seconds above 0")
        }
    }

    func run(in context: Context) async throws {
        let session = try Session(context)
        let jobs = try session.admission()
        let lock = try exclusively(session)
        defer { extendLifetime(lock) }
        let id = try session.board.snapshot().goalID(goal)
        let deadline = timeout.map { ContinuousClock.now + .seconds($0) }
        try plan(id, session, jobs, until: deadline)
        try accept(id, session)
        let run = GoalJobs(
            session, jobs, goal: id, request: options.request, approves: autoApprove,
            isQuiet: output.json || output.quiet, lines: progress != nil)
        let isComplete = try run.run(until: deadline)
        try report(id, session)
        let rest = try run.rest()
        if let first = rest.toReview.first {
            session.advise("git draft review \(sentenceName(first))")
        }
        if !rest.toLand.isEmpty {
            let names = rest.toLand.map(sentenceName).joined(separator: " ")
            session.advise("git draft land \(names)")
        }
        if run.isInterrupted { throw Verdict(status: ExitStatus.interrupted) }
        guard isComplete else {
            session.terminal.note("error: the time is up; what ran was stopped in order")
            throw Verdict(status: ExitStatus.again)
        }
        let tickets = try wanted(id, session)
        guard !tickets.allSatisfy({ $0.state == .done }) else { return }
        throw Verdict(status: run.isWorthAnotherTry ? ExitStatus.again : ExitStatus.no)
    }

    /// Takes the goal for this command; the kernel gives it back, however the command ends.
    private func exclusively(_ session: Session) throws -> FileLock {
        let id = try session.board.snapshot().goalID(goal)
        let folder = "\(session.board.privateDirectory)/goals"
        try session.repository.makeDirectory(folder)
        guard let lock = try FileLock.tryLock("\(folder)/\(id)") else {
            throw CommandError(
                "another 'git draft goal run' is at goal \(sentenceName(id))",
                status: ExitStatus.again, hint: "git draft log -f \(sentenceName(id))")
        }
        return lock
    }

    /// The tickets of the goal that somebody still wants.
    private func wanted(_ id: String, _ session: Session) throws -> [Ticket] {
        try session.board.snapshot().tickets(of: id).filter { $0.state != .abandoned }.inOrder()
    }

    private func plan(
        _ id: String, _ session: Session, _ jobs: JobContext,
        until deadline: ContinuousClock.Instant?
    ) throws {
        guard try wanted(id, session).isEmpty else { return }
        guard let file else {
            let run = PlanRun(
                session, jobs, options.request, isQuiet: output.json || output.quiet,
                lines: progress != nil)
            guard try run.run(id, until: deadline).tickets.isEmpty else { return }
            throw Verdict(status: ExitStatus.no)
        }
        let plan = try PlanFile.parse(try session.context.read(file), file: file)
        let proposed = try session.board.transact(as: session.actor()) { transaction in
            let goal = try transaction.require(Model.Goal.self, id)
            var imported = PlanImport(plan, into: goal, beside: [])
            try imported.store(in: transaction, from: ["file": .string(file)])
            return imported.created
        }
        session.terminal.note("proposed \(counted(proposed.count, "ticket"))")
    }

    private func accept(_ id: String, _ session: Session) throws {
        var proposed = try wanted(id, session).filter { $0.state == .proposed }
        if autoApprove {
            proposed = try proposed.filter { ticket in
                let doubt = try session.doubt(about: ticket)
                guard let objection = try doubt ?? session.objection(to: ticket, acceptsPlans: true)
                else { return true }
                session.terminal.note("error: \(objection)")
                session.advise("git draft accept \(sentenceName(ticket.id))")
                return false
            }
        }
        guard !proposed.isEmpty else { return }
        if !autoApprove {
            for ticket in proposed { session.terminal.note("proposed: \(escaped(ticket.title))") }
            let answer = session.terminal.ask("Accept \(counted(proposed.count, "ticket"))?")
            guard answer == true else {
                session.terminal.note("error: \(counted(proposed.count, "ticket")) not accepted")
                session.advise("git draft accept \(sentenceName(id))")
                throw Verdict(status: ExitStatus.no)
            }
        }
        try session.board.transact(as: session.decider()) { transaction in
            for ticket in proposed {
                let ticket = try transaction.require(Ticket.self, ticket.id)
                if ticket.state == .proposed { try transaction.move(ticket, to: .planned) }
            }
        }
    }

    private func report(_ id: String, _ session: Session) throws {
        let tickets = try wanted(id, session)
        if output.json {
            return try session.printJSON(JSON(schemaList: "tickets", tickets.map(\.shown)))
        }
        if output.quiet { return }
        // What is printed beside the lines for tools is for people alone.
        func say(_ text: String) throws {
            if progress == nil { return try session.terminal.writeLine(text) }
            session.terminal.note(text)
        }
        let done = tickets.count { $0.state == .done }
        try say("\(done) of \(counted(tickets.count, "ticket")) done")
        let snapshot = try session.board.snapshot()
        for ticket in tickets where ticket.state != .done {
            let waiting = try ticket.state == .planned ? snapshot.openBlockers(of: ticket) : []
            let names = waiting.map { "waits for \(sentenceName($0.id)), \($0.state)" }
            let reasons = ([ticket.reason].compactMap(\.self) + names).joined(separator: "; ")
            let why = reasons.isEmpty ? "" : " (\(reasons))"
            try say("  \(escaped("\(ticket.state)\(why)")): \(ticket.sentence)")
            for blocker in waiting where blocker.state == .abandoned {
                session.advise(
                    "git draft ticket unblock \(sentenceName(ticket.id)) --by "
                        + sentenceName(blocker.id))
            }
        }
    }
}

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

/// Runs the tickets of a goal until nothing can move.
final class GoalJobs {
    private let session: Session
    private let jobs: JobContext
    private let goal: String
    private let request: RunRequest
    private let approves: Bool
    private let lines: Bool
    private let view: JobProgress
    private var tried: [String: String] = [:]
    private var givenUp: Set<String> = []

    /// The tickets that were left to a person, to review or to land.
    private var left: [String] = []

    /// How those of our own commands ended that could not do it.
    private var refusals: [Int32] = []

    /// Whether somebody else was in the way each time that something could not be done.
    var isWorthAnotherTry: Bool {
        !refusals.isEmpty && refusals.allSatisfy { $0 == ExitStatus.again }
    }

    private var stop: StopSignal?

    /// Whether a signal ended it.
    var isInterrupted: Bool { stop?.isRequested == true }

    init(
        _ session: Session, _ jobs: JobContext, goal: String, request: RunRequest, approves: Bool,
        isQuiet: Bool, lines: Bool
    ) {
        self.session = session
        self.jobs = jobs
        self.goal = goal
        self.request = request
        self.approves = approves
        self.lines = lines
        view = JobProgress(session, isQuiet: isQuiet || lines, saysEnds: true)
    }

    /// Runs; returns whether it came to its end before the time was up.
    func run(until deadline: ContinuousClock.Instant?) throws -> Bool {
        let stop = try StopSignal.catchingTermination()
        self.stop = stop
        let scheduler = Scheduler(
            jobs, invoker: try session.decider(), request: request, stop: stop, tell: hear)
        try landApproved()
        let isComplete = try scheduler.run(
            until: deadline, next: { try self.next(besides: scheduler.tickets) },
            ended: { ticket, job in
                if job.status == .failed { self.givenUp.insert(ticket) }
                if job.hasResult { try self.offer(ticket) }
                try self.settle(ticket)
            })
        view.finish()
        return isComplete
    }

    /// What is left to a person now: others may have decided or landed while this ran.
    func rest() throws -> (toReview: [String], toLand: [String]) {
        let snapshot = try session.board.snapshot()
        func waiting(_ status: RevisionStatus) throws -> [String] {
            try left.filter { id in
                let ticket = try snapshot.view(Ticket.self, id)
                return try ticket?.state == .needsHuman
                    && lastRevision(of: id, in: snapshot)?.status == status
            }
        }
        return (try waiting(.open), try waiting(.approved))
    }

    private func lastRevision(of ticket: String, in snapshot: Snapshot) throws -> Revision? {
        try snapshot.list(Revision.self).filter { $0.ticketID == ticket }
            .max { $0.number < $1.number }
    }

    /// The tickets that can start now and were not tried as they are.
    ///
    /// A ticket whose question was answered meanwhile runs again; so does one that was sent
    /// back. One whose job failed for good does not, although it is planned again.
    private func next(besides busy: [String]) throws -> [String] {
        let snapshot = try session.board.snapshot()
        let all = try snapshot.list(Ticket.self)
        let queued = try queued(in: snapshot)
        let answered = all.filter { ticket in
            ticket.state == .needsHuman && queued.contains { $0.ticketID == ticket.id }
        }
        let ready = (all.ready() + answered).filter { $0.goalID == goal }
        return ready.compactMap { ticket in
            guard !busy.contains(ticket.id), !givenUp.contains(ticket.id) else { return nil }
            let mark = mark(ticket, queued)
            guard tried.updateValue(mark, forKey: ticket.id) != mark else { return nil }
            return ticket.id
        }
    }

    /// The jobs that wait for their turn; a landing has it at once.
    private func queued(in snapshot: Snapshot) throws -> [Model.Job] {
        try snapshot.list(Model.Job.self).filter { $0.status == .queued && $0.jobKind != .land }
    }

    /// What tells whether somebody did something about a ticket.
    private func mark(_ ticket: Ticket, _ queued: [Model.Job]) -> String {
        let jobs = queued.filter { $0.ticketID == ticket.id }
        return (ticket.record.heads + jobs.flatMap(\.record.heads)).joined(separator: " ")
    }

    /// Lets a ticket rest as its job left it, such as canceled, until somebody changes it.
    private func settle(_ ticket: String) throws {
        let snapshot = try session.board.snapshot()
        let queued = try queued(in: snapshot)
        tried[ticket] = mark(try snapshot.require(Ticket.self, ticket), queued)
    }

    private func hear(_ event: ScheduleEvent) throws {
        guard lines else { return try view.hear(event) }
        if let line = event.line { try session.terminal.writeLine(line) }
    }

    /// Lands what was approved before, such as before a crash.
    private func landApproved() throws {
        guard approves else { return }
        let snapshot = try session.board.snapshot()
        for ticket in try snapshot.tickets(of: goal) where ticket.state == .needsHuman {
            guard let last = try lastRevision(of: ticket.id, in: snapshot),
                [.open, .approved].contains(last.status)
            else { continue }
            try offer(ticket.id)
        }
    }

    /// Approves and lands a result, by the commands that a person would type.
    private func offer(_ ticket: String) throws {
        guard approves else { return }
        // Whoever stops one landing wants no other.
        guard !isInterrupted else { return left.append(ticket) }
        let snapshot = try session.board.snapshot()
        let last = try lastRevision(of: ticket, in: snapshot)
        if let last, last.status == .open {
            let gates = try session.gateFiles(of: last)
            guard gates.isEmpty else {
                let names = gates.joined(separator: ", ")
                view.say(
                    "ticket \(ticket.prefix(6)) changes what decides (\(escaped(names))); "
                        + "review it yourself")
                return
            }
            guard last.changes.isEmpty else {
                let changes = escaped(last.changes.joined(separator: ", "))
                view.say(
                    "ticket \(ticket.prefix(6)) is quarantined "
                        + "(\(Reason.tripwire.rawValue)): \(changes); review it yourself")
                return left.append(ticket)
            }
            if let objection = try session.objection(to: snapshot.require(Ticket.self, ticket)) {
                view.say("\(objection); review it yourself")
                return left.append(ticket)
            }
            if let objection = try session.autonomyObjection(to: last) {
                view.say("\(objection); review it yourself")
                return left.append(ticket)
            }
            view.say("approving ticket \(ticket.prefix(6))")
            let words = ["review", "--approve", "--quiet", ticket]
            guard try git(words) == .done else { return left.append(ticket) }
        }
        guard last?.findings == nil else { return }
        guard try PolicyLoader(session).current().policy.policy.merge.onApprove == .land else {
            view.say(
                "ticket \(ticket.prefix(6)) is approved, and not landed "
                    + "(merge_config.on_approve)")
            return left.append(ticket)
        }
        view.say("landing ticket \(ticket.prefix(6))")
        try land(ticket)
    }

    private func land(_ ticket: String) throws {
        do {
            guard try git(["land", "--quiet", ticket]) != .done else { return }
            left.append(ticket)
        } catch {
            // It may have died after the base had moved.
            try session.closeDeadJobs()
            guard try session.board.snapshot().view(Ticket.self, ticket)?.state == .done else {
                throw error
            }
        }
    }

    /// How one of our own commands ended.
    private enum End {
        /// It said yes or no.
        case done
        /// A person stopped it, or it could not do it now; it said so.
        case notDone
    }

    /// Runs one of our own commands beside the running jobs.
    ///
    /// The jobs and the other tickets go on if it cannot do it, such as where the index is locked.
    ///
    /// - Throws: ``CommandError`` if something killed it.
    private func git(_ words: [String]) throws -> End {
        var command = ChildCommand(
            [jobs.program] + words, environment: session.environment(of: words),
            directory: session.context.directory)
        command.killsDescendants = false
        command.ownSession = false
        let outcome = try ChildProcess.run(command) { [view] stream, bytes in
            guard stream == .error else { return }
            let text = String(decoding: bytes, as: UTF8.self)
            for line in text.split(separator: "\n") { view.say(String(line)) }
        }
        switch outcome.end {
        case .exited(0), .exited(1): return .done
        case .exited(let status):
            if status != ExitStatus.interrupted { refusals.append(status) }
            return .notDone
        case .signaled(SIGINT), .signaled(SIGTERM), .signaled(SIGHUP): return .notDone
        default:
            throw CommandError(
                "cannot \(words[0]) ticket \(sentenceName(words.last ?? ""))",
                hint: "git draft \(words[0]) \(words.last?.prefix(6) ?? "")")
        }
    }
}

import Configuration
import Execution
import GitStore
import Glibc
import Model
import Porcelain

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

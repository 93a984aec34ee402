import Execution
import GitStore
import Model
import Porcelain
import Synchronization

/// Shows how running jobs get on: a status block on a terminal, plain lines elsewhere.
final class JobProgress: Sendable {
    private let session: Session
    private let isQuiet: Bool
    private let saysEnds: Bool
    private let line: Mutex<ProgressLine>
    private let jobs = Mutex<[String: String]>([:])

    /// Creates a view; a quiet one shows nothing.
    ///
    /// - Parameters:
    ///   - session: Whose terminal it shows on.
    ///   - isQuiet: Whether to show nothing.
    ///   - saysEnds: Whether to say what came of each job; not if that is the answer.
    init(_ session: Session, isQuiet: Bool, saysEnds: Bool) {
        self.session = session
        self.isQuiet = isQuiet
        self.saysEnds = saysEnds
        line = Mutex(ProgressLine(terminal: session.terminal))
    }

    /// Hears what happened.
    func hear(_ event: ScheduleEvent) throws {
        guard !isQuiet else { return }
        switch event {
        case .baseline(let commit):
            say("validating the base \(String("\(commit)".prefix(8)))")
        case .started(let ticket, let job):
            jobs.withLock { $0[job] = ticket }
            say("job \(job.prefix(6)) of ticket \(ticket.prefix(6)) started")
            if let record = try session.board.snapshot().view(Model.Job.self, job),
                let agent = record.agentName, let meant = record.insteadOf
            {
                say("agent \(meant) is not installed, its fallback \(agent) does the work")
            }
        case .ended(_, let job):
            jobs.withLock { $0[job.id] = nil }
            try show(session.board.snapshot())
            if saysEnds { say(JobSentence(session).text(job)) }
        case .planning(let goal, let job):
            jobs.withLock { $0[job] = goal }
            say("job \(job.prefix(6)) plans goal \(goal.prefix(6))")
        case .planned(_, let job):
            jobs.withLock { $0[job.id] = nil }
            try show(session.board.snapshot())
        case .changed(let snapshot): try show(snapshot)
        }
    }

    /// Says what a landing does.
    func say(_ text: String) {
        guard !isQuiet else { return }
        line.withLock { $0.note(Cell(text)) }
    }

    /// Ends the block.
    func finish() { line.withLock { $0.finish() } }

    private func show(_ snapshot: Snapshot) throws {
        let ids = jobs.withLock { $0 }
        var rows: [ProgressLine.Row] = []
        for (id, ticket) in ids.sorted(by: { $0.key < $1.key }) {
            guard let job = try snapshot.view(Model.Job.self, id) else { continue }
            let title =
                try snapshot.view(Ticket.self, ticket)?.title
                ?? snapshot.view(Model.Goal.self, ticket)?.title ?? ""
            let stage = job.stage ?? job.status.word
            let turn = job.iterations.isEmpty ? "" : ", turn \(job.iterations.count)"
            rows.append(
                ProgressLine.Row("\(ticket.prefix(6)) \(stage)\(turn)", detail: title))
        }
        line.withLock { $0.show(rows) }
    }
}

/// What came of a job, in a line.
struct JobSentence {
    private let session: Session

    init(_ session: Session) { self.session = session }

    /// The sentence; text of others in it is escaped.
    func text(_ job: Model.Job) -> String {
        let goal = job.jobKind == .plan ? job.goalID.map { "the plan of \(sentenceName($0))" } : nil
        let name = job.ticketID.map { "ticket \(sentenceName($0))" } ?? goal ?? "the base"
        // A turn that left nothing to count was one all the same.
        let turns = counted(max(Int(job.counters.iterations), job.iterations.count), "turn")
        switch (job.status, job.outcome) {
        case (.succeeded, "revision"): return "\(name): a revision after \(turns)\(doubt(job))"
        case (.succeeded, "findings"): return "\(name): findings after \(turns)\(doubt(job))"
        case (.waitingForInput, _): return "\(name): asks \(question(job))"
        case (.canceled, _): return "\(name): canceled"
        case (.superseded, _): return "\(name): superseded\(successor(job))"
        default:
            let error = job.record.value("errors").array?.last?["message"]?.string
            let why = error.map { ": \(escaped($0))" } ?? ""
            let verb = job.status == .failed ? "failed" : "blocked"
            let time = job.record.value("findings")["resets_at"]?.string
            let until = time.map { " until \(escaped($0))" } ?? ""
            let reason = escaped(job.reason ?? job.status.word)
            return "\(name): \(verb) (\(reason))\(until) after \(turns)\(why)"
        }
    }

    /// What became of the ticket that somebody took from the job.
    private func successor(_ job: Model.Job) -> String {
        let ticket = try? job.ticketID.flatMap {
            try session.board.snapshot().view(Ticket.self, $0)
        }
        return ticket.map { ", since the ticket is \(escaped($0.state.word)) now" } ?? ""
    }

    /// What speaks against the result, if anything does.
    private func doubt(_ job: Model.Job) -> String {
        guard job.reason == Reason.tripwire.rawValue else { return "" }
        return ", quarantined: \(escaped(job.grave)) while it ran"
    }

    private func question(_ job: Model.Job) -> String {
        let questions = try? session.board.snapshot().list(Question.self)
        let open = questions?.first { $0.jobID == job.id && $0.status == .open }
        guard let open else { return "something" }
        let choices = open.choices.isEmpty ? "" : " (\(open.choices.joined(separator: ", ")))"
        return escaped("\(open.text)\(choices); git draft answer \(open.id.prefix(6)) ANSWER")
    }
}

import Execution
import GitStore
import Model
import Porcelain

/// Has an agent plan a goal, and says what came of it.
struct PlanRun {
    private let session: Session
    private let jobs: JobContext
    private let request: RunRequest
    private let isQuiet: Bool
    private let lines: Bool

    /// Prepares it.
    ///
    /// - Parameters:
    ///   - session: Whose terminal it shows on.
    ///   - jobs: What jobs need of the world.
    ///   - request: What the person said; only the agent counts.
    ///   - isQuiet: Whether to show no progress.
    ///   - lines: Whether progress is printed as JSON Lines.
    init(
        _ session: Session, _ jobs: JobContext, _ request: RunRequest, isQuiet: Bool,
        lines: Bool = false
    ) {
        self.session = session
        self.jobs = jobs
        self.request = request
        self.isQuiet = isQuiet
        self.lines = lines
    }

    /// Runs the job to its end.
    ///
    /// - Returns: The tickets that were proposed, none if nothing new is to be done; and whether
    ///   something of the user's changed meanwhile that speaks against them.
    /// - Throws: ``Verdict`` with status 1 if there is no plan, 75 if the time was up, 130 if it
    ///   was interrupted.
    func run(
        _ goal: String, until deadline: ContinuousClock.Instant? = nil
    ) throws -> (tickets: [Ticket], isQuarantined: Bool) {
        let view = JobProgress(session, isQuiet: isQuiet || lines, saysEnds: false)
        let stop = try StopSignal.catchingTermination()
        let scheduler = Scheduler(
            jobs, invoker: try session.decider(), request: request, stop: stop,
            tell: { lines ? try $0.line.map(session.terminal.writeLine) : try view.hear($0) })
        let ended: Model.Job?
        do {
            ended = try scheduler.plan(goal, until: deadline)
        } catch let error as ExecutionError {
            view.finish()
            throw error.hinted("git draft plan \(sentenceName(goal)) --from FILE")
        } catch {
            view.finish()
            throw error
        }
        view.finish()
        guard let job = ended else {
            guard stop.isRequested else {
                session.terminal.note("error: the time is up; what ran was stopped in order")
                throw Verdict(status: ExitStatus.again)
            }
            session.terminal.note("canceled")
            session.advise("git draft plan \(sentenceName(goal))")
            throw Verdict(status: ExitStatus.interrupted)
        }
        let tickets = try report(job)
        let isQuarantined = job.reason == Reason.tripwire.rawValue
        if isQuarantined {
            session.terminal.note(
                "error: the plan of \(sentenceName(goal)) is quarantined: "
                    + "\(escaped(job.grave)) while it was made")
        }
        return (tickets, isQuarantined)
    }

    private func report(_ job: Model.Job) throws -> [Ticket] {
        guard job.status == .succeeded, job.outcome == "findings" else {
            if job.status == .waitingForInput {
                session.terminal.note(JobSentence(session).text(job))
            } else {
                session.terminal.note("error: \(JobSentence(session).text(job))")
                session.advise("git draft logs \(sentenceName(job.id))")
            }
            throw Verdict(status: ExitStatus.no)
        }
        let summary = job.record.value("machine_summary")
        func texts(_ key: String) -> [String] {
            (summary[key]?.array ?? []).compactMap(\.string)
        }
        for note in texts("notes") { session.terminal.note("note: \(escaped(note))") }
        for title in texts("dropped") {
            session.terminal.note("note: there is a ticket \(quoted(title)) already")
        }
        let snapshot = try session.board.snapshot()
        let created = try texts("created").map { try snapshot.require(Ticket.self, $0) }
        for ticket in created {
            for command in ticket.validation {
                session.terminal.note(
                    "note: ticket \(sentenceName(ticket.id)) brings the validation "
                        + quoted(command))
            }
        }
        if created.isEmpty {
            session.terminal.note(
                texts("dropped").isEmpty
                    ? "the agent says that nothing is to be done" : "nothing new is planned")
        }
        return created
    }
}

extension Model.Job {
    /// What of the user's changed while it ran and speaks against its result, as one text.
    var grave: String { changes.filter(\.isGrave).map(\.text).joined(separator: ", ") }
}

extension ScheduleEvent {
    /// The event as a line of JSON; `nil` if it says nothing to a tool.
    var line: String? {
        let line: JSON
        switch self {
        case .baseline(let commit): line = ["event": "baseline", "commit": .string("\(commit)")]
        case .started(let ticket, let job):
            line = ["event": "started", "ticket_id": .string(ticket), "job_id": .string(job)]
        case .planning(let goal, let job):
            line = ["event": "planning", "goal_id": .string(goal), "job_id": .string(job)]
        case .planned(let goal, let job): line = Self.end("planned", ["goal_id": goal], job)
        case .ended(let ticket, let job): line = Self.end("ended", ["ticket_id": ticket], job)
        case .changed: return nil
        }
        return line.line
    }

    private static func end(_ event: String, _ subject: [String: String], _ job: Model.Job) -> JSON
    {
        var line: JSONObject = [
            "event": .string(event), "job_id": .string(job.id),
            "status": .string(job.status.word), "reason": JSON(job.reason),
            "outcome": JSON(job.outcome),
        ]
        for (key, id) in subject { line[key] = .string(id) }
        return .object(line)
    }
}

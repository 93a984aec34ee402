internal import GitStore
internal import Model

/// What a running job writes on the board, as the holder of its ticket.
///
/// Every write checks first that the claim still holds: a decision by a person, a successor
/// or a landing ends it, and then nothing is written.
final class JobRecorder {
    let context: JobContext
    let jobID: String
    let ticketID: String?
    private(set) var fence: Int64 = 0
    private let actor: Actor

    init(_ context: JobContext, job: Job) {
        self.context = context
        jobID = job.id
        ticketID = job.ticketID
        actor = .executor(job: job.id, onBehalfOf: job.invoker)
    }

    /// Claims the ticket, and marks the job as running.
    func start(_ groups: JSONObject, payload: JSONObject = [:]) throws {
        fence = try context.board.transact(as: actor, isDurable: true) { transaction in
            let job = try transaction.require(Job.self, jobID)
            try job.status.checkMove(to: .running)
            var fence: Int64 = 0
            if let ticketID {
                let ticket = try transaction.require(Ticket.self, ticketID)
                fence = try transaction.claim(ticket, for: jobID).fence
            }
            var writes = groups
            writes["status"] = Self.status(.running)
            writes["fence"] = .integer(fence)
            writes["replica"] = .string(transaction.replica)
            writes["started_at"] = job.startedAt.map { JSON($0) } ?? JSON(transaction.now)
            try transaction.write(
                job.record, writes, as: job.startedAt == nil ? .jobStarted : .jobResumed,
                EventDetails(
                    from: job.status.word, to: JobStatus.running.word, payload: payload))
            return fence
        }
    }

    /// Goes on writing under the claim by which a person has the ticket.
    func takeUp(_ job: Job) { fence = job.fence }

    /// Writes groups of the job, and members of its summary, with an event that says why.
    func note(
        _ type: EventType, _ groups: JSONObject = [:], reason: String? = nil,
        payload: JSONObject = [:], summary: JSONObject = [:], ticket state: TicketState? = nil
    ) throws {
        try context.board.transact(as: actor) { transaction in
            try checkHolding(transaction)
            let job = try transaction.require(Job.self, jobID)
            var groups = groups
            if !summary.isEmpty { groups["machine_summary"] = job.summary(with: summary) }
            try transaction.write(
                job.record, groups, as: type, EventDetails(reason: reason, payload: payload))
            if let state, let ticketID {
                let ticket = try transaction.require(Ticket.self, ticketID)
                if ticket.state != state {
                    try transaction.move(ticket, to: state, job: jobID)
                }
            }
        }
    }

    /// Ends the job, and gives the ticket back in its next state.
    func finish(_ ending: JobEnding, _ groups: JSONObject) throws {
        try context.board.transact(as: actor, isDurable: true) { transaction in
            try checkHolding(transaction)
            let job = try transaction.require(Job.self, jobID)
            try job.status.checkMove(to: ending.status)
            var writes = groups
            let isOver = ending.status.isTerminal
            writes["status"] = Self.status(
                ending.status, ending.reason, ending.outcome, isOver ? transaction.now : nil)
            if !ending.findings.isNull { writes["findings"] = ending.findings }
            if isOver {
                writes["progress"] = 100
                writes["stage"] = nil
            }
            if let fault = ending.error {
                writes["had_errors"] = true
                writes["errors"] = .array(
                    (job.record.value("errors").array ?? []) + [fault.json])
            }
            var payload: JSONObject = ["outcome": .string(ending.outcome), "url": nil]
            if let proposal = ending.proposal {
                let summary = try proposal(transaction)
                writes["machine_summary"] = job.summary(with: summary)
                for (key, value) in summary { payload[key] = value }
            }
            try transaction.write(
                job.record, writes, as: isOver ? .jobFinished : .jobWaiting,
                EventDetails(
                    from: job.status.word, to: ending.status.word,
                    reason: ending.reason?.rawValue, payload: payload))
            try finishTicket(ending, job, transaction)
        }
    }

    private func finishTicket(
        _ ending: JobEnding, _ job: Job, _ transaction: Transaction
    ) throws {
        guard let ticketID else {
            if let question = ending.question { try ask(question, job, nil, transaction) }
            return
        }
        let ticket = try transaction.require(Ticket.self, ticketID)
        var counters: JSONObject = [:]
        var groups: JSONObject = ["lease": transaction.released(ticket)]
        if let revision = ending.revision {
            let number = AttemptLimits.count(ticket.revisionCount) + 1
            try open(revision, number: number, ticket, transaction)
            counters["revision_count"] = .integer(number)
            groups["base_commit"] = .string("\(revision.base)")
            groups["branch"] = .string(context.branch(of: ticket))
        }
        if let question = ending.question { try ask(question, job, ticket, transaction) }
        guard let state = ending.ticket else { return }
        try transaction.move(
            ticket, to: state, reason: ending.reason?.rawValue, job: jobID, also: groups,
            counters: counters)
    }

    private func open(
        _ revision: NewRevision, number: Int64, _ ticket: Ticket, _ transaction: Transaction
    ) throws {
        for old in try transaction.list(Revision.self)
        where old.ticketID == ticket.id && [.open, .approved].contains(old.status) {
            try transaction.write(
                old.record, ["status": "superseded"], as: .revisionClosed,
                EventDetails(from: old.status.word, to: "superseded"))
        }
        var groups: JSONObject = [
            "ticket_id": .string(ticket.id), "job_id": .string(jobID),
            "number": .integer(number), "base_commit": .string("\(revision.base)"),
            "head_commit": .string("\(revision.head)"), "tree": .string("\(revision.tree)"),
            "files": .integer(Int64(revision.files)),
            "insertions": .integer(Int64(revision.insertions)),
            "deletions": .integer(Int64(revision.deletions)),
            "findings": JSON(revision.findings), "verdicts": .array(revision.verdicts),
        ]
        // Only where there is any: revisions without are as they always were.
        if !revision.changes.isEmpty { groups["changes"] = .array(revision.changes) }
        let record = try transaction.create(
            .revision, groups, as: .revisionOpened,
            EventDetails(goal: ticket.goalID, to: RevisionStatus.open.word))
        guard let remark = revision.remark else { return }
        try transaction.create(
            .comment,
            [
                "revision_id": .string(record.id), "ticket_id": .string(ticket.id),
                "content": .string(remark), "author": JSON(actor.onBehalfOf),
            ], as: .commentAdded, EventDetails(goal: ticket.goalID))
    }

    private func ask(
        _ question: AgentQuestion, _ job: Job, _ ticket: Ticket?, _ transaction: Transaction
    ) throws {
        try transaction.create(
            .question,
            [
                "job_id": .string(jobID), "ticket_id": JSON(ticket?.id),
                "text": .string(question.text), "choices": JSON(question.choices),
                "freeform": .bool(question.isFreeform), "context": JSON(question.context),
                "asked_by": .string(actor.id),
            ], as: .questionAsked, EventDetails(goal: ticket?.goalID ?? job.goalID, to: "open"))
    }

    private func checkHolding(_ transaction: Transaction) throws {
        guard let ticketID else { return }
        let ticket = try transaction.require(Ticket.self, ticketID)
        try transaction.requireHolding(ticket, fence: fence)
    }

    /// Whether somebody else ended the claim, as the board is now.
    ///
    /// If that cannot be found out it is as if nobody had: then the job fails.
    func hasLost() -> Bool {
        guard let ticketID else { return false }
        do {
            return try context.board.transact(as: actor) { transaction in
                let ticket = try transaction.require(Ticket.self, ticketID)
                return !transaction.holds(ticket, fence: fence)
            }
        } catch {
            return false
        }
    }

    /// What tells, however often it is asked, whether somebody else has ended the claim.
    ///
    /// It looks twice a second at most, and reads the ticket only if the board has moved.
    func watchingClaim() -> () -> Bool {
        var next = ContinuousClock.now
        var seen: ObjectID?
        var isLost = false
        return { [self] in
            guard !isLost, ContinuousClock.now >= next else { return isLost }
            next = .now + .milliseconds(500)
            let tip = try? context.board.repository.target(of: Board.reference)
            guard let tip, tip != seen else { return false }
            seen = tip
            isLost = hasLost()
            return isLost
        }
    }

    /// The group `status` of a job.
    static func status(
        _ status: JobStatus, _ reason: Reason? = nil, _ outcome: String? = nil,
        _ finished: Timestamp? = nil
    ) -> JSON {
        [
            "status": .string(status.word), "reason": JSON(reason?.rawValue),
            "outcome": JSON(outcome), "finished_at": JSON(finished),
        ]
    }
}

extension Job {
    /// The group `machine_summary`, with some of its members replaced.
    fileprivate func summary(with members: JSONObject) -> JSON {
        var all = record.value("machine_summary").object ?? [:]
        for (key, value) in members { all[key] = value }
        return .object(all)
    }
}

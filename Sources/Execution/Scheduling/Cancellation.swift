internal import FoundationEssentials
internal import GitStore
internal import Glibc
public import Model

/// Stops a job because a person wants so.
public struct Cancellation {
    let context: JobContext

    /// Creates it.
    public init(_ context: JobContext) { self.context = context }

    /// Cancels a job: the decision first, then the process.
    ///
    /// The ticket goes back to `planned`, or to a person if one took it while a revision was
    /// to be reviewed or landed; the work so far is kept.
    ///
    /// - Returns: What was kept of a person's work.
    /// - Throws: ``GitStore/BoardError`` if the job has ended already, ``AdmissionError`` if git
    ///   has not finished something in a person's work tree.
    @discardableResult
    public func cancel(_ id: String, by person: Actor) throws -> Kept {
        let job = try context.board.snapshot().require(Job.self, id)
        guard job.isPersons else {
            try decide(id, by: person)
            try alone(id) { try clean(id) }
            return Kept()
        }
        var kept = Kept()
        try checkFinished(job)
        try alone(id) {
            // A submission that was under way has written down its end by now.
            let job = try context.board.snapshot().require(Job.self, id)
            try checkFinished(job)
            if !job.status.isTerminal { kept = try Release(context).keep(job) }
            try decide(id, by: person)
            try clean(id)
        }
        return kept
    }

    /// Refuses while git is in the middle of something: its marks are nobody's work.
    private func checkFinished(_ job: Job) throws {
        let snapshot = try context.board.snapshot()
        guard !job.status.isTerminal, let id = job.ticketID,
            let ticket = try snapshot.view(Ticket.self, id)
        else { return }
        try TakenWorktree.of(job, ticket, context)?.refuseUnfinished("abort")
    }

    /// Writes down the decision.
    private func decide(_ id: String, by person: Actor) throws {
        try context.board.transact(as: person, isDurable: true) { transaction in
            let job = try transaction.require(Job.self, id)
            if job.jobKind == .land { try job.ticketID.map(transaction.refuseAwaited) }
            try transaction.cancel(job)
            for question in try transaction.list(Question.self)
            where question.jobID == id && question.status == .open {
                try transaction.write(
                    question.record, ["status": ["status": "withdrawn", "answer": nil]],
                    as: .questionWithdrawn, EventDetails(from: "open", to: "withdrawn"))
            }
            guard let ticketID = job.ticketID else { return }
            let ticket = try transaction.require(Ticket.self, ticketID)
            let isMine = ticket.jobID == id
            guard isMine, [.executing, .verifying, .needsHuman].contains(ticket.state) else {
                return
            }
            var groups: JSONObject = [:]
            if ticket.holder != nil { groups["lease"] = transaction.released(ticket) }
            if let revision = try transaction.standing(ticket, before: job) {
                try transaction.move(
                    ticket, to: .needsHuman, job: revision.jobID, also: groups)
                return
            }
            try transaction.move(
                ticket, to: .planned, reason: Reason.canceled.rawValue, job: id, also: groups)
        }
    }

    /// Ends the process of a job, if it runs here, and does something in its place.
    private func alone(_ id: String, _ body: () throws -> Void) throws {
        let files = JobFiles(commonDirectory: context.repository.commonDirectory, job: id)
        guard FileManager.default.fileExists(atPath: files.directory) else {
            if try context.board.snapshot().require(Job.self, id).isPersons { try body() }
            return
        }
        let text = JobFiles.contents(files.pid, limit: 32).map { Text.decode($0) } ?? ""
        let process = Int32(text.filter { $0 != "\n" }) ?? 0
        let limit = ContinuousClock.now + .seconds(10)
        var isAsked = false
        while true {
            if let lock = try Slot(files.lock) {
                return try withExtendedLifetime(lock) { try body() }
            }
            if !isAsked, process > 1 { kill(process, SIGTERM) }
            if ContinuousClock.now > limit, process > 1 { kill(process, SIGKILL) }
            isAsked = true
            _ = try ChildHandle.wait(any: [], timeout: .milliseconds(50))
        }
    }

    private func clean(_ id: String) throws {
        try JobFiles(commonDirectory: context.repository.commonDirectory, job: id).sweep()
        if let job = try context.board.snapshot().view(Job.self, id) {
            try Recovery(context).fold(job)
        }
        try Leases(board: context.board).remove(job: id)
    }
}

extension Transaction {
    /// The revision that waited for a person when one took the ticket, and still does.
    fileprivate func standing(_ ticket: Ticket, before job: Job) throws -> Revision? {
        let taken = job.record.value("invocation")["taken_from"]?.string
        guard job.isPersons, taken == TicketState.needsHuman.word,
            [.executing, .verifying].contains(ticket.state)
        else { return nil }
        return try list(Revision.self).first {
            $0.ticketID == ticket.id && [.open, .approved].contains($0.status)
        }
    }

    /// Ends a job as canceled.
    ///
    /// - Throws: ``GitStore/BoardError`` if it has ended already.
    func cancel(_ job: Job) throws {
        guard !job.status.isTerminal else {
            throw BoardError(
                .refused, "job \(job.id.prefix(6)) has ended already: \(job.status)",
                hint: "git draft job show \(job.id.prefix(6))")
        }
        try job.status.checkMove(to: .canceled)
        try write(
            job.record,
            ["status": JobRecorder.status(.canceled, .canceled, "canceled", now)],
            as: .jobFinished,
            EventDetails(
                from: job.status.word, to: JobStatus.canceled.word,
                reason: Reason.canceled.rawValue, payload: ["outcome": "canceled", "url": nil]))
    }
}

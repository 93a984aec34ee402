internal import FoundationEssentials
public import GitStore
public import Model

/// A ticket that a person has, and where they work on it.
public struct TakenTicket: Sendable {
    /// The ticket.
    public let ticket: Ticket
    /// The job by which the person has it.
    public let job: Job
    /// The directory.
    public let path: String
    /// The commit that the files started as.
    public let start: ObjectID
    /// What is wrong if the directory is there from before and not on its branch.
    public let astray: AdmissionError?
}

/// Gives tickets to people: the claim of a job, and a work tree of their own.
public struct Taking {
    let context: JobContext
    private let person: Actor

    /// Creates it for a person.
    public init(_ context: JobContext, for person: Actor) {
        self.context = context
        self.person = person
    }

    /// Takes a ticket.
    ///
    /// The claim comes last, so that a kill leaves either a ticket that nobody has or one
    /// with its work tree. A ticket that the person has already gets its directory back if
    /// that was removed.
    ///
    /// - Parameters:
    ///   - id: The ticket.
    ///   - isFresh: Whether to start at the base, whatever was done before.
    /// - Returns: Where the work is.
    /// - Throws: ``AdmissionError`` if somebody has it or it may not be worked on.
    public func take(_ id: String, isFresh: Bool) throws -> TakenTicket {
        let board = context.board
        try context.repository.makeDirectory(board.privateDirectory)
        let lock = try FileLock("\(board.privateDirectory)/take-lock", waiting: .seconds(120))
        defer { extendLifetime(lock) }
        let base = try Admission.base(context)
        let decision = try board.transact(as: person) {
            try decide(id, base, isFresh, $0)
        }
        let taken: TakenTicket
        switch decision {
        case .again(let job, let ticket):
            taken = try again(job, ticket)
        case .new(let ticket, let start):
            taken = try new(ticket, base, start, isFresh)
        }
        for job in try board.snapshot().list(Job.self)
        where job.ticketID == id && job.status == .superseded && !job.isPersons {
            try Recovery(context).fold(job)
        }
        return taken
    }

    // MARK: - Deciding

    private enum Decision {
        case again(Job, Ticket)
        case new(Ticket, TakenStart)
    }

    private func decide(
        _ id: String, _ base: ObjectID, _ isFresh: Bool, _ transaction: Transaction
    ) throws -> Decision {
        let ticket = try transaction.require(Ticket.self, id)
        try transaction.refuseAwaited(id)
        let jobs = try transaction.list(Job.self).filter { $0.ticketID == id }
            .sorted { ($0.createdAt ?? .distantPast) < ($1.createdAt ?? .distantPast) }
        for job in jobs where !job.status.isTerminal {
            guard job.isPersons else {
                try checkIdle(job, ticket)
                continue
            }
            guard job.replica == transaction.replica else {
                throw AdmissionError.taken(ticket, by: job, isElsewhere: true)
            }
            if let worktree = try TakenWorktree.of(job, ticket, context), worktree.isPresent {
                throw AdmissionError.taken(ticket, by: job, isElsewhere: false)
            }
            return .again(job, ticket)
        }
        let admission = Admission(context, invoker: person, request: RunRequest())
        switch ticket.state {
        case .blocked, .needsHuman: break
        default: try admission.check(ticket, transaction)
        }
        let revisions = try transaction.list(Revision.self).filter { $0.ticketID == id }
        let start = try TakenStart(
            jobs, revisions, base, isFresh: isFresh, ticket: ticket, context)
        let policy = try context.policy(start.base)
        try admission.checkInvoker(policy)
        try admission.checkBranch(TakenWorktree.branch(of: id), policy)
        return .new(ticket, start)
    }

    /// Refuses a ticket at which an agent is; a job that only waits makes way.
    private func checkIdle(_ job: Job, _ ticket: Ticket) throws {
        switch job.status {
        case .waitingForInput: return
        case .queued:
            let files = JobFiles(commonDirectory: context.repository.commonDirectory, job: job.id)
            try context.repository.makeDirectory(files.directory)
            if try Slot(files.launch) != nil, try Slot(files.lock) != nil { return }
        default: break
        }
        throw AdmissionError(
            "job \(job.id.prefix(6)) is at ticket \(ticket.id.prefix(6)) already",
            hint: "git draft cancel \(job.id.prefix(6))", isBusy: true)
    }

    // MARK: - Doing

    /// Gives a person the directory back that was removed, or never got ready.
    private func again(_ job: Job, _ ticket: Ticket) throws -> TakenTicket {
        let repository = context.repository
        let tip = try repository.target(of: TakenWorktree.branch(of: ticket.id))
        let kept = try Beginning.tip(of: job, repository)
        guard let base = job.baseCommit.flatMap({ ObjectID(hex: $0) }) else {
            throw BoardError(.damaged, "job \(job.id.prefix(6)) has no base commit")
        }
        var start = TakenWorktree.Start(files: kept ?? base, head: kept ?? base)
        if let tip {
            // What was submitted after the last commit comes back, too.
            let isAfter = try kept.map { try repository.readCommit($0).parents.contains(tip) }
            start = TakenWorktree.Start(files: isAfter == true ? kept ?? tip : tip, head: tip)
        }
        let worktree = try prepare(ticket, job: job.id, base, start, adopting: job.resumes)
        return TakenTicket(
            ticket: ticket, job: job, path: worktree.path, start: start.files,
            astray: try worktree.astray)
    }

    private func new(
        _ ticket: Ticket, _ base: ObjectID, _ start: TakenStart, _ isFresh: Bool
    ) throws -> TakenTicket {
        let id = context.board.context.newID()
        let files = JobFiles(commonDirectory: context.repository.commonDirectory, job: id)
        let leases = Leases(board: context.board)
        try context.repository.makeDirectory(files.directory)
        guard let lock = try Slot(files.launch) else {
            throw BoardError(.conflict, "job \(id.prefix(6)) is being made already")
        }
        defer { withExtendedLifetime(lock) {} }
        try leases.add(Leases.Entry(job: id, ticket: ticket.id))
        CrashPoint.leaseWritten.reached(in: context.environment)
        do {
            let clean = try SecretScan(context).clean(start.commit, since: start.base)
            let worktree = try prepare(
                ticket, job: id, start.base,
                TakenWorktree.Start(files: start.commit, head: clean),
                adopting: isFresh ? nil : start.last)
            let (job, ticket) = try claim(ticket.id, id, base, start, isFresh)
            if worktree.job != id { try worktree.adopted(by: id).record() }
            return TakenTicket(
                ticket: ticket, job: job, path: worktree.path, start: start.commit,
                astray: try worktree.astray)
        } catch {
            try? discard(id, ticket)
            try? leases.remove(job: id)
            try? FileManager.default.removeItem(atPath: files.directory)
            throw error
        }
    }

    /// Makes the directory, unless the person's own is there from the last time.
    private func prepare(
        _ ticket: Ticket, job: String, _ base: ObjectID, _ start: TakenWorktree.Start,
        adopting last: String?
    ) throws -> TakenWorktree {
        for worktree in try TakenWorktree.all(of: ticket, context) {
            if worktree.job == last, !worktree.isHalfMade, worktree.isPresent {
                if try context.board.snapshot().view(Job.self, job) != nil {
                    try worktree.adopted(by: job).record()
                }
                return worktree
            }
            try worktree.putAway()
            try worktree.forget()
        }
        return try TakenWorktree.make(context, ticket, job: job, base: base, start: start)
    }

    /// Removes what was made for a claim that came to nothing.
    private func discard(_ id: String, _ ticket: Ticket) throws {
        for worktree in try TakenWorktree.all(of: ticket, context) where worktree.job == id {
            try worktree.putAway()
            let branch = TakenWorktree.branch(of: ticket.id)
            if let tip = try context.repository.target(of: branch) {
                try context.repository.delete(branch, expecting: tip)
            }
            try worktree.forget()
        }
        // What the branch pointed at before stays kept under the other reference.
        let name = Workspace.reference(id)
        if let held = try context.repository.target(of: name) {
            try context.repository.delete(name, expecting: held)
        }
    }

    private func claim(
        _ ticketID: String, _ id: String, _ base: ObjectID, _ start: TakenStart, _ isFresh: Bool
    ) throws -> (Job, Ticket) {
        try context.board.transact(as: person, isDurable: true) { transaction in
            guard case .new(let ticket, let now) = try decide(ticketID, base, isFresh, transaction),
                now == start
            else {
                throw BoardError(.conflict, "ticket \(ticketID.prefix(6)) was changed meanwhile")
            }
            for job in try transaction.list(Job.self)
            where job.ticketID == ticketID && !job.status.isTerminal {
                try transaction.supersede(job)
            }
            let claimed = try transaction.claim(ticket, for: id)
            let job = try transaction.create(
                .job, id: id, groups(claimed, from: ticket, start, isFresh, transaction),
                as: .jobCreated,
                EventDetails(
                    goal: ticket.goalID, ticket: ticketID, to: JobStatus.running.word,
                    payload: ["ticket": ticket.shown]))
            return (Job(job), claimed)
        }
    }

    private func groups(
        _ ticket: Ticket, from before: Ticket, _ start: TakenStart, _ isFresh: Bool,
        _ transaction: Transaction
    ) -> JSONObject {
        let isStudy = ticket.mode == "investigate"
        return [
            "ticket_id": .string(ticket.id), "goal_id": .string(ticket.goalID),
            "kind": .string((isStudy ? JobKind.investigate : .execute).word),
            "mode": .string(ticket.mode), "status": JobRecorder.status(.running),
            "stage": .string(Job.takenStage), "progress": 20,
            "fence": .integer(ticket.fence), "replica": .string(transaction.replica),
            "base_commit": .string("\(start.base)"), "resumes": JSON(start.last),
            "started_at": JSON(transaction.now),
            "invocation": [
                "source": "cli", "external_event_id": nil, "invoker": .string(person.id),
                "name": .string(person.name), "validate": nil, "allow_no_validation": nil,
                "allow_red_base": nil, "fresh": .bool(isFresh),
                "start": .string("\(start.commit)"), "keeps_counters": false,
                "taken": true, "taken_from": .string(before.state.word),
            ],
        ]
    }
}

extension Transaction {
    /// Ends a job that only waits, because a person does the work; its question goes with it.
    fileprivate func supersede(_ job: Job) throws {
        try job.status.checkMove(to: .superseded)
        for question in try list(Question.self)
        where question.jobID == job.id && question.status == .open {
            try write(
                question.record, ["status": ["status": "withdrawn", "answer": nil]],
                as: .questionWithdrawn, EventDetails(from: "open", to: "withdrawn"))
        }
        try write(
            job.record,
            [
                "status": JobRecorder.status(.superseded, .superseded, "canceled", now),
                "stage": nil,
            ], as: .jobFinished,
            EventDetails(
                from: job.status.word, to: JobStatus.superseded.word,
                reason: Reason.superseded.rawValue,
                payload: ["outcome": "canceled", "url": nil]))
    }
}

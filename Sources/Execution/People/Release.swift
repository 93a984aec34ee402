public import GitStore
internal import Model

/// What was kept of a person's work, and what was not.
public struct Kept: Sendable {
    /// The commit that it was kept as, unless the person changed nothing.
    public internal(set) var commit: ObjectID?

    /// What could not be kept, and is in the directory only.
    public internal(set) var left: [String] = []

    /// Where the work is or was.
    public internal(set) var path: String?

    /// Why nothing that is in the directory was kept, and what would help.
    public internal(set) var absence: AdmissionError?
}

/// Keeps what a person has of a ticket, before the ticket is given to somebody else.
struct Release {
    let context: JobContext

    init(_ context: JobContext) { self.context = context }

    /// Keeps what is in the work tree, and writes it down as the job's last snapshot.
    ///
    /// The directory stays as it is. One that is in another clone, or that was removed, holds
    /// nothing that could be kept from here.
    ///
    /// - Returns: What was kept, and what is in the directory only.
    @discardableResult
    func keep(_ job: Job) throws -> Kept {
        guard let id = job.ticketID,
            let ticket = try context.board.snapshot().view(Ticket.self, id),
            let worktree = try TakenWorktree.of(job, ticket, context)
        else { return Kept() }
        let start = job.record.value("invocation")["start"]?.string
        let last = job.iterations.last?["snapshot"]?.string
        let before = (last ?? start).flatMap { ObjectID(hex: $0) }
        let number = Int64(job.iterations.count + 1)
        let commit: ObjectID
        let tree: ObjectID
        var kept = Kept(path: worktree.path)
        if worktree.isPresent {
            let snapshot: WorkspaceSnapshot
            do {
                snapshot = try worktree.keep("snapshot \(number) of job \(job.id)")
            } catch WorkspaceError.Code.unsupported {
                // Stored as they are, the files would show what a filter is to hide.
                kept.left = ["."]
                return kept
            }
            (commit, tree) = (snapshot.commit, snapshot.tree)
            kept.left = snapshot.skipped + snapshot.gitlinks
        } else {
            kept.absence = worktree.absence
            // A branch that is behind says nothing of what was there.
            guard let tip = try context.repository.target(of: worktree.branch),
                try before.map({ try !context.git.isAncestor(tip, of: $0) }) ?? true
            else { return kept }
            (commit, tree) = (tip, try context.repository.readCommit(tip).tree)
        }
        let first = start.flatMap { ObjectID(hex: $0) }
        if try first.map({ try context.repository.readCommit($0).tree }) != tree {
            kept.commit = commit
        }
        guard "\(commit)" != start, "\(commit)" != last else { return kept }
        try write(number, commit, tree, of: job)
        return kept
    }

    private func write(
        _ number: Int64, _ commit: ObjectID, _ tree: ObjectID, of job: Job
    ) throws {
        let now = context.board.context.now()
        let base = try base(of: commit, job)
        try context.board.transact(as: actor(of: job)) { transaction in
            let current = try transaction.require(Job.self, job.id)
            guard !current.status.isTerminal else { return }
            try transaction.write(
                current.record,
                [
                    "iterations": .array(
                        current.iterations + [
                            [
                                "n": .integer(number), "started_at": JSON(now),
                                "ended_at": JSON(now), "snapshot": .string("\(commit)"),
                                "tree": .string("\(tree)"), "files": nil, "lines": nil,
                                "fast": nil, "full": nil, "failure_signature": nil,
                                "tokens": nil, "cost": nil,
                            ]
                        ]), "base_commit": JSON(base),
                ], as: .snapshotTaken,
                EventDetails(payload: ["n": .integer(number), "commit": .string("\(commit)")]))
        }
    }

    /// The commit of the base branch that the work has by now.
    private func base(of commit: ObjectID, _ job: Job) throws -> String? {
        guard let old = job.baseCommit.flatMap({ ObjectID(hex: $0) }) else { return nil }
        let today = try Admission.base(context)
        let output = try context.git.run(
            ["merge-base", "\(today)", "\(commit)"], allowed: [0, 1])
        guard let common = ObjectID(hex: output.text),
            try context.git.isAncestor(old, of: common)
        else { return "\(old)" }
        return "\(common)"
    }

    private func actor(of job: Job) -> Actor { .executor(job: job.id, onBehalfOf: job.invoker) }
}

extension Recovery {
    /// Whether a person has a ticket and nothing runs: then nothing has died.
    func isAtRest(_ entry: Leases.Entry) throws -> Bool {
        let snapshot = try context.board.snapshot()
        guard let job = try snapshot.view(Job.self, entry.job), job.isPersons,
            job.status == .running, job.stage == Job.takenStage,
            let ticket = try snapshot.view(Ticket.self, entry.ticket)
        else { return false }
        return try ticket.state == .executing && ticket.jobID == job.id
            && ticket.fence == job.fence && ticket.holder == context.board.replicaIfAny()
    }

    /// Puts a person's job to rest whose submission died, or ends it if the claim is lost.
    ///
    /// - Returns: Whether it is closed.
    func settle(_ job: Job) throws -> Bool {
        let actor = Actor.executor(job: job.id, onBehalfOf: job.invoker)
        let isHeld = try context.board.transact(as: actor) { transaction in
            guard let id = job.ticketID, let record = try transaction.record(.ticket, id),
                transaction.holds(Ticket(record), fence: job.fence)
            else { return false }
            let ticket = Ticket(record)
            try transaction.write(
                job.record, ["stage": .string(Job.takenStage), "progress": 20],
                as: .jobIterationFinished, EventDetails(reason: Reason.crashed.rawValue))
            if ticket.state == .verifying {
                try transaction.move(ticket, to: .executing, job: job.id)
            }
            return true
        }
        if isHeld { return false }
        // Somebody decided otherwise: what the person has is kept for whoever goes on.
        _ = try? Release(context).keep(job)
        try closeSuperseded(job.id)
        try fold(try context.board.snapshot().require(Job.self, job.id))
        try Leases(board: context.board).remove(job: job.id)
        return true
    }
}

internal import FoundationEssentials
public import GitStore
internal import Glibc
public import Model

/// What came of a person's submission.
public enum SubmitOutcome: Sendable {
    /// It is green, and waits for a review.
    case revision(Job)
    /// It is not: why, for people, each with what a command printed.
    case red(Job, reason: String?, failures: [(what: String, output: String)])
    /// Somebody stopped it.
    case interrupted
}

/// Brings in what a person has in the work tree of a ticket, as an agent's turn is brought in:
/// the same guardrails, validation, evidence and revision.
public struct Submission {
    let context: JobContext
    let stop: StopSignal
    let tell: (String) -> Void

    /// What the person says about it.
    let message: String?

    /// Why it may be without validation.
    let allowNoValidation: String?

    /// Creates a submission.
    ///
    /// - Parameters:
    ///   - context: What jobs need of the world.
    ///   - message: What the person says about it.
    ///   - allowNoValidation: Why it may be without validation.
    ///   - stop: Ends it early; the ticket stays taken.
    ///   - tell: Hears what is going on.
    public init(
        _ context: JobContext, message: String?, allowNoValidation: String?, stop: StopSignal,
        tell: @escaping (String) -> Void
    ) {
        self.context = context
        self.message = message
        self.allowNoValidation = allowNoValidation
        self.stop = stop
        self.tell = tell
    }

    /// Submits what is there.
    ///
    /// - Parameter id: The ticket.
    /// - Returns: What came of it; unless it is a revision, the ticket stays taken.
    /// - Throws: ``AdmissionError`` if the person does not have the ticket or the work tree is
    ///   not in order; nothing is changed then.
    public func submit(_ id: String) throws -> SubmitOutcome {
        let snapshot = try context.board.snapshot()
        let ticket = try snapshot.require(Ticket.self, id)
        let job = try taken(ticket, snapshot)
        let files = JobFiles(commonDirectory: context.repository.commonDirectory, job: job.id)
        try context.repository.makeDirectory(files.forChecks.temporary)
        defer { JobFiles.removeTemporary(files) }
        guard let lock = try Slot(files.lock) else {
            // Whoever gives it back has the lock, too.
            let now = try context.board.snapshot()
            _ = try taken(try now.require(Ticket.self, id), now)
            throw AdmissionError(
                "ticket \(id.prefix(6)) is being submitted already",
                hint: "git draft status", isBusy: true)
        }
        defer { withExtendedLifetime(lock) {} }
        let now = try context.board.snapshot()
        _ = try taken(try now.require(Ticket.self, id), now)
        try JobFiles.replace(files.pid, with: Array("\(getpid())\n".utf8))
        defer { try? JobFiles.remove(files.pid) }
        let found = try TakenWorktree.of(job, ticket, context)
        guard let worktree = found, worktree.isPresent else {
            throw found?.absence ?? TakenWorktree.isGone(ticket)
        }
        let tip = try checkState(worktree)
        let base = try base(of: tip, job, ticket)
        let policy = try context.policy(base)
        try checkValidation(policy, ticket)
        let recorder = JobRecorder(context, job: job)
        recorder.takeUp(job)
        let attempt = SubmittedAttempt(
            context: context, recorder: recorder, policy: policy, base: base, stop: stop,
            message: message, allowNoValidation: allowNoValidation, tell: tell)
        return try attempt.run(job, ticket, worktree)
    }

    /// The job by which a person has a ticket here.
    private func taken(_ ticket: Ticket, _ snapshot: Snapshot) throws -> Job {
        let name = ticket.id.prefix(6)
        guard let job = try Job.person(with: ticket, in: snapshot) else {
            throw AdmissionError("ticket \(name) is not taken", hint: "git draft take \(name)")
        }
        guard try job.replica == context.board.replicaIfAny() else {
            throw AdmissionError.taken(ticket, by: job, isElsewhere: true)
        }
        return job
    }

    // MARK: - Checks

    /// Refuses a work tree in which git is in the middle of something.
    ///
    /// - Returns: The commit that is checked out.
    private func checkState(_ worktree: TakenWorktree) throws -> ObjectID {
        try worktree.refuseUnfinished("continue")
        if let astray = try worktree.astray { throw astray }
        guard let tip = try worktree.head().commit else { throw worktree.absence }
        return tip
    }

    /// The commit that the result is compared with: what it has of the base branch.
    private func base(of tip: ObjectID, _ job: Job, _ ticket: Ticket) throws -> ObjectID {
        let today = try Admission.base(context)
        let output = try context.git.run(
            ["merge-base", "\(today)", "\(tip)"], allowed: [0, 1])
        guard let common = ObjectID(hex: output.text) else {
            throw AdmissionError(
                "'take/\(ticket.id)' has nothing in common with the base branch",
                hint: "git draft cancel \(ticket.id.prefix(6))")
        }
        if let recorded = job.baseCommit.flatMap({ ObjectID(hex: $0) }),
            try context.git.isAncestor(recorded, of: tip),
            try context.git.isAncestor(common, of: recorded)
        {
            return recorded
        }
        return common
    }

    private func checkValidation(_ policy: Policy, _ ticket: Ticket) throws {
        let name = ticket.id.prefix(6)
        if ticket.mode == "investigate" {
            guard message == nil else { return }
            throw AdmissionError(
                "ticket \(name) asks for findings", hint: "git draft submit -m TEXT \(name)")
        }
        let commands = policy.validation.fast + policy.validation.full
        guard ticket.validation.isEmpty, !commands.contains(where: \.required),
            allowNoValidation == nil
        else { return }
        throw AdmissionError(
            "no required validation command is configured, so nothing can be green",
            hint: "git draft submit --allow-no-validation REASON \(name)")
    }
}

extension Job {
    /// The job by which a person has a ticket, if one has.
    public static func person(with ticket: Ticket, in snapshot: Snapshot) throws -> Job? {
        guard [.executing, .verifying].contains(ticket.state), let id = ticket.jobID,
            let job = try snapshot.view(Job.self, id), job.isPersons, job.status == .running
        else { return nil }
        return job
    }
}

internal import GitStore
internal import Model

/// The job of a landing, over all its attempts.
///
/// As long as it is open a reference keeps what it is to land: whatever a kill leaves is
/// found by that.
final class LandingJob {
    /// The job.
    let id: String

    /// What the reference keeps; `nil` before the landing has begun.
    var kept: ObjectID?

    /// Whether the board has the job.
    var isCreated = false

    /// Whether the base has moved: now the landing can only be completed.
    var hasMoved = false

    init(_ id: String) { self.id = id }
}

/// Somebody stopped a landing before anything moved.
struct LandingStop: Error {}

extension Lander {
    /// Where the commits of landings are kept until they are part of the base.
    static let keepPrefix = "refs/draft-local/land/"

    /// A push of which nobody knows whether it was accepted.
    struct UnknownResult: Error {}

    /// Has the job run, in each attempt anew, with a commit that is kept meanwhile.
    ///
    /// What a kill leaves here is what ``recover(as:)`` looks at; so does what a
    /// remote has not answered to.
    func begin(
        _ job: LandingJob, _ candidate: LandingCandidate, _ target: Target, _ policy: Policy,
        keeping commit: ObjectID, as actor: Actor
    ) throws {
        if job.kept != commit {
            try board.repository.durably {
                try board.repository.move(
                    Self.keepPrefix + job.id, to: commit, from: job.kept, reflog: "land")
            }
            job.kept = commit
        }
        let sandbox = try validation.runners("", policy).sandbox.kind.word
        if !job.isCreated {
            try board.transact(as: actor) { transaction in
                try create(job, for: candidate, on: target, sandbox, in: transaction)
            }
            job.isCreated = true
        }
        // Where something is validated, what is written then comes before the base moves.
        let isLast = !canJudge(candidate, policy)
        try board.transact(as: actor, isDurable: isLast) { transaction in
            try recordStart(job, candidate, target, sandbox, in: transaction)
        }
    }

    /// Forgets the commit of a landing that has come to its end.
    func forget(_ job: LandingJob) throws {
        guard let kept = job.kept else { return }
        try board.repository.delete(Self.keepPrefix + job.id, expecting: kept)
        job.kept = nil
    }

    /// Ends a landing that came to nothing; returns the refusal, if it was one.
    ///
    /// What cannot be ended now, the next command ends, as it does once the base has moved.
    ///
    /// - Throws: The error, or ``LandingStop`` if somebody wanted the end.
    func abandon(
        _ job: LandingJob, of ticket: String, for error: any Error, as actor: Actor
    ) throws -> LandRefusal {
        // What a remote may have taken is not given up; the next landing finds it out.
        let isAwaited = (try? board.pending().contains { $0.name == ticket }) ?? true
        guard !job.hasMoved, !isAwaited else { throw error }
        let isStopped = stop?.isRequested == true
        do {
            if job.isCreated {
                let (reason, message) = isStopped ? (.canceled, nil) : (Reason.system, "\(error)")
                try close(job.id, reason, message, as: actor)
            }
            try forget(job)
        } catch {
            // The reference is still there, then.
        }
        guard !isStopped else { throw LandingStop() }
        guard let refusal = error as? LandRefusal else { throw error }
        return refusal
    }

    /// Ends the job of a landing that came to nothing, unless it has ended.
    func close(
        _ job: String, _ reason: Reason, _ message: String?, as actor: Actor
    ) throws {
        try board.transact(as: actor, isDurable: true) { transaction in
            guard let record = try transaction.record(.job, job) else { return }
            let found = Job(record)
            guard !found.status.isTerminal else { return }
            let status = reason == .canceled ? JobStatus.canceled : .failed
            let outcome = reason == .canceled ? "canceled" : "failed"
            var groups: JSONObject = [
                "status": Self.status(status, reason, outcome: outcome, transaction.now),
                "stage": nil, "progress": 100,
            ]
            if let message {
                let fault = JobFault(
                    step: found.stage ?? "landing", tool: "git-draft", type: reason.rawValue,
                    message: message)
                groups["had_errors"] = true
                groups["errors"] = .array(
                    (record.value("errors").array ?? []) + [fault.json])
            }
            try transaction.write(
                record, groups, as: .jobFinished,
                EventDetails(
                    from: found.status.word, to: status.word, reason: reason.rawValue,
                    payload: ["outcome": .string(outcome), "url": nil]))
        }
    }
}

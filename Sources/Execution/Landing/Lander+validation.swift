internal import GitStore
internal import Model

/// From the creation of a landing's job to the proof that the merged tree is good.
extension Lander {
    /// Creates the record of a landing's job.
    func create(
        _ job: LandingJob, for candidate: LandingCandidate, on target: Target,
        _ sandbox: String, in transaction: Transaction
    ) throws {
        let ticket = try transaction.require(Ticket.self, candidate.ticket.id)
        try Self.checkUnchanged(candidate, ticket, transaction)
        try transaction.create(
            .job, id: job.id,
            [
                "ticket_id": .string(ticket.id), "goal_id": .string(ticket.goalID),
                "kind": .string(JobKind.land.word), "fence": .integer(ticket.fence),
                "replica": .string(transaction.replica),
                "base_commit": .string("\(target.base)"), "sandbox": .string(sandbox),
                "invocation": [
                    "source": "cli", "external_event_id": nil,
                    "invoker": .string(transaction.actor.id),
                    "name": .string(transaction.actor.name),
                ],
            ], as: .jobCreated,
            EventDetails(
                goal: ticket.goalID, ticket: ticket.id, to: JobStatus.queued.word,
                payload: ["ticket": ticket.shown]))
    }

    /// Records that an attempt to land begins.
    func recordStart(
        _ job: LandingJob, _ candidate: LandingCandidate, _ target: Target, _ sandbox: String,
        in transaction: Transaction
    ) throws {
        let ticket = try transaction.require(Ticket.self, candidate.ticket.id)
        try Self.checkUnchanged(candidate, ticket, transaction)
        let found = try Self.open(job, transaction)
        var groups: JSONObject = [
            "base_commit": .string("\(target.base)"), "stage": "validating", "progress": 70,
        ]
        var details = EventDetails(payload: ["sandbox": ["kind": .string(sandbox)]])
        let isFirst = found.status == .queued
        if isFirst {
            try found.status.checkMove(to: .running)
            groups["status"] = Self.status(.running, nil, outcome: nil, nil)
            groups["started_at"] = JSON(transaction.now)
            details = EventDetails(
                from: found.status.word, to: JobStatus.running.word,
                payload: ["sandbox": ["kind": .string(sandbox)]])
        }
        try transaction.write(
            found.record, groups, as: isFirst ? .jobStarted : .jobIterationStarted, details)
        let kept = job.kept.map { "\($0)" }
        // Of what does not merge there is no commit that could land.
        let commit = kept == candidate.revision.headCommit ? nil : kept
        let payload: JSONObject = [
            "commit": JSON(commit), "base_branch": .string(target.branch),
            "old_base": .string("\(target.base)"), "new_base": JSON(commit),
            "revision": .integer(candidate.revision.number),
        ]
        try transaction.write(
            ticket.record, as: .landStarted,
            EventDetails(goal: ticket.goalID, job: job.id, payload: payload))
    }

    /// Records what validation said of the merged tree, and where the proof of it is.
    ///
    /// It is on the disk before the base moves: whoever completes the landing finds it.
    func recordValidation(
        _ landing: Landing, _ result: TreeValidation.Result, _ policy: Policy, as actor: Actor
    ) throws {
        let verdicts = result.verdicts.prefix(Self.mostVerdicts).map { verdict -> JSON in
            [
                "name": .string(String(verdict.name.prefix(120))), "tier": .string(verdict.tier),
                "passed": .bool(verdict.passed),
                "exit_code": JSON(verdict.exitCode.map(Int64.init)),
                "duration": .integer(verdict.duration),
            ]
        }
        var proof: JSONObject = [
            "tree": .string("\(landing.tree)"), "policy_hash": .string(policy.policyHash),
            "cached": .bool(result.isCached), "job_id": JSON(result.proof?.job),
            "evidence": result.proof?.evidence.json ?? .null,
        ]
        var event = proof
        event["commands"] = .array(Array(verdicts))
        event["flaky"] = false
        proof["verdicts"] = .array(Array(verdicts))
        let passed = result.proof.map { "== the tree passed in job \($0.job) already\n" } ?? ""
        try board.transact(as: actor, isDurable: true) { transaction in
            let ticket = try transaction.require(Ticket.self, landing.candidate.ticket.id)
            try Self.checkUnchanged(landing.candidate, ticket, transaction)
            let job = try Self.open(landing.job, transaction)
            try transaction.write(
                job.record,
                [
                    "machine_summary": ["validation": .object(proof)],
                    "log_tail": .string(result.isCached ? passed : result.log),
                    "stage": "landing", "progress": 85,
                ], as: .validationRan, EventDetails(payload: event))
        }
    }

    /// The most verdicts that a record of a landing holds; the evidence has all.
    private static let mostVerdicts = 20

    /// What ``recordValidation(_:_:_:as:)`` wrote; null if nothing was to be validated.
    static func validation(of job: Job) -> JSON {
        job.record.value("machine_summary")["validation"] ?? .null
    }
}

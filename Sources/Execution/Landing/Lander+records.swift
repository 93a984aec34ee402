internal import GitStore
internal import Model

/// What a landing writes on the board.
extension Lander {
    /// Why a landing blocks its ticket.
    enum Obstacle {
        case conflict([String])
        case red([Verdict])
    }

    /// Blocks a ticket whose revision cannot become part of the base as it is.
    func block(
        _ candidate: LandingCandidate, _ target: Target, by obstacle: Obstacle, as actor: Actor
    ) throws {
        let (reason, what, payload) = Self.words(for: obstacle)
        try board.transact(as: actor, isDurable: true) { transaction in
            let ticket = try transaction.require(Ticket.self, candidate.ticket.id)
            try Self.checkUnchanged(candidate, ticket, transaction)
            let job = transaction.newID()
            let findings: JSON = [
                "tried": .string(
                    "landing revision \(candidate.revision.number) on '\(target.branch)'"),
                "last_failure": .string(what),
                "best_snapshot": .string(candidate.revision.headCommit),
                "next": .string("git draft retry \(ticket.id.prefix(6))"),
            ]
            let status = Self.status(.succeeded, reason, outcome: "blocked", transaction.now)
            try create(
                job, for: ticket, on: target, in: transaction,
                ["status": status, "findings": findings, "progress": 100])
            var payload = payload
            payload["base"] = .string("\(target.base)")
            payload["revision"] = .integer(candidate.revision.number)
            try transaction.move(
                ticket, to: .blocked, reason: reason.rawValue, job: job, as: .landRefused,
                payload: payload)
        }
    }

    private static func words(for obstacle: Obstacle) -> (Reason, String, JSONObject) {
        switch obstacle {
        case .conflict(let files):
            let names = files.prefix(100).map { $0 }
            return (
                .conflict, "conflict in \(names.joined(separator: ", "))", ["files": JSON(names)]
            )
        case .red(let verdicts):
            let failures = verdicts.failures.prefix(5).map { verdict -> JSON in
                [
                    "name": .string(verdict.name), "tier": .string(verdict.tier),
                    "exit_code": JSON(verdict.exitCode.map(Int64.init)),
                    "tail": .string(Verdict.tail(of: verdict.tail, limit: 1024)),
                ]
            }
            let tails = verdicts.failures.map { "\($0.name):\n\($0.tail)" }
            let what = Verdict.tail(of: tails.joined(separator: "\n"), limit: Verdict.tailLimit)
            return (.red, what, ["verdicts": .array(Array(failures))])
        }
    }

    /// Records that a landing is about to move the local base.
    func recordStart(_ landing: Landing, as actor: Actor) throws {
        try board.transact(as: actor, isDurable: true) { transaction in
            let ticket = try transaction.require(Ticket.self, landing.candidate.ticket.id)
            try Self.checkUnchanged(landing.candidate, ticket, transaction)
            let status = Self.status(.running, nil, outcome: nil, nil)
            try create(
                landing.job, for: ticket, on: landing.target, in: transaction,
                ["status": status, "stage": "landing", "progress": 85])
            let payload: JSONObject = [
                "commit": .string("\(landing.commit)"),
                "base_branch": .string(landing.target.branch),
                "old_base": .string("\(landing.target.base)"),
                "new_base": .string("\(landing.commit)"),
                "revision": .integer(landing.candidate.revision.number),
            ]
            try transaction.write(
                ticket.record, as: .landStarted,
                EventDetails(goal: ticket.goalID, job: landing.job, payload: payload))
        }
    }

    /// Writes that a ticket has landed; nothing if that is written already.
    ///
    /// Whatever its state has become meanwhile: a landing beats any.
    func recordLanding(
        of commit: ObjectID, ticket id: String, job: String, remote: String?,
        in transaction: Transaction
    ) throws {
        let ticket = try transaction.require(Ticket.self, id)
        let finished = Self.status(.succeeded, nil, outcome: "landed", transaction.now)
        if let record = try transaction.record(.job, job), !Job(record).status.isTerminal {
            try transaction.write(
                record, ["status": finished, "progress": 100, "stage": nil], as: .jobFinished,
                EventDetails(from: "running", to: "succeeded", payload: ["outcome": "landed"]))
        }
        let isKnown = ticket.record.landings.contains { $0.commit == "\(commit)" }
        guard !isKnown else { return }
        let made = try board.repository.readCommit(commit)
        let groups: JSONObject = [
            "landed/\(commit)": [
                "tree": .string("\(made.tree)"), "remote": JSON(remote),
                "at": JSON(transaction.now), "by": .string("git:\(made.committer.email)"),
            ]
        ]
        let payload: JSONObject = [
            "commit": .string("\(commit)"), "tree": .string("\(made.tree)"),
            "remote": JSON(remote), "outcome": "landed",
        ]
        let canMove = (try? ticket.state.checkMove(to: .done, by: transaction.actor.type)) != nil
        if canMove {
            try transaction.move(
                ticket, to: .done, job: job, also: groups, as: .landDone, payload: payload)
        } else {
            try transaction.write(
                ticket.record, groups, as: .landDone,
                EventDetails(goal: ticket.goalID, job: job, payload: payload))
        }
    }

    /// Creates the record of a landing's job.
    func create(
        _ job: String, for ticket: Ticket, on target: Target, in transaction: Transaction,
        _ groups: JSONObject
    ) throws {
        var members: JSONObject = [
            "ticket_id": .string(ticket.id), "goal_id": .string(ticket.goalID),
            "kind": .string(JobKind.land.word), "fence": .integer(ticket.fence),
            "replica": .string(transaction.replica), "base_commit": .string("\(target.base)"),
            "sandbox": .string(
                try validation.runners("", try policyAt(target.base)).sandbox.kind.word),
            "started_at": JSON(transaction.now),
            "invocation": [
                "source": "cli", "external_event_id": nil,
                "invoker": .string(transaction.actor.id), "name": .string(transaction.actor.name),
            ],
        ]
        for (group, value) in groups { members[group] = value }
        let status = groups["status"]
        try transaction.create(
            .job, id: job, members, as: .jobCreated,
            EventDetails(
                to: status?["status"]?.string,
                payload: [
                    "outcome": status?["outcome"] ?? .null,
                    "ticket": [
                        "title": .string(ticket.title), "description": .string(ticket.description),
                        "labels": JSON(ticket.labels), "state": .string(ticket.state.word),
                    ],
                ]))
    }

    /// The group `status` of a job.
    static func status(
        _ status: JobStatus, _ reason: Reason?, outcome: String?, _ end: Timestamp?
    ) -> JSON {
        [
            "status": .string(status.word), "reason": JSON(reason?.rawValue),
            "outcome": JSON(outcome), "finished_at": JSON(end),
        ]
    }

    /// Checks that nobody has decided otherwise since the landing began.
    static func checkUnchanged(
        _ candidate: LandingCandidate, _ ticket: Ticket, _ transaction: Transaction
    ) throws {
        let revision = try transaction.require(Revision.self, candidate.revision.id)
        guard ticket.state == .needsHuman, revision.status == .approved,
            revision.headCommit == candidate.revision.headCommit
        else {
            throw LandRefusal(
                "ticket \(ticket.id.prefix(6)) was changed meanwhile",
                hint: "git draft ticket show \(ticket.id.prefix(6))")
        }
    }
}

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
        _ job: LandingJob, _ candidate: LandingCandidate, _ target: Target,
        by obstacle: Obstacle, as actor: Actor
    ) throws {
        let (reason, what, payload) = Self.words(for: obstacle)
        try board.transact(as: actor, isDurable: true) { transaction in
            let ticket = try transaction.require(Ticket.self, candidate.ticket.id)
            try Self.checkUnchanged(candidate, ticket, transaction)
            let open = try Self.open(job, transaction)
            let findings: JSON = [
                "tried": .string(
                    "landing revision \(candidate.revision.number) on '\(target.branch)'"),
                "last_failure": .string(what),
                "best_snapshot": .string(candidate.revision.headCommit),
                "next": .string("git draft retry --fresh \(ticket.id.prefix(6))"),
            ]
            let status = Self.status(.succeeded, reason, outcome: "blocked", transaction.now)
            try transaction.write(
                open.record,
                ["status": status, "findings": findings, "progress": 100, "stage": nil],
                as: .jobFinished,
                EventDetails(
                    from: open.status.word, to: JobStatus.succeeded.word,
                    reason: reason.rawValue, payload: ["outcome": "blocked", "url": nil]))
            var payload = payload
            payload["validation"] = Self.validation(of: open)
            payload["base"] = .string("\(target.base)")
            payload["revision"] = .integer(candidate.revision.number)
            try transaction.move(
                ticket, to: .blocked, reason: reason.rawValue, job: job.id, as: .landRefused,
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

    /// Writes that a ticket has landed; nothing if that is written already.
    ///
    /// Whatever its state has become meanwhile: a landing beats any.
    func recordLanding(
        of commit: ObjectID, ticket id: String, job: String, remote: String?,
        in transaction: Transaction
    ) throws {
        let ticket = try transaction.require(Ticket.self, id)
        let finished = Self.status(.succeeded, nil, outcome: "landed", transaction.now)
        let found = try transaction.record(.job, job).map { Job($0) }
        if let found, !found.status.isTerminal {
            try transaction.write(
                found.record, ["status": finished, "progress": 100, "stage": nil],
                as: .jobFinished,
                EventDetails(
                    from: found.status.word, to: JobStatus.succeeded.word,
                    payload: ["outcome": "landed", "url": nil]))
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
            "validation": found.map(Self.validation) ?? .null,
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

    /// The job of a landing as it is now, provided that nobody has ended it.
    static func open(_ job: LandingJob, _ transaction: Transaction) throws -> Job {
        let found = try transaction.require(Job.self, job.id)
        guard !found.status.isTerminal else {
            throw LandRefusal(
                "job \(job.id.prefix(6)) was ended meanwhile",
                hint: "git draft job show \(job.id.prefix(6))")
        }
        return found
    }
}

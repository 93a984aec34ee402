internal import FoundationEssentials
internal import GitStore
internal import Model

/// Jobs that make tickets of a goal.
extension Admission {
    /// Makes the job that plans a goal, or takes up one that waits for its turn.
    ///
    /// - Returns: The job.
    /// - Throws: ``AdmissionError`` if the goal may not be planned; nothing is changed then.
    func admit(planOf id: String) throws -> Launch {
        let base = try Self.base(context)
        return try launching(ticket: nil) { new, transaction in
            let goal = try transaction.require(Goal.self, id)
            if let waiting = try taken(upFor: goal, transaction) { return waiting }
            guard goal.status == "open" else {
                throw AdmissionError(
                    "goal \(id.prefix(6)) is \(goal.status)",
                    hint: "git draft goal edit \(id.prefix(6)) --status open")
            }
            let policy = try policy(at: base)
            try checkInvoker(policy)
            try context.checkEnvironment(policy)
            let agent = try chooseAgent(policy)
            if let file = agent.settings.file { try context.check(script: file, at: base) }
            try create(new.job, goal, agent, base, policy, transaction)
            return new
        }
    }

    /// A job that is queued already; refuses if one is at work or waits for an answer.
    private func taken(upFor goal: Goal, _ transaction: Transaction) throws -> Launch? {
        let jobs = try transaction.list(Job.self)
            .filter { $0.jobKind == .plan && $0.goalID == goal.id && !$0.status.isTerminal }
        for job in jobs {
            let subject = "the plan of goal \(goal.id.prefix(6))"
            if let launch = try taken(up: job, of: subject, transaction) { return launch }
            throw AdmissionError(
                "job \(job.id.prefix(6)) plans goal \(goal.id.prefix(6)) already",
                hint: "git draft logs -f \(job.id.prefix(6))", isBusy: true)
        }
        return nil
    }

    private func create(
        _ id: String, _ goal: Goal, _ agent: AgentChoice, _ base: ObjectID, _ policy: Policy,
        _ transaction: Transaction
    ) throws {
        var payload: JSONObject = ["goal": goal.shown]
        if let meant = agent.insteadOf {
            payload["fallback"] = ["from": .string(meant), "to": .string(agent.name)]
        }
        var invocation: JSONObject = [
            "source": "cli", "external_event_id": nil, "invoker": .string(invoker.id),
            "name": .string(invoker.name),
        ]
        if let file = context.environmentFile {
            invocation["environment_file"] = .string(file.path)
        }
        try transaction.create(
            .job, id: id,
            [
                "goal_id": .string(goal.id), "kind": .string(JobKind.plan.word),
                "agent": ["name": .string(agent.name), "version": nil],
                "base_commit": .string("\(base)"),
                "instructions": .array(PlanOrder.instructions.map(\.listed)),
                "invocation": .object(invocation),
                "sandbox": .string(try context.sandbox(policy).kind.word),
            ], as: .jobCreated,
            EventDetails(
                goal: goal.id, to: JobStatus.queued.word, payload: payload))
    }
}

internal import Model

/// The instruction that a job hands to an agent that makes tickets of a goal.
struct PlanOrder {
    /// The goal.
    let goal: Goal
    /// The directory that the agent may look at, and use as it likes.
    let workspace: String
    /// The commit that it holds.
    let baseCommit: String
    /// The number of the turn within the job, from 1.
    let iteration: Int
    /// What is known of the repository and of the tickets that there are.
    let brief: JSONObject
    /// What people answered.
    let answers: [JSON]
    /// What a ticket of the plan has to keep to.
    let policy: Policy
    /// When the agent is stopped.
    let deadline: Timestamp

    /// The order as the agent reads it.
    var json: JSON {
        let guardrails = policy.guardrails
        var order: JSONObject = [
            "schema": 1, "kind": "plan", "mode": nil, "workspace": .string(workspace),
            "base_commit": .string(baseCommit),
            "goal": [
                "id": .string(goal.id), "title": .string(goal.title),
                "description": .string(goal.description),
            ],
            "ticket": nil, "iteration": .integer(Int64(iteration)), "plan": nil, "feedback": [],
            "review": [], "answers": .array(answers),
            "limits": [
                "max_iterations": 1, "iterations_left": 1, "deadline": JSON(deadline),
                "budget": nil,
            ],
            "guardrails": [
                "allow": JSON(guardrails.allow.map(\.description)),
                "deny": JSON(guardrails.deny.map(\.description)),
                "dependency_changes": .bool(guardrails.dependencyChanges),
                "max_files": .integer(Int64(guardrails.maxFiles)),
                "max_lines": .integer(Int64(guardrails.maxLines)),
            ],
            "validation": [
                "fast": JSON(policy.validation.fast.map(\.command)),
                "full": JSON(policy.validation.full.map(\.command)),
            ],
            "instructions": .array(Self.instructions.map(\.json)),
            "mcp_servers": [:],
            "untrusted": ["goal.title", "goal.description", "repository", "tickets"],
        ]
        for (key, value) in brief { order[key] = value }
        return .object(order)
    }

    /// The layers that every such job loads.
    static let instructions = [
        Instruction(
            layer: "global",
            text: "Look around in this directory as you like; what you change in it is dropped. "
                + "If a decision is not yours to make, ask: status `needs_input` with a "
                + "question."),
        Instruction(
            layer: "mode",
            text: """
                Break the goal into tickets, at most 10, each so small that one agent can do it \
                in one go within the guardrails, and one person can review it. Do not do the \
                work. Do not repeat what `tickets` lists; a ticket may be blocked by one of \
                these. Answer with one JSON object in a fenced block, or as `tickets` of your \
                result:
                {"tickets": [{"title": "Verb first, one line", "description": "what and why", \
                "priority": "P0" to "P3", "blocked_by": ["title of another ticket"], \
                "acceptance_criteria": ["what must hold"], "touches": ["src/**"]}]}
                Other keys of a ticket are mode (fix, investigate), task_type, labels and \
                validation; there are no others. An empty list says that nothing is to be done.
                """),
    ]
}

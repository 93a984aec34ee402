import Configuration
import Execution
import GitStore
import Model
import Planner

extension Session {
    /// The planner's part of jobs that make tickets of a goal.
    func planning() -> Planning {
        let (board, redactor) = (board, redactor)
        return Planning(
            brief: { goal, base, policy in
                try PlanBrief.members(
                    of: goal, base: base, board.snapshot(), in: board.repository, policy: policy,
                    redactor: redactor)
            },
            read: { answer, goal, job in
                let titles = PlanImport.titles(of: try board.snapshot().list(Ticket.self))
                let text = Text.boundedTail(answer, limit: 1 << 20)
                let plan = try PlanFile.parseAnswer(Array(text.utf8), existing: titles)
                return { try propose(plan, goal.id, job, $0) }
            })
    }
}

/// Makes the tickets of an agent's plan as its job ends.
private func propose(
    _ plan: Plan, _ goal: String, _ job: Model.Job, _ transaction: Transaction
) throws -> JSONObject {
    let goal = try transaction.require(Model.Goal.self, goal)
    var imported = PlanImport(
        plan, into: goal, beside: try transaction.list(Ticket.self), isBoardWide: true)
    try imported.store(
        in: transaction, from: ["job_id": .string(job.id), "agent": JSON(job.agentName)])
    return [
        "created": JSON(imported.created.map(\.id)), "dropped": JSON(imported.dropped),
        "notes": JSON(plan.notes),
    ]
}

public import GitStore
public import Model

/// What an agent that plans is told besides the goal: the repository, and the tickets.
public enum PlanBrief {
    /// Looks at both.
    ///
    /// - Parameters:
    ///   - goal: The goal that is planned.
    ///   - base: The commit that work would start from.
    ///   - snapshot: The board.
    ///   - repository: Where the commit is.
    ///   - policy: What a job may change.
    ///   - redactor: Takes secrets out of what is said.
    /// - Returns: The members `repository` and `tickets` of a work order.
    /// - Throws: What reading the commit or the board throws.
    public static func members(
        of goal: Goal, base: ObjectID, _ snapshot: Snapshot, in repository: Repository,
        policy: Policy, redactor: Redactor
    ) throws -> JSONObject {
        let tickets = try ExistingTickets(snapshot, for: goal, redactor: redactor)
        let cut = tickets.left > 0 ? ["\(tickets.left) more tickets are not listed"] : []
        let shape = try RepositoryShape(
            of: base, in: repository, denied: policy.guardrails.deny, redactor: redactor, cut: cut)
        return ["repository": shape.json, "tickets": tickets.json]
    }
}

public import GitStore
public import Model

/// The tickets of a board as an agent that plans is told of them, so that it repeats none.
public struct ExistingTickets: Sendable {
    /// The tickets as a work order holds them.
    public let json: JSON

    /// How many more there are.
    public let left: Int

    private static let limit = 200

    /// Reads a board: the goal's first, then what is not done; what nobody wants last.
    ///
    /// - Throws: What the board throws.
    public init(_ snapshot: Snapshot, for goal: Goal, redactor: Redactor) throws {
        let goals = Dictionary(
            try snapshot.list(Goal.self).map { ($0.id, $0.title) }, uniquingKeysWith: { $1 })
        func rank(_ ticket: Ticket) -> Int {
            switch ticket.state {
            case .abandoned: 3
            case .done where ticket.goalID != goal.id: 2
            default: ticket.goalID == goal.id ? 0 : 1
            }
        }
        let tickets = try snapshot.list(Ticket.self)
        let ordered = (0...3).flatMap { group in tickets.filter { rank($0) == group }.inOrder() }
        left = max(0, ordered.count - Self.limit)
        json = JSON.array(
            ordered.prefix(Self.limit).map { ticket in
                [
                    "id": .string(ticket.id), "title": .string(ticket.title),
                    "state": .string(ticket.state.word), "goal": JSON(goals[ticket.goalID]),
                ]
            }
        ).mapStrings { redactor.redact($0) }
    }
}

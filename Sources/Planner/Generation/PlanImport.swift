public import GitStore
public import Model

/// A plan on its way into a goal: what is new of it, and what that becomes.
public struct PlanImport {
    /// What was read.
    public let plan: Plan
    /// The goal.
    public let goal: Goal
    /// The tickets that are new, with their places in the plan.
    public let wanted: [(place: Int, ticket: PlannedTicket)]
    /// The titles that there are already.
    public let dropped: [String]
    /// The tickets that were made.
    public private(set) var created: [Ticket] = []

    private let known: [(place: Int, id: String)]
    private let existing: [[UInt8]: String]
    private let lastOrder: Int64

    /// Finds what is new; an abandoned ticket does not keep its title.
    ///
    /// - Parameters:
    ///   - plan: What is wanted.
    ///   - goal: The goal that it is wanted for.
    ///   - tickets: The tickets of the board.
    ///   - isBoardWide: Whether a ticket of another goal counts as the same one, too.
    public init(
        _ plan: Plan, into goal: Goal, beside tickets: [Ticket], isBoardWide: Bool = false
    ) {
        var ids: [[UInt8]: String] = [:]
        let own = tickets.filter { $0.goalID == goal.id }
        // One of the goal itself counts before one of another goal.
        for ticket in (isBoardWide ? tickets : []) + own where ticket.state != .abandoned {
            ids[Self.key(ticket.title)] = ticket.id
        }
        let places = plan.tickets.enumerated().map { (place: $0, ticket: $1) }
        (self.plan, self.goal, existing) = (plan, goal, ids)
        wanted = places.filter { ids[Self.key($0.ticket.title)] == nil }
        known = places.compactMap { place, ticket in
            ids[Self.key(ticket.title)].map { (place: place, id: $0) }
        }
        dropped = known.map { plan.tickets[$0.place].title }
        // Whoever wrote the highest may have left no room above it.
        lastOrder = min(own.compactMap(\.sortOrder).max() ?? 0, .max - 1_000_000)
    }

    /// The titles of the tickets that a plan may build on.
    public static func titles(of tickets: [Ticket]) -> [String] {
        tickets.filter { $0.state != .abandoned }.map(\.title)
    }

    /// Makes the tickets, and the event that says where they came from.
    ///
    /// - Parameters:
    ///   - transaction: Where they are made.
    ///   - origin: What the event says of that.
    ///   - progress: Told how many tickets are made, and how many there will be.
    /// - Throws: What the board throws.
    public mutating func store(
        in transaction: Transaction, from origin: JSONObject,
        progress: (_ done: Int, _ total: Int) -> Void = { _, _ in }
    ) throws {
        guard !wanted.isEmpty else { return }
        let noun = wanted.count == 1 ? "ticket" : "tickets"
        transaction.message = "goal \(goal.id.prefix(6)): planned \(wanted.count) \(noun)"
        var ids: [Int: String] = [:]
        for (place, id) in known { ids[place] = id }
        for (place, _) in wanted { ids[place] = transaction.newID() }
        var payload = origin
        payload["created"] = .integer(Int64(wanted.count))
        payload["dropped"] = JSON(dropped)
        payload["notes"] = JSON(plan.notes)
        try transaction.write(
            goal.record, [:], as: .planImported, EventDetails(payload: payload))
        created = try wanted.enumerated().map { index, item in
            progress(index, wanted.count)
            return try transaction.createTicket(
                new(item.ticket, order: lastOrder + Int64(index) + 1, ids), id: ids[item.place])
        }
    }

    private func new(_ planned: PlannedTicket, order: Int64, _ ids: [Int: String]) -> NewTicket {
        var new = NewTicket(title: planned.title)
        new.description = planned.description
        new.goal = goal.id
        new.priority = planned.priority.map(Int64.init) ?? new.priority
        new.sortOrder = order
        new.labels = planned.labels
        let outside = planned.blockedOutside.compactMap { existing[Self.key($0)] }
        var seen: Set<String> = []
        new.blockedBy = (planned.blockedBy.compactMap { ids[$0] } + outside)
            .filter { seen.insert($0).inserted }
        new.acceptanceCriteria = planned.acceptanceCriteria
        new.mode = planned.mode?.rawValue ?? new.mode
        new.taskType = planned.taskType ?? new.taskType
        new.validation = planned.validation
        new.touches = planned.touches
        return new
    }

    /// Titles are the same whatever their case and their white space.
    private static func key(_ title: String) -> [UInt8] {
        let words = title.split(whereSeparator: \.isWhitespace).joined(separator: " ")
        return Array(words.lowercased().utf8)
    }
}

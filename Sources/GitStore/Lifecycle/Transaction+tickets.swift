public import Model

/// What a new ticket says; everything else has its default.
public struct NewTicket: Sendable {
    /// What is to be done, in a line.
    public var title: String
    /// What is to be done.
    public var description = ""
    /// The goal that it belongs to; `nil` for the inbox.
    public var goal: String?
    /// How soon it is wanted, 0 to 100.
    public var priority: Int64 = 50
    /// Its place among tickets of the same priority.
    public var sortOrder: Int64?
    /// Its labels.
    public var labels: [String] = []
    /// The ids of the tickets that must be done first.
    public var blockedBy: [String] = []
    /// What must hold when it is done.
    public var acceptanceCriteria: [String] = []
    /// fix or investigate.
    public var mode = "fix"
    /// What kind of work it is.
    public var taskType = "code"
    /// Commands that validate it besides the repository's.
    public var validation: [String] = []
    /// The paths that it is expected to change.
    public var touches: [String] = []

    /// Creates a ticket with a title.
    public init(title: String) { self.title = title }

    /// The groups that it writes.
    func groups(in goal: String, by actor: Actor, state: TicketState) -> JSONObject {
        var groups: JSONObject = [
            "title": .string(title), "description": .string(description),
            "goal_id": .string(goal), "priority": .integer(priority),
            "sort_order": JSON(sortOrder), "mode": .string(mode),
            "task_type": .string(taskType), "validation": JSON(validation),
            "acceptance_criteria": Self.criteria(acceptanceCriteria),
            "created_by": .string(actor.id),
            "status": ["state": .string(state.word), "reason": nil, "job_id": nil],
        ]
        for label in labels { groups["labels/\(label)"] = true }
        for blocker in blockedBy { groups["blocked_by/\(blocker)"] = true }
        for path in touches { groups["touches/\(path)"] = true }
        return groups
    }

    /// Acceptance criteria as they are stored, numbered from 1.
    public static func criteria(_ texts: [String]) -> JSON {
        .array(
            texts.enumerated().map { index, text in
                ["id": "\(index + 1)", "text": .string(text), "met": nil]
            })
    }
}

extension Transaction {
    /// Checks a title by the rule of ``Model/Title``.
    public func checkTitle(_ title: String) throws {
        if let flaw = Title.flaw(of: title) { throw BoardError(.refused, flaw) }
    }

    /// Creates a goal.
    @discardableResult
    public func createGoal(title: String, description: String = "") throws -> Goal {
        try checkTitle(title)
        return Goal(
            try create(
                .goal,
                [
                    "title": .string(title), "description": .string(description),
                    "created_by": .string(actor.id),
                ], as: .goalCreated))
    }

    /// Creates a ticket in the state `proposed`, or `planned` for a person who wants it done.
    @discardableResult
    public func createTicket(
        _ new: NewTicket, id: String? = nil, state: TicketState = .proposed
    ) throws -> Ticket {
        try checkTitle(new.title)
        guard (0...100).contains(new.priority) else {
            throw BoardError(.refused, "priority \(new.priority) is not within 0 to 100")
        }
        guard state == .proposed || actor.type == .human else {
            throw LifecycleError(
                code: .notPermitted, from: "new", to: state.word, actor: actor.type)
        }
        let goal = try new.goal ?? before.board().inboxGoalID
        _ = try require(Goal.self, goal)
        return Ticket(
            try create(
                .ticket, id: id, new.groups(in: goal, by: actor, state: state),
                as: .ticketCreated, EventDetails(goal: goal, to: state.word)))
    }

    /// Refuses to decide about a ticket that a remote was asked to take, until it has answered.
    ///
    /// The push may have arrived, or may still do so, even if whoever made it was killed.
    ///
    /// - Parameter id: The ticket.
    /// - Throws: ``BoardError`` with code `conflict`.
    public func refuseAwaited(_ id: String) throws {
        if awaited.contains(id) { throw Board.unknownLanding(of: id) }
    }

    /// Moves a ticket to another state, if the tables allow it and no remote is to say so.
    @discardableResult
    public func move(
        _ ticket: Ticket, to state: TicketState, reason: String? = nil, job: String? = nil,
        also groups: JSONObject = [:], counters: JSONObject = [:],
        as type: EventType = .ticketTransitioned, payload: JSONObject = [:]
    ) throws -> Ticket {
        try ticket.state.checkMove(to: state, by: actor.type)
        try refuseAwaited(ticket.id)
        var writes = groups
        writes["status"] = [
            "state": .string(state.word), "reason": JSON(reason), "job_id": JSON(job),
        ]
        return Ticket(
            try write(
                ticket.record, writes, counters: counters, as: type,
                EventDetails(
                    goal: ticket.goalID, job: job, from: ticket.state.word, to: state.word,
                    reason: reason, payload: payload)))
    }

    /// Adds a blocker to a ticket.
    ///
    /// - Throws: ``BoardError`` if that would make a cycle.
    @discardableResult
    public func block(_ ticket: Ticket, by blocker: Ticket) throws -> Ticket {
        guard blocker.id != ticket.id else {
            throw BoardError(.refused, "a ticket cannot block itself")
        }
        let tickets = try list(Ticket.self)
        let edges = Dictionary(
            tickets.map { ($0.id, $0.blockedBy) }, uniquingKeysWith: { $1 })
        if let path = Self.path(from: blocker.id, to: ticket.id, in: edges) {
            let names = (path + [blocker.id]).map { String($0.prefix(6)) }
            throw BoardError(
                .refused, "that would make a cycle: \(names.joined(separator: " → "))")
        }
        return Ticket(
            try write(
                ticket.record, ["blocked_by/\(blocker.id)": true], as: .ticketEdited,
                EventDetails(goal: ticket.goalID)))
    }

    /// A way from one ticket to another along blockers, both ends included.
    private static func path(
        from start: String, to end: String, in edges: [String: [String]]
    ) -> [String]? {
        var reached: [String: String] = [start: start]
        var queue = [start]
        while let ticket = queue.popLast() {
            if ticket == end {
                var path = [end]
                while let last = path.last, last != start { path.append(reached[last] ?? start) }
                return path.reversed()
            }
            for next in edges[ticket] ?? [] where reached[next] == nil {
                reached[next] = ticket
                queue.append(next)
            }
        }
        return nil
    }
}

extension Snapshot {
    /// The tickets that a ticket waits for: its blockers that can be seen and are not done.
    public func openBlockers(of ticket: Ticket) throws -> [Ticket] {
        try ticket.blockedBy.compactMap { id in
            guard let blocker = try view(Ticket.self, id), !blocker.record.isHidden else {
                return nil
            }
            return blocker.state == .done ? nil : blocker
        }
    }
}

extension Sequence<Ticket> {
    /// The tickets in the order in which they are to be done: priority, then their order.
    public func inOrder() -> [Ticket] {
        // What is compared is looked up once for each ticket, not once for each comparison.
        let ranked = map { ticket in
            (
                ticket: ticket, priority: ticket.priority, order: ticket.sortOrder ?? .max,
                time: ticket.createdAt
            )
        }
        return ranked.sorted { left, right in
            if left.priority != right.priority { return left.priority > right.priority }
            if left.order != right.order { return left.order < right.order }
            if let first = left.time, let second = right.time, first != second {
                return first < second
            }
            return left.ticket.id < right.ticket.id
        }.map(\.ticket)
    }

    /// The tickets that could run now: planned, and every blocker that can be seen is done.
    public func ready() -> [Ticket] {
        let states = Dictionary(map { ($0.id, $0.state) }, uniquingKeysWith: { $1 })
        return filter { ticket in
            ticket.state == .planned
                && ticket.blockedBy.allSatisfy { states[$0] == nil || states[$0] == .done }
        }.inOrder()
    }
}

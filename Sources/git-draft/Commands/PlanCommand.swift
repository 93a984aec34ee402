import Configuration
import GitStore
import Model
import Porcelain

/// `git draft plan`.
struct PlanCommand: Command {
    static let help = Help(
        "Turn a goal into proposed tickets", verb: "plan", group: "Goals and tickets",
        description: """
            Reads the tickets from a file in Markdown, YAML or JSON. In Markdown each heading of \
            the deepest level is a ticket; without headings, each `- [ ]` is one. Lines such as \
            `Priority: P1`, `Blocked by: Title` and `Accept: text` are its fields.

            A ticket whose title the goal has already is left out. If anything is wrong with the \
            file, nothing is stored.
            """)

    @Argument("what to plan for") var goal: String
    @Option("--from", value: "file", help: "take the tickets from <file>") var file: String
    @Flag("--dry-run", help: "only say what would be created") var isDryRun
    @Options var output: OutputOptions

    func run(in context: Context) async throws {
        let session = try Session(context)
        let bytes = try context.read(file)
        let plan = try PlanFile.parse(bytes, file: file == "-" ? "standard input" : file)
        let actor = try session.actor()
        let imported: PlanImport
        if isDryRun {
            let snapshot = try session.board.snapshot()
            let goal = try snapshot.require(Model.Goal.self, snapshot.goalID(self.goal))
            imported = PlanImport(plan, into: goal, beside: try snapshot.tickets(of: goal.id))
        } else {
            imported = try session.board.transact(as: actor) { transaction in
                let goal = try transaction.goal(self.goal)
                let tickets = try transaction.before.tickets(of: goal.id)
                var imported = PlanImport(plan, into: goal, beside: tickets)
                try imported.store(in: transaction, from: file)
                return imported
            }
        }
        try report(imported, session)
    }

    private func report(_ imported: PlanImport, _ session: Session) throws {
        for note in imported.plan.notes { session.terminal.note("note: \(escaped(note))") }
        for title in imported.dropped {
            session.terminal.note("note: the goal has a ticket \(quoted(title)) already")
        }
        if isDryRun {
            for (_, ticket) in imported.wanted {
                try session.terminal.writeLine("would propose \(quoted(ticket.title))")
            }
            return
        }
        if imported.created.isEmpty { session.terminal.note("nothing new is planned") }
        try session.report(imported.created, as: "tickets", output) { "proposed \($0.sentence)" }
        if !imported.created.isEmpty, !output.json, !output.quiet {
            session.advise("git draft accept \(sentenceName(imported.goal.id))")
        }
    }
}

/// A plan on its way into a goal.
struct PlanImport {
    /// What was read.
    let plan: Plan
    /// The goal.
    let goal: Model.Goal
    /// The tickets that are new to the goal, with their places in the plan.
    let wanted: [(place: Int, ticket: PlannedTicket)]
    /// The titles that the goal has already.
    let dropped: [String]
    /// The tickets that were made.
    private(set) var created: [Ticket] = []

    private let known: [(place: Int, id: String)]
    private let lastOrder: Int64

    /// Finds what is new; an abandoned ticket does not keep its title.
    init(_ plan: Plan, into goal: Model.Goal, beside tickets: [Ticket]) {
        var ids: [[UInt8]: String] = [:]
        for ticket in tickets where ticket.state != .abandoned {
            ids[Self.key(ticket.title)] = ticket.id
        }
        let places = plan.tickets.enumerated().map { (place: $0, ticket: $1) }
        (self.plan, self.goal) = (plan, goal)
        wanted = places.filter { ids[Self.key($0.ticket.title)] == nil }
        known = places.compactMap { place, ticket in
            ids[Self.key(ticket.title)].map { (place: place, id: $0) }
        }
        dropped = known.map { plan.tickets[$0.place].title }
        lastOrder = tickets.compactMap(\.sortOrder).max() ?? 0
    }

    /// Makes the tickets, and the event that says where they came from.
    mutating func store(in transaction: Transaction, from file: String) throws {
        guard !wanted.isEmpty else { return }
        transaction.message =
            "goal \(sentenceName(goal.id)): planned \(counted(wanted.count, "ticket"))"
        var ids: [Int: String] = [:]
        for (place, id) in known { ids[place] = id }
        for (place, _) in wanted { ids[place] = transaction.newID() }
        try transaction.write(
            goal.record, [:], as: .planImported,
            EventDetails(payload: [
                "file": .string(file), "created": .integer(Int64(wanted.count)),
                "dropped": JSON(dropped), "notes": JSON(plan.notes),
            ]))
        created = try wanted.enumerated().map { index, item in
            try transaction.createTicket(
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
        new.blockedBy = planned.blockedBy.compactMap { ids[$0] }
        new.acceptanceCriteria = planned.acceptanceCriteria
        new.mode = planned.mode?.rawValue ?? new.mode
        new.taskType = planned.taskType ?? new.taskType
        new.validation = planned.validation
        new.touches = planned.touches
        return new
    }

    /// Titles are the same whatever their case.
    private static func key(_ title: String) -> [UInt8] {
        let words = title.split(whereSeparator: \.isWhitespace).joined(separator: " ")
        return Array(words.lowercased().utf8)
    }
}

import GitStore
import Model
import Porcelain

/// `git draft goal list`.
struct GoalList: Command {
    static let help = Help(
        "List goals", verb: "list",
        description: """
            Lists goals with how many of their tickets are done. Abandoned tickets do not count.

            The fields of `--porcelain` are id, status, priority, tickets done, tickets and title.
            """)

    @Option("--status", help: "list goals of <status>") var status: GoalStatus?
    @Options var past: PastOptions
    @Options var output: ListOptions
    @Options var look: LookOptions

    func run(in context: Context) async throws {
        let session = try Session(context, color: look.color)
        let snapshot = try session.snapshot(at: past.at)
        let (goals, unreadable) = try snapshot.all(Model.Goal.self)
        session.warn(about: unreadable)
        let hits = goals.filter { status == nil || $0.status == status?.rawValue }.sorted {
            ($1.priority, $0.createdAt?.milliseconds ?? 0, $0.id)
                < ($0.priority, $1.createdAt?.milliseconds ?? 0, $1.id)
        }
        if output.json {
            return try session.printJSON(JSON(schemaList: "goals", hits.map(\.shown)))
        }
        let tickets = Dictionary(grouping: try snapshot.list(Ticket.self), by: \.goalID)
        let plain = output.plain(hits) { goal in
            let progress = Progress(tickets[goal.id] ?? [])
            return [
                goal.status, "\(goal.priority)", "\(progress.done)", "\(progress.total)",
                goal.title,
            ]
        }
        if let plain { return try session.terminal.write(plain) }
        let names = ShortNames(goals.map(\.id))
        var table = Table(columns: [
            .init("id"), .init("status"), .init("done", .right), .init("title", isFlexible: true),
        ])
        for goal in hits {
            let progress = Progress(tickets[goal.id] ?? [])
            table.add([
                Cell(names[goal.id], .yellow), Cell(goal.status),
                Cell("\(progress.done)/\(progress.total)"), Cell(goal.title),
            ])
        }
        if !table.isEmpty { try session.terminal.write(table.rendered(for: session.terminal)) }
    }
}

/// How far a goal is.
struct Progress {
    /// How many tickets there are, without those that nobody wants any more.
    let total: Int
    /// How many are done.
    let done: Int
    /// How many are in each state.
    let states: [(state: TicketState, count: Int)]

    /// Counts tickets.
    init(_ tickets: [Ticket]) {
        let columns = TicketState.columns(of: tickets)
        func count(_ state: TicketState) -> Int {
            columns.first { $0.state == state }?.tickets.count ?? 0
        }
        states = columns.map { ($0.state, $0.tickets.count) }
        total = tickets.count - count(.abandoned)
        done = count(.done)
    }

    /// The share that is done, in percent; nothing is no share.
    var percent: Int { total == 0 ? 0 : done * 100 / total }
}

import GitStore
import Model
import Porcelain

/// `git draft board`.
struct BoardShow: Command {
    static let help = Help(
        "Show the tickets as a board", verb: "board", group: "Start",
        description: """
            A column for each state. Where the terminal is too narrow for all of them, empty \
            columns are left out. Of the tickets that are done or abandoned the last ones are \
            shown; with `--quiet`, the ids of all tickets. With `--watch` the board is drawn anew whenever it changes, until Ctrl-C.
            """)

    @Option("--goal", help: "show tickets of <goal>") var goal: String?
    @Flag("--watch", help: "draw it anew whenever it changes") var watch
    @Options var past: PastOptions
    @Options var output: ViewOptions

    /// How many tickets a column of what is over shows.
    private static let finished = 10

    func validate() throws {
        if watch, past.at != nil { throw UsageError("--watch and --at exclude each other") }
    }

    func run(in context: Context) async throws {
        let session = try Session(context, color: output.look.color)
        guard watch else {
            return try draw(session.snapshot(at: past.at), session, session.terminal)
        }
        let interrupts = Interrupts()
        var last: ObjectID?
        while true {
            let snapshot = try session.board.snapshot()
            if snapshot.commit != last {
                var terminal = session.terminal
                terminal.measure(environment: context.environment)
                if terminal.outputIsTTY, !terminal.isDumb {
                    try terminal.write("\u{1b}[H\u{1b}[2J")
                } else if last != nil, !output.json {
                    try terminal.write("\n")
                }
                try draw(snapshot, session, terminal)
                last = snapshot.commit
            }
            try interrupts.wait(milliseconds: Interrupts.pace)
        }
    }

    private func draw(_ snapshot: Snapshot, _ session: Session, _ terminal: Terminal) throws {
        let (all, unreadable) = try snapshot.all(Ticket.self)
        session.warn(about: unreadable)
        let goalID = try goal.map { try snapshot.goalID($0) }
        let columns = TicketState.columns(of: all.filter { goalID == nil || $0.goalID == goalID })
        guard !output.json else {
            let document: JSON = [
                "schema": .integer(RecordFormat.schema),
                "columns": .array(
                    columns.map { column in
                        [
                            "state": .string(column.state.word),
                            "tickets": .array(column.tickets.inOrder().map(\.shown)),
                        ]
                    }),
            ]
            return watch ? try session.printLine(document) : try session.printJSON(document)
        }
        if output.quiet {
            return try session.printIDs(columns.flatMap { $0.tickets.inOrder().map(\.id) })
        }
        let shown = columns.flatMap(\.tickets)
        let marks = Marks(
            holders: snapshot.holders(of: all), sandboxes: snapshot.sandboxes(of: shown))
        try terminal.write(text(columns, among: all, marks, terminal))
    }

    /// What is said of tickets by their ids.
    private struct Marks {
        var holders: [String: String]
        var sandboxes: [String: String]
    }

    private func text(
        _ columns: [(state: TicketState, tickets: [Ticket])], among all: [Ticket],
        _ marks: Marks, _ terminal: Terminal
    ) -> String {
        let names = ShortNames(all.map(\.id))
        let states = Dictionary(all.map { ($0.id, $0.state) }, uniquingKeysWith: { $1 })
        let isWide = terminal.width >= Columns.width(of: columns.count)
        let shown = columns.filter { isWide || !$0.tickets.isEmpty }
        guard !shown.isEmpty else { return "no tickets\n" }
        let lanes = shown.map { column in
            lane(column.state, column.tickets, names: names, states: states, marks: marks)
        }
        return Columns(lanes).rendered(for: terminal)
    }

    private func lane(
        _ state: TicketState, _ tickets: [Ticket], names: ShortNames,
        states: [String: TicketState], marks: Marks
    ) -> Columns.Lane {
        let isOver = state == .done || state == .abandoned
        let ordered =
            isOver
            ? tickets.sorted {
                ($0.updatedAt?.milliseconds ?? 0) > ($1.updatedAt?.milliseconds ?? 0)
            }
            : tickets.inOrder()
        let shown = isOver ? ordered.prefix(Self.finished) : ordered[...]
        var cards = shown.map { ticket in
            var lines = [Cell("\(names[ticket.id]) \(ticket.title)")]
            let tags = [ticket.bucket] + ticket.labels
            lines.append(Cell(tags.joined(separator: " "), .dim))
            for remark in ticket.remarks(
                names: names, states: states, holder: marks.holders[ticket.id])
            {
                lines.append(Cell(remark, state == .blocked ? .red : .yellow))
            }
            if let sandbox = marks.sandboxes[ticket.id] {
                lines.append(Cell("sandbox \(sandbox)", .dim))
            }
            return Columns.Card(lines)
        }
        let hidden = tickets.count - shown.count
        if hidden > 0 { cards.append(Columns.Card([Cell("… and \(hidden) more", .dim)])) }
        return Columns.Lane(
            state.word, .bold + state.style, count: tickets.count, cards: cards)
    }
}

extension Columns {
    /// The width that so many columns need in one band.
    fileprivate static func width(of count: Int) -> Int { count * 20 - 2 }
}

import GitStore
import Model
import Porcelain

/// `git draft ticket list`.
struct TicketList: Command {
    static let help = Help(
        "List tickets", verb: "list",
        description: """
            Lists the tickets in the order in which they are to be done. The words of the query \
            are looked for in titles and descriptions, whatever their case; every one must be \
            there. Abandoned tickets are listed only with `--all`, or if their state is asked for.

                git draft ticket list parser --state planned --state blocked

            The fields of `--porcelain` are id, state, priority, goal, reason and title. \
            An empty field is `-`; what would end a field or a line is escaped as in C, and so \
            are a backslash and a field that is `-` itself.
            """)

    @Argument("words to look for") var query: [String]
    @Option("--state", help: "list tickets in <state>; may be repeated") var states: [StateWord]
    @Option("--goal", help: "list tickets of <goal>") var goal: String?
    @Option("--label", help: "list tickets with <label>; may be repeated") var labels: [String]
    @Option("--limit", value: "number", help: "list at most <number> tickets") var limit: Count?
    @Flag("--all", help: "list abandoned tickets, too") var all
    @Options var past: PastOptions
    @Options var output: ListOptions
    @Options var look: LookOptions

    func run(in context: Context) async throws {
        let session = try Session(context, color: look.color)
        let snapshot = try session.snapshot(at: past.at)
        let (tickets, unreadable) = try snapshot.all(Ticket.self)
        session.warn(about: unreadable)
        let goalID = try goal.map { try snapshot.goalID($0) }
        let hits = tickets.filter { fits($0, goal: goalID) }.inOrder()
            .prefix(limit?.value ?? .max)
        if output.json {
            return try session.printJSON(JSON(schemaList: "tickets", hits.map(\.shown)))
        }
        if let plain = output.plain(hits, \.fields) { return try session.terminal.write(plain) }
        let text = table(
            Array(hits), among: tickets, holders: snapshot.holders(of: hits)
        ).rendered(for: session.terminal)
        if !hits.isEmpty { try session.terminal.write(text) }
    }

    private func fits(_ ticket: Ticket, goal: String?) -> Bool {
        let state = ticket.state
        if states.isEmpty {
            guard all || state != .abandoned else { return false }
        } else {
            guard states.contains(where: { $0.state == state }) else { return false }
        }
        if let goal, ticket.goalID != goal { return false }
        if !labels.isEmpty {
            let own = ticket.labels
            guard labels.allSatisfy({ label in own.contains { $0.hasSameBytes(as: label) } })
            else { return false }
        }
        guard !query.isEmpty else { return true }
        let text = "\(ticket.title)\n\(ticket.description)".lowercased()
        let words = query.flatMap { $0.lowercased().split(separator: " ") }
        return words.allSatisfy { text.contains($0) }
    }

    private func table(
        _ hits: [Ticket], among tickets: [Ticket], holders: [String: String]
    ) -> Table {
        let names = ShortNames(tickets.map(\.id))
        let states = Dictionary(tickets.map { ($0.id, $0.state) }, uniquingKeysWith: { $1 })
        var table = Table(columns: [
            .init("id"), .init("state"), .init("pri"), .init("title", isFlexible: true),
            .init("remarks", isFlexible: true),
        ])
        for ticket in hits {
            let state = ticket.state
            let remarks = ticket.remarks(
                names: names, states: states, holder: holders[ticket.id])
            table.add([
                Cell(names[ticket.id], .yellow), Cell(state.word, state.style),
                Cell(ticket.bucket), Cell(ticket.title),
                Cell(remarks.joined(separator: "; "), .dim),
            ])
        }
        return table
    }
}

extension Ticket {
    /// What a script is told of a ticket, after its id.
    var fields: [String] { [state.word, "\(priority)", goalID, reason ?? "", title] }

    /// What a list adds to a title: why the ticket stands there, and what it waits for.
    func remarks(
        names: ShortNames, states: [String: TicketState], holder: String? = nil
    ) -> [String] {
        var remarks: [String] = []
        if let holder { remarks.append("taken by \(holder)") }
        if let reason { remarks.append(reason) }
        let state = state
        if state != .done, state != .abandoned {
            let open = blockedBy.filter { id in states[id].map { $0 != .done } ?? false }
            let list = open.map { names[$0] }.joined(separator: ", ")
            if !open.isEmpty { remarks.append("waits for \(list)") }
        }
        return remarks
    }
}

import GitStore
import Model
import Porcelain

/// `git draft ready`.
struct Ready: Command {
    static let help = Help(
        "List the tickets that could run now", group: "Goals and tickets",
        description: """
            Those are planned, and everything that blocks them is done. They come in the order \
            in which they are to be done. `--porcelain` prints the fields of `git draft ticket \
            list`.
            """)

    @Options var past: PastOptions
    @Options var output: ListOptions

    func run(in context: Context) async throws {
        let session = try Session(context)
        let snapshot = try session.snapshot(at: past.at)
        let tickets = try snapshot.list(Ticket.self)
        let ready = tickets.ready()
        if output.json {
            return try session.printJSON(JSON(schemaList: "tickets", ready.map(\.shown)))
        }
        if let plain = output.plain(ready, \.fields) { return try session.terminal.write(plain) }
        let names = ShortNames(tickets.map(\.id))
        var table = Table(columns: [
            .init("id"), .init("priority", .right), .init("title", isFlexible: true),
        ])
        for ticket in ready {
            table.add([
                Cell(names[ticket.id], .yellow), Cell("\(ticket.priority)"),
                Cell(escaped(ticket.title)),
            ])
        }
        if !table.isEmpty { try session.terminal.write(table.rendered(for: session.terminal)) }
    }
}

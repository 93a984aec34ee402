import GitStore
import Model
import Porcelain

/// `git draft reject`.
struct Reject: Command {
    static let help = Help(
        "Reject proposed tickets", group: "Goals and tickets",
        description: "A rejected ticket is abandoned. All are rejected, or none.")

    @Argument("which tickets", value: "ticket", atLeastOne: true) var tickets: [String]
    @Option("-m", "--reason", help: "say why") var reason: String?
    @Options var output: OutputOptions

    func run(in context: Context) async throws {
        let session = try Session(context)
        let rejected = try session.board.transact(as: session.decider()) { transaction in
            if tickets.count > 1 { transaction.message = "reject: \(tickets.count) tickets" }
            return try tickets.map { prefix in
                let ticket = try transaction.ticket(prefix)
                guard ticket.state == .proposed else { throw Self.refusal(ticket) }
                return try transaction.move(ticket, to: .abandoned, reason: reason)
            }
        }
        try session.report(rejected, as: "tickets", output) { "rejected \($0.sentence)" }
    }

    private static func refusal(_ ticket: Ticket) -> CommandError {
        let name = sentenceName(ticket.id)
        let isOver = ticket.state == .abandoned || ticket.state == .done
        return CommandError(
            "ticket \(name) is \(ticket.state); only a proposed one can be rejected",
            hint: isOver ? nil : "git draft ticket move \(name) abandoned")
    }
}

import GitStore
import Model
import Porcelain

/// `git draft ticket rm`.
struct TicketRemove: Command {
    static let help = Help(
        "Delete tickets", verb: "rm",
        description: """
            A deleted ticket is listed nowhere and blocks nothing; the log keeps what happened. \
            A change that the deletion had not seen brings it back.
            """)

    @Argument("which tickets", value: "ticket", atLeastOne: true) var tickets: [String]
    @Options var output: OutputOptions

    func run(in context: Context) async throws {
        let session = try Session(context)
        let gone = try session.board.transact(as: session.decider()) { transaction in
            try tickets.map { prefix in
                let ticket = try transaction.ticket(prefix)
                guard ticket.state != .executing, ticket.state != .verifying else {
                    let name = sentenceName(ticket.id)
                    throw CommandError(
                        "ticket \(name) is being worked on", hint: "git draft cancel \(name)")
                }
                try transaction.refuseAwaited(ticket.id)
                try transaction.delete(ticket, as: .ticketDeleted)
                return ticket
            }
        }
        try session.report(gone, as: "tickets", output) { "deleted \($0.sentence)" }
    }
}

import GitStore
import Model
import Porcelain

/// `git draft ticket new`.
struct TicketNew: Command {
    static let help = Help(
        "Create a ticket", verb: "new",
        description: """
            The ticket is planned at once, for you want it done; with `--proposed`, and from \
            inside a job, it waits for `git draft accept`. Without a goal it joins the inbox.

                git draft ticket new 'Say hello' --accept 'hello prints hello' --verify ./test
            """)

    @Argument("what is to be done, in a line") var title: String
    @Option("--goal", help: "attach it to <goal>") var goal: String?
    @Flag("--proposed", help: "only propose it") var proposed
    @Options var fields: TicketFields
    @Options var output: OutputOptions

    func run(in context: Context) async throws {
        let session = try Session(context)
        let actor = try session.actor()
        let state: TicketState = proposed || actor.type != .human ? .proposed : .planned
        let description = try fields.description(in: context) ?? ""
        let ticket = try session.board.transact(as: actor) { transaction in
            var new = NewTicket(title: title)
            new.description = description
            new.goal = try goal.map { try transaction.goal($0).id }
            new.blockedBy = try fields.blockedBy.map { try transaction.ticket($0).id }
            fields.fill(&new, session.redactor)
            return try transaction.createTicket(new, state: state)
        }
        let verb = state == .planned ? "created" : "proposed"
        try session.report(ticket, output, "\(verb) \(ticket.sentence)")
    }
}

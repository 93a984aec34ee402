import GitStore
import Model
import Porcelain

/// `git draft ticket edit`.
struct TicketEdit: Command {
    static let help = Help(
        "Change a ticket", verb: "edit",
        description: """
            What is not mentioned stays as it is. Labels, paths and blockers are added; what \
            `--accept` and `--verify` say replaces what is there, and `--accept ''` alone \
            clears it.
            """)

    @Argument("which ticket") var ticket: String
    @Option("--title", value: "text", help: "say in a line what is to be done") var title: String?
    @Option("--goal", help: "attach it to <goal>") var goal: String?
    @Options var fields: TicketFields
    @Option("--unlabel", value: "label", help: "take a <label> away") var unlabels: [String]
    @Option("--untouch", value: "path", help: "no longer expect it to change <path>")
    var unpaths: [String]
    @Options var output: OutputOptions

    func validate() throws {
        if title == nil, goal == nil, fields.isEmpty, unlabels.isEmpty, unpaths.isEmpty {
            throw UsageError("nothing to change")
        }
    }

    func run(in context: Context) async throws {
        let session = try Session(context)
        let description = try fields.description(in: context)
        let ticket = try session.board.transact(as: session.decider()) { transaction in
            let ticket = try transaction.ticket(self.ticket)
            var groups = fields.changes(session.redactor)
            if let title {
                try transaction.checkTitle(title)
                groups["title"] = .string(title)
            }
            if let description { groups["description"] = .string(description) }
            if let goal { groups["goal_id"] = .string(try transaction.goal(goal).id) }
            // What was never there leaves no trace.
            for label in unlabels where ticket.record.holds(label, in: "labels") {
                groups["labels/\(label)"] = false
            }
            for path in unpaths where ticket.record.holds(path, in: "touches") {
                groups["touches/\(path)"] = false
            }
            var result = Ticket(try transaction.write(ticket.record, groups, as: .ticketEdited))
            for blocker in fields.blockedBy {
                result = try transaction.block(result, by: try transaction.ticket(blocker))
            }
            return result
        }
        try session.report(ticket, output, "changed \(ticket.sentence)")
    }
}

import GitStore
import Model
import Porcelain

/// `git draft accept`.
struct Accept: Command {
    static let help = Help(
        "Accept proposed tickets", group: "Goals and tickets",
        description: """
            An accepted ticket is planned: it may run. To accept a goal is to accept all its \
            proposed tickets. All are accepted, or none.
            """)

    @Argument("what to accept: tickets, or goals", value: "ticket|goal") var subjects: [String]
    @Flag("--all", help: "accept everything that is proposed") var all
    @Options var output: OutputOptions

    func validate() throws {
        if all != subjects.isEmpty {
            throw UsageError(
                all ? "--all leaves nothing to name" : "missing <ticket|goal>, or --all")
        }
    }

    func run(in context: Context) async throws {
        let session = try Session(context)
        let decider = try session.decider()
        let accepted = try await session.terminal.showingProgress(
            isQuiet: output.json || output.quiet
        ) { progress in
            try session.board.transact(as: decider) { transaction in
                transaction.progress = { progress.set("storing", $0, of: $1) }
                return try accept(in: transaction, progress)
            }
        }
        if accepted.isEmpty { session.terminal.note("nothing is proposed") }
        try session.report(accepted, as: "tickets", output) { "accepted \($0.sentence)" }
        if let first = accepted.first, !output.json, !output.quiet {
            session.advise(
                accepted.count == 1 ? "git draft run \(sentenceName(first.id))" : "git draft ready")
        }
    }

    private func accept(
        in transaction: Transaction, _ progress: WriteProgress
    ) throws -> [Ticket] {
        let tickets = try selected(by: transaction)
        if tickets.count > 1 { transaction.message = "accept: \(tickets.count) tickets" }
        return try tickets.enumerated().map { index, ticket in
            progress.set("accepting", index, of: tickets.count)
            return switch ticket.state {
            case .proposed: try transaction.move(ticket, to: .planned)
            case .planned: ticket
            default: throw Self.refusal(ticket)
            }
        }
    }

    private func selected(by transaction: Transaction) throws -> [Ticket] {
        var listed: [Ticket]?
        func proposed() throws -> [Ticket] {
            if let listed { return listed }
            let found = try transaction.list(Ticket.self).filter { $0.state == .proposed }
            listed = found
            return found
        }
        if all { return try proposed().inOrder() }
        var tickets: [Ticket] = []
        for subject in subjects {
            let hit =
                try subject == "inbox"
                ? (kind: .goal, id: transaction.before.goalID(subject))
                : transaction.before.resolve(subject, among: [.ticket, .goal])
            if hit.kind == .goal {
                let goal = try transaction.require(Model.Goal.self, hit.id)
                tickets += try proposed().filter { $0.goalID == goal.id }.inOrder()
            } else {
                tickets.append(try transaction.require(Ticket.self, hit.id))
            }
        }
        var seen: Set<String> = []
        return tickets.filter { seen.insert($0.id).inserted }
    }

    private static func refusal(_ ticket: Ticket) -> CommandError {
        let name = sentenceName(ticket.id)
        return CommandError(
            "ticket \(name) is \(ticket.state); only a proposed one can be accepted",
            hint: ticket.state == .abandoned ? "git draft ticket move \(name) planned" : nil)
    }
}

import GitStore
import Model
import Porcelain

/// `git draft ticket move`.
struct TicketMove: Command {
    static let help = Help(
        "Move a ticket to another state", verb: "move",
        description: """
            Only the moves of the life cycle are allowed. Work starts by `git draft run`, and a \
            ticket is done when its result has landed: neither can be said here.
            """)

    @Argument("which ticket") var ticket: String
    @Argument("where it is to stand") var state: StateWord
    @Option("-m", "--reason", help: "say why") var reason: String?
    @Options var output: OutputOptions

    func run(in context: Context) async throws {
        let session = try Session(context)
        let ticket = try session.board.transact(as: session.decider()) { transaction in
            let ticket = try transaction.ticket(self.ticket)
            try check(ticket)
            return try transaction.move(ticket, to: state.state, reason: reason)
        }
        try session.report(
            ticket, output,
            "moved ticket \(sentenceName(ticket.id)) to \(state.state): \(escaped(ticket.title))")
    }

    /// Refuses what only a run or a landing can bring about.
    private func check(_ ticket: Ticket) throws {
        let name = sentenceName(ticket.id)
        do {
            try ticket.state.checkMove(to: state.state, by: .human)
        } catch {
            let isWork = [.executing, .verifying, .done].contains(state.state)
            throw CommandError(
                "ticket \(name) \(error)",
                hint: isWork ? Self.work(on: ticket) : Self.advice(for: ticket))
        }
        if state.state == .executing {
            throw CommandError(
                "ticket \(name) is executing only while a job runs", hint: Self.work(on: ticket))
        }
        guard state.state == .done, ticket.landedCommit == nil else { return }
        throw CommandError(
            "ticket \(name) has not landed",
            hint: ticket.mode == Mode.investigate.rawValue
                ? "git draft review \(name) --approve" : "git draft land \(name)")
    }

    /// The command that brings a ticket nearer to its end.
    private static func work(on ticket: Ticket) -> String {
        let name = sentenceName(ticket.id)
        return switch ticket.state {
        case .proposed: "git draft accept \(name)"
        case .planned: "git draft run \(name)"
        case .executing, .verifying: "git draft logs -f \(name)"
        case .needsHuman: "git draft review \(name)"
        case .blocked: "git draft retry \(name)"
        case .abandoned: "git draft ticket move \(name) planned"
        case .done: "git draft retry \(name)"
        case .unknown: "git draft ticket show \(name)"
        }
    }

    /// A move that would be allowed.
    private static func advice(for ticket: Ticket) -> String {
        let name = sentenceName(ticket.id)
        // What somebody is at is planned again once it is stopped; then it can be moved on.
        if [.executing, .verifying].contains(ticket.state) { return "git draft cancel \(name)" }
        let possible = TicketState.moves.first { move in
            move.from == ticket.state && move.actors.contains(.human)
                && ![.executing, .verifying, .done].contains(move.to)
        }
        guard let possible else { return work(on: ticket) }
        return "git draft ticket move \(name) \(possible.to)"
    }
}

import GitStore
import Model
import Porcelain

/// `git draft ticket block`.
struct TicketBlock: Command {
    static let help = Help(
        "Do other tickets first", verb: "block",
        description: "A ticket is ready only when everything that blocks it is done.")

    @Argument("which ticket") var ticket: String
    @Option("--by", value: "ticket", help: "do <ticket> first") var blockers: [String]
    @Options var output: OutputOptions

    func validate() throws {
        if blockers.isEmpty { throw UsageError("missing option '--by'") }
    }

    func run(in context: Context) async throws {
        let session = try Session(context)
        let ticket = try session.board.transact(as: session.decider()) { transaction in
            var ticket = try transaction.ticket(self.ticket)
            for blocker in blockers {
                ticket = try transaction.block(ticket, by: try transaction.ticket(blocker))
            }
            return ticket
        }
        let names = blockers.map { escaped($0) }.joined(separator: ", ")
        try session.report(
            ticket, output, "ticket \(sentenceName(ticket.id)) is blocked by \(names)")
    }
}

/// `git draft ticket unblock`.
struct TicketUnblock: Command {
    static let help = Help(
        "Stop waiting for other tickets", verb: "unblock",
        description: "Without `--by`, the ticket waits for nothing any more.")

    @Argument("which ticket") var ticket: String
    @Option("--by", value: "ticket", help: "no longer wait for <ticket>") var blockers: [String]
    @Options var output: OutputOptions

    func run(in context: Context) async throws {
        let session = try Session(context)
        let ticket = try session.board.transact(as: session.decider()) { transaction in
            let ticket = try transaction.ticket(self.ticket)
            let all = ticket.blockedBy
            let gone = blockers.isEmpty ? all : try blockers.map { try blocker($0, among: all) }
            guard !gone.isEmpty else { return ticket }
            let groups = JSONObject(gone.map { ("blocked_by/\($0)", false) })
            return Ticket(try transaction.write(ticket.record, groups, as: .ticketEdited))
        }
        let left = ticket.blockedBy.map(sentenceName).joined(separator: ", ")
        let name = sentenceName(ticket.id)
        try session.report(
            ticket, output,
            left.isEmpty
                ? "ticket \(name) is blocked by nothing"
                : "ticket \(name) is still blocked by \(left)")
    }

    /// The blocker that a prefix names; it may be deleted.
    private func blocker(_ prefix: String, among ids: [String]) throws -> String {
        let hits = ids.filter { $0.hasPrefix(prefix.lowercased()) }
        guard hits.count == 1, !prefix.isEmpty else {
            throw CommandError(
                hits.isEmpty
                    ? "the ticket is not blocked by \(quoted(prefix))"
                    : "\(quoted(prefix)) is not unique")
        }
        return hits[0]
    }
}

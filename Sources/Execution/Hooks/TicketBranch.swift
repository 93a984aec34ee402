internal import Model

/// A branch on which the work of one ticket is done.
public struct TicketBranch: Hashable, Sendable {
    /// The ticket.
    public let ticket: String
    /// Whether a person took the ticket, rather than an agent.
    public let isTaken: Bool

    /// The beginning of the names of branches on which people work.
    public static let takenPrefix = "take/"

    /// Reads the name of a branch, with or without `refs/heads/`; `nil` if it is another one.
    ///
    /// - Parameters:
    ///   - name: `take/<ticket>`, or `<prefix>/<goal>/ticket/<ticket>`.
    ///   - prefix: What the branches of tickets begin with, such as `goal`.
    public init?(_ name: String, prefix: String) {
        var rest = name.utf8[...]
        if rest.starts(with: "refs/heads/".utf8) { rest = rest.dropFirst(11) }
        isTaken = rest.starts(with: Self.takenPrefix.utf8)
        if isTaken {
            rest = rest.dropFirst(Self.takenPrefix.utf8.count)
        } else {
            guard rest.starts(with: "\(prefix)/".utf8) else { return nil }
            let parts = rest.dropFirst(prefix.utf8.count + 1).split(
                separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
            guard parts.count == 3, parts[1].elementsEqual("ticket".utf8) else { return nil }
            rest = parts[2]
        }
        ticket = String(Substring(rest))
        guard Crockford.isValid(ticket) else { return nil }
    }
}

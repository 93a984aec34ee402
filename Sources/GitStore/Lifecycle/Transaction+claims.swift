public import Model

/// The claim of a replica on a ticket: the fence only grows, and a holder writes only while
/// the claim is its own.
extension Transaction {
    /// Claims a ticket for a job, and puts it to work.
    @discardableResult
    public func claim(_ ticket: Ticket, for job: String) throws -> Ticket {
        let last = ticket.record.stamp("status")
        // A person's claim is itself the decision that a later one would have to follow.
        let decided =
            actor.type == .human ? (lamport, replica) : (last.decided, last.decider)
        let lease: JSON = [
            "fence": .integer(ticket.fence &+ 1), "holder": .string(replica),
            "nonce": .string(newID()),
            "decided": [.integer(decided.0), .string(decided.1)],
        ]
        return try move(
            ticket, to: .executing, job: job, also: ["lease": lease], as: .leaseTaken)
    }

    /// Whether this replica may still write as the holder of a claim.
    ///
    /// A successor, a person's decision about the state or a landing ends it.
    public func holds(_ ticket: Ticket, fence: Int64) -> Bool {
        let lease = ticket.record.value("lease")
        let status = ticket.record.stamp("status")
        return lease["fence"]?.integer == fence && lease["holder"]?.string == replica
            && lease["decided"] == [.integer(status.decided), .string(status.decider)]
            && Int64(ticket.record.landings.count) <= status.landed
    }

    /// Checks that this replica may still write as the holder of a claim.
    ///
    /// - Throws: ``BoardError`` with code ``BoardError/Code/conflict`` if not.
    public func requireHolding(_ ticket: Ticket, fence: Int64) throws {
        guard holds(ticket, fence: fence) else {
            throw BoardError(.conflict, "ticket \(ticket.id.prefix(6)) is no longer held by us")
        }
    }

    /// The group that gives a ticket back: the next fence, held by nobody.
    ///
    /// It takes a fence of its own, so that whatever the old holder may still write loses.
    public func released(_ ticket: Ticket) -> JSON {
        ["fence": .integer(ticket.fence &+ 1), "holder": nil, "nonce": nil, "decided": nil]
    }
}

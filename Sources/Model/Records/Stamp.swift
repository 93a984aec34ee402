/// When, by whom and under which claim a group of a record was written.
///
/// Stamps order the writes of one group wherever they were made; the components are compared
/// in the order in which they are declared. Every stamp follows from the parent's state and
/// the event alone, so every reader can recompute it.
public struct Stamp: Hashable, Sendable {
    /// In the group `status`: the ticket's landings that the writer had seen; else 0.
    public var landed: Int64

    /// The Lamport time of the last write of this group by a person, 0 if there is none.
    public var decided: Int64

    /// The replica of the last write of this group by a person, empty if there is none.
    public var decider: String

    /// The ticket's fence as the writer saw it, in a claim the next; 0 without a ticket.
    public var fence: Int64

    /// The Lamport time of the transaction.
    public var lamport: Int64

    /// The replica that made the transaction.
    public var replica: String

    /// Creates a stamp of its components.
    public init(
        landed: Int64 = 0, decided: Int64 = 0, decider: String = "", fence: Int64 = 0,
        lamport: Int64, replica: String
    ) {
        self.landed = landed
        self.decided = decided
        self.decider = decider
        self.fence = fence
        self.lamport = lamport
        self.replica = replica
    }

    /// The stamp of a group that was never written.
    public static let never = Stamp(lamport: 0, replica: "")
}

extension Stamp: Comparable {
    /// Whether a write of the left stamp loses against one of the right.
    public static func < (left: Self, right: Self) -> Bool {
        if left.landed != right.landed { return left.landed < right.landed }
        if left.decided != right.decided { return left.decided < right.decided }
        if !left.decider.hasSameBytes(as: right.decider) {
            return left.decider.precedes(right.decider)
        }
        if left.fence != right.fence { return left.fence < right.fence }
        if left.lamport != right.lamport { return left.lamport < right.lamport }
        return left.replica.precedes(right.replica)
    }
}

extension Stamp {
    /// The stored form: `[landed, decided, "decider", fence, lamport, "replica"]`.
    public var json: JSON {
        [
            .integer(landed), .integer(decided), .string(decider), .integer(fence),
            .integer(lamport), .string(replica),
        ]
    }

    /// Reads the stored form, or returns `nil` if it is none.
    public init?(_ json: JSON?) {
        guard let parts = json?.array, parts.count == 6, let landed = parts[0].integer,
            let decided = parts[1].integer, let decider = parts[2].string,
            let fence = parts[3].integer, let lamport = parts[4].integer,
            let replica = parts[5].string
        else { return nil }
        self.init(
            landed: landed, decided: decided, decider: decider, fence: fence, lamport: lamport,
            replica: replica)
    }
}

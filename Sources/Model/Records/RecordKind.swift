/// What a record is about.
public enum RecordKind: String, CaseIterable, Sendable {
    /// The one record about the repository itself.
    case board
    /// An outcome that a person wants.
    case goal
    /// One reviewable unit of work.
    case ticket
    /// One run of one kind.
    case job
    /// A numbered result, offered for review.
    case revision
    /// A decision about a revision.
    case review
    /// A remark on a revision or a ticket.
    case comment
    /// A request for a person's answer.
    case question
    /// What was learned from a ticket.
    case reflection
    /// A task type and its settings.
    case project
    /// A message that waits to be sent.
    case outbox
}

extension RecordKind {
    /// The folder of the board's tree that holds records of this kind; none for the board.
    public var folder: String? {
        switch self {
        case .board: nil
        case .outbox: "outbox"
        default: rawValue + "s"
        }
    }

    /// The path of a record in the board's tree.
    public func path(of id: String) -> String {
        folder.map { "\($0)/\(id.suffix(2))/\(id).json" } ?? "board.json"
    }

    /// The fields that change together, by the name of their group.
    public var fieldGroups: [(group: String, fields: [String])] {
        switch self {
        case .ticket:
            [
                ("status", ["state", "reason", "job_id"]),
                ("lease", ["fence", "holder", "nonce", "decided"]),
            ]
        case .job: [("status", ["status", "reason", "outcome", "finished_at"])]
        case .question: [("status", ["status", "answer"])]
        default: []
        }
    }
}

extension RecordKind {
    /// Whether a name stands for something that no event writes.
    ///
    /// These are the names that the stored form uses itself, counters, parts of field groups,
    /// and sets as a whole: as groups they would not come back from the stored form.
    func isReserved(_ group: String) -> Bool {
        if group.utf8.first == UInt8(ascii: "_") { return true }
        let names = RecordFormat.ownKeys + RecordFormat.counters + RecordFormat.sets
        if (names + [RecordFormat.landings]).contains(group) { return true }
        return fieldGroups.contains { $0.group != group && $0.fields.contains(group) }
            && !fieldGroups.contains { $0.group == group }
    }
}

/// The rules for storing a record that hold for every kind.
public enum RecordFormat {
    /// The schema number that this version writes.
    public static let schema: Int64 = 1

    /// The fields whose elements are stamped one by one.
    public static let sets = ["aliases", "blocked_by", "expired", "labels", "touches"]

    /// The map of landings by commit, whose entries are written once.
    public static let landings = "landed"

    /// The fields that bear no stamp and merge by maximum.
    public static let counters = ["auto_approval_count", "revision_count", "updated_at"]

    /// The group that hides a record.
    public static let tombstone = "deleted"

    static let ownKeys = ["schema", "id", "_stamp", "_stamps", "_heads"]

    /// Splits the name of a set's element, such as `labels/ui`.
    public static func element(of group: String) -> (set: String, element: String)? {
        let parts = group.utf8.split(
            separator: UInt8(ascii: "/"), maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2, let set = String(parts[0]), let element = String(parts[1]),
            sets.contains(set) || set == landings
        else { return nil }
        return (set, element)
    }
}

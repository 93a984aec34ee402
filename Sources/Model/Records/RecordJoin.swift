extension Record {
    /// The join of two versions of one record: for each group the greater stamp.
    ///
    /// Commutative, associative and idempotent, so that all replicas end with the same bytes.
    ///
    /// - Parameters:
    ///   - left: One version.
    ///   - right: The other.
    ///   - leftKnows: Whether the left version's trail holds an event.
    ///   - rightKnows: Whether the right version's trail holds an event.
    /// - Returns: The version that holds what both hold.
    public static func join(
        _ left: Record, _ right: Record, leftKnows: (String) throws -> Bool,
        rightKnows: (String) throws -> Bool
    ) rethrows -> Record {
        var groups = left.groups
        for (name, group) in right.groups {
            guard let other = groups[name] else {
                groups[name] = group
                continue
            }
            if wins(group, over: other) { groups[name] = group }
        }
        var counters = left.counters
        for (name, value) in right.counters {
            counters[name] = greater(counters[name] ?? .null, value)
        }
        var heads = try left.heads.filter { head in
            try right.heads.contains(head) || !rightKnows(head)
        }
        for head in right.heads where try !heads.contains(head) && !leftKnows(head) {
            heads.append(head)
        }
        return Record(
            kind: left.kind, id: left.id, schema: max(left.schema, right.schema),
            created: min(left.created, right.created), groups: groups, counters: counters,
            heads: heads.sorted { $0.precedes($1) })
    }

    private static func wins(_ group: Group, over other: Group) -> Bool {
        if group.stamp != other.stamp { return group.stamp > other.stamp }
        return other.value.canonical.lexicographicallyPrecedes(group.value.canonical)
    }

    private static func greater(_ left: JSON, _ right: JSON) -> JSON {
        switch (left, right) {
        case (.integer(let left), .integer(let right)): .integer(max(left, right))
        case (.string(let left), .string(let right)):
            .string(left.precedes(right) ? right : left)
        case (.null, _): right
        case (_, .null): left
        case (.integer, .string): right
        case (.string, .integer): left
        default: greaterOfOthers(left, right)
        }
    }

    /// What no counter should be: still one of the two, whoever asks.
    private static func greaterOfOthers(_ left: JSON, _ right: JSON) -> JSON {
        func isCounter(_ value: JSON) -> Bool { value.integer != nil || value.string != nil }
        if isCounter(left) != isCounter(right) { return isCounter(left) ? left : right }
        return left.canonical.lexicographicallyPrecedes(right.canonical) ? right : left
    }
}

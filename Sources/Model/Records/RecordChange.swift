/// A write that the rules of the store do not allow.
public struct ChangeError: Error, Hashable, Sendable, CustomStringConvertible {
    /// One line: what is wrong with it.
    public let description: String
}

extension Record {
    /// The record that an event makes of what was there.
    ///
    /// This is the one function that makes stamps, and by which every reader checks them.
    ///
    /// - Parameters:
    ///   - event: What was done; its `prev` are the heads that the record has.
    ///   - kind: What the record is about.
    ///   - before: The record in the parent's state; `nil` if the event creates it.
    ///   - ticketFence: For a record that belongs to a ticket: the ticket's fence in the
    ///     parent's state.
    ///   - counters: The new values of the fields that bear no stamp.
    /// - Returns: The record as it is then.
    /// - Throws: ``ChangeError`` if `prev` is not the heads, a landing is written twice, or
    ///   a claim is not exactly the next fence, or what is written is no group.
    public static func applying(
        _ event: Event, kind: RecordKind, to before: Record?, ticketFence: Int64 = 0,
        counters: JSONObject = [:]
    ) throws(ChangeError) -> Record {
        guard event.prev == before?.heads ?? [] else {
            throw ChangeError(description: "event '\(event.id)' does not follow the last ones")
        }
        for name in event.writes.keys where kind.isReserved(name) {
            throw ChangeError(description: "'\(name)' is no group that can be written")
        }
        guard var record = before else {
            return try created(by: event, kind: kind, ticketFence, counters)
        }
        for (name, value) in event.writes {
            let isLanding = RecordFormat.element(of: name)?.set == RecordFormat.landings
            if isLanding, record.groups[name] != nil {
                throw ChangeError(description: "landing '\(name)' is written already")
            }
            let next = record.fence.addingReportingOverflow(1)
            guard name != "lease" || !next.overflow && value["fence"]?.integer == next.partialValue
            else { throw ChangeError(description: "a claim must have the next fence") }
        }
        let stamps = event.writes.map { name, _ in
            stamp(of: name, in: before, event, kind == .ticket ? nil : ticketFence)
        }
        for ((name, value), stamp) in zip(event.writes, stamps) {
            record.groups[name] = Group(stamp: stamp, value: value)
        }
        for (counter, value) in counters { record.counters[counter] = value }
        record.heads = [event.id]
        return record
    }

    private static func created(
        by event: Event, kind: RecordKind, _ ticketFence: Int64, _ counters: JSONObject
    ) throws(ChangeError) -> Record {
        let isForbidden = event.writes.contains { name, _ in
            name == "lease" || RecordFormat.element(of: name)?.set == RecordFormat.landings
        }
        guard !isForbidden else {
            throw ChangeError(description: "a new record is neither claimed nor landed")
        }
        let isDecision = event.actorType == .human
        let stamp = Stamp(
            decided: isDecision ? event.lamport : 0, decider: isDecision ? event.replica : "",
            fence: ticketFence, lamport: event.lamport, replica: event.replica)
        return Record(
            kind: kind, id: event.subjectID, schema: RecordFormat.schema, created: stamp,
            groups: ByteMap(event.writes.map { ($0.key, Group(stamp: stamp, value: $0.value)) }),
            counters: counters, heads: [event.id])
    }

    private static func stamp(
        of group: String, in before: Record?, _ event: Event, _ ticketFence: Int64?
    ) -> Stamp {
        let lands = event.writes.contains { name, _ in
            RecordFormat.element(of: name)?.set == RecordFormat.landings
        }
        let seen = Int64(before?.landings.count ?? 0) + (lands ? 1 : 0)
        let last = before?.stamp(group) ?? .never
        let isDecision = event.actorType == .human
        let claims = event.writes["lease"] != nil
        return Stamp(
            landed: group == "status" ? seen : 0,
            decided: isDecision ? event.lamport : last.decided,
            decider: isDecision ? event.replica : last.decider,
            fence: ticketFence ?? ((before?.fence ?? 0) + (claims ? 1 : 0)),
            lamport: event.lamport, replica: event.replica)
    }
}

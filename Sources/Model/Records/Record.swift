/// A record as a replicated value: every group of fields with the stamp of its last write.
///
/// A *group* is what is decided together: a field (`title`), a field group (`status`), one
/// element of a set (`labels/ui`), one landing (`landed/<commit>`), the tombstone (`deleted`).
/// Unknown fields are groups like any other, so what a newer version wrote is carried along.
public struct Record: Sendable, Equatable {
    /// What it is about.
    public let kind: RecordKind

    /// Its id: 16 characters, never issued again.
    public let id: String

    /// The schema that it was written with.
    public let schema: Int64

    /// The stamp of its creation; it never changes.
    public let created: Stamp

    /// The groups, by name.
    public internal(set) var groups: ByteMap<Group>

    /// The fields that bear no stamp.
    public internal(set) var counters: JSONObject

    /// The events of the record that no other of its events names in `prev`, sorted.
    public internal(set) var heads: [String]

    /// The value of a group and the stamp of its last write.
    public struct Group: Sendable, Equatable {
        /// The stamp of the last write.
        public let stamp: Stamp

        /// What was written.
        public let value: JSON

        /// Creates a group.
        public init(stamp: Stamp, value: JSON) {
            self.stamp = stamp
            self.value = value
        }
    }
}

// MARK: - Reading

extension Record {
    /// The value of a group; `null` if the record does not hold it.
    public func value(_ group: String) -> JSON { groups[group]?.value ?? .null }

    /// The stamp of a group; ``Stamp/never`` if the record does not hold it.
    public func stamp(_ group: String) -> Stamp { groups[group]?.stamp ?? .never }

    /// The elements that a set holds now, sorted by bytes.
    public func elements(_ set: String) -> [String] {
        groups.compactMap { name, group in
            guard let parts = RecordFormat.element(of: name), parts.set == set,
                group.value == .bool(true)
            else { return nil }
            return parts.element
        }
    }

    /// Whether a set holds an element now, to the byte.
    public func holds(_ element: String, in set: String) -> Bool {
        elements(set).contains { $0.utf8.elementsEqual(element.utf8) }
    }

    /// The landings, by commit.
    public var landings: [(commit: String, group: Group)] {
        groups.compactMap { name, group in
            guard let parts = RecordFormat.element(of: name),
                parts.set == RecordFormat.landings
            else { return nil }
            return (parts.element, group)
        }
    }

    /// The number of the last claim of a ticket, 0 if there was none.
    public var fence: Int64 { value("lease")["fence"]?.integer ?? 0 }

    /// Whether it was deleted, and nothing is in it that the deletion had not seen.
    public var isHidden: Bool {
        guard let seen = value(RecordFormat.tombstone).string else { return false }
        return seen == digest
    }

    /// What a deletion names as seen: a digest of all groups but the tombstone.
    ///
    /// SHA-256, in hexadecimal, of the canonical JSON of `{group: [stamp, value]}`.
    public var digest: String {
        let rest = groups.filter { $0.key != RecordFormat.tombstone }
        let json = JSONObject(rest.map { ($0.key, [$0.value.stamp.json, $0.value.value]) })
        return SHA256.hex(JSON.object(json).canonical)
    }
}

// MARK: - Storing

/// A blob that is no record.
public struct RecordError: Error, Hashable, Sendable, CustomStringConvertible {
    /// One line: which record, and what is wrong.
    public let description: String

    /// Whether a newer version wrote it, so that this one may only carry it.
    public let isNewer: Bool

    /// Creates an error.
    public init(_ description: String, isNewer: Bool = false) {
        self.description = description
        self.isNewer = isNewer
    }
}

extension Record {
    /// The stored form.
    public var stored: JSON {
        var members: JSONObject = [
            "schema": .integer(schema), "id": .string(id), "_stamp": created.json,
            "_heads": JSON(heads),
        ]
        var stamps = JSONObject()
        var sets: [String: JSONObject] = [:]
        for (name, group) in groups {
            if let (set, element) = RecordFormat.element(of: name) {
                sets[set, default: [:]][element] = [group.value, group.stamp.json]
                continue
            }
            if group.stamp != created { stamps[name] = group.stamp.json }
            if let fields = kind.fieldGroups.first(where: { $0.group == name })?.fields {
                for field in fields { members[field] = group.value[field] ?? .null }
            } else {
                members[name] = group.value
            }
        }
        for (set, elements) in sets { members[set] = .object(elements) }
        for set in RecordFormat.setFields(of: kind) where members[set] == nil {
            members[set] = .object([:])
        }
        if kind == .ticket, groups["lease"] == nil {
            for field in ["holder", "nonce", "decided"] { members[field] = .null }
            members["fence"] = 0
        }
        for (counter, value) in counters { members[counter] = value }
        members["_stamps"] = .object(stamps)
        return .object(members)
    }

    /// The form for people and tools: sets as arrays, the last landing, no stamps.
    public var shown: JSON {
        guard case .object(var members) = stored else { return .null }
        for key in members.keys where key.hasPrefix("_") { members[key] = nil }
        for set in RecordFormat.sets where members[set] != nil {
            members[set] = JSON(elements(set))
        }
        if members[RecordFormat.landings] != nil {
            let last = landings.max { $0.group.stamp < $1.group.stamp }
            members[RecordFormat.landings] =
                last.map { last in
                    var landing = last.group.value.object ?? [:]
                    landing["commit"] = .string(last.commit)
                    return .object(landing)
                } ?? .null
        }
        if let status = statusAsRead, kind == .ticket {
            for field in ["state", "reason", "job_id"] { members[field] = status[field] ?? .null }
        }
        return .object(members)
    }

    /// The group `status` as it is to be read.
    ///
    /// A landing that the winning write had not seen makes a ticket done.
    public var statusAsRead: JSON? {
        guard let status = groups["status"] else { return nil }
        guard kind == .ticket, Int64(landings.count) > status.stamp.landed else {
            return status.value
        }
        return ["state": "done", "reason": nil, "job_id": status.value["job_id"] ?? .null]
    }

    /// Reads the stored form.
    ///
    /// - Throws: ``RecordError`` if it is none, or if a newer version wrote it.
    public init(kind: RecordKind, id expected: String?, stored: JSON) throws(RecordError) {
        let name = expected.map { "\(kind.rawValue) '\($0)'" } ?? "the board"
        guard let members = stored.object, let schema = members["schema"]?.integer,
            let id = members["id"]?.string, let created = Stamp(members["_stamp"]),
            let stamps = members["_stamps"]?.object
        else { throw RecordError("\(name) is no record") }
        guard schema <= RecordFormat.schema else {
            throw RecordError(
                "\(name) has schema \(schema); this version of git-draft knows up to "
                    + "\(RecordFormat.schema)", isNewer: true)
        }
        guard expected == nil || expected == id else {
            throw RecordError("\(name) says that it is '\(id)'")
        }
        (self.kind, self.id, self.schema, self.created) = (kind, id, schema, created)
        heads = (members["_heads"]?.array ?? []).compactMap(\.string)
        counters = [:]
        groups = ByteMap()
        let joint = kind.fieldGroups
        for (field, value) in members where !RecordFormat.ownKeys.contains(field) {
            if RecordFormat.counters.contains(field) {
                counters[field] = value
            } else if RecordFormat.isSet(field), let elements = value.object {
                try readSet(field, elements, name)
            } else if !joint.contains(where: { $0.fields.contains(field) }) {
                groups[field] = Group(stamp: Stamp(stamps[field]) ?? created, value: value)
            }
        }
        for (group, fields) in joint where fields.contains(where: { members[$0] != nil }) {
            let value = JSONObject(fields.map { ($0, members[$0] ?? .null) })
            // A ticket that was never claimed shows a fence of 0, and holds no such group.
            guard group != "lease" || value["fence"]?.integer ?? 0 > 0 else { continue }
            groups[group] = Group(stamp: Stamp(stamps[group]) ?? created, value: .object(value))
        }
        for (group, stamp) in stamps {
            guard let stamp = Stamp(stamp) else {
                throw RecordError("\(name) has a bad stamp for '\(group)'")
            }
            if groups[group] == nil { groups[group] = Group(stamp: stamp, value: .null) }
        }
    }

    private mutating func readSet(
        _ set: String, _ elements: JSONObject, _ name: String
    ) throws(RecordError) {
        for (element, pair) in elements {
            guard let pair = pair.array, pair.count == 2, let stamp = Stamp(pair[1]) else {
                throw RecordError("\(name) has a bad element in '\(set)'")
            }
            groups["\(set)/\(element)"] = Group(stamp: stamp, value: pair[0])
        }
    }
}

extension RecordFormat {
    /// Whether the elements of a field are stamped one by one.
    static func isSet(_ field: String) -> Bool { sets.contains(field) || field == landings }

    /// The sets that records of a kind always show, also when they are empty.
    static func setFields(of kind: RecordKind) -> [String] {
        switch kind {
        case .board: ["aliases", "expired"]
        case .goal: ["labels"]
        case .ticket: ["blocked_by", "labels", "landed", "touches"]
        default: []
        }
    }
}

import Model

/// Reads the `Key: value` lines below the title of a ticket.
///
/// A block of such lines is a block of fields if one of its keys is known; an
/// unknown key in it is then an error, and so is a lone one that is nearly a
/// known key. Everything else is description.
struct MarkdownFields {
    /// Where messages are collected.
    let findings: Findings

    /// The ticket, filled in as fields are read.
    var item: PlanItem

    private var seen: Set<String> = []

    private static let known = [
        "Priority", "Blocked by", "Accept", "Mode", "Type", "Labels", "Touches",
    ]

    /// Keys that people expect, with the right ones.
    private static let expected = [
        "depends on": "Blocked by", "depends": "Blocked by", "blocker": "Blocked by",
        "blockers": "Blocked by", "blocked": "Blocked by", "acceptance": "Accept",
        "acceptance criteria": "Accept", "criteria": "Accept", "task type": "Type",
        "label": "Labels", "touch": "Touches", "files": "Touches",
    ]

    private struct Field {
        var key: String
        var value: String
        var place: Place
    }

    /// Starts with a ticket that has a title only.
    init(findings: Findings, item: PlanItem) {
        self.findings = findings
        self.item = item
    }

    /// Takes all fields from the beginning of a ticket's lines.
    mutating func read(_ lines: inout ArraySlice<(number: Int, text: String)>) {
        while true {
            let block = lines.drop { trimmed($0.text).isEmpty }
            var fields: [Field] = []
            for line in block {
                guard let field = field(line.text, number: line.number) else { break }
                fields.append(field)
            }
            let isBlock = fields.contains { Self.name(of: $0.key) != nil }
            guard isBlock || fields.contains(where: { Self.meant(by: $0.key) != nil }) else {
                return
            }
            for field in fields { take(field) }
            lines = block.dropFirst(fields.count)
        }
    }

    private func field(_ text: String, number: Int) -> Field? {
        let text = trimmed(text)
        guard let colon = text.utf8.firstIndex(of: UInt8(ascii: ":")) else { return nil }
        let key = text[..<colon]
        let value = text[text.utf8.index(after: colon)...]
        let isKey = key.utf8.allSatisfy {
            (0x61...0x7A).contains($0 | 0x20) || $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "-")
                || $0 == UInt8(ascii: "_")
        }
        guard isKey, (1...24).contains(key.utf8.count),
            value.utf8.first.map({ $0 == 0x20 || $0 == 0x09 }) ?? true
        else { return nil }
        return Field(
            key: trimmed(key), value: trimmed(value), place: Place(line: number, column: 1))
    }

    private static func folded(_ key: String) -> String {
        key.lowercased().split { " -_".contains($0) }.joined(separator: " ")
    }

    /// The known key that a text is.
    private static func name(of key: String) -> String? {
        known.first { same($0.lowercased(), folded(key)) }
    }

    /// The known key that a text was meant to be.
    private static func meant(by key: String) -> String? {
        let key = folded(key)
        if let name = expected[key] { return name }
        return known.first {
            Spelling.distance(key, $0.lowercased()) <= (key.utf8.count < 8 ? 1 : 2)
        }
    }

    private mutating func take(_ field: Field) {
        guard let name = Self.name(of: field.key) else {
            let offer =
                Self.meant(by: field.key).map { "did you mean '\($0)'?" }
                ?? "put an empty line before the description"
            findings.fail(field.place, "unknown key '\(shown(field.key))'; \(offer)")
            return
        }
        guard !field.value.isEmpty else {
            findings.fail(field.place, "'\(name)' has no value")
            return
        }
        if ["Priority", "Mode", "Type"].contains(name), !seen.insert(name).inserted {
            findings.fail(field.place, "'\(name)' is there twice")
        }
        set(name, field)
    }

    private mutating func set(_ name: String, _ field: Field) {
        let limits = PlanLimits(findings: findings)
        switch name {
        case "Priority": item.ticket.priority = priority(field)
        case "Blocked by":
            item.blockers.append(PlanBlocker(target: .list(field.value), place: field.place))
        case "Accept": item.ticket.acceptanceCriteria.append(field.value)
        case "Mode":
            item.ticket.mode = PlannedTicket.Mode(rawValue: field.value.lowercased())
            if item.ticket.mode == nil {
                findings.fail(
                    field.place,
                    "'Mode' must be one of fix, investigate, not '\(shown(field.value))'")
            }
        case "Type": item.ticket.taskType = limits.word(field.value, at: field.place)
        case "Labels": item.ticket.labels += words(field)
        default: item.ticket.touches += limits.touches(words(field), at: field.place)
        }
    }

    private func priority(_ field: Field) -> Int? {
        if let number = Int(field.value) {
            return PlanLimits(findings: findings).priority(number, field.place)
        }
        if let bucket = PlanLimits.bucket(field.value) { return bucket }
        findings.fail(
            field.place,
            "'Priority' must be 0 to 100 or one of P0, P1, P2, P3, not '\(shown(field.value))'")
        return nil
    }

    private func words(_ field: Field) -> [String] {
        field.value.split(separator: ",").map { trimmed($0) }.filter { !$0.isEmpty }
    }
}

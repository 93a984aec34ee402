public import Model

/// Reads the script of the embedded agent.
public enum ReplayFile {
    /// Reads the bytes of a file.
    ///
    /// - Throws: ``ConfigurationError`` with everything that is wrong.
    public static func parse(
        _ bytes: [UInt8], file: String
    ) throws(ConfigurationError) -> ReplayScript {
        let findings = Findings(file: file)
        let root = Section(
            try YAMLTree.parse(bytes, file: file), path: "", known: ["tickets"],
            findings: findings)
        let tickets = root.section("tickets", known: [])
        let reader = ReplayReader(findings: findings)
        let script = ReplayScript(
            tickets: (tickets?.present ?? []).map { entry in
                ReplayTicket(title: entry.key, turns: reader.turns(entry))
            })
        try findings.finish()
        return script
    }
}

/// One pass over a script.
struct ReplayReader {
    /// Where messages are collected.
    let findings: Findings

    private static let steps = [
        "write", "edit", "delete", "run", "commit", "say", "ask", "fail", "sleep", "hang",
        "ignore",
    ]

    /// The turns of a ticket: a list of lists of steps.
    func turns(_ entry: Node.Entry) -> [[ReplayStep]] {
        guard case .sequence(let turns) = entry.value.value else {
            fail(entry.value, "the turns of '\(shown(entry.key))' must be a list of lists")
            return []
        }
        return turns.map { turn in
            if turn.isNull { return [] }
            guard case .sequence(let steps) = turn.value else {
                fail(turn, "a turn of '\(shown(entry.key))' must be a list of steps")
                return []
            }
            return steps.compactMap(step)
        }
    }

    private func fail(_ node: Node, _ message: String) {
        findings.fail(node.place, "\(message), not \(node.shape)")
    }

    private func step(_ node: Node) -> ReplayStep? {
        guard case .mapping(let entries) = node.value, entries.count == 1 else {
            fail(node, "a step must be one of \(Self.steps.joined(separator: ", "))")
            return nil
        }
        let section = Section(node, path: "", known: Self.steps, findings: findings)
        let key = entries[0].key
        guard Self.steps.contains(where: { same($0, key) }) else { return nil }
        if entries[0].value.isNull {
            findings.fail(entries[0].place, "'\(key)' must not be empty")
            return nil
        }
        switch key {
        case "write", "edit": return change(section, key)
        case "delete": return path(section, "delete").map { .delete(path: $0) }
        case "run": return section.string("run").map { .run($0) }
        case "commit": return section.string("commit").map { .commit(message: $0) }
        case "say": return section.string("say").map { .say($0) }
        case "ask": return ask(section)
        case "fail": return section.int("fail", in: 1...255).map { .fail(Int32($0)) }
        case "sleep": return sleep(section)
        case "hang": return hang(section)
        default: return section.word("ignore").map { .ignore($0) }
        }
    }

    private func change(_ section: Section, _ key: String) -> ReplayStep? {
        let isWrite = key == "write"
        let keys = isWrite ? ["path", "text"] : ["path", "find", "replace"]
        guard let fields = section.section(key, known: keys) else { return nil }
        for key in keys where fields.node(key) == nil {
            findings.fail(fields.place, "'\(fields.path)' needs '\(key)'")
        }
        guard let path = path(fields, "path") else { return nil }
        if isWrite { return fields.text("text").map { .write(path: path, text: $0) } }
        guard let find = fields.text("find"), let replace = fields.text("replace") else {
            return nil
        }
        guard !find.isEmpty else {
            fields.fail("find", "must not be empty")
            return nil
        }
        return .edit(path: path, find: find, replace: replace)
    }

    private func ask(_ section: Section) -> ReplayStep? {
        guard let node = section.node("ask") else { return nil }
        if case .scalar = node.value {
            return section.string("ask").map { .ask(text: $0, choices: [], freeform: true) }
        }
        let keys = ["text", "choices", "freeform"]
        let fields = Section(node, path: "ask", known: keys, findings: findings)
        if fields.node("text") == nil { findings.fail(node.place, "'ask' needs 'text'") }
        let choices = fields.strings("choices") ?? []
        let freeform = fields.bool("freeform") ?? true
        return fields.string("text").map {
            .ask(text: $0, choices: choices, freeform: freeform)
        }
    }

    /// Seconds with at most three decimals.
    private func sleep(_ section: Section) -> ReplayStep? {
        guard let node = section.node("sleep"), let text = node.text else {
            section.fail("sleep", "must be a number of seconds")
            return nil
        }
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        let digits = parts.allSatisfy { part in
            !part.isEmpty && part.utf8.allSatisfy { (0x30...0x39).contains($0) }
        }
        let decimals = parts.count == 2 ? parts[1] : ""
        guard digits, (1...2).contains(parts.count), decimals.count <= 3, parts[0].count <= 6,
            let value = Int(parts[0] + decimals + String(repeating: "0", count: 3 - decimals.count))
        else {
            section.mismatch("sleep", "a number of seconds such as 0.5", node)
            return nil
        }
        return .sleep(milliseconds: value)
    }

    private func hang(_ section: Section) -> ReplayStep? {
        guard let hangs = section.bool("hang") else { return nil }
        if !hangs { section.fail("hang", "must be true") }
        return hangs ? .hang : nil
    }

    /// A path inside the worktree, and outside its `.git`.
    private func path(_ section: Section, _ key: String) -> String? {
        guard let path = section.string(key) else { return nil }
        let parts = path.split(separator: "/", omittingEmptySubsequences: false)
        let isInside = parts.allSatisfy { part in
            !["", ".", ".."].contains(part) && !same(part.lowercased(), ".git")
        }
        if !isInside {
            section.fail(key, "must be a path inside the worktree, not '\(shown(path))'")
        }
        return isInside ? path : nil
    }
}

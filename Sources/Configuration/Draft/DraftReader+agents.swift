import Model

/// Who does the work.
extension DraftReader {
    /// Reads `agents`, or `execute_config.preferred_executor` for its default.
    func readAgents(into policy: inout Policy) {
        let section = root.section("agents", known: [])
        for entry in section?.present ?? [] where !same(entry.key, "default") {
            guard Self.isName(entry.key) else {
                findings.fail(
                    entry.place,
                    "'\(shown(entry.key))' cannot be the name of an agent; use letters, digits,"
                        + " '-', '_' and '.'")
                continue
            }
            guard policy.agents.named.count < Self.agentLimit else {
                findings.fail(entry.place, "more than \(Self.agentLimit) agents")
                break
            }
            policy.agents.named[entry.key] = agent(entry)
        }
        checkFallbacks(of: policy.agents, in: section)
        let spelling = only([(section, "default"), (execute, "preferred_executor")])
        guard let spelling, let name = spelling.section.string(spelling.key) else { return }
        if isAgent(name, in: policy.agents, section) {
            policy.agents.defaultName = name
        } else {
            spelling.section.fail(
                spelling.key, unknownAgent(name, in: policy.agents))
        }
    }

    /// The most agents of a file: fallbacks are followed from each to each.
    private static let agentLimit = 100

    private func agent(_ entry: Node.Entry) -> AgentSettings? {
        let keys = [
            "kind", "command", "file", "model", "args", "env", "max_turns", "max_budget_usd",
            "fallback",
        ]
        let section = Section(
            entry.value, path: "agents.\(entry.key)", known: keys, findings: findings)
        guard case .mapping = entry.value.value else { return nil }
        let kind = kind(section, name: entry.key)
        let settings = AgentSettings(
            kind: kind ?? .command, command: command(section), file: section.string("file"),
            model: section.string("model"), args: section.strings("args") ?? [],
            env: variables(section, "env"), maxTurns: section.int("max_turns"),
            maxBudget: budget(section), fallback: section.string("fallback"))
        guard let kind else { return nil }
        check(kind, section)
        return settings
    }

    private func kind(_ section: Section, name: String) -> AgentKind? {
        if section.node("kind") != nil { return section.word("kind") }
        if let kind = AgentKind(rawValue: name) { return kind }
        let kinds = AgentKind.allCases.map(\.rawValue).joined(separator: ", ")
        findings.fail(section.place, "'\(section.path)' needs a 'kind': one of \(kinds)")
        return nil
    }

    private func check(_ kind: AgentKind, _ section: Section) {
        if kind == .command, section.node("command") == nil {
            findings.fail(section.place, "'\(section.path)' of kind 'command' needs a 'command'")
        }
        if kind == .replay, section.node("file") == nil {
            findings.fail(section.place, "'\(section.path)' of kind 'replay' needs a 'file'")
        }
        if kind != .replay, section.node("file") != nil {
            section.fail("file", "belongs to an agent of kind 'replay'")
        }
    }

    private func command(_ section: Section) -> AgentCommand? {
        guard let node = section.node("command") else { return nil }
        guard case .sequence(let items) = node.value else {
            return section.string(node, of: "command").map { .shell($0) }
        }
        guard !items.isEmpty else {
            section.fail("command", "must not be empty")
            return nil
        }
        return .argv(items.compactMap { section.string($0, of: "command") })
    }

    /// Variables of an environment, by name.
    func variables(_ section: Section, _ key: String) -> [String: String] {
        var result: [String: String] = [:]
        guard let variables = section.section(key, known: []) else { return result }
        for entry in variables.present {
            guard Self.isVariable(entry.key) else {
                findings.fail(
                    entry.place, "'\(shown(entry.key))' cannot be the name of a variable")
                continue
            }
            if let text = entry.value.text, !text.utf8.contains(0) {
                result[entry.key] = text
            } else {
                variables.mismatch(entry.key, "a text", entry.value)
            }
        }
        return result
    }

    /// Dollars with at most six decimals, as micro-USD.
    private func budget(_ section: Section) -> Int64? {
        guard let node = section.node("max_budget_usd") else { return nil }
        let parts = (node.text ?? "").split(separator: ".", omittingEmptySubsequences: false)
        let decimals = parts.count == 2 ? parts[1] : ""
        let digits = parts.joined().utf8.allSatisfy { (0x30...0x39).contains($0) }
        guard (1...2).contains(parts.count), !parts[0].isEmpty, digits, decimals.count <= 6,
            parts.count == 1 || !decimals.isEmpty, parts[0].count <= 9,
            let micro = Int64(
                parts[0] + decimals + String(repeating: "0", count: 6 - decimals.count)),
            micro > 0
        else {
            section.mismatch("max_budget_usd", "an amount such as 2.50", node)
            return nil
        }
        return micro
    }

    // MARK: - Names

    private func checkFallbacks(of agents: AgentCatalog, in section: Section?) {
        for entry in section?.present ?? [] {
            guard let fallback = agents.named[entry.key]?.fallback, let section else { continue }
            let place = fallbackPlace(entry)
            if !isAgent(fallback, in: agents, section) {
                findings.fail(
                    place,
                    "'agents.\(entry.key).fallback' \(unknownAgent(fallback, in: agents))")
            } else if leadsBack(entry.key, in: agents) {
                findings.fail(place, "'agents.\(entry.key).fallback' leads back to itself")
            }
        }
    }

    private func fallbackPlace(_ entry: Node.Entry) -> Place {
        guard case .mapping(let fields) = entry.value.value else { return entry.place }
        return fields.first { same($0.key, "fallback") }?.value.place ?? entry.place
    }

    private func leadsBack(_ name: String, in agents: AgentCatalog) -> Bool {
        var next = agents.named[name]?.fallback
        var steps = 0
        while let current = next, steps <= agents.named.count {
            if same(current, name) { return true }
            next = agents.named[current]?.fallback
            steps += 1
        }
        return false
    }

    /// Whether a name is an agent, also one whose settings are wrong and reported.
    private func isAgent(_ name: String, in agents: AgentCatalog, _ section: Section?) -> Bool {
        agents.settings(for: name) != nil || (section?.entry(name) != nil && !same(name, "default"))
    }

    private func unknownAgent(_ name: String, in agents: AgentCatalog) -> String {
        let kinds = AgentKind.allCases.filter { $0 != .command && $0 != .replay }.map(\.rawValue)
        let names = agents.named.keys.sorted() + kinds
        let offer = findings.suggestion(for: name, among: names)
        return "names no agent: '\(shown(name))'\(offer)"
    }

    /// Whether a text is a name that can stand in commands, paths and messages.
    static func isName(_ text: String) -> Bool {
        let extra = Array("-_.".utf8)
        return (1...64).contains(text.utf8.count)
            && text.utf8.allSatisfy { isLetter($0) || isDigit($0) || extra.contains($0) }
            && !extra.contains(text.utf8.first ?? 0)
    }

    private static func isVariable(_ text: String) -> Bool {
        guard let first = text.utf8.first, !isDigit(first) else { return false }
        return text.utf8.allSatisfy { isLetter($0) || isDigit($0) || $0 == UInt8(ascii: "_") }
    }

    private static func isLetter(_ byte: UInt8) -> Bool {
        (0x41...0x5A).contains(byte & 0xDF) && byte < 0x80
    }

    private static func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }
}

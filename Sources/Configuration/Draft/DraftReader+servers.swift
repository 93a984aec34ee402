import Model

/// The servers of tools that agents may use.
extension DraftReader {
    /// Reads `mcp_servers`.
    func readServers(into policy: inout Policy) {
        guard let section = root.section("mcp_servers", known: []) else { return }
        for entry in section.present {
            guard Self.isName(entry.key) else {
                findings.fail(
                    entry.place,
                    "'\(shown(entry.key))' cannot be the name of a server; use letters, digits,"
                        + " '-', '_' and '.'")
                continue
            }
            guard policy.servers.count < Self.serverLimit else {
                return findings.fail(entry.place, "more than \(Self.serverLimit) servers")
            }
            policy.servers[entry.key] = server(entry)
        }
    }

    private static let serverLimit = 50

    private enum Kind: String, CaseIterable {
        case stdio, http, sse
    }

    private func server(_ entry: Node.Entry) -> ToolServer? {
        let section = Section(
            entry.value, path: "mcp_servers.\(entry.key)",
            known: ["type", "command", "args", "env", "url", "headers"], findings: findings)
        guard case .mapping = entry.value.value else { return nil }
        let hasURL = section.node("url") != nil
        let kind: Kind = section.word("type") ?? (hasURL ? .http : .stdio)
        let (needed, others) =
            kind == .stdio
            ? ("command", ["url", "headers"]) : ("url", ["command", "args", "env"])
        for key in others where section.node(key) != nil {
            section.fail(key, "does not belong to a server of type '\(kind.rawValue)'")
        }
        guard let main = section.string(needed), !main.isEmpty else {
            if section.node(needed) == nil {
                findings.fail(section.place, "'\(section.path)' needs a '\(needed)'")
            }
            return nil
        }
        switch kind {
        case .stdio:
            return ToolServer(
                .program(
                    command: main, args: section.strings("args") ?? [],
                    env: variables(section, "env")))
        case .http, .sse:
            guard ["http://", "https://"].contains(where: { main.utf8.starts(with: $0.utf8) })
            else {
                section.fail("url", "must begin with 'https://' or 'http://'")
                return nil
            }
            return ToolServer(
                .remote(url: main, headers: headers(section), sse: kind == .sse))
        }
    }

    private func headers(_ section: Section) -> [String: String] {
        var result: [String: String] = [:]
        guard let headers = section.section("headers", known: []) else { return result }
        for entry in headers.present {
            guard Self.isName(entry.key) else {
                findings.fail(entry.place, "'\(shown(entry.key))' cannot be the name of a header")
                continue
            }
            if let text = entry.value.text, !text.utf8.contains(where: { $0 < 0x20 }) {
                result[entry.key] = text
            } else {
                headers.mismatch(entry.key, "a text of one line", entry.value)
            }
        }
        return result
    }
}

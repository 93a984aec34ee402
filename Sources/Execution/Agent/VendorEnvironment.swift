public import Model

/// Keeps an agent from what the user's shell says to agents of its kind.
///
/// What is set there is meant for the user's own sessions: another model, a proxy, a session
/// that this one would take for its parent. Only the vendor's own key, and the server that it
/// is for, go on.
public enum VendorEnvironment {
    /// The variables of an environment that agents of a kind do not get, sorted.
    public static func removed(
        from environment: [String: String], for kind: AgentKind
    ) -> [String] {
        environment.keys.filter { isRemoved($0, for: kind) }.sorted()
    }

    /// Whether agents of a kind do not get a variable.
    static func isRemoved(_ name: String, for kind: AgentKind) -> Bool {
        guard keys[kind]?.contains(name) != true else { return false }
        return prefixes.contains { name.utf8.starts(with: $0.utf8) }
            || folders.contains(name)
    }

    /// Whether a variable is the key of a vendor, or the server that it is for.
    static func isKey(_ name: String) -> Bool {
        keys.values.contains { $0.contains { $0.utf8.elementsEqual(name.utf8) } }
    }

    /// The variables of the user's shell that are for agents of a kind and for nobody else: the
    /// keys of the vendor, and where the user's log-in is.
    static func own(_ kind: AgentKind) -> Set<String> {
        switch kind {
        case .claude: keys[.claude, default: []].union(["CLAUDE_CONFIG_DIR"])
        case .codex: keys[.codex, default: []].union(["CODEX_HOME"])
        default: []
        }
    }

    /// An environment without the keys of vendors, for what is no agent.
    static func withoutKeys(_ environment: [String: String]) -> [String: String] {
        environment.filter { variable in !keys.values.contains { $0.contains(variable.key) } }
    }

    /// The keys of a kind's vendor, and the servers that they are for.
    private static let keys: [AgentKind: Set<String>] = [
        .claude: [
            "ANTHROPIC_API_KEY", "ANTHROPIC_AUTH_TOKEN", "ANTHROPIC_BASE_URL",
            "CLAUDE_CODE_OAUTH_TOKEN",
        ],
        .codex: ["CODEX_API_KEY", "OPENAI_API_KEY", "OPENAI_BASE_URL"],
    ]

    private static let prefixes = ["CLAUDE", "ANTHROPIC_", "OPENAI_", "CODEX_"]

    /// Where programs would look for the user's files in spite of a home of their own.
    private static let folders: Set = [
        "XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME", "XDG_CACHE_HOME",
    ]
}

/// Keeps an agent from what the user's shell says to agents of its kind.
///
/// What is set there is meant for the user's own sessions: another model, a proxy, a session
/// that this one would take for its parent. Only a key, and the server that it is for, go on.
public enum VendorEnvironment {
    /// The variables of an environment that agents do not get, sorted.
    public static func removed(from environment: [String: String]) -> [String] {
        environment.keys.filter(isRemoved).sorted()
    }

    /// Whether agents do not get a variable.
    static func isRemoved(_ name: String) -> Bool {
        guard !kept.contains(name) else { return false }
        return prefixes.contains { name.utf8.starts(with: $0.utf8) }
            || folders.contains(name)
    }

    private static let kept: Set = [
        "ANTHROPIC_API_KEY", "ANTHROPIC_AUTH_TOKEN", "ANTHROPIC_BASE_URL",
        "CLAUDE_CODE_OAUTH_TOKEN", "CODEX_API_KEY", "OPENAI_API_KEY", "OPENAI_BASE_URL",
    ]

    private static let prefixes = ["CLAUDE", "ANTHROPIC_", "OPENAI_", "CODEX_"]

    /// Where programs would look for the user's files in spite of a home of their own.
    private static let folders: Set = [
        "XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME", "XDG_CACHE_HOME",
    ]
}

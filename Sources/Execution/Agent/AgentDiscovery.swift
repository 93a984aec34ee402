internal import Glibc
public import Model

/// Finds the agents that are installed on this machine; starts none.
///
/// Whatever it needs of the environment comes in, and of a key it tells that it is there, never
/// what it is.
public enum AgentDiscovery {
    /// Finds the program of an agent.
    ///
    /// - Parameters:
    ///   - kind: How the agent is driven.
    ///   - environment: Whose `PATH` is looked through, absolute entries only, and then the
    ///     places below `HOME` where the agent's own installer puts it.
    /// - Returns: The path of the program; `nil` if it is not installed, or a kind has none.
    public static func find(_ kind: AgentKind, environment: [String: String]) -> String? {
        guard let program = kind.program else { return nil }
        if let path = find(program: program, environment: environment) { return path }
        guard let home = environment["HOME"], home.utf8.first == UInt8(ascii: "/") else {
            return nil
        }
        return kind.homeFolders.map { "\(home)/\($0)/\(program)" }.first(where: Launch.isProgram)
    }

    /// Finds a program by its name as a command line has it.
    ///
    /// - Parameters:
    ///   - program: A name, which is looked up in `PATH`, or a path.
    ///   - environment: Whose `PATH` is looked through.
    ///   - directory: What a relative path counts from.
    /// - Returns: The path; `nil` if it is not there or cannot be executed.
    public static func find(
        program: String, environment: [String: String], in directory: String = "/"
    ) -> String? {
        guard program.utf8.contains(UInt8(ascii: "/")) else {
            return program.isEmpty ? nil : Launch.find(program, in: environment["PATH"]).path
        }
        let isAbsolute = program.utf8.first == UInt8(ascii: "/")
        let path = isAbsolute ? program : "\(directory)/\(program)"
        return Launch.isProgram(path) ? path : nil
    }

    /// The agent that works where nothing names one: the first of Claude Code and Codex.
    public static func firstInstalled(environment: [String: String]) -> AgentKind? {
        [AgentKind.claude, .codex].first { find($0, environment: environment) != nil }
    }

    /// Where an agent finds who pays: the first key or log-in that is there.
    ///
    /// - Returns: The name of a variable or the path of a file; `nil` if there is neither.
    public static func credential(
        of kind: AgentKind, environment: [String: String]
    ) -> AgentCredential? {
        if let name = kind.keys.first(where: { !(environment[$0] ?? "").isEmpty }) {
            return .variable(name)
        }
        return logIns(of: kind, environment: environment)
            .first { unsafe access($0, R_OK) == 0 }.map { .file($0) }
    }

    /// What is secret in the log-ins of which agents get copies.
    ///
    /// A copy may turn up long after its turn, where a snapshot is kept or pushed.
    ///
    /// - Parameter environment: What tells where the log-ins are.
    /// - Returns: The values; none of an agent that the user has not logged in to.
    public static func logInSecrets(environment: [String: String]) -> [String] {
        [AgentKind.claude, .codex].flatMap { logIns(of: $0, environment: environment) }
            .compactMap(AgentHome.contents).flatMap(Redactor.secretValues(inLogIn:))
    }

    private static func logIns(
        of kind: AgentKind, environment: [String: String]
    ) -> [String] {
        kind.logIns.compactMap { file -> String? in
            let own = file.variable.flatMap { environment[$0] }.flatMap { $0.isEmpty ? nil : $0 }
            if let own { return "\(own)/\(file.name)" }
            return environment["HOME"].map { "\($0)/\(file.folder)/\(file.name)" }
        }
    }
}

/// What an agent authenticates with; only where it is.
public enum AgentCredential: Hashable, Sendable, CustomStringConvertible {
    /// A variable of the environment.
    case variable(String)
    /// A file that logging in left.
    case file(String)

    /// Where it is, for people.
    public var description: String {
        switch self {
        case .variable(let name): name
        case .file(let path): path
        }
    }
}

extension AgentKind {
    /// What people call the program of this kind; the word of `draft.yaml` for the others.
    public var title: String {
        switch self {
        case .claude: "Claude Code"
        case .codex: "Codex"
        case .gemini: "Gemini CLI"
        case .aider: "Aider"
        case .opencode: "OpenCode"
        case .acp, .command, .replay, .builtin: rawValue
        }
    }

    /// The name of the program; `nil` for a kind that has none of its own.
    public var program: String? {
        switch self {
        case .claude, .codex, .gemini, .aider, .opencode: rawValue
        case .acp, .command, .replay, .builtin: nil
        }
    }

    /// The command that installs it; `nil` for a kind that has no program of its own.
    public var installCommand: String? {
        switch self {
        case .claude: "npm install -g @anthropic-ai/claude-code"
        case .codex: "npm install -g @openai/codex"
        case .gemini: "npm install -g @google/gemini-cli"
        case .aider: "pipx install aider-chat"
        case .opencode: "npm install -g opencode-ai"
        case .acp, .command, .replay, .builtin: nil
        }
    }

    /// The command that gives it a key or logs in; `nil` if it needs none.
    public var logInCommand: String? {
        switch self {
        case .claude: "export ANTHROPIC_API_KEY=KEY"
        case .codex: "codex login"
        case .gemini: "export GEMINI_API_KEY=KEY"
        case .aider: "export OPENAI_API_KEY=KEY"
        case .opencode: "opencode auth login"
        case .acp, .command, .replay, .builtin: nil
        }
    }

    /// The folders below `HOME` where its own installer puts it.
    fileprivate var homeFolders: [String] {
        switch self {
        case .claude: [".local/bin", ".claude/local"]
        case .opencode: [".opencode/bin"]
        case .codex, .gemini, .aider: [".local/bin"]
        case .acp, .command, .replay, .builtin: []
        }
    }

    /// The variables that hold its key, or say that it is paid for otherwise.
    fileprivate var keys: [String] {
        switch self {
        case .claude:
            [
                "ANTHROPIC_API_KEY", "ANTHROPIC_AUTH_TOKEN", "CLAUDE_CODE_OAUTH_TOKEN",
                "CLAUDE_CODE_USE_BEDROCK", "CLAUDE_CODE_USE_VERTEX",
            ]
        case .codex: ["CODEX_API_KEY", "OPENAI_API_KEY"]
        case .gemini: ["GEMINI_API_KEY", "GOOGLE_API_KEY"]
        case .aider, .opencode:
            ["OPENAI_API_KEY", "ANTHROPIC_API_KEY", "GEMINI_API_KEY", "OPENROUTER_API_KEY"]
        case .acp, .command, .replay, .builtin: []
        }
    }

    /// The files that logging in leaves: in the folder that a variable names, else below `HOME`.
    fileprivate var logIns: [(variable: String?, folder: String, name: String)] {
        switch self {
        case .claude: [("CLAUDE_CONFIG_DIR", ".claude", ".credentials.json")]
        case .codex: [("CODEX_HOME", ".codex", "auth.json")]
        case .gemini: [(nil, ".gemini", "oauth_creds.json")]
        case .opencode: [("XDG_DATA_HOME", ".local/share", "opencode/auth.json")]
        case .aider, .acp, .command, .replay, .builtin: []
        }
    }
}

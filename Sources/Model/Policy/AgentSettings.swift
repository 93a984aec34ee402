/// How an agent is driven.
public enum AgentKind: String, CaseIterable, Sendable {
    /// Claude Code.
    case claude

    /// Codex.
    case codex

    /// An agent that speaks the Agent Client Protocol.
    case acp

    /// Gemini CLI.
    case gemini

    /// Aider.
    case aider

    /// OpenCode.
    case opencode

    /// Any program that reads a work order.
    case command

    /// The embedded agent that follows a script.
    case replay

    /// The agent that comes with git-draft.
    case builtin

    /// Whether this version can run it.
    public var isSupported: Bool {
        switch self {
        case .claude, .codex, .command, .replay: true
        case .acp, .gemini, .aider, .opencode, .builtin: false
        }
    }
}

/// What starts an agent.
public enum AgentCommand: Hashable, Sendable {
    /// A line for `sh -c`.
    case shell(String)

    /// A program and its arguments; never empty.
    case argv([String])
}

/// One agent that tickets may be given to.
public struct AgentSettings: Hashable, Sendable {
    /// How it is driven.
    public var kind: AgentKind

    /// What starts it; always there for ``AgentKind/command``.
    public var command: AgentCommand?

    /// The script of a ``AgentKind/replay`` agent, relative to the repository's root.
    public var file: String?

    /// The model that it is asked to use.
    public var model: String?

    /// What is added to its arguments.
    public var args: [String]

    /// What is added to its environment.
    public var env: [String: String]

    /// The most turns that it may take within one iteration.
    public var maxTurns: Int?

    /// The most that one run may cost, in micro-USD.
    public var maxBudget: Int64?

    /// The name of the agent that takes over if this one is not available.
    public var fallback: String?

    /// Creates the settings of an agent.
    public init(
        kind: AgentKind, command: AgentCommand? = nil, file: String? = nil, model: String? = nil,
        args: [String] = [], env: [String: String] = [:], maxTurns: Int? = nil,
        maxBudget: Int64? = nil, fallback: String? = nil
    ) {
        self.kind = kind
        self.command = command
        self.file = file
        self.model = model
        self.args = args
        self.env = env
        self.maxTurns = maxTurns
        self.maxBudget = maxBudget
        self.fallback = fallback
    }
}

/// The agents of a repository.
public struct AgentCatalog: Hashable, Sendable {
    /// The agent that does what nobody else was named for.
    ///
    /// Without it, the first of `claude` and `codex` that is installed.
    public var defaultName: String?

    /// The agents by name.
    public var named: [String: AgentSettings]

    /// Creates a catalog.
    public init(defaultName: String? = nil, named: [String: AgentSettings] = [:]) {
        self.defaultName = defaultName
        self.named = named
    }

    /// The agent of a name: one of the repository's, else the kind of that name.
    ///
    /// Only a kind that needs no further settings can be meant by its name alone.
    public func settings(for name: String) -> AgentSettings? {
        if let settings = named[name] { return settings }
        guard let kind = AgentKind(rawValue: name), kind != .command, kind != .replay else {
            return nil
        }
        return AgentSettings(kind: kind)
    }
}

internal import FoundationEssentials
public import Model

/// How to start an agent: the command line of one kind of executor.
public struct AgentLaunch: Sendable {
    /// What reports call it.
    public var name: String
    /// How it is driven.
    public var kind: AgentKind
    /// Its version, if it is known.
    public var version: String?
    /// The program and its arguments.
    public var arguments: [String]
    /// What is added to the environment of the job.
    public var environment: [String: String]
    /// The variables that it must not see, unless ``environment`` has them.
    public var removed: [String] = []
    /// What it reads from standard input; `nil` is the work order.
    public var input: [UInt8]?
    /// Reads what it prints; `nil` for a program that prints anything.
    public var stream: (any AgentStream)?
    /// The private home; made, with ``homeFiles`` in it, before the start.
    public var home: String?
    /// Files of the home by path, written anew before each turn, readable by the user alone.
    public var homeFiles: [String: [UInt8]] = [:]
    /// The skills of the home, written anew before each turn; `nil` if it has no place for them.
    public var skills: HomeSkills?
    /// What the user's log-in left, copied into the home for as long as the turn lasts.
    public var logIns: [LogIn] = []

    /// The servers of models that it reaches through doors of its sandbox.
    public var models: [ModelWay] = []

    /// Where it finds who pays, as the trail names it; never what it is.
    public var credential: String?

    /// What an agent finds by itself in its home.
    public struct HomeSkills: Hashable, Sendable {
        /// The folder, by its path in the private home.
        public var folder: String
        /// What belongs in it, and nothing else.
        public var skills: [Skill]
    }

    /// A file that a log-in left.
    public struct LogIn: Hashable, Sendable {
        /// Where it is.
        public var source: String
        /// Its path in the private home.
        public var target: String

        /// Names a file that a log-in left.
        ///
        /// - Parameters:
        ///   - source: Where it is.
        ///   - target: Its path in the private home.
        public init(source: String, target: String) {
            self.source = source
            self.target = target
        }
    }

    /// Creates a launch.
    public init(
        name: String, kind: AgentKind, version: String? = nil, arguments: [String],
        environment: [String: String]
    ) {
        self.name = name
        self.kind = kind
        self.version = version
        self.arguments = arguments
        self.environment = environment
    }

    /// Finds out how to start an agent.
    ///
    /// - Parameters:
    ///   - settings: What the policy says of it.
    ///   - request: What is wanted of this turn.
    /// - Returns: How to start it.
    /// - Throws: ``ExecutionError`` if it cannot be started here.
    public static func of(
        _ settings: AgentSettings, _ request: AgentRequest
    ) throws -> AgentLaunch {
        switch settings.kind {
        case .claude: return try claude(settings, request)
        case .codex: return try codex(settings, request)
        case .replay:
            let arguments = [
                request.program, "_replay", "--file", request.script ?? settings.file ?? "",
                "--turn", "\(request.turn)",
            ]
            return AgentLaunch(
                name: request.name, kind: .replay, version: Version.current,
                arguments: arguments, environment: settings.env)
        default: break
        }
        var launch = try program(of: settings, request)
        try launch.hideKeys(request)
        return launch
    }

    /// How to start an agent that is just a program.
    private static func program(
        of settings: AgentSettings, _ request: AgentRequest
    ) throws -> AgentLaunch {
        let arguments: [String]
        switch settings.command {
        case .shell(let text)?: arguments = ["sh", "-c", text] + settings.args
        case .argv(let words)?: arguments = words + settings.args
        case nil:
            throw ExecutionError(
                .invalidArgument, "start agent '\(request.name)'",
                reason: "it has no command; add 'command:' to it in draft.yaml and commit it")
        }
        return AgentLaunch(
            name: request.name, kind: settings.kind, arguments: arguments,
            environment: settings.env)
    }

    /// The words that start the program of a kind: those of the policy, else where it is.
    ///
    /// - Throws: ``ExecutionError`` with code ``ExecutionError/Code/programNotFound`` if it is
    ///   not installed.
    static func program(_ settings: AgentSettings, _ request: AgentRequest) throws -> [String] {
        switch settings.command {
        case .shell(let text)?: return ["sh", "-c", text + " \"$@\"", "sh"]
        case .argv(let words)?: return words
        case nil: break
        }
        guard let path = AgentDiscovery.find(settings.kind, environment: request.environment)
        else { throw Self.absent(request.name, settings) }
        return [path]
    }
}

extension AgentCredential {
    /// What the trail says of it: the variable, or that it is a log-in.
    var word: String {
        switch self {
        case .variable(let name): name
        case .file: "log-in"
        }
    }
}

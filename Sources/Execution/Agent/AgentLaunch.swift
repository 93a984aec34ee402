internal import FoundationEssentials
public import Model

/// How to start an agent: the command line of one kind of executor.
public struct AgentLaunch: Sendable {
    /// What reports call it.
    public var name: String
    /// Its version, if it is known.
    public var version: String?
    /// The program and its arguments.
    public var arguments: [String]
    /// What is added to the environment of the job.
    public var environment: [String: String]

    /// Creates a launch.
    public init(
        name: String, version: String?, arguments: [String], environment: [String: String]
    ) {
        self.name = name
        self.version = version
        self.arguments = arguments
        self.environment = environment
    }

    /// Finds out how to start an agent.
    ///
    /// - Parameters:
    ///   - name: The name of the agent in the policy; `nil` for the default.
    ///   - policy: The policy in force.
    ///   - program: The path of this program, which is also the replay agent.
    ///   - turn: The number of the turn on the ticket over all its jobs, from 0.
    ///   - script: Finds the file of a replay agent.
    /// - Returns: How to start it.
    /// - Throws: ``ExecutionError`` if there is no such agent, or this version has no adapter
    ///   for it.
    public static func of(
        _ name: String?, policy: Policy, program: String, turn: Int,
        script: (String) throws -> String
    ) throws -> AgentLaunch {
        let (name, settings) = try settings(name, policy)
        var arguments: [String]
        switch settings.command {
        case _ where settings.kind == .replay:
            let file = try script(settings.file ?? "")
            arguments = [program, "_replay", "--file", file, "--turn", "\(turn)"]
        case .shell(let text)?: arguments = ["sh", "-c", text] + settings.args
        case .argv(let words)?: arguments = words + settings.args
        case nil:
            throw ExecutionError(
                .invalidArgument, "start agent '\(name)'",
                reason: "it has no command; add 'command:' to it in draft.yaml and commit it")
        }
        return AgentLaunch(
            name: name, version: settings.kind == .replay ? Version.current : nil,
            arguments: arguments, environment: settings.env)
    }

    /// The settings of an agent, and its name.
    ///
    /// - Throws: ``ExecutionError`` if there is no such agent, or this version has no adapter
    ///   for it.
    public static func settings(
        _ name: String?, _ policy: Policy
    ) throws -> (name: String, settings: AgentSettings) {
        let name = name ?? policy.agents.defaultName ?? policy.agents.named.keys.min()
        guard let name else {
            throw ExecutionError(
                .invalidArgument, "start an agent",
                reason: "no agent is configured; add 'agents:' to draft.yaml and commit it")
        }
        guard let settings = policy.agents.settings(for: name) else {
            let known = policy.agents.named.keys.sorted().joined(separator: ", ")
            throw ExecutionError(
                .invalidArgument, "start agent '\(name)'",
                reason: "there is no such agent"
                    + (known.isEmpty ? "" : "; draft.yaml has: \(known)"))
        }
        guard [.command, .replay].contains(settings.kind) else {
            throw ExecutionError(
                .invalidArgument, "start agent '\(name)'",
                reason: "agents of kind '\(settings.kind.rawValue)' are not supported by this "
                    + "version; configure one of kind 'command' in draft.yaml")
        }
        return (name, settings)
    }
}

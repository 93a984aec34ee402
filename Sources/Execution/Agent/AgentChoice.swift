public import Model

/// The agent that gets a job, and whom it stands in for.
public struct AgentChoice: Sendable {
    /// Its name in the policy.
    public var name: String
    /// What the policy says of it.
    public var settings: AgentSettings
    /// The agent that was meant, if this one is its fallback.
    public var insteadOf: String?

    /// Creates a choice.
    public init(name: String, settings: AgentSettings, insteadOf: String? = nil) {
        self.name = name
        self.settings = settings
        self.insteadOf = insteadOf
    }
}

extension AgentLaunch {
    /// Chooses the agent of a job: the one that is meant, or a fallback that the policy names.
    ///
    /// - Parameters:
    ///   - name: Who is asked for; `nil` for the policy's default, its first agent by name, or
    ///     else the first of Claude Code and Codex that is installed.
    ///   - policy: The policy in force.
    ///   - environment: Where programs are looked for.
    /// - Returns: The first of the line of fallbacks that is installed.
    /// - Throws: ``ExecutionError`` if there is no such agent, this version has no adapter for
    ///   it, or none of the line is installed.
    public static func choose(
        _ name: String?, _ policy: Policy, environment: [String: String]
    ) throws -> AgentChoice {
        let (first, settings) = try settings(name, policy, environment: environment)
        if isInstalled(settings, environment: environment) {
            return AgentChoice(name: first, settings: settings)
        }
        guard
            let other = try fallback(
                of: first, settings, policy, environment: environment)
        else { throw absent(first, settings, policy) }
        return AgentChoice(name: other.name, settings: other.settings, insteadOf: first)
    }

    /// The next agent of the line of fallbacks that is installed; `nil` if there is none.
    static func fallback(
        of name: String, _ settings: AgentSettings, _ policy: Policy,
        environment: [String: String]
    ) throws -> (name: String, settings: AgentSettings)? {
        var seen = [name]
        var next = settings.fallback
        while let current = next, !seen.contains(where: { $0.utf8.elementsEqual(current.utf8) }) {
            seen.append(current)
            let found = try Self.settings(current, policy, environment: environment)
            if isInstalled(found.settings, environment: environment) { return found }
            next = found.settings.fallback
        }
        return nil
    }

    /// Whether the program of an agent is on this machine, as far as that can be told.
    static func isInstalled(_ settings: AgentSettings, environment: [String: String]) -> Bool {
        guard settings.kind.program != nil else { return true }
        switch settings.command {
        case .shell?: return true
        case .argv(let words)?:
            // A relative path counts from a directory that is not made yet.
            let isRelative = words[0].utf8.contains(0x2F) && words[0].utf8.first != 0x2F
            return isRelative
                || AgentDiscovery.find(program: words[0], environment: environment) != nil
        case nil: return AgentDiscovery.find(settings.kind, environment: environment) != nil
        }
    }

    /// The error for an agent whose program is not there, and that no fallback stands in for.
    static func absent(
        _ name: String, _ settings: AgentSettings, _ policy: Policy? = nil
    ) -> ExecutionError {
        var reason = "\(settings.kind.title) is not installed"
        if let path = settings.namedProgram {
            reason = "there is no program '\(path)', which 'agents.\(name).command' names"
        }
        let others = policy.map { fallbacks(of: name, settings, $0) } ?? []
        if !others.isEmpty {
            let names = others.map { "'\($0)'" }.joined(separator: " and ")
            let isOne = others.count == 1
            reason +=
                "; its fallback\(isOne ? "" : "s") \(names) \(isOne ? "is" : "are") not "
                + "there either"
        }
        return ExecutionError(.programNotFound, "start agent '\(name)'", reason: reason)
    }

    /// The names of an agent's line of fallbacks.
    private static func fallbacks(
        of name: String, _ settings: AgentSettings, _ policy: Policy
    ) -> [String] {
        var names: [String] = []
        var next = settings.fallback
        while let current = next, !([name] + names).contains(current) {
            names.append(current)
            next = policy.agents.settings(for: current)?.fallback
        }
        return names
    }

    /// The command that would install the agent that was meant; `nil` if there is none.
    public static func installCommand(
        _ name: String?, _ policy: Policy, environment: [String: String]
    ) -> String? {
        let meant = try? settings(name, policy, environment: environment)
        guard meant?.settings.namedProgram == nil else { return "git draft doctor" }
        return (meant?.settings.kind ?? .claude).installCommand
    }

    /// The settings of an agent, and its name.
    ///
    /// - Parameters:
    ///   - name: Who is asked for; `nil` for the default.
    ///   - policy: The policy in force.
    ///   - environment: Where programs are looked for.
    /// - Returns: The name and the settings.
    /// - Throws: ``ExecutionError`` if there is no such agent, or this version has no adapter
    ///   for it.
    public static func settings(
        _ name: String?, _ policy: Policy, environment: [String: String]
    ) throws -> (name: String, settings: AgentSettings) {
        let name =
            name ?? policy.agents.defaultName ?? policy.agents.named.keys.min()
            ?? AgentDiscovery.firstInstalled(environment: environment)?.rawValue
        guard let name else {
            throw ExecutionError(
                .programNotFound, "start an agent",
                reason: "neither Claude Code nor Codex is installed, and draft.yaml names no agent")
        }
        guard let settings = policy.agents.settings(for: name) else {
            let known = policy.agents.named.keys.sorted().joined(separator: ", ")
            throw ExecutionError(
                .invalidArgument, "start agent '\(name)'",
                reason: "there is no such agent"
                    + (known.isEmpty ? "" : "; draft.yaml has: \(known)"))
        }
        guard settings.kind.isSupported else {
            throw ExecutionError(
                .invalidArgument, "start agent '\(name)'",
                reason: "agents of kind '\(settings.kind.rawValue)' are not supported by this "
                    + "version; configure one of kind 'command' in draft.yaml")
        }
        return (name, settings)
    }
}

extension AgentSettings {
    /// The program that the policy names, where it names one instead of what is installed.
    public var namedProgram: String? {
        guard case .argv(let words)? = command else { return nil }
        return words.first
    }
}

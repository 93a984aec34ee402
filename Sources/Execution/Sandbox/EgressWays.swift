public import Model

/// Whom the programs of a job may talk to, in each of its phases.
public struct EgressWays: Sendable {
    /// Who is allowed to all of them: `sandbox.network`.
    public var network: [NetworkRule] = []

    /// The servers of tools, for agents.
    public var tools: [NetworkRule] = []

    /// Where packages come from, for set-up; found when it is asked for.
    public var registries: @Sendable () -> EgressRegistries = { EgressRegistries() }

    /// The proxies that this machine needs to get out.
    public var upstream = UpstreamProxy()

    /// The file of the authorities that are trusted; `nil` is the system's.
    public var authorities: String?

    /// Keeps what was decided.
    public var keep: @Sendable ([EgressDecision]) -> Void = { _ in }

    /// Creates what leads nowhere.
    public init() {}

    /// Whether set-up may talk to anybody whom the rest of a job may not talk to.
    var leadFurtherInSetup: Bool { registries().rules.contains { !network.contains($0) } }

    /// Who is allowed in a phase, and what its programs are told of that.
    func allowed(in phase: Cell.Phase) -> EgressRegistries {
        switch phase {
        case .setup:
            var all = registries()
            all.rules = network + all.rules.filter { !network.contains($0) }
            return all
        case .agent: return EgressRegistries(rules: network + tools)
        case .validation: return EgressRegistries(rules: network)
        }
    }
}

/// Where packages come from, and the variables that say so.
public struct EgressRegistries: Sendable {
    /// The hosts.
    public var rules: [NetworkRule] = []

    /// The variables, for programs inside.
    public var environment: [String: String] = [:]

    /// Creates a list.
    public init(rules: [NetworkRule] = [], environment: [String: String] = [:]) {
        self.rules = rules
        self.environment = environment
    }
}

/// The server of a model, which an agent reaches by a port of its own loopback.
public struct ModelWay: Hashable, Sendable {
    /// What evidence calls the door.
    public var name: String

    /// The port inside.
    public var port: Int

    /// Where the door leads.
    public var server: ServerAddress

    /// What stands for the keys inside.
    public var replacements: [EgressDoor.Replacement] = []

    /// The address of the server as the agent is told it.
    public var inside: String { "http://127.0.0.1:\(port)\(server.prefix)" }
}

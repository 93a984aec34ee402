/// What `draft.yaml` decides, with the built-in values where it is silent.
public struct Policy: Equatable, Sendable {
    /// The branch that work starts from and lands on; found out where unset.
    public var baseBranch: String?

    /// Commands that run once in each worktree.
    public var setup: [ValidationCommand]

    /// Commands that decide whether work is good.
    public var validation: ValidationTiers

    /// Who does the work.
    public var agents: AgentCatalog

    /// The limits of a job.
    public var guardrails: Guardrails

    /// `execute_config`.
    public var execution: ExecutionSettings

    /// `planner_config`.
    public var planner: PlannerSettings

    /// `merge_config`.
    public var merge: MergeSettings

    /// `cleanup_config`.
    public var cleanup: CleanupSettings

    /// `autonomy_config`.
    public var autonomy: AutonomySettings

    /// `policy`.
    public var access: AccessPolicy

    /// `sandbox`.
    public var sandbox: SandboxSettings

    /// `skills`.
    public var skills: SkillSettings

    /// `mcp_servers`, by name.
    public var servers: [String: ToolServer]

    /// The commit that it was read from, in hexadecimal digits; decides nothing by itself.
    public var commit: String?

    /// Creates a policy.
    public init(
        baseBranch: String? = nil, setup: [ValidationCommand] = [],
        validation: ValidationTiers = ValidationTiers(), agents: AgentCatalog = AgentCatalog(),
        guardrails: Guardrails = Guardrails(), execution: ExecutionSettings,
        planner: PlannerSettings = PlannerSettings(), merge: MergeSettings = MergeSettings(),
        cleanup: CleanupSettings = CleanupSettings(),
        autonomy: AutonomySettings = AutonomySettings(), access: AccessPolicy = AccessPolicy(),
        sandbox: SandboxSettings = SandboxSettings(), skills: SkillSettings = SkillSettings(),
        servers: [String: ToolServer] = [:]
    ) {
        self.baseBranch = baseBranch
        self.setup = setup
        self.validation = validation
        self.agents = agents
        self.guardrails = guardrails
        self.execution = execution
        self.planner = planner
        self.merge = merge
        self.cleanup = cleanup
        self.autonomy = autonomy
        self.access = access
        self.sandbox = sandbox
        self.skills = skills
        self.servers = servers
    }

    /// What holds where there is no `draft.yaml`, on a machine with so many cores.
    public static func builtIn(cores: Int) -> Policy {
        Policy(execution: ExecutionSettings(maxParallelJobs: max(1, min(4, cores))))
    }

    /// What the policy hash covers: all that decides whether a revision is good.
    ///
    /// Names and values are those of `draft.yaml`, every default written out, so
    /// that the digest of the canonical JSON does not depend on how a file said it.
    public var hashed: [String: PolicyValue] {
        [
            "setup": .array(setup.map(\.value)),
            "validation": .object([
                "fast": .array(validation.fast.map(\.value)),
                "full": .array(validation.full.map(\.value)),
            ]),
            "guardrails": guardrails.value,
            "merge_config": merge.value,
            "policy": access.value,
            "autonomy_config": autonomy.value,
        ]
    }
}

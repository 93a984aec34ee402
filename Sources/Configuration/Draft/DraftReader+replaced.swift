/// What a draft.yaml of the replaced system may hold and what does nothing here.
extension DraftReader {
    /// A key without meaning, with what took its place.
    struct Replaced {
        /// The section that the key stands in.
        let section: KeyPath<DraftReader, Section?>

        /// The key.
        let key: String

        /// What took its place, as the second half of a sentence.
        let by: String
    }

    /// Warns of every key that does nothing here.
    func readReplaced() {
        let all =
            Self.inExecution + Self.inVerification + Self.inMerge + Self.inCleanup
            + Self.inPlanner + Self.inFeatures + Self.atTheTop
        for replaced in all {
            guard let section = self[keyPath: replaced.section],
                let entry = section.entry(replaced.key)
            else { continue }
            let name = section.name(replaced.key)
            findings.warn(entry.place, key: name, "'\(name)' does nothing here; \(replaced.by)")
        }
        readReplacedSections()
    }

    /// The inner keys of sections that are replaced as a whole still have to be known.
    private func readReplacedSections() {
        _ = planner?.section("udar", known: Self.udarKeys)
        _ = root.section("team_config", known: Self.teamKeys)
        let profiles = root.section("executor_profiles", known: [])
        for entry in profiles?.present ?? [] {
            _ = Section(
                entry.value, path: "executor_profiles.\(entry.key)", known: Self.profileKeys,
                findings: findings)
        }
    }

    /// The keys of one section that do nothing here.
    static func keys(of replaced: [Replaced]) -> [String] { replaced.map(\.key) }

    /// `execute_config`.
    static var inExecution: [Replaced] {
        [
            Replaced(
                section: \.execute, key: "executor_model", by: "use 'agents.<name>.model'"),
            Replaced(
                section: \.execute, key: "yolo_mode",
                by: "'sandbox' decides what an agent can reach"),
        ]
    }

    /// `verify_config`.
    static var inVerification: [Replaced] {
        [
            Replaced(
                section: \.verify, key: "extra_allowed_commands",
                by: "'validation' takes any command, and 'git draft trust' accepts it"),
            Replaced(
                section: \.verify, key: "on_success",
                by: "'merge_config.on_approve' says what follows a review"),
            Replaced(
                section: \.verify, key: "on_failure",
                by: "'guardrails' say when work that fails 'validation' is given up"),
            Replaced(
                section: \.verify, key: "auto_transition_on_success",
                by: "use 'git draft goal autonomy'"),
        ]
    }

    /// `merge_config`.
    static var inMerge: [Replaced] {
        let newest = "landing always validates the result of merging into the newest base"
        let kept = "'cleanup_config' says how long work is kept"
        return [
            Replaced(
                section: \.merge, key: "default_strategy", by: "use 'merge_config.strategy'"),
            Replaced(section: \.merge, key: "squash_merge", by: "use 'merge_config.strategy'"),
            Replaced(section: \.merge, key: "push_after_merge", by: "use 'merge_config.push'"),
            Replaced(section: \.merge, key: "pull_before_merge", by: newest),
            Replaced(section: \.merge, key: "require_pull_success", by: newest),
            Replaced(section: \.merge, key: "check_divergence", by: newest),
            Replaced(section: \.merge, key: "delete_branch_after_merge", by: kept),
            Replaced(
                section: \.merge, key: "require_approval",
                by: "nothing lands before 'git draft review --approve'"),
        ]
    }

    /// `cleanup_config`.
    static var inCleanup: [Replaced] {
        [
            Replaced(
                section: \.cleanup, key: "worktree_ttl_days",
                by: "use 'cleanup_config.worktree_ttl_hours'"),
            Replaced(
                section: \.cleanup, key: "auto_cleanup_on_merge",
                by: "the worktree of a done ticket is always removed"),
        ]
    }

    /// `planner_config`.
    static var inPlanner: [Replaced] {
        [
            Replaced(
                section: \.planner, key: "agent_path", by: "use 'agents.<name>.command'"),
            Replaced(
                section: \.planner, key: "timeout", by: "use 'guardrails.max_runtime_seconds'"),
            Replaced(
                section: \.planner, key: "max_tokens_reflection",
                by: "use 'agents.<name>.max_budget_usd'"),
            Replaced(
                section: \.planner, key: "max_tokens_followup",
                by: "use 'agents.<name>.max_budget_usd'"),
            Replaced(
                section: \.planner, key: "reflection_enabled",
                by: "use 'planner_config.generate_reflections'"),
            Replaced(section: \.planner, key: "udar", by: "'git draft plan' took its place"),
        ]
    }

    /// `planner_config.features`.
    static var inFeatures: [Replaced] {
        [
            Replaced(
                section: \.features, key: "reflection_enabled",
                by: "use 'planner_config.generate_reflections'")
        ]
    }

    /// The top of the file, and `project`.
    static var atTheTop: [Replaced] {
        [
            Replaced(
                section: \.project, key: "repo_root",
                by: "the repository is the one that the command is run in"),
            Replaced(
                section: \.top, key: "auto_transition_on_success",
                by: "use 'git draft goal autonomy'"),
            Replaced(section: \.top, key: "executor_profiles", by: "use 'agents'"),
            Replaced(
                section: \.top, key: "team_config",
                by: "use 'execute_config.max_parallel_jobs', one agent for each ticket"),
        ]
    }

    private static let udarKeys = [
        "enabled", "enable_incremental_replanning", "max_self_correction_iterations",
        "enable_llm_validation", "replan_batch_size", "replan_significance_threshold",
        "replan_max_frequency_minutes", "fallback_to_legacy", "timeout_seconds",
        "enable_cost_tracking", "max_retries_on_error",
    ]

    private static let teamKeys = [
        "enabled", "default_executor", "orchestrator_timeout", "worker_timeout",
        "message_check_interval", "max_team_size", "completion_strategy",
    ]

    private static let profileKeys = ["executor_type", "timeout", "extra_flags", "model", "env"]
}

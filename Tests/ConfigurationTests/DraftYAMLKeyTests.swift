import Model
import Testing

@testable import Configuration

/// Every key that a `draft.yaml` may hold, with what becomes of it.
@Suite struct DraftYAMLKeyTests {
    /// Settings that work, and built-in values of those that come later.
    static let accepted = [
        "base_branch: main", "setup: [make]", "validation: {fast: [a], full: [b]}",
        "verify_config: {commands: [a]}", "verify_commands: [a]",
        "agents: {default: codex, codex: {kind: codex, command: x, model: m, args: [a]}}",
        "agents: {claude: {env: {A: b}, max_turns: 1, max_budget_usd: 1, fallback: codex}}",
        "agents: {r: {kind: replay, file: f}}",
        "guardrails: {max_iterations: 5, max_runtime_seconds: 900, max_full_validations: 3}",
        "guardrails: {max_files: 20, max_lines: 500, max_identical_failures: 2}",
        "guardrails: {allow: [], deny: [], gates: [], dependency_changes: true}",
        "execute_config: {max_parallel_jobs: 1, max_attempts: 3, timeout: 600}",
        "execute_config: {preferred_executor: claude}",
        "planner_config: {auto_execute: false, propose_followups: false}",
        "planner_config: {generate_reflections: false, validate_tickets: false}",
        "planner_config: {features: {auto_execute: false, propose_followups: false}}",
        "planner_config: {features: {generate_reflections: false, validate_tickets: false}}",
        "planner_config: {model: cli/claude, tick_seconds: 2, max_followups_per_ticket: 2}",
        "planner_config: {max_followups_per_tick: 3}",
        "planner_config: {skip_followup_reasons: [no changes produced, no changes, empty diff]}",
        "merge_config: {on_approve: land, strategy: squash, push: true, message: 'a { b {title}'}",
        "merge_config: {on_approve: nothing, strategy: merge}",
        "cleanup_config: {worktree_ttl_hours: 72, evidence_ttl_days: 30, max_worktrees: 50}",
        "autonomy_config: {max_diff_lines: 1, sensitive_file_patterns: [a]}",
        "autonomy_config: {require_verification_pass: false}",
        "policy: {invokers: [a], protected_branches: [main], signed: none}",
        "sandbox: auto", "sandbox: none", "sandbox: {mode: auto, require: true}",
        "sandbox: {mode: none, require: false, network: [], writable: [], limits: {}}",
        "sandbox: bwrap", "sandbox: {mode: container, image: 'debian:12'}",
        "sandbox: {network: [a.example, '*.b.example:8443', 127.0.0.1], writable: [/var/cache/x]}",
        "sandbox: {limits: {memory: 512M, processes: 99, disk: 2G, file_size: 1M, cpu_seconds: 5}}",
        "sandbox: {environment: [JAVA_HOME, _x1]}",
        "skills: {dir: .draftsman-skills, defaults: [], by_label: {}}",
        "skills: {dir: tools/skills, defaults: [review, c.style_1], by_label: {a b: [x]}}",
        "profiles: {}", "mcp_servers: {}", "runner: {}", "integrations: {}", "webhooks: []",
        "ports: {}", "copy: []", "cache: {}", "project: {}", "team_config: {}",
    ]

    @Test(arguments: accepted.filter { !$0.hasPrefix("team_config") })
    func `a setting is accepted without a word`(text: String) throws {
        #expect(try DraftYAML.load(text, cores: 2).warnings.isEmpty)
    }

    @Test(
        arguments: [
            ("planner_config: {auto_execute: true}", "'planner_config.auto_execute'"),
            (
                "planner_config: {features: {propose_followups: true}}",
                "'planner_config.features.propose_followups'"
            ),
            (
                "planner_config: {generate_reflections: true}",
                "'planner_config.generate_reflections'"
            ),
            ("planner_config: {validate_tickets: true}", "'planner_config.validate_tickets'"),
            ("planner_config: {model: gpt}", "'planner_config.model' with a model of an API"),
            ("planner_config: {tick_seconds: 3}", "'planner_config.tick_seconds'"),
            (
                "planner_config: {max_followups_per_ticket: 3}",
                "'planner_config.max_followups_per_ticket'"
            ),
            (
                "planner_config: {max_followups_per_tick: 4}",
                "'planner_config.max_followups_per_tick'"
            ),
            (
                "planner_config: {skip_followup_reasons: [x]}",
                "'planner_config.skip_followup_reasons'"
            ),
            ("merge_config: {on_approve: pr}", "'merge_config.on_approve: pr'"),
            ("cleanup_config: {worktree_ttl_hours: 1}", "'cleanup_config.worktree_ttl_hours'"),
            ("cleanup_config: {evidence_ttl_days: 1}", "'cleanup_config.evidence_ttl_days'"),
            ("cleanup_config: {max_worktrees: 1}", "'cleanup_config.max_worktrees'"),
            ("policy: {signed: all}", "'policy.signed'"),
            ("profiles: {a: 1}", "'profiles'"),
            ("runner: {a: 1}", "'runner'"), ("integrations: {a: 1}", "'integrations'"),
            ("webhooks: [{id: 1}]", "'webhooks'"), ("ports: [1]", "'ports'"),
            ("copy: [.env]", "'copy'"), ("cache: x", "'cache'"),
        ])
    func `what a later version brings is refused`(text: String, what: String) {
        #expect(
            refusal { _ = try DraftYAML.load(text, cores: 2) }
                == ["draft.yaml:1: \(what) is not supported by this version of git-draft"])
    }

    @Test(
        arguments: [
            ("project", "repo_root: .", "command is run in"),
            ("execute_config", "executor_model: x", "'agents.<name>.model'"),
            ("execute_config", "yolo_mode: true", "'sandbox'"),
            ("verify_config", "extra_allowed_commands: [x]", "'validation'"),
            ("verify_config", "on_success: done", "'merge_config.on_approve'"),
            ("verify_config", "on_failure: blocked", "'guardrails'"),
            ("verify_config", "auto_transition_on_success: true", "'git draft goal autonomy'"),
            ("cleanup_config", "worktree_ttl_days: 14", "'cleanup_config.worktree_ttl_hours'"),
            ("cleanup_config", "auto_cleanup_on_merge: true", "worktree"),
            ("merge_config", "default_strategy: merge", "'merge_config.strategy'"),
            ("merge_config", "squash_merge: true", "'merge_config.strategy'"),
            ("merge_config", "push_after_merge: true", "'merge_config.push'"),
            ("merge_config", "pull_before_merge: true", "newest base"),
            ("merge_config", "require_pull_success: true", "newest base"),
            ("merge_config", "check_divergence: true", "newest base"),
            ("merge_config", "delete_branch_after_merge: true", "'cleanup_config'"),
            ("merge_config", "require_approval: true", "'git draft review --approve'"),
            ("planner_config", "agent_path: claude", "'agents.<name>.command'"),
            ("planner_config", "timeout: 30", "'guardrails.max_runtime_seconds'"),
            ("planner_config", "max_tokens_reflection: 300", "'agents.<name>.max_budget_usd'"),
            ("planner_config", "max_tokens_followup: 500", "'agents.<name>.max_budget_usd'"),
            (
                "planner_config", "reflection_enabled: false",
                "'planner_config.generate_reflections'"
            ),
            ("planner_config", "udar: {enabled: false}", "'git draft plan'"),
        ])
    func `what has no meaning here warns once and names what replaced it`(
        section: String, setting: String, replacement: String
    ) throws {
        let loaded = try DraftYAML.load("\(section): {\(setting)}", cores: 2)
        let key = "\(section).\(setting.prefix { $0 != ":" })"
        #expect(loaded.policy == Policy.builtIn(cores: 2))
        #expect(loaded.warnings.map(\.key) == [key])
        let message = try #require(loaded.warnings.first).description
        #expect(message.hasPrefix("draft.yaml:1: '\(key)' does nothing here; "))
        #expect(message.contains(replacement))
    }

    @Test func `a whole file of the replaced system is accepted`() throws {
        let loaded = try DraftYAML.load(
            """
            project: {repo_root: .}
            auto_transition_on_success: true
            execute_config: {timeout: 600, preferred_executor: claude, executor_model: sonnet-4.5,
              max_parallel_jobs: 1, yolo_mode: true}
            verify_config: {commands: [pytest], extra_allowed_commands: [], on_failure: blocked}
            cleanup_config: {worktree_ttl_days: 14, evidence_ttl_days: 30,
              auto_cleanup_on_merge: true, max_worktrees: 50}
            merge_config: {default_strategy: merge, pull_before_merge: true, squash_merge: true}
            planner_config:
              model: cli/claude
              features: {auto_execute: false, reflection_enabled: false}
              udar: {enabled: false, enable_incremental_replanning: false,
                max_self_correction_iterations: 1, enable_llm_validation: false,
                replan_batch_size: 5, replan_significance_threshold: 10,
                replan_max_frequency_minutes: 30, fallback_to_legacy: true,
                timeout_seconds: 120, enable_cost_tracking: true, max_retries_on_error: 0}
            executor_profiles: {fast: {executor_type: claude, timeout: 600, extra_flags: [],
              model: m, env: {}}}
            team_config: {enabled: false, default_executor: claude, orchestrator_timeout: 1800,
              worker_timeout: 600, message_check_interval: 10, max_team_size: 10,
              completion_strategy: all_idle}
            webhooks: []
            """, cores: 2)
        #expect(loaded.policy.validation.full == [ValidationCommand(command: "pytest")])
        #expect(loaded.policy.guardrails.maxRuntimeSeconds == 600)
        #expect(loaded.warnings.map(\.line) == loaded.warnings.map(\.line).sorted())
        #expect(
            loaded.warnings.map(\.key).sorted() == [
                "auto_transition_on_success", "cleanup_config.auto_cleanup_on_merge",
                "cleanup_config.worktree_ttl_days", "execute_config.executor_model",
                "execute_config.yolo_mode", "executor_profiles", "merge_config.default_strategy",
                "merge_config.pull_before_merge", "merge_config.squash_merge",
                "planner_config.features.reflection_enabled", "planner_config.udar",
                "project.repo_root", "team_config", "verify_config.extra_allowed_commands",
                "verify_config.on_failure",
            ])
    }

    @Test(
        arguments: [
            "planner_config: {udar: {x: 1}}", "team_config: {x: 1}", "project: {x: 1}",
            "executor_profiles: {fast: {x: 1}}", "planner_config: {features: {x: true}}",
            "skills: {x: 1}", "sandbox: {x: 1}", "policy: {x: 1}", "validation: {x: 1}",
        ])
    func `an unknown key is refused wherever it stands`(text: String) {
        let messages = refusal { _ = try DraftYAML.load(text, cores: 2) }
        #expect(messages.count == 1)
        #expect(messages.first?.contains("unknown key '") == true)
    }
}

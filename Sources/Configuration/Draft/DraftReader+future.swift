import Model

/// What later versions act on: read and checked, refused unless built-in.
extension DraftReader {
    /// Reads `planner_config`, whose switches stand there or under `features`.
    func readPlanner(into policy: inout Policy) {
        guard let planner else { return }
        for key in Self.plannerSwitches {
            guard let spelling = only([(planner, key), (features, key)]) else { continue }
            refuse(spelling.section, spelling.key, spelling.section.bool(key), unless: false)
        }
        if let model = planner.string("model") {
            policy.planner.model = model
            if !model.utf8.starts(with: "cli/".utf8), let node = planner.node("model") {
                unsupported(node.place, "'planner_config.model' with a model of an API")
            }
        }
        let built = policy.planner
        for (key, value) in [
            ("tick_seconds", built.tickSeconds),
            ("max_followups_per_ticket", built.maxFollowupsPerTicket),
            ("max_followups_per_tick", built.maxFollowupsPerTick),
        ] {
            refuse(planner, key, planner.int(key), unless: value)
        }
        let reasons = planner.strings("skip_followup_reasons")
        refuse(planner, "skip_followup_reasons", reasons, unless: built.skipFollowupReasons)
    }

    /// Reads `cleanup_config`.
    func readCleanup(into policy: inout Policy) {
        guard let cleanup else { return }
        let built = policy.cleanup
        for (key, value) in [
            ("worktree_ttl_hours", built.worktreeTTLHours),
            ("evidence_ttl_days", built.evidenceTTLDays),
            ("max_worktrees", built.maxWorktrees),
        ] {
            refuse(cleanup, key, cleanup.int(key), unless: value)
        }
    }

    /// Reads `sandbox`, a mode or a mapping.
    func readSandbox(into policy: inout Policy) {
        guard let node = root.node("sandbox") else { return }
        if case .scalar = node.value {
            if let mode: SandboxMode = root.word("sandbox") {
                use(mode, node, &policy)
            }
            return
        }
        let keys = ["mode", "require", "network", "writable", "limits", "environment"]
        let section = Section(node, path: "sandbox", known: keys, findings: findings)
        if let mode: SandboxMode = section.word("mode"), let node = section.node("mode") {
            use(mode, node, &policy)
        }
        policy.sandbox.require = section.bool("require") ?? false
        if policy.sandbox.require, section.node("mode")?.text == "none" {
            section.fail("require", "contradicts 'sandbox.mode: none'")
        }
        refuse(section, "network", section.strings("network"), unless: [])
        refuse(section, "writable", section.strings("writable"), unless: [])
        policy.sandbox.environment = variableNames(section, "environment")
        let limits = section.section("limits", known: ["memory", "processes", "disk"])
        for entry in limits?.present ?? [] {
            unsupported(entry.place, "'sandbox.limits.\(shown(entry.key))'")
        }
    }

    private func use(_ mode: SandboxMode, _ node: Node, _ policy: inout Policy) {
        policy.sandbox.mode = mode
        if mode == .bwrap || mode == .container {
            unsupported(node.place, "'sandbox: \(mode.rawValue)'")
        }
    }

    /// Refuses every section of a later version that holds anything.
    func refuseFuture() {
        for key in Self.futureKeys {
            guard let entry = root.entry(key) else { continue }
            switch entry.value.value {
            case .mapping([]), .sequence([]): continue
            default: unsupported(entry.place, "'\(key)'")
            }
        }
    }

    /// The switches of the planner.
    static let plannerSwitches = [
        "auto_execute", "propose_followups", "generate_reflections", "validate_tickets",
    ]
}

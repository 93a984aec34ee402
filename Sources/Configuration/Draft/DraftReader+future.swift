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

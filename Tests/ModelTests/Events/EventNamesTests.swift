import Model
import Testing

@Suite struct EventNamesTests {
    /// What no event reports, because there is nothing to report here.
    private static let without: Set<String> = [
        "pr_outcome_polled", "worktree_cleaned", "worktree_cleanup_failed",
    ]

    /// Every event name of Draftsman.
    private static let draftsman = """
        answer_received attachment_uploaded attachment_warning ci_result_received \
        ci_suite_completed command_executed delivery_posted iteration_started job_canceled \
        job_completed job_created job_expired job_failed job_resumed job_started needs_input \
        pr_created pr_opened pr_outcome_polled pr_outcome_resolved queue_job_dead repo_resolved \
        runner_env_resolved validation_ran
        """

    /// Every event name of Draft, its webhook included.
    private static let draft = """
        comment created merge_failed merge_requested merge_succeeded priority_bulk_updated \
        ticket.transitioned transitioned updated worktree_cleaned worktree_cleanup_failed
        """

    @Test func `both tables are complete`() {
        let names = { (text: String) in text.split(separator: " ").map(String.init) }
        #expect(EventNames.draftsman.keys.sorted() == names(Self.draftsman))
        #expect(EventNames.draft.keys.sorted() == names(Self.draft))
    }

    @Test func `every name has a type of ours, except where nothing is reported`() {
        for table in [EventNames.draftsman, EventNames.draft] {
            for (name, types) in table {
                #expect(types.isEmpty == Self.without.contains(name), "\(name)")
                #expect(Set(types).count == types.count, "\(name)")
                for type in types { #expect(EventType(rawValue: type.rawValue) == type) }
            }
        }
    }

    @Test func `the types are those of the format`() {
        let groups = [
            "board": "created edited", "goal": "created edited deleted",
            "ticket": "created edited transitioned deleted", "plan": "imported",
            "job": """
            created started requeued waiting resumed iteration_started iteration_finished \
            plan_recorded command_executed finished
            """, "validation": "ran", "guardrail": "hit", "tripwire": "tripped",
            "snapshot": "taken",
            "revision": "opened closed", "review": "given", "comment": "added",
            "question": "asked answered withdrawn expired", "lease": "taken released",
            "land": "started refused done", "trust": "accepted", "conflict": "resolved",
            "undo": "done",
        ]
        let names = groups.flatMap { subject, verbs in
            verbs.split(separator: " ").map { "\(subject).\($0)" }
        }
        #expect(Set(EventType.allCases.map(\.rawValue)) == Set(names))
        #expect(names.count == EventType.allCases.count)
    }
}

extension RecordKind {
    /// The groups of a new record of this kind, each with its default.
    ///
    /// Every field of the format is here, since an absent value is `null`, never missing.
    public var blank: JSONObject {
        var groups: JSONObject = ["deleted": nil, "created_at": nil]
        for (name, value) in fields { groups[name] = value }
        return groups
    }

    /// The fields of a new record that bear no stamp.
    public var blankCounters: JSONObject {
        switch self {
        case .board: ["updated_at": nil]
        case .goal: ["updated_at": nil, "auto_approval_count": 0]
        case .ticket: ["updated_at": nil, "revision_count": 0]
        default: [:]
        }
    }

    private var fields: JSONObject {
        switch self {
        case .board:
            [
                "merge": 1, "min_reader": 1, "min_writer": 1, "inbox_goal_id": nil,
                "claim_remote": nil, "name": nil, "description": "", "base_branch": nil,
            ]
        case .goal:
            [
                "title": nil, "description": "", "status": "open", "priority": 50,
                "autonomy_enabled": false, "auto_approve_tickets": false,
                "auto_approve_revisions": false, "auto_approve_followups": false,
                "auto_merge": false, "max_auto_approvals": nil, "budget": nil, "created_by": nil,
            ]
        case .ticket:
            [
                "goal_id": nil, "title": nil, "description": "",
                "status": ["state": "proposed", "reason": nil, "job_id": nil], "priority": 50,
                "sort_order": nil, "acceptance_criteria": [], "mode": "fix", "task_type": "code",
                "validation": [], "base_commit": nil, "branch": nil, "pr": nil, "source": nil,
                "parent_id": nil, "created_by": nil,
            ]
        case .job: jobFields
        case .revision:
            [
                "ticket_id": nil, "job_id": nil, "number": nil, "status": "open",
                "base_commit": nil, "head_commit": nil, "tree": nil, "files": 0,
                "insertions": 0, "deletions": 0, "findings": nil, "verdicts": [],
            ]
        case .review:
            [
                "revision_id": nil, "decision": nil, "body": "", "head_commit": nil,
                "policy_hash": nil, "author": nil,
            ]
        case .comment:
            [
                "revision_id": nil, "ticket_id": nil, "file_path": nil, "line_number": nil,
                "anchor": nil, "line_content": nil, "content": nil, "author": nil,
                "is_resolved": false,
            ]
        case .question:
            [
                "job_id": nil, "ticket_id": nil, "status": ["status": "open", "answer": nil],
                "text": nil, "choices": [], "freeform": true, "context": nil, "asked_by": nil,
                "expires_at": nil,
            ]
        case .reflection: ["ticket_id": nil, "goal_id": nil, "text": nil, "areas": []]
        case .project: ["name": nil, "task_type": nil, "domain_config": [:]]
        case .outbox:
            [
                "key": nil, "kind": nil, "target": nil, "payload": nil, "status": nil,
                "attempts": 0,
            ]
        }
    }

    private var jobFields: JSONObject {
        [
            "ticket_id": nil, "goal_id": nil, "kind": nil, "mode": nil,
            "status": ["status": "queued", "reason": nil, "outcome": nil, "finished_at": nil],
            "url": nil, "agent": nil, "backend": "local", "sandbox": nil, "fence": 0,
            "replica": nil, "base_commit": nil, "resumes": nil, "progress": 0, "stage": nil,
            "iterations": [], "counters": ["iterations": 0, "full_runs": 0, "runtime": 0],
            "limits": [:], "agent_session": nil, "exit_code": nil, "had_errors": false,
            "errors": [], "machine_summary": nil, "findings": nil, "log_tail": "", "usage": nil,
            "instructions": [], "invocation": nil, "started_at": nil,
        ]
    }
}

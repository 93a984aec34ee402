internal import GitStore
internal import Model

/// One submission on its way: it is an iteration of the person's job.
struct SubmittedAttempt {
    let context: JobContext
    let recorder: JobRecorder
    let policy: Policy
    let base: ObjectID
    let stop: StopSignal
    let message: String?
    let allowNoValidation: String?
    let tell: (String) -> Void

    /// Takes the snapshot, judges it, and writes down what came of it.
    func run(
        _ job: Job, _ ticket: Ticket, _ worktree: TakenWorktree
    ) throws -> SubmitOutcome {
        let leases = Leases(board: context.board)
        // It is there since the ticket was taken, but for what was brought from elsewhere.
        try leases.add(Leases.Entry(job: job.id, ticket: ticket.id))
        let number = job.iterations.count + 1
        let started = context.board.context.now()
        let invocation = invocation(of: job)
        let body = message.map { "\n\n\($0)" } ?? ""
        let snapshot = try worktree.keep("snapshot \(number) of job \(job.id)\(body)")
        if let link = snapshot.gitlinks.first {
            throw AdmissionError(
                "submodules are not supported, and '\(link)' in '\(worktree.path)' is one",
                hint: "git -C '\(worktree.path)' rm \(link.quoted)")
        }
        let (ending, attempt) = try context.checkingOut(snapshot.commit, job: job.id) {
            (checkout: Workspace) throws -> (JobEnding?, Attempt) in
            let attempt = try self.attempt(job, ticket, checkout, invocation)
            attempt.begin(number, at: started)
            let ending = try judge(attempt, number, snapshot, checkout)
            return (ending, attempt)
        }
        if let ending, ending.revision != nil {
            try worktree.workspace.moveBranch(
                to: snapshot.commit, expecting: nil, worktree.workspace.rescuer)
            try finish(ending, attempt)
            CrashPoint.revisionStored.reached(in: context.environment)
            let done = try context.board.snapshot().require(Job.self, job.id)
            try Recovery(context).fold(done)
            try leases.remove(job: job.id)
            return .revision(done)
        }
        attempt.log.heading("the ticket stays taken")
        try recorder.note(
            .jobIterationFinished,
            [
                "iterations": .array(attempt.iterations), "stage": .string(Job.takenStage),
                "progress": 20, "log_tail": .string(attempt.log.tailText),
            ], reason: ending?.reason?.rawValue, payload: ["n": .integer(Int64(number))],
            ticket: .executing)
        if stop.isRequested { return .interrupted }
        return .red(
            try context.board.snapshot().require(Job.self, job.id),
            reason: ending?.reason?.rawValue, failures: failures(attempt, ending))
    }

    /// What the job says about who started it, with what was said now.
    private func invocation(of job: Job) -> JSON {
        var invocation = job.record.value("invocation").object ?? [:]
        invocation["allow_no_validation"] = JSON(allowNoValidation)
        return .object(invocation)
    }

    /// The limits that hold for a person, too.
    private var limits: JSON {
        let all = policy.guardrails.limitsJSON
        return [
            "max_files": all["max_files"] ?? .null, "max_lines": all["max_lines"] ?? .null,
            "max_runtime_seconds": all["max_runtime_seconds"] ?? .null,
        ]
    }

    private func attempt(
        _ job: Job, _ ticket: Ticket, _ checkout: Workspace, _ invocation: JSON
    ) throws -> Attempt {
        try recorder.note(
            .jobIterationStarted,
            [
                "invocation": invocation, "stage": "submitting", "progress": 30,
                "base_commit": .string("\(base)"),
                "sandbox": .string(try context.sandbox(policy).kind.word),
                "limits": limits,
            ], payload: ["n": .integer(Int64(job.iterations.count + 1))])
        let files = JobFiles(commonDirectory: context.repository.commonDirectory, job: job.id)
        let log = JobLog(path: files.log, redactor: context.redactor)
        log.listener = tell
        let current = try context.board.snapshot()
        return try Attempt(
            Attempt.Parts(
                context: context, job: try current.require(Job.self, job.id), ticket: ticket,
                goal: try current.require(Goal.self, ticket.goalID), policy: policy,
                workspace: checkout, recorder: recorder, log: log, stop: stop, base: base,
                head: base, unchanged: base,
                limits: AttemptLimits(policy.guardrails, counters: (0, 0, 0), after: []),
                agent: Attempt.nobody))
    }

    /// Writes down the snapshot, and judges it like an agent's.
    private func judge(
        _ attempt: Attempt, _ number: Int, _ snapshot: WorkspaceSnapshot, _ checkout: Workspace
    ) throws -> JobEnding? {
        let changes = try checkout.changes(from: base, to: snapshot.commit)
        try attempt.record(number, snapshot, changes)
        guard attempt.secrets.isEmpty else {
            attempt.feedback = [
                Feedback(
                    tier: "guardrail", command: "secrets", exitCode: nil,
                    output: (attempt.secrets.prefix(50) + [
                        "a commit that adds and one that removes it are not enough: amend it"
                    ]).joined(separator: "\n"))
            ]
            return nil
        }
        if attempt.job.jobKind == .investigate {
            return .revision(
                NewRevision(
                    base: base, head: base, tree: try context.repository.readCommit(base).tree,
                    findings: message))
        }
        if let ending = try JobRunner(context, stop: stop).setUp(attempt) { return ending }
        var ending = try attempt.judge(
            number, snapshot, changes, reference: try unchanged(snapshot, attempt.ticket))
        ending?.revision?.remark = message
        return ending
    }

    /// The tree that counts as no change: the base's, or that of what was sent back.
    private func unchanged(_ snapshot: WorkspaceSnapshot, _ ticket: Ticket) throws -> ObjectID {
        let tree = try context.repository.readCommit(base).tree
        let last = try context.board.snapshot().list(Revision.self)
            .filter { $0.ticketID == ticket.id }.max { $0.number < $1.number }
        guard snapshot.tree != tree, let last, last.status == .changesRequested else { return tree }
        return ObjectID(hex: last.tree) ?? tree
    }

    private func finish(_ ending: JobEnding, _ attempt: Attempt) throws {
        try recorder.finish(
            ending,
            [
                "iterations": .array(attempt.iterations), "counters": attempt.limits.counters,
                "log_tail": .string(attempt.log.tailText),
            ])
    }

    /// What is wrong, for the person.
    private func failures(
        _ attempt: Attempt, _ ending: JobEnding?
    ) -> [(what: String, output: String)] {
        if ending?.reason == .noChange { return [] }
        if let fault = ending?.error { return [(fault.tool, fault.message)] }
        return attempt.feedback.map { ($0.command, $0.output) }
    }
}

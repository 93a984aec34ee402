internal import FoundationEssentials
internal import GitStore
internal import Model

/// From the claim to the loop: workspace, set-up, and where the work starts from.
extension JobRunner {
    func perform(
        _ job: Job, _ policy: Policy, _ recorder: JobRecorder, _ log: inout JobLog
    ) throws -> (JobEnding, Attempt?) {
        if job.jobKind == .verify { return (try verify(job, policy, log), nil) }
        if job.jobKind == .plan {
            return (try PlanAttempt(context, job, policy, recorder, log, stop).run(), nil)
        }
        var policy = policy
        job.narrow(&policy)
        let snapshot = try context.board.snapshot()
        let ticket = try snapshot.require(Ticket.self, job.ticketID ?? "")
        let goal = try snapshot.require(Goal.self, ticket.goalID)
        let beginning = try Beginning(job, ticket, snapshot, context)
        let limits = AttemptLimits(
            policy.guardrails, counters: beginning.counters, after: job.iterations)
        let workspace = try open(job, ticket, beginning, policy)
        let files = JobFiles(commonDirectory: context.repository.commonDirectory, job: job.id)
        let mirror = WorkspaceLog(workspace, job: job.id)
        log = JobLog(path: files.log, redactor: context.redactor, mirror: mirror)
        log.heading("job \(job.id) of ticket \(ticket.id): \(ticket.title)")
        let attempt = try Attempt(
            Attempt.Parts(
                context: context, job: job, ticket: ticket, goal: goal, policy: policy,
                workspace: workspace, recorder: recorder, log: log, stop: stop,
                base: beginning.base, head: beginning.head, unchanged: beginning.unchanged,
                limits: limits,
                agent: try AgentLaunch.settings(
                    job.agentName, policy, environment: context.environment)))
        // First of all: the home that comes with a session is the one that set-up fills, too.
        try attempt.inheritSession()
        // Set-up may ask git, too, and finds no repository but the agent's.
        if !policy.setup.isEmpty { try workspace.renewAgentGit(head: attempt.head) }
        if let ending = try prepareSandbox(attempt) ?? setUp(attempt) { return (ending, attempt) }
        return (try attempt.run(), attempt)
    }

    private func open(
        _ job: Job, _ ticket: Ticket, _ beginning: Beginning, _ policy: Policy
    ) throws -> Workspace {
        var origin = try context.origin(
            base: beginning.base, start: beginning.start, branch: context.branch(of: ticket))
        origin.bounds = CaptureBounds(CellLimits(policy.sandbox.limits))
        return try Workspace.open(name: ticket.id, job: job.id, origin: origin)
    }

    /// Runs the set-up commands; returns how the job ends if they fail.
    func setUp(_ attempt: Attempt) throws -> JobEnding? {
        let commands = attempt.policy.setup
        guard !commands.isEmpty else { return nil }
        let cell = context.cell(attempt.workspace, attempt.files, attempt.policy, .setup)
        let runner = ValidationRunner(
            sandbox: try context.sandbox(attempt.policy), cell: cell, redactor: context.redactor,
            environment: attempt.environment, stop: stop,
            deadline: attempt.limits.deadline)
        attempt.log.heading("set-up")
        var output: [UInt8] = []
        let verdicts = try attempt.tripwire.watching {
            try runner.run(
                commands, tier: Verdict.Tier.setup, in: attempt.workspace.path
            ) { _, bytes in
                attempt.log.append(bytes)
                if output.count < 4 << 20 { output += bytes }
            }
        }
        try context.board.keep(
            [EvidenceFile(.setup, output)], of: attempt.job.id, month: attempt.job.month)
        guard let failed = verdicts.failures.first else { return nil }
        let isLine = failed.output.last?.isNewline ?? false
        let text = isLine ? String(failed.output.dropLast()) : failed.output
        let findings = attempt.findings(last: text)
        if ContinuousClock.now >= attempt.limits.deadline {
            return .stopped(.runtime, findings: findings)
        }
        if failed.ended == .limit { return .stopped(.limit, findings: findings) }
        let fault = JobFault(
            step: "setup", tool: failed.name, type: failed.ended.rawValue,
            message: text.isEmpty
                ? "'\(failed.name)' failed" : Text.boundedTail(text, limit: 4096))
        return .failed(.setupFailed, fault, findings: findings)
    }

    /// Validates the base commit in a fresh checkout: the baseline.
    private func verify(_ job: Job, _ policy: Policy, _ log: JobLog) throws -> JobEnding {
        var policy = policy
        job.narrow(&policy)
        guard let base = job.baseCommit.flatMap({ ObjectID(hex: $0) }) else {
            throw BoardError(.damaged, "job \(job.id.prefix(6)) has no base commit")
        }
        try context.sandbox(policy).prepare(stop: stop) { log.append($0) }
        let judge = context.validation(
            stop: stop, limit: policy.guardrails.maxRuntimeSeconds)
        let result = try judge.validate(
            base, policy: policy, job: job.id, onOutput: { _, bytes in log.append(bytes) })
        guard result.isGreen else {
            let failed = result.verdicts.failures.first
            let findings: JSON = [
                "tried": [], "last_failure": JSON(failed?.tail), "best_snapshot": nil,
                "next": JSON(failed?.command),
            ]
            return JobEnding(
                status: .succeeded, reason: .baseRed, outcome: "blocked", ticket: nil,
                findings: findings)
        }
        return JobEnding(status: .succeeded, outcome: "findings", ticket: nil)
    }
}

extension Job {
    /// Takes over what the person who started the job said instead of the policy.
    func narrow(_ policy: inout Policy) {
        if let command = record.value("invocation")["validate"]?.string {
            policy.validation = ValidationTiers(
                fast: [], full: [ValidationCommand(command: command)])
        }
    }
}

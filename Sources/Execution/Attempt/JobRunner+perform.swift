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
        if let left = workspace.left {
            log.heading(
                "what an earlier try left and git cannot store is in '\(left)' until the ticket "
                    + "is done or abandoned")
        }
        let attempt = try Attempt(
            Attempt.Parts(
                context: context, job: job, ticket: ticket, goal: goal, policy: policy,
                workspace: workspace, recorder: recorder, log: log, stop: stop,
                base: beginning.base, head: beginning.head, unchanged: beginning.unchanged,
                limits: limits,
                agent: try AgentLaunch.settings(
                    job.agentName, policy, environment: context.environment)))
        // First of all: what set-up leaves in its home goes into that which comes with a session.
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

    /// Validates the base commit in a fresh checkout: the baseline.
    private func verify(_ job: Job, _ policy: Policy, _ log: JobLog) throws -> JobEnding {
        var policy = policy
        job.narrow(&policy)
        guard let base = job.baseCommit.flatMap({ ObjectID(hex: $0) }) else {
            throw BoardError(.damaged, "job \(job.id.prefix(6)) has no base commit")
        }
        let sandbox = try context.sandbox(policy)
        do {
            try sandbox.prepare(stop: stop) { log.append($0) }
        } catch let error as ExecutionError where error.code == .failed {
            let remedy = (sandbox as? ContainerSandbox)?.image.remedy
            let fault = JobFault(
                step: "setup", tool: sandbox.kind.word, type: "exit",
                message: "\(error)" + (remedy.map { "; try: \($0)" } ?? ""))
            // The same image does not come by asking again.
            return .failed(.setupFailed, fault, findings: .null)
        }
        let deadline = ContinuousClock.now + .seconds(policy.guardrails.maxRuntimeSeconds)
        let judge = context.validation(
            stop: stop, limit: policy.guardrails.maxRuntimeSeconds)
        let result = try judge.validate(
            base, policy: policy, job: job.id, isBase: true,
            onOutput: { _, bytes in log.append(bytes) })
        guard result.isGreen else {
            let failed = result.verdicts.failures.first
            let findings: JSON = [
                "tried": [], "last_failure": JSON(failed?.tail), "best_snapshot": nil,
                "next": JSON(failed?.command),
            ]
            return ending(of: failed, isLate: ContinuousClock.now >= deadline, findings)
        }
        return JobEnding(status: .succeeded, outcome: "findings", ticket: nil)
    }

    /// How the validation of the base ends if it is not green: out of time, without what set-up
    /// makes, or because the base is red.
    private func ending(of failed: Verdict?, isLate: Bool, _ findings: JSON) -> JobEnding {
        var ending = JobEnding(
            status: .succeeded, reason: .baseRed, outcome: "blocked", ticket: nil,
            findings: findings)
        guard let failed else { return ending }
        if failed.ended == .deadline, isLate {
            ending.reason = .runtime
        } else if failed.tier == Verdict.Tier.setup {
            (ending.status, ending.reason, ending.outcome) = (.failed, .setupFailed, "failed")
            ending.error = JobFault(
                step: "setup", tool: failed.name, type: failed.ended.rawValue,
                message: failed.tail.isEmpty ? "'\(failed.name)' failed" : failed.tail)
        }
        return ending
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

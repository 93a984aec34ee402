internal import GitStore
internal import Model

/// What runs before the first turn, so that there is something to work with.
extension JobRunner {
    /// Runs the set-up commands; returns how the job ends if they fail.
    ///
    /// Where that leads further than the rest of the job it is the base commit's own set-up, in
    /// its own files: what an agent left comes only after it.
    func setUp(_ attempt: Attempt) throws -> JobEnding? {
        let commands = attempt.policy.setup
        guard !commands.isEmpty else { return nil }
        let (workspace, sandbox) = (attempt.workspace, try context.sandbox(attempt.policy))
        let cell = context.cell(workspace, attempt.files, attempt.policy, .setup)
        var runner = ValidationRunner(
            sandbox: sandbox, cell: cell, redactor: context.redactor,
            environment: attempt.environment, stop: stop,
            deadline: attempt.limits.deadline)
        runner.isAtBase = sandbox.kind.isApart && cell.ways.leadFurtherInSetup
        let isFresh = try workspace.isFresh(at: attempt.base)
        let isMoved = runner.isAtBase && !isFresh
        if isMoved {
            attempt.files.removeChecks()
            try workspace.restoreAnew(to: attempt.base)
            try workspace.renewAgentGit(head: attempt.base)
        }
        attempt.log.heading("set-up")
        var output: [UInt8] = []
        let verdicts = try attempt.tripwire.watching {
            try runner.run(
                commands, tier: Verdict.Tier.setup, in: workspace.path
            ) { _, bytes in
                attempt.log.append(bytes)
                if output.count < 4 << 20 { output += bytes }
            }
        }
        try context.board.keep(
            [EvidenceFile(.setup, output)], of: attempt.job.id, month: attempt.job.month)
        try attempt.recallSetup()
        // Elsewhere an agent may have had a say in what set-up does.
        if isFresh || isMoved, verdicts.failures.isEmpty { try attempt.keepSetup() }
        if isMoved {
            try workspace.restoreStart()
            try workspace.renewAgentGit(head: attempt.head)
        }
        guard let failed = verdicts.failures.first else {
            if sandbox.kind.isApart { try share(attempt, sandbox) }
            return nil
        }
        return ending(of: failed, attempt)
    }

    private func ending(of failed: Verdict, _ attempt: Attempt) -> JobEnding {
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

    /// Gives the agent a copy of what set-up left in its home, such as packages.
    ///
    /// It is made in the agent's own cell: what is in its home may be links to anywhere.
    private func share(_ attempt: Attempt, _ sandbox: any Sandbox) throws {
        let source = attempt.files.forChecks.home
        guard attempt.agent.name != Attempt.nobody.name,
            try !Folder(trusted: source).names().isEmpty
        else { return }
        try attempt.files.prepare()
        var cell = context.cell(attempt.workspace, attempt.files, attempt.policy, .agent)
        cell.readable.append(source)
        var copy = ChildCommand(
            [
                "sh", "-c", "cp -an -- \"$1/.\" \"$2/\" 2>/dev/null", "sh", source,
                attempt.files.home,
            ], environment: attempt.environment, directory: attempt.workspace.path)
        copy.deadline = attempt.limits.deadline
        // What cannot be copied, as it cannot be read, the agent does without.
        _ = try ChildProcess.run(
            try sandbox.wrap(copy, in: cell).bounded(by: cell), stop: stop
        ) { _, _ in }
    }
}

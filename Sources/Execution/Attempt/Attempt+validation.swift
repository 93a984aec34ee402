internal import GitStore
internal import Model

/// What the loop does with a snapshot: guardrails first, then the tiers of validation.
extension Attempt {
    /// What a snapshot must not hold, whatever validation says of it.
    enum Objection: String { case skipped, gitlinks, secrets }

    /// Judges a snapshot; returns how the job ends, or `nil` for another turn.
    func judge(
        _ number: Int, _ snapshot: WorkspaceSnapshot, _ changes: ChangeSummary,
        reference: ObjectID
    ) throws -> JobEnding? {
        if snapshot.tree == reference { return stopped(.noChange) }
        let hit = try limits.reason(for: changes) { try isOfSetup($0, in: snapshot.tree) }
        if let hit {
            if hit.details.contains(where: { $0.hasSuffix(AttemptLimits.dependencies) }) {
                remedy =
                    "guardrails: {dependency_changes: true} in draft.yaml on the base; then "
                    + "git draft retry --fresh \(ticket.id.prefix(6))"
            }
            try recorder.note(
                .guardrailHit, reason: hit.reason.rawValue,
                payload: ["details": JSON(Array(hit.details.prefix(50)))])
            log.heading("guardrail \(hit.reason.rawValue): \(hit.details.joined(separator: ", "))")
            feedback = [
                Feedback(
                    tier: "guardrail", command: hit.reason.rawValue, exitCode: nil,
                    output: hit.details.joined(separator: "\n"))
            ]
            return stopped(hit.reason)
        }
        let objections = objections(to: snapshot, changes)
        let fast = try run(.fast, policy.validation.fast)
        guard fast.failures.isEmpty else { return try red(fast, snapshot, changes, objections) }
        guard objections.isEmpty || stop.isRequested else {
            return try object(fast, snapshot, changes, objections)
        }
        let full = policy.validation.full + extraCommands
        guard !full.isEmpty else { return try verdict(on: fast, [], snapshot, changes) }
        guard limits.fullRuns < limits.guardrails.maxFullValidations else {
            return stopped(.fullRuns)
        }
        limits.fullRuns += 1
        try recorder.note(
            .jobCommandExecuted, ["stage": "validating", "progress": 70],
            payload: ["tier": "full"], ticket: .verifying)
        CrashPoint.validation.reached(in: context.environment)
        let (verdicts, isFlaky) = try runFull(full)
        guard verdicts.failures.isEmpty, !isFlaky else {
            return try red(fast + verdicts, snapshot, changes, objections, isFlaky: isFlaky)
        }
        return try verdict(on: fast, verdicts, snapshot, changes)
    }

    /// What must be mended before the result can be green, whatever validation says.
    private func objections(
        to snapshot: WorkspaceSnapshot, _ changes: ChangeSummary
    ) -> [Feedback] {
        var objections: [Feedback] = []
        func object(_ objection: Objection, _ text: String, _ paths: [String]) {
            guard !paths.isEmpty else { return }
            let more = paths.count > 20 ? " and \(paths.count - 20) more" : ""
            let list = paths.prefix(20).joined(separator: ", ") + more
            objections.append(
                Feedback(
                    tier: "guardrail", command: objection.rawValue, exitCode: nil,
                    output: "\(text): \(list); remove them"))
        }
        object(.skipped, "these were left out of the snapshot", snapshot.skipped)
        object(
            .gitlinks, "submodules may not be added", changes.files.filter(\.isGitlink).map(\.path)
        )
        if head != snapshot.commit {
            object(.secrets, "these hold secrets, and are kept locally only", secrets)
        }
        return objections
    }

    /// Tells what must be mended before the full tier is worth its time.
    private func object(
        _ fast: [Verdict], _ snapshot: WorkspaceSnapshot, _ changes: ChangeSummary,
        _ objections: [Feedback]
    ) throws -> JobEnding? {
        let words = objections.map { "\($0.command) \($0.output)" }.joined(separator: "\n")
        let signature = SHA256.hex(Array(words.utf8))
        try note(fast, isFlaky: false, objection: signature)
        feedback = objections
        for objection in objections {
            log.heading("guardrail \(objection.command): \(objection.output)")
        }
        let reason = limits.count(
            signature, of: objections.count, tree: "\(snapshot.tree)", lines: changes.lines)
        return reason.map { stopped($0) }
    }

    private enum TierName: String { case fast, full }

    /// The commands of the ticket itself, which count as its full tier.
    private var extraCommands: [ValidationCommand] {
        ticket.validation.map { ValidationCommand(command: $0) }
    }

    private func run(_ tier: TierName, _ commands: [ValidationCommand]) throws -> [Verdict] {
        guard !commands.isEmpty else { return [] }
        let runner = ValidationRunner(
            sandbox: try context.sandbox(policy),
            cell: context.cell(workspace, files, policy, .validation), redactor: context.redactor,
            environment: environment, stop: stop,
            deadline: limits.deadline)
        log.heading("validation: \(tier.rawValue)")
        var output: [UInt8] = []
        let verdicts = try tripwire.watching {
            try runner.run(commands, tier: tier.rawValue, in: workspace.path) { _, bytes in
                log.append(bytes)
                if output.count < 4 << 20 { output += bytes }
            }
        }
        for verdict in verdicts {
            let word = verdict.passed ? "passed" : "failed"
            log.heading("\(verdict.name): \(word) in \(verdict.duration) ms")
        }
        try context.board.keep(
            [EvidenceFile(.validation, output)], of: job.id, month: job.month)
        return verdicts
    }

    /// Runs the full tier; a red run once more, and a flip counts as red.
    private func runFull(
        _ commands: [ValidationCommand]
    ) throws -> (verdicts: [Verdict], isFlaky: Bool) {
        let first = try run(.full, commands)
        let canRepeat = !stop.isRequested && ContinuousClock.now < limits.deadline
        guard !first.failures.isEmpty, canRepeat else { return (first, false) }
        let second = try run(.full, commands)
        return second.failures.isEmpty ? (first, true) : (second, false)
    }

    private func red(
        _ verdicts: [Verdict], _ snapshot: WorkspaceSnapshot, _ changes: ChangeSummary,
        _ objections: [Feedback], isFlaky: Bool = false
    ) throws -> JobEnding? {
        if stop.isRequested { return .canceled }
        try note(verdicts, isFlaky: isFlaky)
        feedback = objections + verdicts.failures.map(Feedback.init)
        if secrets.isEmpty, verdicts.failures.count <= fewest {
            (best, fewest) = (snapshot.commit, verdicts.failures.count)
        }
        if isFlaky {
            feedback.append(
                Feedback(
                    tier: "full", command: "flaky", exitCode: nil,
                    output: "the full validation failed, and passed when run again"))
        }
        if ContinuousClock.now >= limits.deadline { return stopped(.runtime) }
        let failed = verdicts.failures
        let reason = limits.count(
            AttemptLimits.signature(failed), of: failed.count, tree: "\(snapshot.tree)",
            lines: changes.lines)
        if let reason { return stopped(reason) }
        return nil
    }

    private func verdict(
        on fast: [Verdict], _ full: [Verdict], _ snapshot: WorkspaceSnapshot,
        _ changes: ChangeSummary
    ) throws -> JobEnding? {
        let verdicts = fast + full
        try note(verdicts, isFlaky: false)
        let override = job.record.value("invocation")["allow_no_validation"]?.string
        guard verdicts.isGreen || override != nil else { return stopped(.red) }
        let gates = changes.files.map(\.path).filter { policy.guardrails.isGate($0) }
        if !gates.isEmpty {
            try recorder.note(
                .guardrailHit, reason: Reason.gate.rawValue,
                payload: ["details": JSON(Array(gates.prefix(50)))])
        }
        try keepDifference(from: base, to: snapshot.commit)
        return .revision(
            NewRevision(
                base: base, head: snapshot.commit, tree: snapshot.tree,
                files: changes.files.count, insertions: changes.insertions,
                deletions: changes.deletions, verdicts: try stored(verdicts),
                changes: tripwire.grave.map(\.json)))
    }

    /// The verdicts as a revision keeps them, with the evidence of the last run.
    private func stored(_ verdicts: [Verdict]) throws -> [JSON] {
        let evidence = try context.board.evidence(of: job.id, month: job.month)
            .last { $0.path.contains("-validation.") }
        return verdicts.map { $0.stored(evidence: evidence?.json ?? .null) }
    }

    /// Writes down what the tiers said of the last turn.
    private func note(
        _ verdicts: [Verdict], isFlaky: Bool, objection: String? = nil
    ) throws {
        func word(_ tier: TierName) -> JSON {
            let mine = verdicts.filter { $0.tier == tier.rawValue }
            guard !mine.isEmpty else { return tier == .full ? "skipped" : .null }
            let passed = mine.failures.isEmpty && !(isFlaky && tier == .full)
            return passed ? "passed" : "failed"
        }
        let failed = verdicts.failures
        let signature = failed.isEmpty ? objection : AttemptLimits.signature(failed)
        amend([
            "fast": word(.fast), "full": word(.full), "failure_signature": JSON(signature),
            "ended_at": JSON(context.board.context.now()),
        ])
        let commands = verdicts.map { verdict -> JSON in
            [
                "name": .string(verdict.name), "tier": .string(verdict.tier),
                "passed": .bool(verdict.passed),
                "exit_code": JSON(verdict.exitCode.map(Int64.init)),
                "duration": .integer(verdict.duration),
            ]
        }
        try recorder.note(
            .validationRan,
            ["iterations": .array(iterations), "counters": limits.counters],
            payload: ["commands": .array(Array(commands.prefix(40))), "flaky": .bool(isFlaky)],
            ticket: failed.isEmpty ? nil : .executing)
    }
}

extension Feedback {
    /// Whether it is about what a snapshot must not hold.
    var isObjection: Bool {
        tier == "guardrail" && Attempt.Objection(rawValue: command) != nil
    }
}

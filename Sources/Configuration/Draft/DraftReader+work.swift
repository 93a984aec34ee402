import Model

/// What is done, checked and limited.
extension DraftReader {
    /// Reads `validation`, or `verify_config.commands` in its place.
    func readValidation(into policy: inout Policy) {
        let tiers = root.section("validation", known: ["fast", "full"])
        policy.validation.fast = tiers.flatMap { commands($0, "fast") } ?? []
        let spelling = only([
            (tiers, "full"), (verify, "commands"), (verify, "verify_commands"),
            (root, "verify_commands"),
        ])
        if let spelling {
            policy.validation.full = commands(spelling.section, spelling.key) ?? []
        }
    }

    /// Reads `guardrails`, and `execute_config.timeout`.
    func readGuardrails(into policy: inout Policy) {
        let keys = [
            "max_iterations", "max_runtime_seconds", "max_full_validations", "max_files",
            "max_lines", "max_identical_failures", "allow", "deny", "gates",
            "dependency_changes",
        ]
        let section = root.section("guardrails", known: keys)
        let runtime = only([(section, "max_runtime_seconds"), (execute, "timeout")])
        if let seconds = runtime.flatMap({ $0.section.int($0.key) }) {
            policy.guardrails.maxRuntimeSeconds = seconds
        }
        guard let section else { return }
        let built = policy.guardrails
        policy.guardrails = Guardrails(
            maxIterations: section.int("max_iterations") ?? built.maxIterations,
            maxRuntimeSeconds: built.maxRuntimeSeconds,
            maxFullValidations: section.int("max_full_validations") ?? built.maxFullValidations,
            maxFiles: section.int("max_files") ?? built.maxFiles,
            maxLines: section.int("max_lines") ?? built.maxLines,
            maxIdenticalFailures: section.int("max_identical_failures")
                ?? built.maxIdenticalFailures,
            allow: patterns(section, "allow") ?? built.allow,
            deny: patterns(section, "deny") ?? built.deny,
            gates: patterns(section, "gates") ?? built.gates,
            dependencyChanges: section.bool("dependency_changes") ?? built.dependencyChanges)
    }

    /// Reads `execute_config`.
    func readExecution(into policy: inout Policy) {
        if let jobs = execute?.int("max_parallel_jobs") { policy.execution.maxParallelJobs = jobs }
        if let attempts = execute?.int("max_attempts") { policy.execution.maxAttempts = attempts }
    }

    /// Reads `merge_config`.
    func readMerge(into policy: inout Policy) {
        guard let merge else { return }
        if let action: ApprovalAction = merge.word("on_approve") {
            policy.merge.onApprove = action
            if action == .pr, let node = merge.node("on_approve") {
                unsupported(node.place, "'merge_config.on_approve: pr'")
            }
        }
        if let strategy: MergeStrategy = merge.word("strategy") {
            policy.merge.strategy = strategy
        }
        policy.merge.push = merge.bool("push")
        policy.merge.message = merge.string("message")
        guard let message = policy.merge.message,
            let wrong = MessageTemplate(message).unknown.first
        else { return }
        let words = MessageTemplate.Placeholder.allCases.map(\.rawValue)
        let offer = findings.suggestion(for: wrong, among: words)
        merge.fail("message", "has no placeholder '{\(wrong)}'\(offer)")
    }

    /// Reads `autonomy_config`.
    func readAutonomy(into policy: inout Policy) {
        let keys = ["max_diff_lines", "sensitive_file_patterns", "require_verification_pass"]
        guard let section = root.section("autonomy_config", known: keys) else { return }
        let built = policy.autonomy
        policy.autonomy = AutonomySettings(
            maxDiffLines: section.int("max_diff_lines") ?? built.maxDiffLines,
            sensitiveFilePatterns: patterns(section, "sensitive_file_patterns")
                ?? built.sensitiveFilePatterns,
            requireVerificationPass: section.bool("require_verification_pass")
                ?? built.requireVerificationPass)
    }

    /// Reads `policy`.
    func readAccess(into policy: inout Policy) {
        let keys = ["invokers", "protected_branches", "signed"]
        guard let section = root.section("policy", known: keys) else { return }
        policy.access.invokers = section.strings("invokers") ?? policy.access.invokers
        if let branches = section.strings("protected_branches") {
            policy.access.protectedBranches = branches
        }
        if let signed: SigningRule = section.word("signed") {
            policy.access.signed = signed
            refuse(section, "signed", signed, unless: .none)
        }
    }
}

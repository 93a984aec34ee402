import Model

/// One pass over a `draft.yaml`.
struct DraftReader {
    /// Where messages are collected.
    let findings: Findings

    /// The whole file.
    let root: Section

    /// `verify_config`, as all sections that more than one setting is read from.
    let verify: Section?

    /// `execute_config`.
    let execute: Section?

    /// `planner_config`.
    let planner: Section?

    /// `planner_config.features`.
    let features: Section?

    /// `merge_config`.
    let merge: Section?

    /// `cleanup_config`.
    let cleanup: Section?

    /// `project`.
    let project: Section?

    /// The whole file, as a section among the others.
    var top: Section? { root }

    /// Opens the sections of a file.
    init(_ node: Node, findings: Findings) {
        self.findings = findings
        root = Section(node, path: "", known: Self.rootKeys, findings: findings)
        verify = root.section(
            "verify_config",
            known: ["commands", "verify_commands"] + Self.keys(of: Self.inVerification))
        execute = root.section(
            "execute_config",
            known: ["max_parallel_jobs", "preferred_executor", "max_attempts", "timeout"]
                + Self.keys(of: Self.inExecution))
        planner = root.section(
            "planner_config",
            known: Self.plannerSwitches + [
                "features", "model", "tick_seconds", "max_followups_per_ticket",
                "max_followups_per_tick", "skip_followup_reasons",
            ] + Self.keys(of: Self.inPlanner))
        features = planner?.section(
            "features", known: Self.plannerSwitches + Self.keys(of: Self.inFeatures))
        let merging = Self.keys(of: Self.inMerge)
        merge = root.section(
            "merge_config", known: ["on_approve", "strategy", "push", "message"] + merging)
        cleanup = root.section(
            "cleanup_config",
            known: ["worktree_ttl_hours", "evidence_ttl_days", "max_worktrees"]
                + Self.keys(of: Self.inCleanup))
        project = root.section("project", known: ["repo_root"])
    }

    /// Reads every section.
    func read(into policy: inout Policy) {
        readBaseBranch(into: &policy)
        policy.setup = commands(root, "setup") ?? []
        readValidation(into: &policy)
        readAgents(into: &policy)
        readGuardrails(into: &policy)
        readExecution(into: &policy)
        readPlanner(into: &policy)
        readMerge(into: &policy)
        readCleanup(into: &policy)
        readAutonomy(into: &policy)
        readAccess(into: &policy)
        readSandbox(into: &policy)
        readSkills(into: &policy)
        readServers(into: &policy)
        refuseFuture()
        readReplaced()
    }

    /// The sections that come with later versions; only empty ones are accepted.
    static let futureKeys = [
        "profiles", "runner", "integrations", "webhooks", "ports", "copy", "cache",
    ]

    private static let rootKeys =
        [
            "base_branch", "setup", "validation", "verify_config", "agents", "guardrails",
            "execute_config", "planner_config", "merge_config", "cleanup_config",
            "autonomy_config", "policy", "sandbox", "skills", "mcp_servers", "verify_commands",
            "auto_transition_on_success", "project", "executor_profiles", "team_config",
        ] + futureKeys

    /// Takes down that a setting needs a later version.
    func unsupported(_ place: Place, _ what: String) {
        findings.fail(place, "\(what) is not supported by this version of git-draft")
    }

    /// Refuses a value that differs from the built-in one of a feature to come.
    func refuse<Value: Equatable>(
        _ section: Section, _ key: String, _ value: Value?, unless builtIn: Value
    ) {
        guard let value, value != builtIn, let entry = section.entry(key) else { return }
        unsupported(entry.place, "'\(section.name(key))'")
    }

    /// The one entry that is set among the spellings of one setting.
    ///
    /// The first spelling is the one that is kept where more are set.
    func only(_ spellings: [(section: Section?, key: String)]) -> (section: Section, key: String)? {
        let set = spellings.compactMap { spelling in
            spelling.section.flatMap { section in
                section.entry(spelling.key).map { (section, spelling.key, $0.place) }
            }
        }
        guard let first = set.first else { return nil }
        for other in set.dropFirst() {
            let (late, early) = first.2.line > other.2.line ? (first, other) : (other, first)
            findings.fail(
                late.2,
                "'\(late.0.name(late.1))' and '\(early.0.name(early.1))' (line \(early.2.line))"
                    + " are one setting; keep '\(first.0.name(first.1))'")
        }
        return (first.0, first.1)
    }

    /// A list of commands, each a text or a mapping.
    func commands(_ section: Section, _ key: String) -> [ValidationCommand]? {
        section.list(key)?.compactMap { node in
            guard case .mapping = node.value else {
                return section.string(node, of: key).map { ValidationCommand(command: $0) }
            }
            let fields = Section(
                node, path: section.name(key), known: ["name", "command", "required", "timeout"],
                findings: findings)
            let command = fields.string("command")
            if fields.node("command") == nil {
                findings.fail(node.place, "'\(fields.path)' has an entry without 'command'")
            }
            let name = fields.string("name")
            let required = fields.bool("required") ?? true
            let timeout = fields.int("timeout") ?? ValidationCommand.defaultTimeout
            return command.map {
                ValidationCommand(name: name, command: $0, required: required, timeout: timeout)
            }
        }
    }

    /// A list of path patterns.
    func patterns(_ section: Section, _ key: String) -> [PathPattern]? {
        section.list(key)?.compactMap { node in
            guard let text = section.string(node, of: key) else { return nil }
            if PathPattern.isNegated(text) {
                findings.fail(
                    node.place,
                    "'\(section.name(key))' has no negation, as in '\(shown(text))'; a name that "
                        + "begins with '!' is written '\\!'")
                return nil
            }
            guard let pattern = PathPattern(text) else {
                section.mismatch(key, "a pattern of paths inside the repository", node)
                return nil
            }
            return pattern
        }
    }

    private func readBaseBranch(into policy: inout Policy) {
        guard let name = root.string("base_branch") else { return }
        if Self.isBranchName(name) {
            policy.baseBranch = name
        } else {
            root.fail("base_branch", "must be the name of a branch, not '\(shown(name))'")
        }
    }

    /// Whether git would take a text as the name of a branch.
    static func isBranchName(_ name: String) -> Bool {
        let bytes = Array(name.utf8)
        let forbidden = Array(" ~^:?*[\\".utf8)
        guard bytes.allSatisfy({ $0 > 0x1F && $0 != 0x7F && !forbidden.contains($0) }),
            bytes.first != UInt8(ascii: "-"), bytes.last != UInt8(ascii: "."),
            !same(name, "@"), !name.contains("@{"), !name.contains("..")
        else { return false }
        return name.split(separator: "/", omittingEmptySubsequences: false).allSatisfy {
            !$0.isEmpty && $0.utf8.first != UInt8(ascii: ".") && !$0.hasSuffix(".lock")
        }
    }
}

import GitStore
import Model
import Porcelain

/// `git draft config`.
struct ConfigCommand: Command {
    static let help = Help(
        "Show what is configured", verb: "config", group: "Care",
        description: """
            What `draft.yaml` says on the base branch counts before git's own `draft.*`, and \
            that before what is built in. To change a setting, edit and commit `draft.yaml`, or \
            use `git config`. With `--quiet` only the keys are printed.
            """)

    @Argument("only this setting, or those below it") var key: String?
    @Flag("--show-origin", help: "say where each value comes from") var showsOrigin
    @Flag("--json", help: "print JSON") var json
    @Flag("-q", "--quiet", help: "print keys only, one a line") var quiet

    func validate() throws {
        if json, quiet { throw UsageError("--json and --quiet exclude each other") }
        if quiet, showsOrigin { throw UsageError("--quiet and --show-origin exclude each other") }
    }

    func run(in context: Context) async throws {
        let session = try Session(context)
        let loader = PolicyLoader(session)
        let (base, loaded) = try loader.current()
        let named = Setting(
            key: "base_branch", value: .string(base.name), origin: try loader.baseOrigin())
        let all = Setting.all(loaded.policy, named, session)
        let settings = all.filter { setting in
            guard let key else { return true }
            return setting.key == key || setting.key.hasPrefix("\(key).")
        }
        if let key, settings.isEmpty {
            throw CommandError(
                "no setting \(quoted(key))\(suggestion(for: key, among: all.map(\.key)))")
        }
        if json {
            let list = settings.map(\.json)
            return try session.printJSON(JSON(schemaList: "settings", list))
        }
        if quiet { return try session.printIDs(settings.map { escaped($0.key) }) }
        for setting in settings {
            var line = escaped(setting.text)
            if key == nil || settings.count > 1 { line = "\(setting.key)=\(line)" }
            if showsOrigin { line = "\(setting.origin)\t\(line)" }
            try session.terminal.writeLine(line)
        }
    }
}

/// One setting, its value, and where that comes from.
struct Setting {
    /// The path of the key.
    let key: String
    /// The value.
    let value: JSON
    /// `draft.yaml`, `git config`, `board` or `built-in`.
    let origin: String

    /// The value in a line.
    var text: String { value.string ?? value.line }

    /// The setting for tools.
    var json: JSON { ["key": .string(key), "value": value, "origin": .string(origin)] }

    /// All settings in force, by key; the base branch as it is given.
    static func all(_ policy: Policy, _ base: Setting, _ session: Session) -> [Setting] {
        let builtIn = flat(Policy.builtIn(cores: PolicyLoader.cores))
        var settings = flat(policy).map { key, value in
            let isBuiltIn = builtIn.contains { $0.key == key && $0.value == value }
            return Setting(key: key, value: value, origin: isBuiltIn ? "built-in" : "draft.yaml")
        }
        let git = session.repository.configuration
        // Where draft.yaml names no mode, the person's is the one that counts.
        if !policy.sandbox.namesMode,
            let mode = git.string("draft.sandbox").flatMap({ SandboxMode(rawValue: $0) }),
            let place = settings.firstIndex(where: { $0.key == "sandbox.mode" })
        {
            settings[place] = Setting(
                key: "sandbox.mode", value: .string(mode.rawValue), origin: "git config")
        }
        // Whoever requires a sandbox gets one, whatever draft.yaml says.
        if (try? git.bool("draft.requireSandbox")) == true, !policy.sandbox.require,
            let place = settings.firstIndex(where: { $0.key == "sandbox.require" })
        {
            settings[place] = Setting(
                key: "sandbox.require", value: true, origin: "git config")
        }
        settings.append(base)
        for name in [
            "allowSecretsIn", "baseBranch", "branchPrefix", "containerProgram",
            "containerRegistry", "durable", "environmentFile", "prePush", "requireSandbox",
            "sandbox", "worktreeRoot",
        ] {
            guard let value = git.string("draft.\(name)") else { continue }
            settings.append(
                Setting(key: "draft.\(name)", value: .string(value), origin: "git config"))
        }
        return settings.sorted { $0.key.precedes($1.key) }
    }

    private static func flat(_ policy: Policy) -> [(key: String, value: JSON)] {
        var settings = policy.hashed.flatMap { flat(JSON($0.value), $0.key) }
        settings += [
            ("agents.default", JSON(policy.agents.defaultName)),
            ("cleanup_config.worktree_ttl_hours", number(policy.cleanup.worktreeTTLHours)),
            ("cleanup_config.evidence_ttl_days", number(policy.cleanup.evidenceTTLDays)),
            ("cleanup_config.max_worktrees", number(policy.cleanup.maxWorktrees)),
            ("execute_config.max_parallel_jobs", number(policy.execution.maxParallelJobs)),
            ("execute_config.max_attempts", number(policy.execution.maxAttempts)),
            ("sandbox.mode", .string(policy.sandbox.mode.rawValue)),
            ("sandbox.require", .bool(policy.sandbox.require)),
            ("sandbox.network", JSON(policy.sandbox.network)),
            ("sandbox.writable", JSON(policy.sandbox.writable)),
            ("sandbox.environment", JSON(policy.sandbox.environment)),
            ("sandbox.image", JSON(policy.sandbox.image)),
        ]
        let limits = policy.sandbox.limits
        settings += [
            ("sandbox.limits.memory", JSON(limits.memory)),
            ("sandbox.limits.processes", JSON(limits.processes.map(Int64.init))),
            ("sandbox.limits.disk", JSON(limits.disk)),
            ("sandbox.limits.file_size", JSON(limits.fileSize)),
            ("sandbox.limits.cpu_seconds", JSON(limits.cpuSeconds.map(Int64.init))),
        ]
        for (name, agent) in policy.agents.named {
            settings.append(("agents.\(name).kind", .string(agent.kind.rawValue)))
        }
        return settings
    }

    private static func flat(_ value: JSON, _ path: String) -> [(key: String, value: JSON)] {
        guard let members = value.object else { return [(path, value)] }
        return members.flatMap { flat($0.value, "\(path).\($0.key)") }
    }

    private static func number(_ number: Int) -> JSON { .integer(Int64(number)) }
}

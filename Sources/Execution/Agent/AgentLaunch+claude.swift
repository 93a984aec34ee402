internal import Model

extension AgentLaunch {
    /// How to start a turn of Claude Code.
    ///
    /// - Throws: ``ExecutionError`` if it is not installed.
    static func claude(
        _ settings: AgentSettings, _ request: AgentRequest
    ) throws -> AgentLaunch {
        var launch = AgentLaunch(
            name: request.name, kind: .claude,
            arguments: try program(settings, request) + claudeArguments(settings, request),
            environment: [:])
        launch.environment = [
            "HOME": request.home, "TMPDIR": request.temporary,
            "CLAUDE_CODE_TMPDIR": request.temporary, "PWD": request.directory,
            "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1", "DISABLE_AUTOUPDATER": "1",
            // Its own limit is ten, with pauses that add up to minutes.
            "CLAUDE_CODE_MAX_RETRIES": "4",
            "DISABLE_TELEMETRY": "1", "DISABLE_ERROR_REPORTING": "1",
        ].merging(settings.env) { $1 }
        launch.removed = VendorEnvironment.removed(from: request.environment, for: .claude)
        launch.input = Array(request.prompt.utf8)
        launch.stream = ClaudeStream(
            directory: request.directory, before: request.sessionUsage)
        launch.home = request.home
        launch.skills = HomeSkills(folder: ".claude/skills", skills: request.skills)
        if !request.servers.isEmpty {
            let servers = JSONObject(request.servers.map { ($0.key, $0.value.json) })
            launch.homeFiles[claudeServers] =
                JSON.object(["mcpServers": .object(servers)]).canonical
        }
        // What is taken out does not pay either; but the folder of a log-in is the user's choice.
        let environment = request.environment
            .filter {
                !VendorEnvironment.isRemoved($0.key, for: .claude) || $0.key == "CLAUDE_CONFIG_DIR"
            }
            .merging(settings.env) { $1 }
        let credential = AgentDiscovery.credential(of: .claude, environment: environment)
        launch.credential = credential?.word
        if case .file(let path)? = credential {
            launch.logIns = [LogIn(source: path, target: ".claude/.credentials.json")]
        }
        try launch.hideKeys(request, own: .anthropic)
        return launch
    }

    /// The file of the home that names the servers of tools.
    private static let claudeServers = "tool-servers.json"

    /// The command line after the program; what comes from outside is part of its option's word.
    private static func claudeArguments(
        _ settings: AgentSettings, _ request: AgentRequest
    ) -> [String] {
        var words = [
            "-p", "--output-format=stream-json", "--verbose", "--setting-sources=user",
            "--strict-mcp-config",
            "--permission-mode=\(claudeMode(request))",
            "--allowedTools=\(claudeTools(request).joined(separator: ","))",
            "--disallowedTools=\(claudeForbidden.joined(separator: ","))",
        ]
        if !request.servers.isEmpty {
            words.append("--mcp-config=\(request.home)/\(claudeServers)")
        }
        if let model = settings.model { words.append("--model=\(model)") }
        if let turns = settings.maxTurns { words.append("--max-turns=\(turns)") }
        if let budget = request.budget {
            words.append("--max-budget-usd=\(Money.dollars(budget))")
        }
        if let session = request.session { words.append("--resume=\(session)") }
        return words + settings.args
    }

    /// What it may do unasked: everything, where a sandbox says what there is to do.
    private static func claudeMode(_ request: AgentRequest) -> String {
        if request.isSandboxed { return "bypassPermissions" }
        return request.isReadOnly ? "default" : "acceptEdits"
    }

    /// The tools that need no permission.
    ///
    /// Those of git can neither write nor start anything elsewhere, whatever options they get.
    /// `--output=FILE` and `-O COMMAND` could, hence no rule is for `diff`, `log`, `show`,
    /// `blame`, `grep` and `stash list`: which of their calls only look Claude Code knows itself.
    ///
    /// A rule of a command stands in parentheses, within which nothing can be escaped: one that
    /// holds more than plain words is left out, and the agent has to do without it.
    private static func claudeTools(_ request: AgentRequest) -> [String] {
        var tools = ["Read", "Glob", "Grep", "LS", "TodoWrite", "Task", "Agent"]
        var git = ["status", "ls-files", "rev-parse"]
        if request.isReadOnly {
            tools += ["Edit", "Write"].map { "\($0)(\(AgentExchange.path))" }
        } else {
            tools += ["Edit", "MultiEdit", "Write", "NotebookEdit"]
            git += ["add", "commit", "mv", "rm", "restore"]
            git += ["push", "pop", "apply", "drop"].map { "stash \($0)" }
            tools.append("Bash(git stash)")
        }
        tools += git.map { "Bash(git \($0):*)" }
        if !request.skills.isEmpty { tools.append("Skill") }
        for command in request.commands where isPlain(command) {
            tools += ["Bash(\(command))", "Bash(\(command):*)"]
        }
        return tools + request.servers.keys.sorted().filter(isPlain).map { "mcp__\($0)" }
    }

    /// The tools that wait for a person, outlast the turn or leave the work tree.
    private static let claudeForbidden = [
        "AskUserQuestion", "EnterPlanMode", "ExitPlanMode", "EnterWorktree", "ExitWorktree",
        "CronCreate", "CronDelete", "ScheduleWakeup",
    ]

    private static func isPlain(_ command: String) -> Bool {
        let others = Array(" ./_=-+:@%".utf8)
        return (1...200).contains(command.utf8.count)
            && command.utf8.allSatisfy { byte in
                (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte)
                    || (0x61...0x7A).contains(byte) || others.contains(byte)
            }
    }
}

import Model
import Testing

@testable import Configuration

@Suite struct DraftYAMLTests {
    private func load(_ text: String) throws -> DraftYAML.Loaded {
        try DraftYAML.load(text, cores: 8)
    }

    private func refused(_ text: String) -> [String] {
        refusal { _ = try load(text) }
    }

    @Test(arguments: ["", "guardrails:\nagents: {}\nsetup: []\nvalidation: ~\n"])
    func `where the file is silent the built-in policy holds`(text: String) throws {
        let loaded = try load(text)
        #expect(loaded.policy == Policy.builtIn(cores: 8))
        #expect(loaded.warnings.isEmpty)
    }

    private static let whole = """
        base_branch: trunk
        setup: [npm ci]
        validation:
          fast: [make lint, {name: types, command: make types, required: false, timeout: 60}]
          full: [true]
        agents:
          default: mine
          mine: {kind: command, command: ./agent, args: [-q], env: {PORT: 80}, max_turns: 9,
            max_budget_usd: 2.5, model: m, fallback: demo}
          demo: {kind: replay, file: demo.yaml}
          argv: {kind: command, command: [./a, b c]}
        guardrails: {max_iterations: 7, allow: [src/**], deny: [infra/], gates: [Makefile]}
        execute_config: {max_parallel_jobs: 2, max_attempts: 5, timeout: 60}
        merge_config: {on_approve: nothing, strategy: merge, push: false, message: "m"}
        autonomy_config: {max_diff_lines: 9, sensitive_file_patterns: ["*.pem"]}
        policy: {invokers: [ann], protected_branches: [trunk]}
        sandbox: {mode: none}
        """

    @Test func `what is done and checked becomes a policy`() throws {
        let policy = try load(Self.whole).policy
        #expect(policy.baseBranch == "trunk")
        #expect(policy.setup == [ValidationCommand(command: "npm ci")])
        #expect(
            policy.validation.fast == [
                ValidationCommand(command: "make lint"),
                ValidationCommand(
                    name: "types", command: "make types", required: false, timeout: 60),
            ])
        #expect(policy.validation.full == [ValidationCommand(command: "true")])
        #expect(policy.agents.defaultName == "mine")
        #expect(
            policy.agents.named["mine"]
                == AgentSettings(
                    kind: .command, command: .shell("./agent"), model: "m", args: ["-q"],
                    env: ["PORT": "80"], maxTurns: 9, maxBudget: 2_500_000, fallback: "demo"))
        #expect(policy.agents.named["demo"] == AgentSettings(kind: .replay, file: "demo.yaml"))
        #expect(policy.agents.named["argv"]?.command == .argv(["./a", "b c"]))
    }

    @Test func `limits and landing become a policy`() throws {
        let policy = try load(Self.whole).policy
        #expect(policy.guardrails.maxIterations == 7)
        #expect(policy.guardrails.maxRuntimeSeconds == 60)
        #expect(policy.guardrails.allow.map(\.text) == ["src/**"])
        #expect(policy.guardrails.deny.map(\.text) == ["infra/"])
        #expect(policy.guardrails.gates.map(\.text) == ["Makefile"])
        #expect(policy.execution == ExecutionSettings(maxParallelJobs: 2, maxAttempts: 5))
        #expect(
            policy.merge
                == MergeSettings(onApprove: .nothing, strategy: .merge, push: false, message: "m"))
        #expect(policy.autonomy.maxDiffLines == 9)
        #expect(policy.autonomy.sensitiveFilePatterns.map(\.text) == ["*.pem"])
        #expect(policy.access.invokers == ["ann"])
        #expect(policy.access.protectedBranches == ["trunk"])
        #expect(policy.sandbox.mode == .none)
        #expect(policy.sandbox.namesMode)
    }

    @Test(
        arguments: [
            (
                "guardrails:\n  max_itertions: 3\n",
                "2: unknown key 'guardrails.max_itertions'; did you mean 'max_iterations'?"
            ),
            ("setpu: []\n", "1: unknown key 'setpu'; did you mean 'setup'?"),
            ("zzzzzzzzzzzz: 1\n", "1: unknown key 'zzzzzzzzzzzz'"),
            ("\"a\\nb\\e\": 1\n", "1: unknown key 'a\\u{a}b\\u{1b}'"),
            (
                "guardrails: {max_files: ten}\n",
                "1: 'guardrails.max_files' must be a whole number, not 'ten'"
            ),
            (
                "guardrails: {max_files: '10'}\n",
                "1: 'guardrails.max_files' must be a whole number, not '10'"
            ),
            (
                "guardrails: {max_files: 0}\n",
                "1: 'guardrails.max_files' must be between 1 and 2147483647, not '0'"
            ),
            (
                "guardrails: {dependency_changes: yes}\n",
                "1: 'guardrails.dependency_changes' must be true or false, not 'yes'"
            ),
            ("guardrails: [1]\n", "1: 'guardrails' must be a mapping, not a list"),
            ("- a\n", "1: the file must be a mapping, not a list"),
            ("setup: make\n", "1: 'setup' must be a list, not 'make'"),
            ("setup: ['']\n", "1: 'setup' must not be empty"),
            ("setup: [{name: x}]\n", "1: 'setup' has an entry without 'command'"),
            ("setup: [[a]]\n", "1: 'setup' must be a text, not a list"),
            (
                "guardrails: {deny: [../x]}\n",
                "1: 'guardrails.deny' must be a pattern of paths inside the repository, not '../x'"
            ),
            (
                "guardrails:\n  deny: [a, '!infra/**']\n",
                "2: 'guardrails.deny' has no negation, as in '!infra/**'; a name that begins with "
                    + "'!' is written '\\!'"
            ),
            (
                "merge_config: {strategy: sqash}\n",
                "1: 'merge_config.strategy' must be one of squash, merge, not 'sqash'"
                    + "; did you mean 'squash'?"
            ),
            ("base_branch: -x\n", "1: 'base_branch' must be the name of a branch, not '-x'"),
            (
                "merge_config:\n  message: '{title} {{x}} {titel}'\n",
                "2: 'merge_config.message' has no placeholder '{titel}'; did you mean 'title'?"
            ),
            (
                "sandbox: {mode: none, require: true}\n",
                "1: 'sandbox.require' contradicts 'sandbox.mode: none'"
            ),
            (
                "sandbox: {network: ['a b']}\n",
                "1: 'sandbox.network' must hold a host each, not 'a b': it is no host; "
                    + "write NAME, *.NAME or ADDRESS"
            ),
            (
                "sandbox: {network: ['https://a.example/']}\n",
                "1: 'sandbox.network' must hold a host each, not 'https://a.example/': a host is "
                    + "wanted, not an address of a page"
            ),
            (
                "sandbox: {writable: [../x]}\n",
                "1: 'sandbox.writable' must hold an absolute path each, not '../x'"
            ),
            (
                "sandbox: {environment: [A=B]}\n",
                "1: 'sandbox.environment' must hold the name of a variable each, not 'A=B'"
            ),
            (
                "sandbox: {image: -v}\n",
                "1: 'sandbox.image' must be the name of an image, not '-v'"
            ),
            (
                "sandbox: {limits: {memory: much}}\n",
                "1: 'sandbox.limits.memory' must be a number of bytes, such as 512M or 2G"
            ),
            (
                "sandbox: {limits: {memory: 1M}}\n",
                "1: 'sandbox.limits.memory' must be 32M or more; nothing runs with 1M"
            ),
            (
                "sandbox: {limits: {disk: 1023K}}\n",
                "1: 'sandbox.limits.disk' must be 1M or more; nothing runs with 1023K"
            ),
            (
                "sandbox: {limits: {file_size: 1}}\n",
                "1: 'sandbox.limits.file_size' must be 1M or more; nothing runs with 1"
            ),
            (
                "sandbox: {limits: {processes: 15}}\n",
                "1: 'sandbox.limits.processes' must be between 16 and 2147483647, not '15'"
            ),
        ])
    func `a mistake is named with its line and what is right`(text: String, message: String) {
        #expect(refused(text) == ["draft.yaml:\(message)"])
    }

    @Test(
        arguments: [
            (
                "agents: {default: mone, mine: {kind: command, command: x}}\n",
                "'agents.default' names no agent: 'mone'; did you mean 'mine'?"
            ),
            (
                "execute_config: {preferred_executor: clade}\n",
                "'execute_config.preferred_executor' names no agent: 'clade'"
                    + "; did you mean 'claude'?"
            ),
            (
                "agents: {mine: {command: x}}\n",
                "'agents.mine' needs a 'kind': one of claude, codex, acp, gemini, aider, opencode,"
                    + " command, replay, builtin"
            ),
            (
                "agents: {mine: {kind: command}}\n",
                "'agents.mine' of kind 'command' needs a 'command'"
            ),
            ("agents: {mine: {kind: replay}}\n", "'agents.mine' of kind 'replay' needs a 'file'"),
            (
                "agents: {claude: {file: x}}\n",
                "'agents.claude.file' belongs to an agent of kind 'replay'"
            ),
            (
                "agents: {'a b': {kind: claude}}\n",
                "'a b' cannot be the name of an agent; use letters, digits, '-', '_' and '.'"
            ),
            (
                "agents: {claude: {env: {A-B: 1}}}\n", "'A-B' cannot be the name of a variable"
            ),
            (
                "agents: {claude: {max_budget_usd: -1}}\n",
                "'agents.claude.max_budget_usd' must be an amount such as 2.50, not '-1'"
            ),
            (
                "agents: {claude: {fallback: nobody-at-all}}\n",
                "'agents.claude.fallback' names no agent: 'nobody-at-all'"
            ),
            (
                "agents: {codex: {fallback: codex}}\n",
                "'agents.codex.fallback' leads back to itself"
            ),
        ])
    func `a mistake about agents is named`(text: String, message: String) {
        #expect(refused(text) == ["draft.yaml:1: \(message)"])
    }

    @Test func `a kind of a later version may be configured`() throws {
        let agents = try load("agents: {default: gemini, c: {kind: acp}}\n").policy.agents
        #expect(agents.settings(for: "gemini")?.kind.isSupported == false)
        #expect(agents.settings(for: "c")?.kind == .acp)
    }

    @Test(
        arguments: [
            (
                "verify_config: {commands: [a]}\nvalidation: {full: [b]}\n", "2",
                "validation.full", "verify_config.commands", "1"
            ),
            (
                "verify_commands: [a]\nvalidation: {full: [b]}\n", "2", "validation.full",
                "verify_commands", "1"
            ),
            (
                "execute_config: {timeout: 1}\nguardrails: {max_runtime_seconds: 1}\n", "2",
                "guardrails.max_runtime_seconds", "execute_config.timeout", "1"
            ),
            (
                "agents: {default: claude}\nexecute_config: {preferred_executor: claude}\n", "2",
                "execute_config.preferred_executor", "agents.default", "1"
            ),
            (
                "planner_config:\n  auto_execute: false\n  features: {auto_execute: false}\n", "3",
                "planner_config.features.auto_execute", "planner_config.auto_execute", "2"
            ),
        ])
    func `two spellings of one setting are refused`(
        text: String, line: String, late: String, early: String, earlyLine: String
    ) {
        let messages = refused(text)
        #expect(messages.count == 1)
        #expect(
            messages.first?.hasPrefix(
                "draft.yaml:\(line): '\(late)' and '\(early)' (line \(earlyLine)) are one setting;"
                    + " keep '") == true)
    }

    @Test func `everything that is wrong is said at once and by line`() {
        let text = "sandbx: 1\nguardrails: {max_files: x, max_lines: -1}\nwebhooks: [{id: 1}]\n"
        #expect(
            refused(text) == [
                "draft.yaml:1: unknown key 'sandbx'; did you mean 'sandbox'?",
                "draft.yaml:2: 'guardrails.max_files' must be a whole number, not 'x'",
                "draft.yaml:2: 'guardrails.max_lines' must be between 1 and 2147483647, not '-1'",
                "draft.yaml:3: 'webhooks' is not supported by this version of git-draft",
            ])
    }

    @Test func `no bytes are a trap`() {
        let words =
            DraftYAMLKeyTests.accepted.map { $0 + "\n" }
            + ["  ", "- ", "{", "}", "[", "]", ": ", "~", "99999999999999999999", "'", "*x", "&x "]
        for seed in 1...3000 {
            var noise = Noise(seed: UInt64(seed))
            let bytes = noise.bytes(words)
            _ = refusal { _ = try DraftYAML.load(bytes, cores: 0) }
        }
    }
}

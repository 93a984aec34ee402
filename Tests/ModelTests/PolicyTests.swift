import Model
import Testing

@Suite struct PolicyTests {
    @Test(arguments: [(0, 1), (1, 1), (2, 2), (4, 4), (64, 4)])
    func `as many jobs run as there are cores, but at most four`(cores: Int, jobs: Int) {
        #expect(Policy.builtIn(cores: cores).execution.maxParallelJobs == jobs)
    }

    @Test func `the built-in limits are the documented ones`() {
        let guardrails = Policy.builtIn(cores: 1).guardrails
        #expect(guardrails.maxIterations == 5)
        #expect(guardrails.maxRuntimeSeconds == 900)
        #expect(guardrails.maxFullValidations == 3)
        #expect(guardrails.maxFiles == 20)
        #expect(guardrails.maxLines == 500)
        #expect(guardrails.maxIdenticalFailures == 2)
        #expect(!guardrails.dependencyChanges)
    }

    @Test func `the hash covers what decides whether work is good, and nothing else`() {
        let base = Policy.builtIn(cores: 1)
        #expect(
            base.hashed.keys.sorted() == [
                "autonomy_config", "guardrails", "merge_config", "policy", "setup", "validation",
            ])
        let changes: [(inout Policy) -> Void] = [
            { $0.setup = [ValidationCommand(command: "x")] },
            { $0.validation.full = [ValidationCommand(command: "x", timeout: 1)] },
            { $0.guardrails.maxLines = 1 }, { $0.guardrails.gates = [] },
            { $0.merge.push = false }, { $0.access.invokers = ["x"] },
            { $0.autonomy.maxDiffLines = 1 },
        ]
        for change in changes {
            var policy = base
            change(&policy)
            #expect(policy.hashed != base.hashed)
        }
        var same = base
        same.baseBranch = "x"
        same.execution.maxAttempts = 9
        #expect(same.hashed == base.hashed)
    }

    @Test func `denied wins over allowed`() throws {
        var guardrails = Guardrails()
        #expect(guardrails.permits("a"))
        guardrails.allow = [try #require(PathPattern("src/**"))]
        guardrails.deny = [try #require(PathPattern("*.pem"))]
        #expect(guardrails.permits("src/a"))
        #expect(!guardrails.permits("a"))
        #expect(!guardrails.permits("src/a.pem"))
    }

    @Test(
        arguments: [
            "Makefile", "draft.yaml", "web/package.json", "tests/conftest.py", "jest.config.ts",
            ".github/workflows/ci.yml", ".gitlab-ci.yml", "pytest.ini",
        ])
    func `files that decide what counts as good are gates`(path: String) {
        #expect(Guardrails().isGate(path))
    }

    @Test(arguments: ["src/main.c", "README.md", "docs/draft.yaml", "tests/test_a.py"])
    func `ordinary files are no gates`(path: String) {
        #expect(!Guardrails().isGate(path))
    }

    @Test(
        arguments: [
            "package.json", "web/package-lock.json", "Package.resolved", "go.mod", "Cargo.toml",
            "requirements-dev.txt", "requirements/test.txt", "a/b/pyproject.toml", "x.gemspec",
            "app/App.csproj", "pom.xml", "Gemfile.lock",
        ])
    func `what lists dependencies stays as it is unless it may change`(path: String) {
        #expect(Guardrails().isFixedDependency(path))
        #expect(!Guardrails(dependencyChanges: true).isFixedDependency(path))
    }

    @Test(arguments: ["src/package.swift", "docs/requirements.md", "main.go", "Makefile"])
    func `other files list no dependencies`(path: String) {
        #expect(!Guardrails().isFixedDependency(path))
    }

    @Test func `every default pattern can be read, and draft yaml stays a gate`() {
        #expect(Guardrails.defaultGates.count > 50)
        #expect(Guardrails.dependencyFiles.count > 80)
        #expect(Guardrails(gates: []).isGate("draft.yaml"))
        #expect(AutonomySettings.defaultSensitiveFiles.count == 5)
        #expect(AutonomySettings().isSensitive(".env"))
    }

    @Test func `only kinds that need no settings are agents by their name`() {
        let agents = AgentCatalog()
        #expect(agents.settings(for: "claude")?.kind == .claude)
        #expect(agents.settings(for: "command") == nil)
        #expect(agents.settings(for: "replay") == nil)
        #expect(AgentKind.allCases.filter(\.isSupported) == [.claude, .codex, .command, .replay])
    }
}

import Foundation
import Model
import Testing

@testable import Execution

@Suite struct AgentLaunchTests {
    private var request: AgentRequest {
        var request = AgentRequest(
            name: "claude", directory: "/w", home: "/h", temporary: "/t",
            environment: [
                "PATH": "/nowhere", "HOME": "/nobody", "ANTHROPIC_API_KEY": "k",
                "ANTHROPIC_MODEL": "m", "CLAUDECODE": "1", "CLAUDE_CODE_ENTRYPOINT": "cli",
                "CLAUDE_CODE_OAUTH_TOKEN": "t", "OPENAI_API_KEY": "o", "CODEX_HOME": "/c",
                "EDITOR": "vi",
            ])
        request.prompt = "--help"
        return request
    }

    private let settings = AgentSettings(kind: .claude, command: .argv(["/bin/claude"]))

    @Test func `the words of others are part of their option's word`() throws {
        var request = request
        request.session = "-s"
        request.budget = 1_500_000
        var settings = settings
        settings.model = "-m x"
        settings.maxTurns = 3
        settings.args = ["--effort=low"]
        let launch = try AgentLaunch.of(settings, request)
        #expect(launch.arguments.first == "/bin/claude")
        #expect(
            launch.arguments.suffix(5)
                == [
                    "--model=-m x", "--max-turns=3", "--max-budget-usd=1.50", "--resume=-s",
                    "--effort=low",
                ])
        #expect(!launch.arguments.contains("--help") && launch.input == Array("--help".utf8))
    }

    @Test func `only keys and their servers are left of what vendors' variables say`() throws {
        var settings = settings
        settings.env = ["ANTHROPIC_MODEL": "mine"]
        let launch = try AgentLaunch.of(settings, request)
        #expect(
            launch.removed
                == [
                    "ANTHROPIC_MODEL", "CLAUDECODE", "CLAUDE_CODE_ENTRYPOINT", "CODEX_HOME",
                    "OPENAI_API_KEY",
                ])
        #expect(launch.environment["ANTHROPIC_MODEL"] == "mine")
        #expect(launch.environment["HOME"] == "/h" && launch.environment["TMPDIR"] == "/t")
    }

    @Test(arguments: [false, true])
    func `of git it runs unasked what no option leads elsewhere`(isReadOnly: Bool) throws {
        var request = request
        request.isReadOnly = isReadOnly
        let words = try AgentLaunch.of(settings, request).arguments
        let rules = try #require(words.first { $0.hasPrefix("--allowedTools=") })
            .split(whereSeparator: { "=,".contains($0) })
        // These take --output or -O, wherever it stands; which calls only look it knows itself.
        for name in ["diff", "log", "show", "blame", "grep", "stash", "stash list"] {
            #expect(!rules.contains("Bash(git \(name):*)"), "\(name)")
        }
        #expect(rules.contains("Bash(git status:*)"))
        #expect(rules.contains("Bash(git commit:*)") != isReadOnly)
        #expect(rules.contains("Bash(git stash push:*)") != isReadOnly)
    }

    @Test func `only plain commands become rules`() throws {
        var request = request
        request.commands = ["make test", "sh -c 'x)'", "a,b", "rm -rf $HOME"]
        let tools = try AgentLaunch.of(settings, request).arguments
            .first { $0.hasPrefix("--allowedTools=") }
        let text = try #require(tools)
        #expect(text.contains("Bash(make test),Bash(make test:*)"))
        #expect(!text.contains("x)") && !text.contains("a,b") && !text.contains("rm -rf"))
    }

    @Test func `servers of tools are in a file that the user alone can read`() throws {
        var request = request
        request.servers = [
            "numbers": ToolServer(.program(command: "n", args: ["-x"], env: ["K": "v"]))
        ]
        let launch = try AgentLaunch.of(settings, request)
        #expect(launch.arguments.contains("--mcp-config=/h/tool-servers.json"))
        let file = try #require(launch.homeFiles["tool-servers.json"])
        let servers = try JSON(parsing: file)["mcpServers"]
        #expect(
            servers?["numbers"]
                == ["args": ["-x"], "command": "n", "env": ["K": "v"], "type": "stdio"])
        #expect(launch.arguments.contains { $0.contains("mcp__numbers") })
    }

    @Test func `who only looks may not edit`() throws {
        var request = request
        request.isReadOnly = true
        let words = try AgentLaunch.of(settings, request).arguments
        #expect(words.contains("--permission-mode=default"))
        #expect(!words.joined().contains("MultiEdit"))
    }

    // MARK: - Choosing

    private func policy(_ agents: [String: AgentSettings]) -> Policy {
        var policy = Policy.builtIn(cores: 1)
        policy.agents = AgentCatalog(named: agents)
        return policy
    }

    private let nowhere = ["PATH": "/nowhere"]

    @Test func `an absent agent has a substitute only if the policy names one`() throws {
        let claude = AgentSettings(kind: .claude)
        let error = #expect(throws: ExecutionError.self) {
            _ = try AgentLaunch.choose("claude", policy([:]), environment: nowhere)
        }
        #expect(error?.code == .programNotFound)
        var withFallback = claude
        withFallback.fallback = "codex"
        let line = policy([
            "claude": withFallback,
            "codex": AgentSettings(kind: .codex, fallback: "mine"),
            "mine": AgentSettings(kind: .command, command: .shell("true")),
        ])
        let choice = try AgentLaunch.choose("claude", line, environment: nowhere)
        #expect(choice.name == "mine" && choice.insteadOf == "claude")
    }

    @Test func `without a name the policy's agents come before the machine's`() throws {
        let mine = AgentSettings(kind: .command, command: .shell("true"))
        let choice = try AgentLaunch.choose(nil, policy(["mine": mine]), environment: nowhere)
        #expect(choice.name == "mine" && choice.insteadOf == nil)
        let folder = FileManager.default.temporaryDirectory
            .appending(path: "agents-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let program = folder.appending(path: "codex").path
        _ = FileManager.default.createFile(
            atPath: program, contents: nil, attributes: [.posixPermissions: 0o755])
        let found = try AgentLaunch.choose(nil, policy([:]), environment: ["PATH": folder.path])
        #expect(found.name == "codex")
    }
}

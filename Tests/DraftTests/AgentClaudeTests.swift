import Foundation
import Model
import TestSupport
import Testing

/// Whole jobs of a script that speaks like Claude Code.
@Suite struct AgentClaudeTests {
    /// What every script begins with: notes how it was called, as call `$n`.
    ///
    /// `begin` opens the session; `end COST TOKENS [DENIALS]` is the last word, with what the
    /// session used in all; `fail MEMBERS` is a last word that is none.
    static let speaking = #"""
        n=$(cat "$LOG/n" 2>/dev/null || echo 0); n=$((n + 1)); echo $n >"$LOG/n"
        cat >"$LOG/stdin-$n"; printf '%s\n' "$@" >"$LOG/args-$n"; env >"$LOG/env-$n"
        begin() { echo '{"type":"system","subtype":"init","session_id":"'${1:-5e551017-1}'","model":"m","claude_code_version":"9.9.9"}'; }
        say() { echo '{"type":"assistant","message":{"id":"a'$n'","content":[{"type":"text","text":"'"$1"'"}]},"parent_tool_use_id":null}'; }
        end() { echo '{"type":"result","subtype":"success","is_error":false,"result":"done '$n'","session_id":"5e551017-1","total_cost_usd":'$1',"usage":{"input_tokens":10,"output_tokens":1},"modelUsage":{"m":{"inputTokens":'$2',"outputTokens":'$n'}},"permission_denials":['"$3"']}'; }
        fail() { echo '{"type":"result","session_id":"5e551017-1","is_error":true,'"$1"'}'; exit 1; }

        """#

    private func bench(
        _ script: String, guardrails: String = "", claude: String = ""
    ) throws -> LoopBench {
        try LoopBench(Self.speaking + script, guardrails: guardrails, claude: claude)
    }

    @Test func `a session goes on, and is charged for what is new`() throws {
        let bench = try bench(
            """
            begin; say hello
            if [ $n = 1 ]; then echo bad >f; end 0.030000000000000002 100
            else echo good >f; end 0.05 250; fi
            """)
        let ticket = try bench.ticket("--accept 'f is good'")
        try bench.draft(
            "run --agent spoken \(ticket)",
            environment: [
                "CLAUDECODE": "1", "ANTHROPIC_MODEL": "x", "ANTHROPIC_API_KEY": "sk-not-a-key",
            ])
        let job = try bench.job(ticket)
        #expect(job["outcome"] == "revision")
        #expect(job["agent"] == ["name": "spoken", "version": "9.9.9"])
        #expect(job["agent_session"] == "5e551017-1" && job["exit_code"] == 0)
        #expect(
            job["usage"]
                == ["cost": 50000, "source": "agent", "tokens_in": 250, "tokens_out": 2])
        let turns = job["iterations"]?.array ?? []
        #expect(turns.map { $0["cost"] } == [30000, 20000])
        #expect(turns.map { $0["tokens"] } == [101, 151])
        let first = try bench.left("args-1")
        #expect(first.hasPrefix("-p\n--output-format=stream-json\n--verbose\n"))
        #expect(first.contains("--setting-sources=user") && !first.contains("--resume"))
        #expect(try bench.left("args-2").contains("--resume=5e551017-1\n"))
        #expect(try bench.left("stdin-1").contains("f is good"))
        let second = try bench.left("stdin-2")
        #expect(second.contains("wrong: bad") && !second.contains("f is good"))
        let environment = try bench.left("env-1")
        #expect(!environment.contains("CLAUDECODE=") && !environment.contains("ANTHROPIC_MODEL"))
        #expect(environment.contains("ANTHROPIC_API_KEY=sk-not-a-key\n"))
        #expect(environment.contains("/draft/jobs/\(job["id"]?.string ?? "")/home\n"))
        let names = try bench.evidence(job)
        #expect(names.contains("002-agent-raw.jsonl") && names.contains("003-agent-log.jsonl"))
        let log = try bench.draft("logs \(ticket)").stdout
        #expect(log.contains("\nhello\n") && log.contains("used 150 tokens in, 1 out, $0.02\n"))
        // For tools there is what it did, and not what people were shown of it.
        let lines = try JSON(parsing: bench.draft("logs --json \(ticket)").stdout)["events"]?.array
        #expect(lines?.contains { $0["type"] == "usage" && $0["cost"] == 20000 } == true)
        #expect(lines?.contains { $0["type"] == "message" && $0["text"] == "hello" } == true)
    }

    @Test func `a question is asked by the file, and its answer told alone`() throws {
        let bench = try bench(
            #"""
            begin
            if [ $n = 1 ]; then
                echo '{"status":"needs_input","question":{"text":"Which?","choices":["a"]}}' >$DRAFT_RESULT
                end 0.01 10
            else echo good >f; end 0.02 20; fi
            """#)
        let ticket = try bench.ticket()
        try bench.draft("run --agent spoken \(ticket)", expecting: 1)
        #expect(try bench.job(ticket)["status"] == "waiting_for_input")
        try bench.draft("answer \(ticket) a")
        try bench.draft("run \(ticket)")
        #expect(try bench.left("args-2").contains("--resume=5e551017-1\n"))
        let words = try bench.left("stdin-2")
        #expect(words.contains("Which?") && !words.contains("Do it"))
        #expect(try bench.sandbox.git("status", "--porcelain") == "")
    }

    @Test func `a rate limit parks the job, and a retry goes on where it was`() throws {
        let bench = try bench(
            #"""
            begin
            if [ $n = 1 ]; then
                echo half >g
                echo '{"type":"rate_limit_event","rate_limit_info":{"status":"rejected","resetsAt":4102444800}}'
                fail '"subtype":"success","api_error_status":429,"result":"limit"'
            fi
            [ -e g ]; echo good >f; end 0.02 20
            """#, guardrails: "max_iterations: 1")
        let ticket = try bench.ticket()
        try bench.draft("run --agent spoken \(ticket)", expecting: 1)
        let parked = try bench.job(ticket)
        #expect(parked["reason"] == "rate_limit")
        #expect(parked["findings"]?["resets_at"] == "2100-01-01T00:00:00.000Z")
        let next = parked["findings"]?["next"]?.string
        #expect(
            next == "git draft retry \(ticket.prefix(6))    # from 2100-01-01T00:00:00.000Z on")
        #expect(try bench.record(ticket)["state"] == "blocked")
        try bench.draft("retry --agent spoken \(ticket)")
        #expect(try bench.left("args-2").contains("--resume=5e551017-1\n"))
        #expect(try bench.left("stdin-2").contains("cut short"))
        let job = try bench.job(ticket)
        #expect(job["outcome"] == "revision" && job["resumes"] == parked["id"])
    }

    @Test(arguments: [true, false])
    func `a rate limit does not take the turn that an answer gives`(_ hasFallback: Bool) throws {
        let bench = try bench(
            #"""
            [ -n "$1" ] || { echo good >f; exit 0; }
            begin
            case $n in
            1) echo '{"status":"needs_input","question":{"text":"Which?"}}' >$DRAFT_RESULT ;;
            2) fail '"subtype":"success","api_error_status":429,"result":"limit"' ;;
            *) echo good >f ;;
            esac
            end 0.02 20
            """#, guardrails: "max_iterations: 1", claude: hasFallback ? "fallback: script" : "")
        let ticket = try bench.ticket()
        try bench.draft("run --agent spoken \(ticket)", expecting: 1)
        try bench.draft("answer \(ticket) 'the left one'")
        try bench.draft("run \(ticket)", expecting: hasFallback ? 0 : 1)
        if !hasFallback {
            #expect(try bench.job(ticket)["reason"] == "rate_limit")
            try bench.draft("retry --agent spoken \(ticket)")
        }
        let job = try bench.job(ticket)
        #expect(job["outcome"] == "revision" && job["counters"]?["iterations"] == 2)
        #expect(try bench.left("stdin-3").contains("the left one"))
    }

    @Test func `where the policy names a fallback, that one goes on`() throws {
        let bench = try bench(
            #"""
            [ -n "$1" ] || { echo good >f; exit 0; }
            begin; fail '"subtype":"success","api_error_status":429,"result":"limit"'
            """#, claude: "fallback: script")
        let ticket = try bench.ticket()
        try bench.draft("run --agent spoken \(ticket)")
        let job = try bench.job(ticket)
        #expect(job["agent"]?["name"] == "script" && job["outcome"] == "revision")
        #expect(try bench.draft("logs \(ticket)").stdout.contains("its fallback script goes on"))
    }

    @Test(arguments: [true, false])
    func `a turn limit loses nothing`(_ isChanged: Bool) throws {
        let bench = try bench(
            """
            begin; \(isChanged ? "echo good >f" : "true")
            fail '"subtype":"error_max_turns","errors":["Reached maximum number of turns (2)"]'
            """)
        let ticket = try bench.ticket()
        try bench.draft("run --agent spoken \(ticket)", expecting: isChanged ? 0 : 1)
        let job = try bench.job(ticket)
        #expect(job["reason"] == (isChanged ? .null : "agent_failed"))
    }

    @Test func `money is limited over the whole job`() throws {
        let bench = try bench(
            #"""
            begin
            if [ $n = 1 ]; then echo bad >f; end 0.30 10; fi
            [ $n = 1 ] || fail '"subtype":"error_max_budget_usd","total_cost_usd":0.5,"modelUsage":{}'
            """#, claude: "max_budget_usd: 0.50, max_turns: 7, model: -x")
        let ticket = try bench.ticket()
        try bench.draft("run --agent spoken \(ticket)", expecting: 1)
        let job = try bench.job(ticket)
        #expect(job["reason"] == "budget" && job["limits"]?["budget"] == 500_000)
        #expect(job["usage"]?["cost"] == 500_000)
        let first = try bench.left("args-1")
        #expect(first.contains("--max-budget-usd=0.50\n") && first.contains("--max-turns=7\n"))
        #expect(first.contains("--model=-x\n"))
        #expect(try bench.left("args-2").contains("--max-budget-usd=0.20\n"))
    }

    @Test func `one that does not end after its last word is ended, and its work counts`() throws {
        let bench = try bench("begin; echo good >f; end 0.01 1; exec sleep 1000")
        let ticket = try bench.ticket()
        try bench.draft("run --agent spoken \(ticket)")
        let job = try bench.job(ticket)
        #expect(job["outcome"] == "revision", "\(job.canonicalText)")
    }

    @Test func `one that ends without a last word has failed`() throws {
        let bench = try bench("begin; echo good >f; echo 'out of memory' >&2; exit 0")
        let ticket = try bench.ticket()
        try bench.draft("run --agent spoken \(ticket)", expecting: 1)
        let job = try bench.job(ticket)
        #expect(job["reason"] == "agent_failed")
        #expect(job["errors"]?.array?.first?["error_type"] == "incomplete")
        let errors = try bench.evidence(job).filter { $0.hasSuffix("agent-raw.log") }
        let text = try bench.evidence(job, #require(errors.first))
        #expect(text == "out of memory")
    }

    @Test func `who changed nothing for want of a permission says so`() throws {
        let bench = try bench(
            #"begin; end 0.01 1 '{"tool_name":"Bash","tool_input":{"command":"curl x"}}'"#)
        let ticket = try bench.ticket()
        try bench.draft("run --agent spoken \(ticket)", expecting: 1)
        let job = try bench.job(ticket)
        #expect(job["reason"] == "no_change")
        #expect(job["findings"]?["last_failure"]?.string?.contains("Bash(curl x)") == true)
        // To run it again changes nothing by itself.
        let next = job["findings"]?["next"]?.string ?? ""
        #expect(next.contains("[\"--allowedTools=Bash(curl:*)\"] of agents.spoken"), "\(next)")
        #expect(next.hasSuffix("; then git draft retry \(ticket.prefix(6))"))
    }

    @Test func `what an agent says of itself and of its work may be long`() throws {
        let bench = try bench(
            #"""
            long() { head -c 1200000 /dev/zero | tr '\0' x; }
            echo '{"type":"system","subtype":"init","session_id":"5e551017-1","model":"'"$(long)"'","claude_code_version":"'"$(long)"'"}'
            echo '{"type":"result","subtype":"success","is_error":false,"result":"'"$(long)"'","total_cost_usd":1e-9223372036854775808}'
            """#)
        let ticket = try bench.ticket("--mode investigate")
        try bench.draft("run --agent spoken \(ticket)")
        let job = try bench.job(ticket)
        #expect(try bench.jobs(ticket).count == 1 && job["outcome"] == "findings")
        #expect(job["agent"]?["version"]?.string?.utf8.count == 200)
        let findings = try #require(try bench.revision(ticket)["findings"]?.string)
        #expect(findings.utf8.count <= 256 << 10 && findings.contains(" bytes left out]\n"))
        let kept = try bench.evidence(job).filter { $0.contains("-findings.") }
        #expect(try kept.map { try bench.evidence(job, $0).utf8.count }.reduce(0, +) == 1_200_000)
    }

    @Test func `a session that is gone is begun anew`() throws {
        let bench = try bench(
            """
            if [ $n = 2 ]; then echo 'No conversation found' >&2; exit 1; fi
            begin 5e551017-$n; if [ $n = 1 ]; then echo bad >f; else echo good >f; fi; end 0.01 1
            """)
        let ticket = try bench.ticket()
        try bench.draft("run --agent spoken \(ticket)")
        #expect(!(try bench.left("args-3").contains("--resume")))
        #expect(try bench.left("stdin-3").contains("Do it"))
    }

    @Test func `a log-in is lent for the turn only`() throws {
        let bench = try bench(
            #"""
            begin; cat "$HOME/.claude/.credentials.json" >"$LOG/login"
            stat -c %a "$HOME/.claude/.credentials.json" >"$LOG/mode"
            echo "$HOME" >"$LOG/home"; echo bad >f
            echo '{"status":"needs_input","question":{"text":"Which?"}}' >$DRAFT_RESULT; end 0 1
            """#)
        let folder = bench.log.appending(path: "user/.claude")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        let secret = #"{"token":"a-log-in-of-mine"}"#
        try Data(secret.utf8).write(to: folder.appending(path: ".credentials.json"))
        let ticket = try bench.ticket()
        let user = ["CLAUDE_CONFIG_DIR": folder.path]
        try bench.draft("run --agent spoken \(ticket)", expecting: 1, environment: user)
        #expect(try bench.left("login") == secret)
        #expect(try bench.left("mode") == "600\n")
        #expect(!(try bench.left("env-1").contains("CLAUDE_CONFIG_DIR")))
        let home = try bench.left("home").trimmingCharacters(in: .newlines)
        #expect(FileManager.default.fileExists(atPath: home))
        #expect(!FileManager.default.fileExists(atPath: home + "/.claude/.credentials.json"))
        #expect(try bench.places(of: "a-log-in-of-mine") == "")
        try bench.draft("cancel \(ticket)")
        #expect(!FileManager.default.fileExists(atPath: home))
    }

    @Test func `a secret is found however a stream escapes it`() throws {
        let bench = try bench(
            #"""
            begin; echo good >f; say 'my-\u0073ecret-token-value \"x'; end 0.01 1
            """#)
        let ticket = try bench.ticket()
        try bench.draft(
            "run --agent spoken \(ticket)",
            environment: ["MY_TOKEN": "my-secret-token-value \"x"])
        let job = try bench.job(ticket)
        let raw = try bench.evidence(job, "002-agent-raw.jsonl")
        #expect(raw.contains("[redacted]") && !raw.contains("ecret-token-value"))
    }

    @Test func `an agent that is not installed is refused before anything happens`() throws {
        let bench = try bench("true")
        let ticket = try bench.ticket()
        let before = try bench.sandbox.board()
        let said = try bench.draft("run --agent claude \(ticket)", expecting: 128)
        #expect(
            said.stderr == """
                fatal: cannot start agent 'claude': Claude Code is not installed
                hint: npm install -g @anthropic-ai/claude-code

                """)
        #expect(try bench.sandbox.board() == before)
    }
}

import Foundation
import Model
import TestSupport
import Testing

/// Tickets made by an agent: what it is told, what it may answer, and what becomes of it.
@Suite struct PlanAgentTests {
    /// A repository whose agent is a script, and a goal.
    private func bench(
        _ agent: String, guardrails: String = ""
    ) throws -> (bench: LoopBench, goal: String) {
        let bench = try LoopBench(agent, guardrails: guardrails)
        return (bench, try bench.sandbox.id("goal new 'Ship it' --description 'All of it'"))
    }

    private func jobs(_ bench: LoopBench) throws -> [JSON] {
        try #require(bench.sandbox.json("job list")["jobs"]?.array)
    }

    private func tickets(_ bench: LoopBench) throws -> [JSON] {
        try #require(bench.sandbox.json("ticket list")["tickets"]?.array)
    }

    @Test func `status shows a goal whose plan had to wait`() throws {
        let (bench, goal) = try bench(
            #"""
            [ ! -e "$LOG/again" ] || { echo '{"type":"result","subtype":"success","result":"no"}'; exit; }
            echo '{"type":"rate_limit_event","rate_limit_info":{"status":"rejected","resetsAt":4102444800}}'
            echo '{"type":"result","subtype":"success","is_error":true,"api_error_status":429,"result":"limit"}'
            exit 1
            """#)
        try bench.draft("plan \(goal) --agent spoken", expecting: 1)
        #expect(try jobs(bench).first?["reason"] == "rate_limit")
        let status = try bench.draft("status")
        #expect(status.stdout.contains("failed (1)"))
        #expect(status.stdout.contains("the plan of goal \(goal.prefix(6))"))
        #expect(status.stdout.contains("rate_limit until 2100-01-01T00:00:00.000Z"))
        #expect(status.stderr == "hint: git draft plan \(goal.prefix(6))\n")
        let lines = try bench.draft("status --porcelain").stdout
        #expect(lines == "failed\t\(goal)\trate_limit\n")
        #expect(try bench.draft("status --quiet").stdout == "\(goal)\n")
        try bench.draft("ticket new Mine --goal \(goal)")
        #expect(try !bench.draft("status").stdout.contains("rate_limit"))
    }

    @Test func `scripts are told of a plan that asks`() throws {
        let (bench, goal) = try bench(
            #"""
            echo '{"status":"needs_input","question":{"text":"Which?"}}' > "$DRAFT_RESULT"
            """#)
        try bench.draft("plan \(goal)", expecting: 1)
        let question = try bench.draft("questions --quiet").stdout
        let lines = try bench.draft("status --porcelain").stdout
        #expect(lines == "waiting\t\(goal)\tquestion\t\(question)")
        #expect(try bench.draft("status --quiet").stdout == "\(goal)\n")
        let waiting = try bench.sandbox.json("status")["waiting"]?.array?.first?.object
        #expect(
            Set(waiting.map { Array($0.keys) } ?? [])
                == ["goal", "job", "questions", "revision", "ticket"])
    }

    @Test func `a plan goes beside tickets that leave no room behind them`() throws {
        let (bench, goal) = try bench("echo '{\"tickets\": [{\"title\": \"A\"}]}'")
        let last = try bench.sandbox.id("ticket new Last --goal \(goal)")
        var record = try #require(try bench.sandbox.stored("tickets", last).object)
        record["sort_order"] = .integer(.max)
        try bench.sandbox.replaceOnBoard(
            "tickets/\(last.suffix(2))/\(last).json", with: JSON.object(record).canonicalText)
        try bench.draft("plan \(goal)")
        #expect(try tickets(bench).count == 2)
    }

    @Test func `a plan of Codex that had to wait says until when`() throws {
        let (bench, goal) = try bench(
            AgentCodexTests.speaking
                + "begin; fail 'You’ve hit your usage limit. Try again at Jan 1st, 2100 1:59 AM.'")
        try bench.draft("plan \(goal) --agent asked", expecting: 1)
        let job = try #require(try jobs(bench).first)
        #expect(job["reason"] == "rate_limit")
        #expect(job["findings"]?["resets_at"] == "2100-01-01T02:00:00.000Z")
    }

    @Test func `an answer on standard output becomes proposed tickets and a job`() throws {
        let (bench, goal) = try bench(
            """
            cp "$DRAFT_WORK_ORDER" "$LOG/order"; pwd > "$LOG/place"
            echo dropped > dropped; git add -A; git commit -q -m gone
            echo "I looked around. Here it is:"
            printf '```json\\n'
            echo '{"tickets": [{"title": "Parse", "priority": "P0", "acceptance_criteria": ["x"]},'
            echo ' {"title": "Print", "blocked_by": ["Parse"], "touches": ["src/**"]}]}'
            printf '```\\nHave fun.\\n'
            """)
        let list = try bench.draft("plan \(goal) --json")
        let made = try #require(try JSON(parsing: list.stdout)["tickets"]?.array)
        #expect(made.map { $0["title"] } == ["Parse", "Print"])
        #expect(made.allSatisfy { $0["state"] == "proposed" && $0["goal_id"] == .string(goal) })
        #expect(made[0]["priority"] == 90)
        #expect(made[1]["blocked_by"] == [made[0]["id"] ?? .null])
        let job = try #require(try jobs(bench).first)
        #expect(job["kind"] == "plan" && job["goal_id"] == .string(goal))
        #expect(job["ticket_id"] == .null && job["status"] == "succeeded")
        #expect(job["agent"]?["name"] == "script" && job["counters"]?["iterations"] == 1)
        #expect(job["machine_summary"]?["created"] == JSON(made.compactMap { $0["id"]?.string }))
        #expect(
            try bench.evidence(job) == [
                "001-work-order.json", "002-agent-raw.log", "003-agent-log.jsonl",
            ])
        let order = try bench.order("order")
        #expect(order["kind"] == "plan" && order["ticket"] == .null)
        #expect(order["goal"]?["description"] == "All of it")
        #expect(order["repository"]?["history"] == ["start"])
        let paths = order["repository"]?["files"]?.array?.map { $0["path"] }
        #expect(paths == ["check", "draft.yaml"])
        #expect(order["tickets"] == [])
        let types = try bench.sandbox.eventTypes()
        #expect(types.contains("plan.imported") && types.contains("job.finished"))
        // What it changed is gone, and no reference keeps it.
        let place = try bench.left("place").trimmingCharacters(in: .newlines)
        #expect(!FileManager.default.fileExists(atPath: place))
        let references = try bench.sandbox.git("for-each-ref", "--format=%(refname)")
        #expect(!references.contains("draft-local") && !references.contains("attempts"))
        #expect(try bench.sandbox.git("status", "--porcelain") == "")
    }

    @Test func `an answer in the result counts before what was printed`() throws {
        let (bench, goal) = try bench(
            """
            echo '{"tickets": [{"title": "No"}]}'
            echo '{"status": "done", "tickets": [{"title": "Yes"}]}' > "$DRAFT_RESULT"
            """)
        try bench.draft("plan \(goal) --agent script")
        #expect(try tickets(bench).map { $0["title"] } == ["Yes"])
    }

    @Test(
        arguments: [
            ("echo 'I would rather not.'", "holds no JSON object; it begins: I would rather"),
            ("echo '{\"tickets\": [{\"titel\": \"x\"}]}'", "1: unknown key 'tickets.1.titel'"),
            ("echo '{\"tickets\": [{\"title\": \"x\"'", "answer:"),
            (
                "echo '{\"tickets\":[{\"title\":\"x\",\"blocked_by\":[\"y\"]}]}'",
                "no ticket of the plan is called 'y'"
            ),
            ("printf '\\377\\0'", "holds no JSON object"),
            (
                "echo '{\"tickets\": [{\"title\": \"x\", \"labels\": ['; "
                    + "seq 30000 | sed 's/.*/\"&\",/'; echo '\"z\"]}]}'",
                "cannot be stored"
            ),
            ("exit 3", "exited with status 3"),
        ])
    func `of what is no plan nothing is stored but the job`(agent: String, why: String) throws {
        let (bench, goal) = try bench(agent)
        let said = try bench.draft("plan \(goal)", expecting: 1)
        #expect(said.stderr.contains(why), "\(said.stderr)")
        #expect(said.stderr.contains("hint: git draft logs "))
        #expect(said.stdout == "")
        #expect(try tickets(bench).isEmpty)
        let job = try #require(try jobs(bench).first)
        #expect(job["status"] == "failed" && job["reason"] == "agent_failed")
        #expect(try bench.evidence(job).contains("002-agent-raw.log"))
    }

    @Test func `more than ten are capped, and what is there already is left out`() throws {
        let (bench, goal) = try bench(
            """
            cp "$DRAFT_WORK_ORDER" "$LOG/order"
            rows='{"title": "do  IT", "blocked_by": [12]}, {"title": "N2", "blocked_by": ["Do it"]}'
            for n in 3 4 5 6 7 8 9 10 11 12; do rows="$rows, {\\"title\\": \\"N$n\\"}"; done
            echo "{\\"tickets\\": [$rows, {\\"title\\": \\"N13\\"}]}"
            """)
        let there = try bench.ticket()
        let gone = try bench.sandbox.id("ticket new N3")
        try bench.draft("ticket move \(gone) abandoned")
        let said = try bench.draft("plan \(goal)")
        #expect(said.stderr.contains("note: kept the first 10 of 13 tickets"))
        #expect(said.stderr.contains("note: left out 1 blocker that is not among them"))
        #expect(said.stderr.contains("note: there is a ticket 'do  IT' already"))
        #expect(said.stderr.contains("hint: git draft accept \(goal.prefix(6))"))
        let made = try tickets(bench).filter { $0["goal_id"] == .string(goal) }
        #expect(Set(made.compactMap { $0["title"]?.string }) == Set((2...10).map { "N\($0)" }))
        let second = try #require(made.first { $0["title"] == "N2" })
        #expect(second["blocked_by"] == [.string(there)])
        let told = try #require(try bench.order("order")["tickets"]?.array)
        #expect(Set(told.compactMap { $0["title"]?.string }) == ["Do it", "N3"])
        #expect(told.allSatisfy { $0["goal"] != .null })
        let event = try bench.draft("log \(goal) --json").stdout
        #expect(event.contains("kept the first 10 of 13 tickets") && event.contains("do  IT"))
        let again = try bench.draft("plan \(goal)")
        #expect(again.stderr.contains("nothing new is planned"))
        #expect(again.stdout == "")
    }

    @Test func `a ticket may wait for one that is there and not repeated`() throws {
        let (bench, goal) = try bench(
            "echo '{\"tickets\": [{\"title\": \"Next\", \"blocked_by\": [\"do it\"]}]}'")
        let there = try bench.ticket()
        try bench.draft("plan \(goal)")
        let made = try #require(try tickets(bench).first { $0["title"] == "Next" })
        #expect(made["blocked_by"] == [.string(there)])
    }

    @Test func `an empty list is said, and no error`() throws {
        let (bench, goal) = try bench("echo '{\"tickets\": []}'")
        let said = try bench.draft("plan \(goal)")
        #expect(said.stderr.contains("the agent says that nothing is to be done"))
        #expect(try bench.sandbox.json("plan \(goal)") == ["schema": 1, "tickets": []])
    }

    @Test func `an agent that asks goes on after the answer`() throws {
        let (bench, goal) = try bench(
            """
            cp "$DRAFT_WORK_ORDER" "$LOG/order-$DRAFT_ITERATION"
            if [ $DRAFT_ITERATION = 1 ]; then
                echo '{"status":"needs_input","question":{"text":"How far?"}}' > "$DRAFT_RESULT"
            else echo '{"tickets": [{"title": "Go"}]}'; fi
            """, guardrails: "max_iterations: 1")
        let said = try bench.draft("plan \(goal)", expecting: 1)
        #expect(said.stderr.contains("asks How far?"))
        let job = try #require(try jobs(bench).first)
        #expect(job["status"] == "waiting_for_input")
        let waiting = try bench.draft("plan \(goal)", expecting: 128)
        #expect(waiting.stderr.contains("waits for an answer\nhint: git draft answer "))
        #expect(try bench.draft("questions").stdout.contains("goal \(goal.prefix(6)): Ship it"))
        #expect(try bench.draft("status").stdout.contains("asks: How far?"))
        let list = try #require(try bench.sandbox.json("questions")["questions"]?.array)
        let id = try #require(list.first?["id"]?.string)
        let answered = try bench.draft("answer \(id) 'to the end'")
        #expect(answered.stderr == "hint: git draft plan \(goal.prefix(6))\n")
        try bench.draft("plan \(goal)")
        #expect(try tickets(bench).map { $0["title"] } == ["Go"])
        let after = try jobs(bench)
        #expect(after.count == 1 && after[0]["id"] == job["id"])
        let answers = try #require(try bench.order("order-2")["answers"]?.array)
        #expect(answers.map { $0["answer"] } == ["to the end"])
    }

    @Test func `when the money is spent, an answer starts nobody`() throws {
        let bench = try LoopBench(
            AgentClaudeTests.speaking
                + #"""
                begin
                echo '{"status":"needs_input","question":{"text":"How far?"}}' > "$DRAFT_RESULT"
                end 0.60 10
                """#, claude: "max_budget_usd: 0.10")
        let goal = try bench.sandbox.id("goal new 'Ship it'")
        try bench.draft("plan \(goal) --agent spoken", expecting: 1)
        let list = try #require(try bench.sandbox.json("questions")["questions"]?.array)
        let id = try #require(list.first?["id"]?.string)
        try bench.draft("answer \(id) 'to the end'")
        try bench.draft("plan \(goal)", expecting: 1)
        let job = try #require(try jobs(bench).first)
        #expect(job["reason"] == "budget" && job["counters"]?["iterations"] == 1)
        #expect(job["findings"]?["last_failure"] == "max_budget_usd is used up: $0.60")
        #expect(try bench.left("n") == "1\n")
    }

    @Test func `a goal that is closed, a strange agent and a running job are refused`() throws {
        let (bench, goal) = try bench("touch $LOG/runs; while :; do sleep 1; done")
        #expect(
            try bench.draft("plan \(goal) --agent nobody", expecting: 128).stderr
                .contains("hint: git draft plan \(goal.prefix(6)) --from FILE"))
        try bench.draft("plan \(goal) --agent a --from f", expecting: 129)
        try bench.draft("plan \(goal) --dry-run", expecting: 129)
        let running = try bench.sandbox.start(
            "exec git draft plan \(goal)", environment: ["LOG": bench.log.path])
        try bench.sandbox.git("config", "x.y", "z")
        eventually("no agent plans") {
            FileManager.default.fileExists(atPath: bench.log.path + "/runs")
        }
        let busy = try bench.draft("plan \(goal)", expecting: 75)
        #expect(busy.stderr.contains("plans goal \(goal.prefix(6)) already"))
        let job = try #require(try jobs(bench).first?["id"]?.string)
        #expect(try bench.draft("status").stdout.contains("plan job \(job.prefix(6))"))
        try bench.draft("cancel \(job)")
        #expect(running.wait().status == 1)
        #expect(try jobs(bench)[0]["status"] == "canceled")
        #expect(try tickets(bench).isEmpty)
        try bench.draft("goal edit \(goal) --status done")
        let closed = try bench.draft("plan \(goal)", expecting: 128)
        #expect(closed.stderr.contains("is done\nhint: git draft goal edit"))
    }

    @Test func `a job that dies is closed, tried again, and leaves nothing`() throws {
        let (bench, goal) = try bench("echo '{\"tickets\": [{\"title\": \"One\"}]}'")
        let said = try bench.draft(
            "plan \(goal)", expecting: 1,
            environment: ["GIT_DRAFT_TEST_CRASH": "agent-running"])
        #expect(said.stderr.contains("failed (crashed)"))
        #expect(try jobs(bench).map { $0["reason"] } == ["crashed", "crashed", "crashed"])
        try bench.draft("plan \(goal)")
        #expect(try tickets(bench).map { $0["title"] } == ["One"])
        #expect(try bench.sandbox.run("ls .draft/worktrees").stdout == "")
        let references = try bench.sandbox.git("for-each-ref", "--format=%(refname)")
        #expect(!references.contains("draft-local"))
    }

    @Test func `an interrupt ends the job in order`() throws {
        let (bench, goal) = try bench("touch $LOG/runs; while :; do sleep 1; done")
        let running = try bench.sandbox.start(
            "exec git-draft plan \(goal)", environment: ["LOG": bench.log.path])
        eventually("no agent plans") {
            FileManager.default.fileExists(atPath: bench.log.path + "/runs")
        }
        running.signal(SIGINT)
        #expect(running.wait().status == 130)
        #expect(try jobs(bench)[0]["status"] == "canceled")
        #expect(try bench.sandbox.run("ls .draft/worktrees").stdout == "")
    }

    @Test func `a goal without tickets is planned before it runs`() throws {
        let (bench, goal) = try bench(
            """
            case $DRAFT_TICKET in
            '') echo '{"tickets": [{"title": "One"}]}' ;;
            *) echo good > f ;;
            esac
            """)
        let asked = try bench.draft("goal run \(goal)", expecting: 1)
        #expect(asked.stderr.contains("error: 1 ticket not accepted"))
        #expect(asked.stderr.contains("hint: git draft accept \(goal.prefix(6))"))
        try bench.draft("goal run \(goal) --auto-approve")
        #expect(try tickets(bench).map { $0["state"] } == ["done"])
    }

    @Test func `the replay agent plans by the title of the goal`() throws {
        let sandbox = try Sandbox()
        try sandbox.write("draft.yaml", "agents: {player: {kind: replay, file: r.yaml}}\n")
        try sandbox.write(
            "r.yaml",
            """
            tickets:
              Ship it:
                - - say: '{"tickets": [{"title": "First"}]}'
                - - say: '{"tickets": [{"title": "Second"}]}'
            """)
        try sandbox.git("add", "-A")
        try sandbox.git("commit", "-q", "-m", "start")
        try sandbox.draft("init")
        try sandbox.draft("trust --yes")
        let goal = try sandbox.id("goal new 'Ship it'")
        #expect(try sandbox.draft("plan \(goal)").stdout.contains(": First\n"))
        #expect(try sandbox.draft("plan \(goal)").stdout.contains(": Second\n"))
    }
}

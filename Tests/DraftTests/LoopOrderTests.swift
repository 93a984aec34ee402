import Foundation
import Model
import TestSupport
import Testing

/// What an agent is told, and what becomes of what it says.
@Suite struct LoopOrderTests {
    static let curious = """
        n=$DRAFT_ITERATION
        cp "$DRAFT_WORK_ORDER" "$LOG/order-$n"; cat > "$LOG/stdin-$n"; env > "$LOG/env-$n"
        git log --format='%an <%ae> %s' > "$LOG/log-$n"; git status --short > "$LOG/status-$n"
        cat .draft/logs/$DRAFT_JOB.log > "$LOG/joblog-$n"
        echo "turn $n"
        echo '{"t":5,"type":"message","text":"own"}' >> "$DRAFT_EVENTS"
        echo '{"type":"tool","id":"1","name":"x","input":{}}' >> "$DRAFT_EVENTS"
        echo 'no json' >> "$DRAFT_EVENTS"; echo '{"type":"odd"}' >> "$DRAFT_EVENTS"
        if [ $n = 1 ]; then
            echo wrong > f; git add f; git commit -qm mine
            echo '{"status":"done","plan":"think","summary":"did"}' > "$DRAFT_RESULT"
        else echo good > f; fi
        """

    @Test func `the second turn hears verbatim what failed`() throws {
        let bench = try LoopBench(Self.curious)
        let ticket = try bench.ticket("--accept 'f is good' --verify 'test -e f'")
        try bench.draft("run \(ticket)")
        let order = try bench.order("order-2")
        #expect(try bench.left("stdin-2") == bench.left("order-2"))
        #expect(
            order.keys == [
                "answers", "authors", "base_commit", "feedback", "goal", "guardrails",
                "instructions",
                "iteration", "kind", "limits", "mcp_servers", "mode", "plan", "review", "schema",
                "ticket", "untrusted", "validation", "workspace",
            ])
        #expect(order["goal"]?.keys == ["description", "id", "title"])
        #expect(
            order["ticket"]?.keys == [
                "acceptance_criteria", "description", "id", "task_type", "title",
            ])
        #expect(
            order["limits"]?.keys == ["budget", "deadline", "iterations_left", "max_iterations"])
        #expect(
            order["guardrails"]?.keys == [
                "allow", "deny", "dependency_changes", "max_files", "max_lines",
            ])
        #expect(order["kind"] == "execute" && order["mode"] == "fix" && order["schema"] == 1)
        #expect(order["iteration"] == 2 && order["plan"] == "think")
        #expect(order["limits"]?["iterations_left"] == 4)
        #expect(order["validation"]?["full"] == ["./check", "test -e f"])
        #expect(
            order["feedback"] == [
                [
                    "tier": "full", "command": "./check", "exit_code": 1,
                    "output": "wrong: wrong\n", "output_file": nil,
                ]
            ])
    }

    @Test func `the agent sees its branch, its name and its log`() throws {
        let bench = try LoopBench(Self.curious)
        let ticket = try bench.ticket()
        try bench.draft("run \(ticket)")
        let job = try #require(bench.job(ticket)["id"]?.string)
        let lines = try bench.left("env-1").split(separator: "\n").map(String.init)
        let git = lines.filter { $0.hasPrefix("GIT_") }
        let root = bench.sandbox.workTree.path + "/.draft/worktrees"
        #expect(
            git == ["GIT_CEILING_DIRECTORIES=\(root)", "GIT_REFLOG_ACTION=draft job \(job)"])
        for name in ["TICKET", "JOB", "GOAL", "ITERATION", "WORK_ORDER", "RESULT", "EVENTS"] {
            #expect(lines.contains { $0.hasPrefix("DRAFT_\(name)=") }, "\(name)")
        }
        #expect(lines.contains("DRAFT_TICKET=\(ticket)") && lines.contains("DRAFT_JOB=\(job)"))
        #expect(try bench.left("status-1") == "")
        let history = try bench.left("log-2").split(separator: "\n")
        #expect(history.dropFirst().first == "Ann Author <ann@example.com> mine")
        #expect(try bench.left("joblog-2").contains("wrong: wrong"))
        let path = "refs/draft/board"
        let types = try bench.sandbox.git("grep", "-h", "plan_recorded", path, "--", "audit")
        #expect(types.contains("job.plan_recorded"))
    }

    @Test func `what happened is kept as evidence`() throws {
        let bench = try LoopBench(Self.curious, setup: "echo prepared")
        let ticket = try bench.ticket()
        try bench.draft("run \(ticket)")
        let job = try bench.job(ticket)
        #expect(
            try bench.evidence(job) == [
                "001-setup.log", "002-work-order.json", "003-agent-raw.log",
                "004-agent-log.jsonl", "005-meta.json", "006-validation.log",
                "007-validation.log", "008-work-order.json", "009-agent-raw.log",
                "010-agent-log.jsonl", "011-validation.log", "012-diff-stat.log",
                "013-diff-patch.patch",
            ])
        #expect(try bench.evidence(job, "001-setup.log") == "prepared")
        #expect(try bench.evidence(job, "003-agent-raw.log") == "turn 1")
        let log = try bench.evidence(job, "004-agent-log.jsonl").split(separator: "\n")
            .map { try JSON(parsing: String($0)) }
        #expect(
            log.map { $0["type"]?.string } == [
                "message", "message", "tool", "other", "other", "end",
            ])
        #expect(log.allSatisfy { $0["t"]?.integer != nil || $0["type"] == "other" })
        #expect(log[3]["raw"] == "no json" && log[5]["status"] == "done")
        #expect(try bench.evidence(job, "012-diff-stat.log").contains("f | 1 +"))
        #expect(try bench.evidence(job, "013-diff-patch.patch").contains("\n+good"))
        let order = try bench.evidence(job, "008-work-order.json")
        let shown = try bench.left("order-2")
            .replacing(bench.sandbox.root.path, with: "$SANDBOX")
        #expect(order + "\n" == shown)
    }

    @Test func `much output is kept in bounds`() throws {
        let bench = try LoopBench(
            "echo good > f; yes agent | head -c 300000",
            validation: "full: ['yes check | head -c 300000']")
        let ticket = try bench.ticket()
        try bench.draft("run \(ticket)")
        let tail = try #require(bench.job(ticket)["log_tail"]?.string)
        #expect(tail.utf8.count <= 65536 && tail.utf8.count > 32768)
        let revision = try bench.draft("review \(ticket) --json").stdout
        let verdict = try JSON(parsing: revision)["verdicts"]?.array?.first
        #expect(try #require(verdict?["tail"]?.string).utf8.count <= 4096)
        #expect(verdict?["evidence"]?["path"]?.string?.hasSuffix("-validation.log") == true)
    }

    @Test(
        arguments: [
            "echo '{' > $DRAFT_RESULT", "echo '{\"status\":\"great\"}' > $DRAFT_RESULT",
            "echo '{\"status\":\"failed\",\"summary\":\"no\"}' > $DRAFT_RESULT",
            "echo '{\"status\":\"needs_input\"}' > $DRAFT_RESULT", "mkfifo $DRAFT_RESULT",
            "mkdir $DRAFT_RESULT; touch $DRAFT_RESULT/x",
            "echo '{\"status\":\"done\"}' > r; ln -s $PWD/r $DRAFT_RESULT",
            "head -c 3000000 /dev/zero | tr '\\0' ' ' > $DRAFT_RESULT",
        ])
    func `a result that is none fails`(_ script: String) throws {
        let bench = try LoopBench("echo good > f; \(script)")
        let ticket = try bench.ticket()
        try bench.draft("run \(ticket)", expecting: 1)
        #expect(try bench.record(ticket)["reason"] == "agent_failed")
        try bench.agent("echo good > f; echo 1 > g")
        try bench.draft("retry \(ticket)")
    }

    @Test func `an agent need not read the order`() throws {
        let bench = try LoopBench("exec <&-; echo good > f")
        let long = String(repeating: "x", count: 300_000)
        try bench.sandbox.write("text", long)
        let ticket = try bench.sandbox.id("ticket new 'Do it' -F text")
        try bench.draft("run \(ticket)")
    }
}

extension JSON {
    /// The keys of an object, sorted.
    fileprivate var keys: [String] { object.map { Array($0.keys) } ?? [] }
}

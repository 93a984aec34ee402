import Foundation
import Model
import TestSupport
import Testing

/// Questions and reviews: where a job waits for a person, and how it goes on.
@Suite struct LoopPersonTests {
    static let asking = """
        cp "$DRAFT_WORK_ORDER" "$LOG/order-$DRAFT_ITERATION"
        ask() { echo "{\\"status\\":\\"needs_input\\",\\"plan\\":\\"p\\",\\"question\\":$1}" > "$DRAFT_RESULT"; }
        case $DRAFT_ITERATION in
        1) echo wrong > f ;;
        2) echo kept > g; ask '{"text":"Which colour?","choices":["red","blue"],"freeform":false}' ;;
        3) cp g "$LOG/g"; ask '{"text":"How many?","context":"of them"}' ;;
        4) echo good > f ;;
        esac
        """

    @Test func `a job that asks goes on in the same tree when it is answered`() throws {
        let bench = try LoopBench(Self.asking)
        let ticket = try bench.ticket()
        let said = try bench.draft("run \(ticket)", expecting: 1)
        #expect(said.stdout.contains("asks Which colour?"))
        var job = try bench.job(ticket)
        let id = try #require(job["id"]?.string)
        #expect(job["status"] == "waiting_for_input" && job["reason"] == "question")
        #expect(try bench.record(ticket)["state"] == "needs_human")
        #expect(try bench.record(ticket)["holder"] == .null)
        // Another program may have its number by now.
        let process = "/proc/$(cat .git/draft/jobs/\(id)/pid)/environ"
        #expect(try bench.sandbox.run("grep -qs \"HOME=$HOME\" \(process)").status != 0)
        try bench.draft("run \(ticket)", expecting: 128)
        let wrong = try bench.draft("answer \(ticket) green", expecting: 128)
        #expect(wrong.stderr.contains("none of the choices: 'red', 'blue'"))
        try bench.draft("answer \(ticket) blue")
        #expect(try bench.job(ticket)["status"] == "queued")
        try bench.draft("run \(ticket)", expecting: 1)
        try bench.draft("answer \(ticket) 'about five'")
        try bench.draft("run \(ticket)")
        #expect(try bench.left("g") == "kept\n")
        let order = try bench.order("order-4")
        let answers = try #require(order["answers"]?.array)
        #expect(answers.map { $0["text"] } == ["Which colour?", "How many?"])
        #expect(answers.map { $0["choice"] } == ["blue", .null])
        #expect(answers.map { $0["answer"] } == [.null, "about five"])
        #expect(order["plan"] == "p" && order["iteration"] == 4)
        #expect(order["feedback"]?.array?.first?["output"] == "wrong: wrong\n")
        job = try bench.job(ticket)
        #expect(try bench.jobs(ticket).count == 1 && job["id"]?.string == id)
        #expect(job["counters"]?["iterations"] == 4 && job["counters"]?["full_runs"] == 2)
    }

    @Test func `an answer to the last turn gives one more`() throws {
        let bench = try LoopBench(
            """
            cp "$DRAFT_WORK_ORDER" "$LOG/order-$DRAFT_ITERATION"
            case $DRAFT_ITERATION in
            1) echo '{"status":"needs_input","question":{"text":"Which?"}}' > "$DRAFT_RESULT" ;;
            *) echo wrong > f ;;
            esac
            """, guardrails: "max_iterations: 1")
        let ticket = try bench.ticket()
        try bench.draft("run \(ticket)", expecting: 1)
        try bench.draft("answer \(ticket) this")
        try bench.draft("run \(ticket)", expecting: 1)
        let answers = try #require(try bench.order("order-2")["answers"]?.array)
        #expect(answers.map { $0["answer"] } == ["this"])
        let job = try bench.job(ticket)
        #expect(job["reason"] == "iterations" && job["counters"]?["iterations"] == 2)
    }

    @Test(arguments: [1, 2]) func `what was done before a question is judged after it`(
        _ asking: Int
    ) throws {
        let bench = try LoopBench(
            """
            [ $DRAFT_ITERATION -le \(asking) ] || exit 0
            echo wrong > f
            [ $DRAFT_ITERATION = \(asking) ] || exit 0
            echo good > f
            echo '{"status":"needs_input","question":{"text":"Fine so?"}}' > "$DRAFT_RESULT"
            """)
        let ticket = try bench.ticket()
        try bench.draft("run \(ticket)", expecting: 1)
        try bench.draft("answer \(ticket) yes")
        try bench.draft("run \(ticket)")
        let job = try bench.job(ticket)
        #expect(job["outcome"] == "revision")
        #expect(job["iterations"]?.array?.last?["full"] == "passed")
    }

    @Test func `what was judged before a question, and is as it was, is no change`() throws {
        let bench = try LoopBench(
            """
            case $DRAFT_ITERATION in
            1) echo wrong > f ;;
            2) echo '{"status":"needs_input","question":{"text":"?"}}' > "$DRAFT_RESULT" ;;
            esac
            """)
        let ticket = try bench.ticket()
        try bench.draft("run \(ticket)", expecting: 1)
        try bench.draft("answer \(ticket) yes")
        try bench.draft("run \(ticket)", expecting: 1)
        #expect(try bench.record(ticket)["reason"] == "no_change")
        #expect(try bench.job(ticket)["counters"]?["iterations"] == 3)
    }

    @Test func `what is being worked on is moved after it is stopped, as the hint says`() throws {
        let bench = try LoopBench("echo good > f")
        let ticket = try bench.ticket()
        try bench.draft("take \(ticket)")
        let said = try bench.draft("ticket move \(ticket) proposed", expecting: 128)
        let hint = "git draft cancel \(ticket.prefix(6))"
        #expect(said.stderr.hasSuffix("hint: \(hint)\n"), "\(said.stderr)")
        #expect(try bench.sandbox.run(hint).status == 0)
        try bench.draft("ticket move \(ticket) proposed")
        #expect(try bench.record(ticket)["state"] == "proposed")
    }

    @Test func `a ticket that nobody wants any more is named by what waits for it`() throws {
        let bench = try LoopBench("echo good > f")
        let first = try bench.ticket()
        let second = try bench.ticket("--blocked-by \(first)")
        try bench.draft("ticket move \(first) abandoned")
        let hint =
            "hint: git draft ticket unblock \(second.prefix(6)) --by \(first.prefix(6))\n"
        let said = try bench.draft("run \(second)", expecting: 128)
        #expect(said.stderr.hasSuffix("waits for \(first.prefix(6)) (abandoned)\n\(hint)"))
        let all = try bench.draft("goal run inbox", expecting: 1)
        #expect(all.stdout.contains("  planned (waits for \(first.prefix(6)), abandoned): "))
        #expect(all.stderr.contains(hint), "\(all.output)")
        #expect(try bench.sandbox.run(String(hint.dropFirst("hint: ".count))).status == 0)
        try bench.draft("run \(second)")
    }

    @Test func `failures go on being counted after an answer`() throws {
        let bench = try LoopBench(
            """
            echo wrong $DRAFT_ITERATION > f
            [ $DRAFT_ITERATION != 2 ] ||
                echo '{"status":"needs_input","question":{"text":"?"}}' > "$DRAFT_RESULT"
            """)
        let ticket = try bench.ticket()
        try bench.draft("run \(ticket)", expecting: 1)
        try bench.draft("answer \(ticket) yes")
        try bench.draft("run \(ticket)", expecting: 1)
        #expect(try bench.record(ticket)["reason"] == "identical_failure")
        #expect(try bench.job(ticket)["counters"]?["iterations"] == 3)
    }

    @Test func `what is sent back is done again on its base, with the comments`() throws {
        let bench = try LoopBench("cp $DRAFT_WORK_ORDER $LOG/order; echo good >> f")
        let ticket = try bench.ticket()
        try bench.draft("run \(ticket)")
        let first = try JSON(parsing: bench.draft("review \(ticket) --json").stdout)
        try bench.sandbox.commitFile("other", "moved on\n")
        try bench.draft(
            "review \(ticket) --request-changes --comment f:1 -m 'not this' -m 'and all'")
        try bench.draft("run \(ticket)")
        let second = try JSON(parsing: bench.draft("review \(ticket) --json").stdout)
        #expect(second["number"] == 2 && second["status"] == "open")
        #expect(second["base_commit"] == first["base_commit"])
        let head = try #require(second["head_commit"]?.string)
        let before = try #require(first["head_commit"]?.string)
        try bench.sandbox.git("merge-base", "--is-ancestor", before, head)
        #expect(try bench.sandbox.git("show", "\(head):f") == "good\ngood")
        #expect(
            try bench.order("order")["review"] == [
                [
                    "revision": 1, "decision": "changes_requested", "body": "and all",
                    "comments": [
                        ["file_path": "f", "line_number": 1, "content": "not this"]
                    ],
                ]
            ])
        let old = try bench.sandbox.stored("revisions", #require(first["id"]?.string))
        #expect(old["status"] == "changes_requested")
        #expect(try bench.record(ticket)["revision_count"] == 2)
        try bench.draft("review --approve \(ticket)")
        let names = try bench.sandbox.git(
            "ls-tree", "-r", "--name-only", "refs/draft/board", "reviews/")
        let reviews = try names.split(separator: "\n").map {
            try JSON(parsing: bench.sandbox.git("cat-file", "blob", "refs/draft/board:\($0)"))
        }
        let approval = try #require(reviews.first { $0["decision"] == "approved" })
        #expect(approval["head_commit"]?.string == head)
        #expect(approval["policy_hash"]?.string?.count == 64)
    }

    @Test func `a rework that changes nothing is no result`() throws {
        let bench = try LoopBench("[ -e f ] || echo good > f")
        let ticket = try bench.ticket()
        try bench.draft("run \(ticket)")
        try bench.draft("review \(ticket) --request-changes -m 'again'")
        try bench.draft("run \(ticket)", expecting: 1)
        #expect(try bench.record(ticket)["reason"] == "no_change")
    }

    @Test(arguments: [("--mode investigate", ""), ("", "--investigate")])
    func `findings are approved, and change nothing`(_ new: String, _ run: String) throws {
        let bench = try LoopBench(
            "cp $DRAFT_WORK_ORDER $LOG/order; echo '{\"status\":\"done\",\"findings\":\"moon\"}' > $DRAFT_RESULT",
            validation: "full: [\"exit 1\"]")
        let ticket = try bench.ticket(new)
        try bench.draft("run \(run) \(ticket)")
        let order = try bench.order("order")
        #expect(order["kind"] == "investigate" && order["mode"] == "investigate")
        let job = try bench.job(ticket)
        #expect(job["kind"] == "investigate" && job["outcome"] == "findings")
        #expect(try bench.evidence(job).last == "005-findings.log")
        #expect(try bench.draft("review \(ticket)").stdout.contains("moon"))
        try bench.draft("review --approve \(ticket)")
        #expect(try bench.record(ticket)["state"] == "done")
    }

    @Test func `findings that no record can hold fail the agent, once`() throws {
        let bench = try LoopBench(
            #"""
            {
                printf '{"status":"done","findings":"'
                head -c 174750 /dev/zero | sed 's/\x00/\\u0001/g'
                printf '"}'
            } > "$DRAFT_RESULT"
            """#)
        let ticket = try bench.ticket("--mode investigate")
        try bench.draft("run \(ticket)", expecting: 1)
        #expect(try bench.jobs(ticket).map { $0["reason"] } == ["agent_failed"])
        #expect(try bench.record(ticket)["state"] == "blocked")
        let message = try bench.job(ticket)["errors"]?.array?.last?["message"]?.string
        #expect(message?.contains("the agent's result cannot be stored: ") == true)
    }

    @Test func `without findings there is nothing to approve`() throws {
        let bench = try LoopBench("echo changed > f")
        let ticket = try bench.ticket("--mode investigate")
        try bench.draft("run \(ticket)", expecting: 1)
        #expect(try bench.record(ticket)["reason"] == "no_change")
    }
}

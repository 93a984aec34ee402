import Foundation
import Model
import TestSupport
import Testing

/// What is over is begun again, and what an agent says of itself is seen.
@Suite struct LoopAgainTests {
    @Test func `a ticket that is done is opened again, on what landed`() throws {
        let bench = try LoopBench("echo good >>f; cp f \"$LOG/f-$DRAFT_JOB\"")
        let ticket = try bench.ticket()
        try bench.draft("run \(ticket)")
        try bench.draft("review --approve \(ticket)")
        try bench.draft("land \(ticket)")
        #expect(try bench.record(ticket)["state"] == "done")
        let name = ticket.prefix(6)
        for command in ["run \(ticket)", "ticket move \(ticket) planned"] {
            let refused = try bench.draft(command, expecting: 128)
            #expect(refused.stderr.hasSuffix("hint: git draft retry \(name)\n"), "\(command)")
        }
        let first = try bench.sandbox.git("rev-parse", "main")
        try bench.draft("retry \(ticket)")
        let job = try bench.job(ticket)
        #expect(job["base_commit"]?.string == first)
        #expect(try bench.left("f-\(job["id"]?.string ?? "")") == "good\ngood\n")
        #expect(try bench.record(ticket)["state"] == "needs_human")
        let trail = try bench.draft("log \(ticket)").stdout
        #expect(trail.contains("done → executing"), "\(trail)")
        try bench.draft("review --approve \(ticket)")
        try bench.draft("land \(ticket)")
        #expect(try bench.record(ticket)["state"] == "done")
        #expect(try bench.sandbox.git("show", "main:f") == "good\ngood")
    }

    @Test func `a ticket that was opened again and needs nothing is a person's to close`() throws {
        let bench = try LoopBench("echo good > f")
        let ticket = try bench.ticket()
        try bench.draft("run \(ticket)")
        try bench.draft("review --approve \(ticket)")
        try bench.draft("land \(ticket)")
        try bench.draft("retry \(ticket)", expecting: 1)
        #expect(try bench.record(ticket)["state"] == "needs_human")
        let next = try #require(try bench.job(ticket)["findings"]?["next"]?.string)
        #expect(next == "git draft ticket move \(ticket.prefix(6)) done")
        #expect(try bench.sandbox.run(next).status == 0)
        #expect(try bench.record(ticket)["state"] == "done")
    }

    @Test(arguments: ["done", "abandoned"])
    func `what git cannot store of a try stays until its ticket is over`(end: String) throws {
        let bench = try LoopBench("git init -q inner; echo x > inner/x; exit 3")
        let ticket = try bench.ticket()
        try bench.draft("run \(ticket)", expecting: 1)
        let first = try #require(try bench.job(ticket)["id"]?.string)
        try bench.agent("echo good > f")
        try bench.draft("retry --fresh \(ticket)")
        let root = bench.sandbox.workTree.appending(path: ".draft/worktrees")
        let left = root.appending(path: "\(ticket).left-\(first)").path
        let another = root.appending(path: "\(ticket).left-of-mine").path
        try FileManager.default.createDirectory(
            atPath: another, withIntermediateDirectories: true)
        try bench.draft("run \(bench.ticket())")
        #expect(FileManager.default.fileExists(atPath: "\(left)/inner/x"))
        if end == "done" {
            try bench.draft("review --approve \(ticket)")
            try bench.draft("land \(ticket)")
        } else {
            try bench.draft("ticket move \(ticket) abandoned")
            try bench.draft("run \(bench.ticket())")
        }
        #expect(!FileManager.default.fileExists(atPath: left))
        #expect(FileManager.default.fileExists(atPath: another))
    }

    @Test func `what failed for the machine's sake lets others go first`() throws {
        let bench = try LoopBench(
            "echo good >f",
            setup: "'case $PWD in */check-*) ;; *) echo $DRAFT_TICKET >>$LOG/begun;; esac'")
        try bench.sandbox.run(
            "echo 'execute_config: {max_parallel_jobs: 1, max_attempts: 2}' >>draft.yaml")
        try bench.sandbox.git("commit", "-qam", "one at a time")
        try bench.draft("trust --yes")
        let (first, second) = (try bench.ticket(), try bench.ticket())
        try bench.draft(
            "run \(first) \(second)", expecting: 1,
            environment: ["GIT_DRAFT_TEST_CRASH": "agent-running"])
        let begun = try bench.left("begun").split(separator: "\n").map(String.init)
        #expect(begun == [first, second, first, second])
        let reasons = try [first, second].map { try bench.jobs($0).map { $0["reason"] } }
        #expect(reasons == [["crashed", "crashed"], ["crashed", "crashed"]])
    }

    @Test func `what an agent writes of itself is in its log, and redacted`() throws {
        let bench = try LoopBench(
            #"""
            say() { echo "$1" >>"$DRAFT_EVENTS"; }
            say '{"type":"message","text":"I look around"}'
            say '{"type":"command","command":"make all","exit_code":2}'
            say '{"type":"nonsense","text":"unheard"}'
            say "{\"type\":\"message\",\"text\":\"the key is $SERVICE_TOKEN\"}"
            say 'no object'
            echo good >f
            """#)
        let ticket = try bench.ticket()
        try bench.draft("run \(ticket)", environment: ["SERVICE_TOKEN": "s3cret-of-the-service"])
        let log = try bench.draft("logs \(ticket)").stdout
        #expect(log.contains("\nI look around\n$ make all → exit 2\n"), "\(log)")
        #expect(log.contains("the key is ") && !log.contains("s3cret-of"), "\(log)")
        #expect(!log.contains("unheard") && !log.contains("no object"), "\(log)")
        let lines = try JSON(parsing: bench.draft("logs --json \(ticket)").stdout)["events"]?.array
        #expect(lines?.contains { $0["command"] == "make all" && $0["exit_code"] == 2 } == true)
    }

    @Test func `what made a revision is said where it is looked at`() throws {
        let bench = try LoopBench("echo good >f")
        let ticket = try bench.ticket()
        try bench.draft("run \(ticket)")
        #expect(try bench.draft("status").stdout.contains("+1 −0, sandbox none\n"))
        #expect(try bench.draft("board").stdout.contains("sandbox none\n"))
        let shown = try bench.draft("review \(ticket)").stdout
        #expect(shown.contains("\nmade by agent script, sandbox none\n"), "\(shown)")
        try bench.agent("exit 3")
        let other = try bench.ticket()
        try bench.draft("run \(other)", expecting: 1)
        #expect(try bench.draft("status").stdout.contains("agent_failed, sandbox none\n"))
    }

    @Test func `findings are offered where they can be read`() throws {
        let bench = try LoopBench(
            #"echo '{"status":"done","findings":"it is blue"}' >"$DRAFT_RESULT""#)
        let ticket = try bench.ticket("--mode investigate")
        try bench.draft("run \(ticket)")
        let status = try bench.draft("status")
        let look = "git draft review \(ticket.prefix(6))"
        #expect(
            status.stdout.contains("findings, sandbox none\n      \(look); "), "\(status.output)")
        #expect(status.stderr == "hint: \(look)\n")
    }

    @Test func `a program that is named and not there is named, and so are its fallbacks`() throws {
        let bench = try LoopBench("true", claude: "fallback: asked")
        let file = bench.sandbox.workTree.appending(path: "draft.yaml")
        var text = try String(contentsOf: file, encoding: .utf8)
        for kind in ["claude", "codex"] {
            text.replace(
                "kind: \(kind), command: [sh, \"\(bench.sandbox.root.path)/agent\"]",
                with: "kind: \(kind), command: [/opt/none/\(kind)]")
        }
        try bench.sandbox.commitFile("draft.yaml", text)
        try bench.draft("trust --yes")
        let ticket = try bench.ticket()
        let refused = try bench.draft("run --agent spoken \(ticket)", expecting: 128)
        #expect(
            refused.stderr == """
                fatal: cannot start agent 'spoken': there is no program '/opt/none/claude', which \
                'agents.spoken.command' names; its fallback 'asked' is not \
                there either
                hint: git draft doctor

                """, "\(refused.stderr)")
    }

    @Test func `a sandbox that a person requires is what config shows`() throws {
        let bench = try LoopBench("true")
        try bench.sandbox.git("config", "draft.requireSandbox", "true")
        let shown = try bench.draft("config --show-origin sandbox.require").stdout
        #expect(shown == "git config\ttrue\n")
    }
}

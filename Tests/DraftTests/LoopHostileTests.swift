import Foundation
import Model
import TestSupport
import Testing

/// What an agent without a sandbox may try, and what the controller makes of it.
@Suite struct LoopHostileTests {
    @Test func `an agent that sheds its environment still cannot decide`() throws {
        let bench = try LoopBench(
            """
            echo good > f
            [ ! -e "$LOG/other" ] || (setsid env -i HOME="$HOME" PATH="$PATH" sh -c '
                cd "$1" && git draft review --approve "$(cat "$2/other")" > "$2/said" 2>&1 || :
                git draft ticket new "As if I were you" > "$2/new" 2>&1 || :
                echo done > "$2/end"' sh "$TREE" "$LOG")
            """)
        let other = try bench.ticket()
        try bench.draft("run \(other)")
        try Data(other.utf8).write(to: bench.log.appending(path: "other"))
        let ticket = try bench.ticket()
        try bench.draft(
            "run \(ticket)", environment: ["TREE": bench.sandbox.workTree.path])
        #expect(try bench.left("end") == "done\n")
        #expect(try bench.left("said").contains("a job cannot decide"))
        #expect(try bench.left("new").contains("a job cannot decide"))
        #expect(try bench.record(other)["state"] == "needs_human")
        #expect(try bench.draft("review \(other)").stdout.contains(": open\n"))
    }

    @Test func `doors that a killed supervisor left go with the job`() throws {
        let bench = try LoopBench("mkdir -p \"$DRAFT_JOB_FILES/doors/123-1\"; echo good > f")
        let ticket = try bench.ticket()
        try bench.draft("run \(ticket)")
        let job = try #require(try bench.job(ticket)["id"]?.string)
        let doors = bench.sandbox.workTree.appending(path: ".git/draft/jobs/\(job)/doors")
        #expect(!FileManager.default.fileExists(atPath: doors.path))
    }

    @Test func `a stray name where work trees are written down stops nothing`() throws {
        let bench = try LoopBench("touch \"$TREE/.git/draft/places/take-\"; echo good > f")
        let environment = ["TREE": bench.sandbox.workTree.path]
        for _ in 0..<2 {
            let ticket = try bench.ticket()
            let run = try bench.draft("run \(ticket)", environment: environment)
            #expect(!run.stderr.contains("warning:"), "\(run.stderr)")
            #expect(try bench.record(ticket)["state"] == "needs_human")
        }
    }

    @Test func `a log that becomes a pipe holds nobody up`() throws {
        let bench = try LoopBench(
            """
            echo good > f
            job="$TREE/.git/draft/jobs/$DRAFT_JOB"
            rm -f "$job/log"; mkfifo "$job/log"
            """, guardrails: "max_runtime_seconds: 600")
        let ticket = try bench.ticket()
        try bench.draft("run \(ticket)", environment: ["TREE": bench.sandbox.workTree.path])
        #expect(try bench.record(ticket)["state"] == "needs_human")
        try bench.draft("status")
    }

    @Test(arguments: ["DRAFT_RESULT", "DRAFT_EVENTS", "DRAFT_WORK_ORDER"])
    func `a directory in the place of a file of ours stops no command`(name: String) throws {
        let bench = try LoopBench("echo good > f; rm -f \"$\(name)\"; mkdir -p \"$\(name)/x\"")
        let ticket = try bench.ticket()
        _ = try bench.sandbox.run("git draft run \(ticket)")
        let status = try bench.draft("status")
        #expect(!status.stderr.contains("warning:"), "\(status.stderr)")
        let next = try bench.ticket()
        try bench.agent("echo good > f")
        try bench.draft("run \(next)")
    }

    @Test func `files that git cannot read end one job, not three`() throws {
        let bench = try LoopBench(
            "echo '*.u working-tree-encoding=UTF-16' > .gitattributes; printf ab > e.u")
        let ticket = try bench.ticket()
        try bench.draft("run \(ticket)", expecting: 1)
        #expect(try bench.jobs(ticket).map { $0["reason"] } == ["agent_failed"])
        #expect(try bench.record(ticket)["state"] == "blocked")
    }

    @Test func `who approves is told what decides, and nobody approves it unseen`() throws {
        let bench = try LoopBench("echo good > f; echo '# more' >> draft.yaml")
        let goal = try bench.sandbox.id("goal new G")
        let ticket = try bench.ticket("--goal \(goal)")
        let run = try bench.draft("goal run \(goal) --auto-approve", expecting: 1)
        #expect(run.output.contains("changes what decides (draft.yaml)"))
        #expect(try bench.record(ticket)["state"] == "needs_human")
        let said = try bench.draft("review \(ticket) --approve")
        #expect(said.stderr.contains("changes what decides: draft.yaml"))
    }

    @Test func `the log of a ticket is that of its work, also after it landed`() throws {
        let bench = try LoopBench("echo good > f; echo hello from the agent")
        let ticket = try bench.ticket()
        try bench.draft("run \(ticket)")
        try bench.draft("review \(ticket) --approve")
        try bench.draft("land \(ticket)")
        #expect(try bench.draft("logs \(ticket)").stdout.contains("hello from the agent"))
    }

    @Test func `another clone says that it has not what is to land`() throws {
        let bench = try LoopBench("echo good > f")
        let ticket = try bench.ticket()
        try bench.draft("run \(ticket)")
        try bench.draft("review \(ticket) --approve")
        // As from a server: the base and the board, without the branches of tickets.
        let clone = bench.sandbox.root.appending(path: "other")
        let source = "file://\(bench.sandbox.workTree.path)"
        try bench.sandbox.git(
            "clone", "--quiet", "--single-branch", "--branch", "main", source, clone.path)
        try bench.sandbox.draft("init", in: clone)
        try bench.sandbox.draft("trust --yes", in: clone)
        let land = try bench.sandbox.draft("land \(ticket)", expecting: 128, in: clone)
        #expect(land.stderr.contains("not in this clone"))
        let diff = try bench.sandbox.draft("diff \(ticket)", expecting: 128, in: clone)
        #expect(diff.stderr.contains("not in this clone"))
    }
}

/// What dead processes and odd titles leave behind.
@Suite struct LoopLeftoverTests {
    @Test func `a lock that a killed landing left goes with the next command`() throws {
        let bench = try LoopBench("echo good > f")
        let path = ".git/refs/draft-local/land/0123456789abcdef.lock"
        _ = try bench.sandbox.run("mkdir -p .git/refs/draft-local/land && touch \(path)")
        try bench.draft("status")
        #expect(try bench.sandbox.run("test ! -e \(path)").status == 0)
    }

    @Test func `no title steers the terminal that shows the log`() throws {
        let bench = try LoopBench("echo good > f")
        let ticket = try bench.ticket()
        try bench.sandbox.retitle(ticket, "a\u{1b}[31mb\u{202e}c")
        try bench.draft("run \(ticket)")
        try bench.draft("review \(ticket) --approve")
        try bench.draft("land \(ticket)")
        #expect(try bench.sandbox.git("log", "-1", "--format=%s").contains("a[31mbc"))
    }

    @Test func `a ticket with as many revisions as a number can say gets another`() throws {
        let bench = try LoopBench("echo good > f")
        let ticket = try bench.ticket()
        var record = try #require(try bench.record(ticket).object)
        record["revision_count"] = .integer(.max)
        try bench.sandbox.replaceOnBoard(
            "tickets/\(ticket.suffix(2))/\(ticket).json",
            with: JSON.object(record).canonicalText)
        try bench.draft("run \(ticket)")
        #expect(try bench.job(ticket)["outcome"] == "revision")
    }

    @Test func `a second run of a ticket says to try again`() throws {
        let bench = try LoopBench(
            """
            echo good > f
            git -C "$TREE" draft --version > "$LOG/began"
            (unset DRAFT_JOB DRAFT_TICKET; cat "$LOG/gate" > "$LOG/passed")
            """)
        let ticket = try bench.ticket()
        let gate = bench.log.appending(path: "gate").path
        _ = try bench.sandbox.run("mkfifo '\(gate)'")
        let first = try bench.sandbox.start(
            "LOG='\(bench.log.path)' TREE='\(bench.sandbox.workTree.path)' git draft run \(ticket)")
        // Whoever opens the pipe for writing waits until the agent reads from it.
        let both = try bench.sandbox.run(
            "exec 3> '\(gate)'; git draft run \(ticket); status=$?; echo go >&3; exit $status")
        #expect(both.status == 75 && both.stderr.contains("already"), "\(both.output)")
        #expect(first.wait().status == 0)
    }

    @Test func `a second run of a goal says to try again`() throws {
        let bench = try LoopBench(
            """
            echo good > f
            (unset DRAFT_JOB DRAFT_TICKET; cat "$LOG/gate" > "$LOG/passed")
            """)
        _ = try bench.ticket()
        let gate = bench.log.appending(path: "gate").path
        _ = try bench.sandbox.run("mkfifo '\(gate)'")
        let first = try bench.sandbox.start(
            "LOG='\(bench.log.path)' git draft goal run inbox --auto-approve")
        let both = try bench.sandbox.run(
            "exec 3> '\(gate)'; git draft goal run inbox; status=$?; echo go >&3; exit $status")
        #expect(both.status == 75, "\(both.output)")
        #expect(both.stderr.contains("another 'git draft goal run' is at goal "), "\(both.stderr)")
        #expect(first.wait().status == 0)
        #expect(try bench.sandbox.run("git draft goal run inbox").status == 0)
    }
}

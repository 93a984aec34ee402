import Foundation
import Model
import TestSupport
import Testing

/// A ticket goes from agents to people and back, and nothing is lost.
@Suite struct PeopleSwitchTests {
    @Test func `a person goes on where an agent was stuck, and an agent where a person was`()
        throws
    {
        let bench = try LoopBench(
            "echo wrong > f; echo agent > a", guardrails: "max_iterations: 1")
        let ticket = try bench.ticket()
        try bench.draft("run \(ticket)", expecting: 1)
        let said = try bench.draft("take \(ticket)")
        #expect(said.stdout.contains("the last job was blocked (iterations): wrong: wrong\n"))
        let worktree = try bench.path(ticket)
        #expect(worktree.lastPathComponent != ticket && bench.exists(".draft/worktrees/\(ticket)"))
        #expect(try bench.sandbox.run("cat f a", in: worktree).stdout == "wrong\nagent\n")
        #expect(try bench.sandbox.git("status", "--porcelain", in: worktree) == "")
        try bench.write("p", "person\n", in: worktree)
        try bench.commit("committed", in: worktree)
        try bench.write("q", "uncommitted\n", in: worktree)
        let back = try bench.draft("cancel \(ticket)")
        #expect(back.stdout == "gave back ticket \(ticket.prefix(6)): Do it\n")
        #expect(try bench.record(ticket)["state"] == "planned")
        #expect(try bench.record(ticket)["holder"] == .null)
        #expect(bench.exists(worktree.appending(path: "q").path))
        try bench.agent("cat f a p q > $LOG/seen; git log --format=%s > $LOG/log; echo good > f")
        try bench.draft("run \(ticket)")
        #expect(try bench.left("seen") == "wrong\nagent\nperson\nuncommitted\n")
        #expect(try bench.left("log").contains("committed\n"))
        let head = try #require(try bench.revision(ticket)["head_commit"]?.string)
        #expect(try bench.file("q", at: head) == "uncommitted")
        try bench.draft("review --approve \(ticket)")
        try bench.draft("land \(ticket)")
        #expect(!bench.exists(worktree.path) && !bench.exists(".draft/worktrees/\(ticket)"))
        #expect(try bench.sandbox.git("branch", "--format=%(refname:short)") == "main")
    }

    @Test func `what a reviewer sends back goes to the other side`() throws {
        let bench = try LoopBench("cp $DRAFT_WORK_ORDER $LOG/order; echo good >> f")
        let ticket = try bench.ticket()
        try bench.draft("run \(ticket)")
        try bench.draft("review \(ticket) --request-changes --comment f:1 -m no -m 'more of it'")
        let said = try bench.draft("take \(ticket)").stdout
        #expect(said.contains("more of it\n  f:1: no\n"))
        let worktree = try bench.path(ticket)
        try bench.write("g", "person\n", in: worktree)
        try bench.draft("submit \(ticket)")
        try bench.draft("review \(ticket) --request-changes -m 'and less'")
        try bench.draft("run \(ticket)")
        let reviews = try #require(try bench.order("order")["review"]?.array)
        #expect(reviews.map { $0["body"] } == ["more of it", "and less"])
        let revision = try bench.revision(ticket)
        #expect(revision["number"] == 3)
        let head = try #require(revision["head_commit"]?.string)
        #expect(try bench.file("g", at: head) == "person")
        #expect(try bench.file("f", at: head) == "good\ngood")
        try bench.draft("review \(ticket) --request-changes -m 'a person again'")
        try bench.write("g", "edited after the submission\n", in: worktree)
        try bench.draft("take \(ticket)")
        let next = try bench.path(ticket)
        #expect(try bench.sandbox.run("cat f g", in: next).stdout == "good\ngood\nperson\n")
        let kept = try bench.commits(holding: "edited after", under: "refs/")
        #expect(!kept.isEmpty)
    }

    @Test func `a question is withdrawn when a person takes the ticket`() throws {
        let bench = try LoopBench(
            """
            echo asked > a
            echo '{"status":"needs_input","question":{"text":"?"}}' > "$DRAFT_RESULT"
            """)
        let ticket = try bench.ticket()
        try bench.draft("run \(ticket)", expecting: 1)
        let worktree = try bench.take(ticket)
        #expect(try bench.sandbox.run("cat a", in: worktree).stdout == "asked\n")
        #expect(try bench.jobs(ticket).map { $0["status"] } == ["superseded", "running"])
        #expect(try bench.draft("questions").stdout == "")
        try bench.write("f", "good\n", in: worktree)
        try bench.draft("submit \(ticket)")
        #expect(try bench.record(ticket)["state"] == "needs_human")
    }

    @Test func `fresh begins at the base, and keeps what was there`() throws {
        let bench = try LoopBench("echo good > f")
        let ticket = try bench.ticket()
        try bench.draft("run \(ticket)")
        let first = try bench.take(ticket)
        try bench.write("f", "persons own\n", in: first)
        try bench.draft("cancel \(ticket)")
        let second = try bench.take(ticket, "--fresh")
        #expect(second == first)
        #expect(!bench.exists(second.appending(path: "f").path))
        #expect(try !bench.commits(holding: "persons own", under: "refs/").isEmpty)
    }

    @Test func `nothing but the person's own commands ends their claim`() throws {
        let bench = try LoopBench("echo good > f")
        let ticket = try bench.ticket()
        _ = try bench.take(ticket)
        let name = ticket.prefix(6)
        for words in ["run \(ticket)", "take \(ticket)", "retry \(ticket)"] {
            let refused = try bench.draft(words, expecting: 75)
            #expect(
                refused.stderr == """
                    fatal: ticket \(name) is taken by ann@example.com
                    hint: git draft submit \(name); git draft cancel \(name)

                    """)
        }
        for words in ["status", "job list", "logs \(ticket)", "goal run inbox"] {
            _ = try bench.sandbox.run("git draft \(words)")
            #expect(try bench.record(ticket)["state"] == "executing")
        }
        let status = try bench.draft("status").stdout
        #expect(status.contains("taken by ann@example.com"))
        #expect(try bench.draft("job list").stdout.contains("ann@example.com  taken"))
        let inside = try bench.draft(
            "take \(ticket)", expecting: 128, environment: ["DRAFT_JOB": "0123456789abcdef"])
        #expect(inside.stderr.contains("a job cannot decide"))
        #expect(try bench.job(ticket)["status"] == "running")
    }

    @Test func `a decision that ends a claim keeps what the person had`() throws {
        let bench = try LoopBench("cat f > $LOG/seen; echo good > f")
        let ticket = try bench.ticket()
        let worktree = try bench.take(ticket)
        try bench.write("f", "person's\n", in: worktree)
        try bench.draft("ticket move \(ticket) planned")
        try bench.draft("status")
        #expect(try bench.job(ticket)["status"] == "superseded")
        let refused = try bench.draft("submit \(ticket)", expecting: 128)
        #expect(refused.stderr.contains("is not taken\nhint: git draft take"))
        try bench.draft("run \(ticket)")
        #expect(try bench.left("seen") == "person's\n")
    }
}

import Foundation
import Model
import TestSupport
import Testing

/// A person does a ticket: from the worktree to what landed.
@Suite struct PeopleTests {
    @Test func `what a person does goes the way of an agent's work, and lands as theirs`() throws {
        let bench = try LoopBench("exit 1")
        try bench.sandbox.commitFile(".gitignore", "*.o\n")
        let ticket = try bench.ticket()
        let before = try bench.sandbox.git("rev-parse", "main")
        let worktree = try bench.take(ticket)
        #expect(worktree.lastPathComponent == "take-\(ticket)")
        let here = try bench.sandbox.git("status", "--porcelain=v1", "--branch", in: worktree)
        #expect(here == "## take/\(ticket)")
        #expect(try bench.sandbox.git("status", "--porcelain") == "")
        #expect(try bench.record(ticket)["state"] == "executing")
        try bench.write("f", "good\n", in: worktree)
        try bench.commit("My own words", in: worktree)
        try bench.write("new/g", "untracked\n", in: worktree)
        try bench.write("h.o", "ignored\n", in: worktree)
        let said = try bench.draft("submit \(ticket) -m 'look at g'", expecting: 0)
        #expect(said.stdout == "submitted revision 1 of ticket \(ticket.prefix(6))\n")
        #expect(said.stderr.contains("./check: passed in "))
        #expect(try bench.sandbox.git("status", "--porcelain", in: worktree) == "?? new/")
        let revision = try bench.revision(ticket)
        let head = try #require(revision["head_commit"]?.string)
        #expect(revision["files"] == 2 && revision["insertions"] == 2)
        #expect(revision["base_commit"]?.string == before)
        #expect(revision["verdicts"]?.array?.map { $0["tier"] } == ["full"])
        #expect(try bench.file("new/g", at: head) == "untracked")
        try bench.sandbox.run("git cat-file -e \(head):h.o 2>&1").status.expect(128)
        let subjects = try bench.sandbox.git("log", "--format=%an %s", "\(before)..\(head)")
        let lines = subjects.split(separator: "\n")
        #expect(lines.count == 2 && lines[1] == "Ann Author My own words")
        #expect(lines[0].hasPrefix("Ann Author snapshot 1 of job "))
        let job = try bench.job(ticket)
        #expect(job["status"] == "succeeded" && job["outcome"] == "revision")
        #expect(job["agent"] == .null && job["iterations"]?.array?.count == 1)
        let kinds = try bench.evidence(job).map { $0.dropFirst(4) }
        #expect(kinds.contains("validation.log") && kinds.contains("diff-patch.patch"))
        #expect(try bench.sandbox.git("rev-parse", "main") == before)
        let shown = try bench.draft("review \(ticket)").stdout
        #expect(shown.contains("look at g"))
        try bench.draft("review --approve \(ticket)")
        try bench.draft("land \(ticket)")
        let landed = try bench.sandbox.git("log", "-1", "--format=%an%n%B", "main")
        #expect(landed.hasPrefix("Ann Author\nDo it\n"))
        #expect(landed.contains("Draft-Ticket: \(ticket)"))
        #expect(!landed.contains("Assisted-by"))
        #expect(!bench.exists(worktree.path))
        #expect(try bench.sandbox.git("branch", "--format=%(refname:short)") == "main")
        #expect(try bench.sandbox.git("worktree", "list").split(separator: "\n").count == 1)
        #expect(try bench.sandbox.git("for-each-ref", "refs/draft-local") == "")
        #expect(try bench.isKept(head))
    }

    @Test func `what is red stays with the person, and is kept`() throws {
        let bench = try LoopBench("exit 1")
        let ticket = try bench.ticket()
        let worktree = try bench.take(ticket)
        try bench.write("f", "bad\n", in: worktree)
        let red = try bench.draft("submit \(ticket)", expecting: 1)
        #expect(red.stdout == "")
        #expect(red.stderr.contains("error: ticket \(ticket.prefix(6)) is not green\n"))
        #expect(red.stderr.contains("    wrong: bad\n"))
        #expect(try bench.record(ticket)["state"] == "executing")
        var job = try bench.job(ticket)
        #expect(job["status"] == "running" && job["stage"] == "taken")
        let first = try #require(job["iterations"]?.array?.first)
        #expect(first["full"] == "failed")
        let snapshot = try #require(first["snapshot"]?.string)
        #expect(try bench.file("f", at: snapshot) == "bad")
        #expect(try bench.isKept(snapshot))
        let json = try JSON(parsing: bench.draft("submit \(ticket) --json", expecting: 1).stdout)
        #expect(json["id"] == job["id"])
        try bench.write("f", "good\n", in: worktree)
        try bench.draft("submit \(ticket)")
        job = try bench.job(ticket)
        #expect(job["iterations"]?.array?.count == 3)
        #expect(try bench.isKept(snapshot))
        #expect(try bench.record(ticket)["state"] == "needs_human")
    }

    @Test(arguments: [
        ("max_files: 1", "(files)", "2 files, at most 1"),
        ("max_lines: 2", "(lines)", "3 lines, at most 2"), ("deny: [g]", "(paths)", "g"),
    ])
    func `the guardrails are those of agents`(limit: String, word: String, detail: String) throws {
        let bench = try LoopBench("exit 1", guardrails: limit)
        let ticket = try bench.ticket()
        let worktree = try bench.take(ticket)
        try bench.write("f", "good\n", in: worktree)
        try bench.write("g", "good\ngood\n", in: worktree)
        let red = try bench.draft("submit \(ticket)", expecting: 1)
        #expect(red.stderr.contains(word) && red.stderr.contains("    \(detail)\n"))
        #expect(try bench.record(ticket)["state"] == "executing")
    }

    @Test func `a secret is not offered, and its snapshot stays in this clone`() throws {
        let bench = try LoopBench("exit 1")
        let ticket = try bench.ticket()
        let worktree = try bench.take(ticket)
        let secret = "ghp_" + String(repeating: "aB3dE5", count: 6)
        try bench.write("f", "good \(secret)\n", in: worktree)
        let branches = try bench.sandbox.git("for-each-ref", "refs/heads")
        let red = try bench.draft("submit \(ticket)", expecting: 1)
        #expect(try bench.sandbox.git("for-each-ref", "refs/heads") == branches)
        #expect(red.stderr.contains("  secrets:\n"))
        #expect(!red.output.contains(secret))
        try bench.draft("cancel \(ticket)")
        #expect(try bench.commits(holding: secret, under: "refs/draft/").isEmpty)
        #expect(try !bench.commits(holding: secret, under: "refs/draft-local/").isEmpty)
    }

    @Test func `no branch of the user's moves when a submission is refused`() throws {
        let bench = try LoopBench("exit 1")
        let ticket = try bench.ticket()
        try bench.sandbox.git("checkout", "-q", "-b", "none")
        try bench.sandbox.commitFile("mine", "mine\n")
        try bench.write(
            "f", "good ghp_" + String(repeating: "aB3dE5", count: 6) + "\n",
            in: bench.take(ticket))
        let branches = try bench.sandbox.git("for-each-ref", "refs/heads")
        try bench.draft("submit \(ticket)", expecting: 1)
        #expect(try bench.sandbox.git("for-each-ref", "refs/heads") == branches)
        #expect(try bench.sandbox.git("status", "--porcelain") == "")
        let kept = try bench.sandbox.git("for-each-ref", "refs/draft-local")
        #expect(!kept.contains("check-"))
    }

    @Test func `gates, policy and validation are those of the base`() throws {
        let bench = try LoopBench("exit 1", validation: "full: [./check, test -e never]")
        let ticket = try bench.ticket()
        let worktree = try bench.take(ticket)
        try bench.write("f", "good\n", in: worktree)
        try bench.write("draft.yaml", "validation: {full: ['true']}\n", in: worktree)
        let red = try bench.draft("submit \(ticket)", expecting: 1)
        #expect(red.stderr.contains("test -e never: failed"))
    }

    @Test func `no change is no result, nor is what was sent back`() throws {
        let bench = try LoopBench("exit 1")
        let ticket = try bench.ticket()
        let worktree = try bench.take(ticket)
        #expect(
            try bench.draft("submit \(ticket)", expecting: 1).stderr
                .contains("is not green (no_change)\n"))
        try bench.write("f", "good\n", in: worktree)
        try bench.draft("submit \(ticket)")
        try bench.draft("review \(ticket) --request-changes --comment f:1 -m why -m 'not yet'")
        let again = try bench.draft("take \(ticket)")
        #expect(again.stdout.contains("sent back by git:ann@example.com: not yet\n  f:1: why\n"))
        #expect(try bench.path(ticket) == worktree)
        #expect(
            try bench.draft("submit \(ticket)", expecting: 1).stderr.contains("(no_change)"))
        try bench.write("f", "good and more\n", in: worktree)
        try bench.draft("submit \(ticket)")
        #expect(try bench.revision(ticket)["number"] == 2)
        #expect(try bench.jobs(ticket).count == 2)
    }

    @Test func `without validation a person must say why`() throws {
        let bench = try LoopBench("exit 1", validation: "")
        let ticket = try bench.ticket()
        let worktree = try bench.take(ticket)
        try bench.write("f", "text\n", in: worktree)
        let refused = try bench.draft("submit \(ticket)", expecting: 128)
        #expect(
            refused.stderr.contains(
                "hint: git draft submit --allow-no-validation REASON \(ticket.prefix(6))"))
        try bench.draft("submit \(ticket) --allow-no-validation 'only words'")
        let said = try bench.job(ticket)["invocation"]?["allow_no_validation"]
        #expect(said == "only words")
    }

    @Test func `findings of a person are words`() throws {
        let bench = try LoopBench("exit 1")
        let ticket = try bench.ticket("--mode investigate")
        _ = try bench.take(ticket)
        let refused = try bench.draft("submit \(ticket)", expecting: 128)
        #expect(refused.stderr.contains("hint: git draft submit -m TEXT \(ticket.prefix(6))"))
        try bench.draft("submit \(ticket) -m 'it is the cache'")
        #expect(try bench.revision(ticket)["findings"] == "it is the cache")
        try bench.draft("review --approve \(ticket)")
        #expect(try bench.record(ticket)["state"] == "done")
    }

    @Test func `newer commits of the base that a person merged are not theirs`() throws {
        let bench = try LoopBench("exit 1", guardrails: "max_files: 1")
        let ticket = try bench.ticket()
        let worktree = try bench.take(ticket)
        try bench.write("f", "good\n", in: worktree)
        try bench.commit("mine", in: worktree)
        for name in ["one", "two"] { try bench.sandbox.commitFile(name, "others\n") }
        try bench.sandbox.git("merge", "--quiet", "--no-edit", "main", in: worktree)
        try bench.draft("submit \(ticket)")
        let revision = try bench.revision(ticket)
        #expect(revision["files"] == 1)
        let base = try bench.sandbox.git("rev-parse", "main")
        #expect(revision["base_commit"]?.string == base)
        try bench.draft("review --approve \(ticket)")
        try bench.draft("land \(ticket)")
        #expect(try bench.record(ticket)["state"] == "done")
    }
}

extension Int32 {
    /// Records an issue unless it is a status.
    func expect(_ status: Int32, sourceLocation: SourceLocation = #_sourceLocation) {
        #expect(self == status, sourceLocation: sourceLocation)
    }
}

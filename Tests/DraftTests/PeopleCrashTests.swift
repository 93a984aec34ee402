import Foundation
import Model
import TestSupport
import Testing

/// Kills, races and removed directories: a person's claim needs no process to live.
@Suite struct PeopleCrashTests {
    private func bench(_ agent: String = "exit 1") throws -> LoopBench { try LoopBench(agent) }

    /// Runs a command that is to die at a point.
    private func die(_ words: String, at point: String, _ bench: LoopBench) throws {
        try bench.draft(words, expecting: 137, environment: ["GIT_DRAFT_TEST_CRASH": point])
    }

    @Test(arguments: ["lease-written", "workspace-half-made"])
    func `a killed take leaves the ticket to anybody`(point: String) throws {
        let bench = try bench("echo good > f")
        let ticket = try bench.ticket()
        try die("take \(ticket)", at: point, bench)
        try bench.draft("status")
        #expect(try bench.record(ticket)["state"] == "planned")
        #expect(try bench.jobs(ticket).isEmpty)
        try bench.draft("path \(ticket)", expecting: 128)
        let worktree = try bench.take(ticket)
        #expect(worktree.lastPathComponent == "take-\(ticket)")
        #expect(try bench.sandbox.git("status", "--porcelain", in: worktree) == "")
        try bench.write("f", "good\n", in: worktree)
        try bench.draft("submit \(ticket)")
        try bench.draft("review --approve \(ticket)")
        try bench.draft("land \(ticket)")
        #expect(!bench.exists(worktree.path))
    }

    @Test(arguments: ["snapshot-written", "validation", "revision-stored"])
    func `a killed submission loses nothing, and can be repeated`(point: String) throws {
        let bench = try bench()
        let ticket = try bench.ticket()
        let worktree = try bench.take(ticket)
        try bench.write("f", "good\n", in: worktree)
        try die("submit \(ticket)", at: point, bench)
        try bench.draft("status")
        let isStored = point == "revision-stored"
        #expect(
            try bench.record(ticket)["state"]?.string == (isStored ? "needs_human" : "executing"))
        if !isStored {
            #expect(try bench.job(ticket)["stage"] == "taken")
            try bench.draft("submit \(ticket)")
        }
        #expect(try bench.revision(ticket)["number"] == 1)
        try bench.draft("review --approve \(ticket)")
        try bench.draft("land \(ticket)")
        #expect(try bench.file("f", at: "main") == "good")
        #expect(try bench.sandbox.git("for-each-ref", "refs/draft-local") == "")
        #expect(try bench.sandbox.run("find .git/draft .draft -name 'check-*'").output == "")
    }

    @Test func `a killed cancel has kept what the person had`() throws {
        let bench = try bench("cat f > $LOG/seen; echo good > f")
        let ticket = try bench.ticket()
        let worktree = try bench.take(ticket)
        try bench.write("f", "person's\n", in: worktree)
        try die("cancel \(ticket)", at: "snapshot-written", bench)
        try bench.draft("status")
        #expect(try bench.record(ticket)["state"] == "executing")
        try bench.draft("cancel \(ticket)")
        try bench.draft("run \(ticket)")
        #expect(try bench.left("seen") == "person's\n")
    }

    @Test func `of two who take a ticket at once one gets it`() throws {
        let bench = try bench()
        for _ in 0..<3 {
            let ticket = try bench.ticket()
            let both = try (0..<2).map { _ in
                try bench.sandbox.start(
                    "exec git-draft take \(ticket)",
                    environment: ["GIT_DRAFT_TEST_SEED": nil, "LOG": bench.log.path])
            }
            let outcomes = both.map { $0.wait() }
            #expect(outcomes.map(\.status).sorted() == [0, 75], "\(outcomes.map(\.output))")
            let lost = try #require(outcomes.first { $0.status == 75 })
            #expect(lost.stderr.contains("is taken by ann@example.com\nhint: "))
            #expect(try bench.jobs(ticket).count == 1)
        }
    }

    @Test func `cancel stops a submission that is under way`() throws {
        let bench = try LoopBench(
            "exit 1", validation: "full: ['touch $LOG/begun; while :; do sleep 0.1; done']")
        let ticket = try bench.ticket()
        let worktree = try bench.take(ticket)
        try bench.write("f", "good\n", in: worktree)
        let submission = try bench.sandbox.start(
            "exec git-draft submit \(ticket)", environment: ["LOG": bench.log.path])
        eventually("nothing is validated") {
            bench.exists(bench.log.appending(path: "begun").path)
        }
        let busy = try bench.draft("submit \(ticket)", expecting: 75)
        #expect(busy.stderr.contains("is being submitted already"))
        try bench.draft("cancel \(ticket)")
        #expect([75, 130].contains(submission.wait().status))
        #expect(try bench.record(ticket)["state"] == "planned")
        let job = try bench.job(ticket)
        #expect(job["status"] == "canceled")
        let last = try #require(job["iterations"]?.array?.last?["snapshot"]?.string)
        #expect(try bench.file("f", at: last) == "good")
    }

    @Test func `a directory that was removed comes back with all that was committed`() throws {
        let bench = try bench()
        let ticket = try bench.ticket()
        let worktree = try bench.take(ticket)
        try bench.write("f", "good\n", in: worktree)
        try bench.commit("mine", in: worktree)
        try FileManager.default.removeItem(at: worktree)
        for words in ["path \(ticket)", "submit \(ticket)"] {
            let refused = try bench.draft(words, expecting: 128)
            #expect(refused.stderr.hasSuffix("hint: git draft take \(ticket.prefix(6))\n"))
        }
        let again = try bench.take(ticket)
        #expect(try bench.sandbox.run("cat f", in: again).stdout == "good\n")
        #expect(try bench.sandbox.git("status", "--porcelain", in: again) == "")
        #expect(try bench.sandbox.git("log", "-1", "--format=%s", in: again) == "mine")
        try bench.draft("submit \(ticket)")
        #expect(try bench.jobs(ticket).count == 1)
    }

    @Test func `what was submitted comes back, too, also to another`() throws {
        let bench = try bench("cat f > $LOG/seen; echo good > f")
        let ticket = try bench.ticket()
        var worktree = try bench.take(ticket)
        try bench.write("f", "bad\n", in: worktree)
        try bench.draft("submit \(ticket)", expecting: 1)
        try FileManager.default.removeItem(at: worktree)
        worktree = try bench.take(ticket)
        #expect(try bench.sandbox.run("cat f", in: worktree).stdout == "bad\n")
        try FileManager.default.removeItem(at: worktree)
        try bench.draft("cancel \(ticket)")
        try bench.draft("run \(ticket)")
        #expect(try bench.left("seen") == "bad\n")
    }
}

import Foundation
import Model
import TestSupport
import Testing

/// A person gives a ticket back, or it lands: what stood stands, and nothing is lost silently.
@Suite struct PeopleReturnTests {
    // MARK: - Giving back

    @Test(arguments: ["open", "approved"])
    func `what is given back unchanged waits for a person as before`(status: String) throws {
        let bench = try LoopBench("echo good > f")
        let ticket = try bench.ticket()
        try bench.draft("run \(ticket)")
        if status == "approved" { try bench.draft("review --approve \(ticket)") }
        _ = try bench.take(ticket)
        let back = try bench.draft("cancel \(ticket)")
        let name = ticket.prefix(6)
        let next = status == "open" ? "review" : "land"
        #expect(back.stdout == "gave back ticket \(name): Do it\n")
        #expect(back.stderr.contains("note: revision 1 is \(status), as before\n"))
        #expect(!back.stderr.contains("is kept"))
        #expect(back.stderr.contains("hint: git draft \(next) \(name); git draft take \(name)\n"))
        #expect(try bench.record(ticket)["state"] == "needs_human")
        #expect(try bench.record(ticket)["holder"] == .null)
        #expect(try bench.revision(ticket)["status"]?.string == status)
        #expect(try bench.draft("status").stdout.contains(" \(name)  Do it"))
        if status == "open" { try bench.draft("review --approve \(ticket)") }
        try bench.draft("land \(ticket)")
        #expect(try bench.file("f", at: "main") == "good")
    }

    @Test func `what a person changed is kept beside the revision that stands`() throws {
        let bench = try LoopBench("echo good > f")
        let ticket = try bench.ticket()
        try bench.draft("run \(ticket)")
        try bench.draft("review --approve \(ticket)")
        let worktree = try bench.take(ticket)
        try bench.write("g", "mine\n", in: worktree)
        let back = try bench.draft("cancel \(ticket)")
        let job = try bench.job(ticket)
        let kept = try #require(job["iterations"]?.array?.last?["snapshot"]?.string)
        #expect(back.stderr.contains("note: what you changed is kept as \(kept.prefix(8))\n"))
        #expect(try bench.file("g", at: kept) == "mine")
        #expect(try bench.record(ticket)["state"] == "needs_human")
        let again = try bench.take(ticket)
        #expect(try bench.sandbox.run("cat g", in: again).stdout == "mine\n")
        try bench.draft("cancel \(ticket)")
        try bench.draft("land \(ticket)")
        #expect(try bench.sandbox.git("ls-tree", "--name-only", "main", "g") == "")
        #expect(!bench.exists(worktree.path))
    }

    @Test func `a ticket that was planned or sent back is planned again`() throws {
        let bench = try LoopBench("echo good > f")
        let ticket = try bench.ticket()
        _ = try bench.take(ticket)
        try bench.draft("cancel \(ticket)")
        #expect(try bench.record(ticket)["state"] == "planned")
        try bench.draft("run \(ticket)")
        try bench.draft("review \(ticket) --request-changes -m no")
        _ = try bench.take(ticket)
        try bench.draft("cancel \(ticket)")
        #expect(try bench.record(ticket)["state"] == "planned")
    }

    @Test func `nothing is given back while git is in the middle of something`() throws {
        let bench = try LoopBench("cat f > $LOG/seen; echo good > f")
        let ticket = try bench.ticket()
        let worktree = try bench.take(ticket)
        try bench.write("f", "good\n", in: worktree)
        try bench.commit("mine", in: worktree)
        try bench.sandbox.commitFile("f", "good but other\n")
        for (operation, command) in [("merge", "merge main"), ("rebase", "rebase main")] {
            try bench.sandbox.run("git \(command)", in: worktree).status.expect(1)
            let refused = try bench.draft("cancel \(ticket)", expecting: 128)
            #expect(refused.stderr.contains("a \(operation) is going on in '"))
            #expect(refused.stderr.hasSuffix("' \(operation) --abort\n"))
            #expect(try bench.record(ticket)["state"] == "executing")
            try bench.sandbox.git(operation, "--abort", in: worktree)
        }
        try bench.draft("cancel \(ticket)")
        try bench.draft("run \(ticket)")
        #expect(try bench.left("seen") == "good\n")
    }

    // MARK: - Landing

    /// A ticket that a person submitted and that is approved, and its directory.
    private func approved(_ bench: LoopBench) throws -> (ticket: String, worktree: URL) {
        let ticket = try bench.ticket()
        let worktree = try bench.take(ticket)
        try bench.write("f", "good\n", in: worktree)
        try bench.draft("submit \(ticket)")
        try bench.draft("review --approve \(ticket)")
        return (ticket, worktree)
    }

    @Test(arguments: [
        "echo new > g && git add g && rm g", "echo new > g && git add g && echo newer > g",
        "echo edited >> f", "echo untracked > h",
    ])
    func `what was not submitted stays when the ticket lands`(change: String) throws {
        let bench = try LoopBench("exit 1")
        let (ticket, worktree) = try approved(bench)
        try bench.sandbox.run(change, in: worktree).status.expect(0)
        let before = try bench.sandbox.git("status", "--porcelain", in: worktree)
        let landed = try bench.draft("land \(ticket)")
        #expect(landed.stderr.contains("warning: cannot remove '$SANDBOX/repo/.draft/worktrees/"))
        #expect(landed.stderr.contains("' stash --include-untracked\n"))
        #expect(try bench.record(ticket)["state"] == "done")
        try bench.draft("status")
        #expect(try bench.sandbox.git("status", "--porcelain", in: worktree) == before)
        // What the hint says makes it go, with nothing lost.
        try bench.sandbox.git("stash", "--quiet", "--include-untracked", in: worktree)
        try bench.draft("land \(ticket)", expecting: 128)
        #expect(!bench.exists(worktree.path))
    }

    @Test func `commits that were not submitted stay when the ticket lands`() throws {
        let bench = try LoopBench("exit 1")
        let (ticket, worktree) = try approved(bench)
        try bench.commit("later", in: worktree)
        let tip = try bench.sandbox.git("rev-parse", "HEAD", in: worktree)
        let landed = try bench.draft("land \(ticket)")
        #expect(landed.stderr.contains("it has commits that were not submitted\n"))
        #expect(landed.stderr.contains("hint: git worktree remove --force '"))
        #expect(try bench.sandbox.git("rev-parse", "HEAD", in: worktree) == tip)
        try bench.sandbox.git("worktree", "remove", "--force", worktree.path)
        try bench.draft("land \(ticket)", expecting: 128)
        #expect(try bench.sandbox.git("branch", "--format=%(refname:short)") == "main")
        #expect(try bench.isKept(tip))
    }

    @Test func `commits that only a reflog knows are kept when the ticket lands`() throws {
        let bench = try LoopBench("exit 1")
        let ticket = try bench.ticket()
        let worktree = try bench.take(ticket)
        try bench.write("g", "amended away\n", in: worktree)
        try bench.commit("first", in: worktree)
        let first = try bench.sandbox.git("rev-parse", "HEAD", in: worktree)
        try bench.sandbox.git("reset", "--quiet", "--hard", "HEAD~1", in: worktree)
        try bench.write("f", "good\n", in: worktree)
        try bench.commit("second", in: worktree)
        try bench.draft("submit \(ticket)")
        try bench.draft("review --approve \(ticket)")
        try bench.draft("land \(ticket)")
        #expect(!bench.exists(worktree.path))
        #expect(try bench.isKept(first))
    }

    @Test func `what is only staged is not thrown away by the next take`() throws {
        let bench = try LoopBench("echo good > f")
        let ticket = try bench.ticket()
        let worktree = try bench.take(ticket)
        try bench.sandbox.run("echo new > g && git add g && rm g", in: worktree).status.expect(0)
        try bench.draft("cancel \(ticket)")
        let refused = try bench.draft("take --fresh \(ticket)", expecting: 128)
        #expect(refused.stderr.contains("'g' is staged as it is nowhere else\n"))
        #expect(try bench.sandbox.git("show", ":g", in: worktree) == "new")
    }

    // MARK: - Places and branches

    @Test func `a worktree that was moved is found`() throws {
        let bench = try LoopBench("cat g > $LOG/seen; echo good > f")
        let ticket = try bench.ticket()
        let worktree = try bench.take(ticket)
        let place = bench.sandbox.root.appending(path: "my place")
        try bench.sandbox.git("worktree", "move", worktree.path, place.path)
        #expect(try bench.path(ticket).path == place.path)
        try bench.draft("take \(ticket)", expecting: 75)
        try bench.write("f", "bad\n", in: place)
        try bench.draft("submit \(ticket)", expecting: 1)
        try bench.write("g", "moved\n", in: place)
        try bench.draft("cancel \(ticket)")
        try bench.draft("run \(ticket)")
        #expect(try bench.left("seen") == "moved\n")
        try bench.draft("review --approve \(ticket)")
        let landed = try bench.draft("land \(ticket)")
        #expect(landed.stderr.contains("cannot remove '$SANDBOX/my place': it was moved there\n"))
        #expect(bench.exists(place.appending(path: "g").path))
        try bench.sandbox.git("worktree", "remove", "--force", place.path)
        try bench.draft("status")
        try bench.draft("land \(ticket)", expecting: 128)
        #expect(try bench.sandbox.git("branch", "--format=%(refname:short)") == "main")
    }

    @Test func `what cannot be kept is said, and where it is`() throws {
        let bench = try LoopBench("echo good > f")
        let ticket = try bench.ticket()
        let worktree = try bench.take(ticket)
        try bench.write("g", "only here\n", in: worktree)
        try FileManager.default.removeItem(at: worktree.appending(path: ".git"))
        let refused = try bench.draft("submit \(ticket)", expecting: 128)
        #expect(
            refused.stderr.contains("' is not a worktree any more\nhint: git worktree repair\n"))
        let back = try bench.draft("cancel \(ticket)")
        #expect(back.stderr.contains("warning: what is in '$SANDBOX/repo/.draft/worktrees/take-"))
        #expect(back.stderr.contains("is not a worktree any more\nhint: git worktree repair; git "))
        #expect(bench.exists(worktree.appending(path: "g").path))
        try bench.sandbox.git("worktree", "repair")
        #expect(try bench.take(ticket) == worktree)
        try bench.draft("cancel \(ticket)")
        #expect(try !bench.commits(holding: "only here", under: "refs/draft/").isEmpty)
        _ = try bench.take(ticket)
        try FileManager.default.removeItem(at: worktree)
        let gone = try bench.draft("cancel \(ticket)")
        #expect(gone.stderr.contains("take-\(ticket)' is not there; nothing of it was kept but "))
        #expect(try bench.sandbox.run("cat g", in: bench.take(ticket)).stdout == "only here\n")
    }

    @Test func `a branch that is gone can be had again as the hint says`() throws {
        let bench = try LoopBench("exit 1")
        let ticket = try bench.ticket()
        let worktree = try bench.take(ticket)
        let branch = "take/\(ticket)"
        try bench.write("f", "good\n", in: worktree)
        try bench.commit("mine", in: worktree)
        let tip = try bench.sandbox.git("rev-parse", "HEAD", in: worktree)
        try bench.sandbox.git("branch", "-m", "renamed", in: worktree)
        let renamed = try bench.draft("submit \(ticket)", expecting: 128)
        #expect(renamed.stderr.contains("is on 'renamed', not on '\(branch)'\nhint: git -C '"))
        #expect(renamed.stderr.hasSuffix("' switch -c \(branch)\n"))
        try bench.draft("cancel \(ticket)")
        let again = try bench.draft("take \(ticket)")
        #expect(!again.stdout.contains("branch: take/"))
        #expect(
            again.stderr.contains("warning: '$SANDBOX/repo/.draft/worktrees/take-\(ticket)' is"))
        #expect(again.stderr.contains("' switch -c \(branch)\n"))
        try bench.sandbox.git("switch", "--quiet", "-c", branch, in: worktree)
        try bench.sandbox.git("update-ref", "-d", "refs/heads/\(branch)", in: worktree)
        let deleted = try bench.draft("submit \(ticket)", expecting: 128)
        #expect(
            deleted.stderr.hasSuffix(
                "fatal: branch '\(branch)' is gone\nhint: git branch \(branch) \(tip)\n"))
        try bench.draft("cancel \(ticket)")
        #expect(try bench.isKept(tip))
        try bench.draft("take \(ticket)")
        try bench.sandbox.git("branch", branch, tip)
        try bench.draft("submit \(ticket)")
        #expect(try bench.record(ticket)["state"] == "needs_human")
    }
}

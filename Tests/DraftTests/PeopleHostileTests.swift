import Foundation
import Model
import TestSupport
import Testing

/// What a work tree may hold, and where it may be.
@Suite struct PeopleHostileTests {
    @Test func `a repository within is left out, said so, and never removed`() throws {
        let bench = try LoopBench("echo good > f")
        let ticket = try bench.ticket()
        let worktree = try bench.take(ticket)
        try bench.write("f", "good\n", in: worktree)
        let inner = worktree.appending(path: "inner")
        try bench.sandbox.git("init", "--quiet", inner.path)
        try bench.write("inner/file", "precious\n", in: worktree)
        let red = try bench.draft("submit \(ticket)", expecting: 1)
        #expect(
            red.stderr.contains("  skipped:\n")
                && red.stderr.contains("left out of the snapshot: inner/"))
        let back = try bench.draft("cancel \(ticket)")
        #expect(back.stderr.contains("warning: 'inner/' is kept in '"))
        try bench.draft("run \(ticket)")
        let refused = try bench.draft("take \(ticket)", expecting: 128)
        #expect(refused.stderr.contains("'inner/' cannot be kept in the repository\nhint: mv "))
        #expect(try bench.record(ticket)["state"] == "needs_human")
        try bench.draft("review --approve \(ticket)")
        try bench.draft("land \(ticket)")
        try bench.draft("status")
        #expect(bench.exists(inner.appending(path: "file").path))
        #expect(try bench.record(ticket)["state"] == "done")
    }

    @Test func `a submodule that a person adds is refused, and never removed`() throws {
        let bench = try LoopBench("echo good > f")
        let ticket = try bench.ticket()
        let other = bench.sandbox.root.appending(path: "other")
        try bench.sandbox.git("init", "--quiet", other.path)
        try bench.sandbox.git("commit", "--quiet", "--allow-empty", "-m", "x", in: other)
        let worktree = try bench.take(ticket)
        try bench.sandbox.git(
            "-c", "protocol.file.allow=always", "submodule", "--quiet", "add", other.path, "sub",
            in: worktree)
        try bench.sandbox.git("commit", "--quiet", "-m", "sub", in: worktree)
        try bench.write("sub/file", "precious\n", in: worktree)
        let refused = try bench.draft("submit \(ticket)", expecting: 128)
        let place = "$SANDBOX/repo/.draft/worktrees/take-\(ticket)"
        #expect(
            refused.stderr == """
                fatal: submodules are not supported, and 'sub' in '\(place)' is one
                hint: git -C '\(place)' rm sub

                """)
        #expect(try bench.job(ticket)["stage"] == "taken")
        let back = try bench.draft("cancel \(ticket)")
        #expect(back.stderr.contains("warning: 'sub' is kept in '"))
        try bench.draft("run --fresh \(ticket)")
        try bench.draft("review --approve \(ticket)")
        try bench.draft("land \(ticket)")
        try bench.draft("status")
        #expect(bench.exists(worktree.appending(path: "sub/file").path))
    }

    @Test func `hooks do not run when a work tree is made and read`() throws {
        let bench = try LoopBench("echo good > f")
        try bench.sandbox.write(
            ".git/hooks/post-checkout", "#!/bin/sh\ntouch \(bench.log.path)/hook\n",
            executable: true)
        let ticket = try bench.ticket()
        try bench.draft("run \(ticket)")
        let worktree = try bench.take(ticket)
        try bench.write("f", "good again\n", in: worktree)
        try bench.draft("submit \(ticket)")
        #expect(!bench.exists(bench.log.appending(path: "hook").path))
    }

    @Test func `the person's own hooks run for the person`() throws {
        let bench = try LoopBench("exit 1")
        try bench.sandbox.write(
            ".git/hooks/pre-commit", "#!/bin/sh\ntouch \(bench.log.path)/hook\n", executable: true)
        let worktree = try bench.take(bench.ticket())
        try bench.write("f", "good\n", in: worktree)
        try bench.commit("mine", in: worktree)
        #expect(bench.exists(bench.log.appending(path: "hook").path))
    }

    @Test func `what git ignores is taken if the person added it, and only then`() throws {
        let bench = try LoopBench("exit 1")
        try bench.sandbox.commitFile(".gitignore", "*.log\n")
        let ticket = try bench.ticket()
        let worktree = try bench.take(ticket)
        for name in ["a.log", "b.log", "c.log"] { try bench.write(name, "text\n", in: worktree) }
        try bench.sandbox.git("add", "--force", "a.log", in: worktree)
        try bench.sandbox.git("commit", "--quiet", "-m", "a", in: worktree)
        try bench.sandbox.git("add", "--force", "b.log", in: worktree)
        try bench.draft("submit \(ticket)")
        let head = try #require(try bench.revision(ticket)["head_commit"]?.string)
        let names = try bench.sandbox.git("ls-tree", "--name-only", head)
        #expect(names.split(separator: "\n").filter { $0.hasSuffix(".log") } == ["a.log", "b.log"])
    }

    @Test func `a merge that is going on, and another branch, are refused`() throws {
        let bench = try LoopBench("exit 1")
        let ticket = try bench.ticket()
        let worktree = try bench.take(ticket)
        try bench.write("f", "good\n", in: worktree)
        try bench.commit("mine", in: worktree)
        try bench.sandbox.commitFile("f", "good but other\n")
        try bench.sandbox.run("git merge main", in: worktree).status.expect(1)
        let merging = try bench.draft("submit \(ticket)", expecting: 128)
        #expect(merging.stderr.contains("a merge is going on in '"))
        try bench.sandbox.git("merge", "--abort", in: worktree)
        try bench.sandbox.git("switch", "--quiet", "--create", "elsewhere", in: worktree)
        try bench.write("g", "on another branch\n", in: worktree)
        let other = try bench.draft("submit \(ticket)", expecting: 128)
        #expect(other.stderr.contains("is on 'elsewhere', not on 'take/\(ticket)'\nhint: git -C"))
        try bench.draft("cancel \(ticket)")
        #expect(try !bench.commits(holding: "on another branch", under: "refs/draft/").isEmpty)
    }

    @Test func `a taken work tree is where workspaces are, also from another one`() throws {
        let bench = try LoopBench("exit 1")
        let ticket = try bench.ticket()
        let side = bench.sandbox.root.appending(path: "side")
        try bench.sandbox.git("worktree", "add", "--quiet", side.path)
        let log: [String: String?] = ["LOG": bench.log.path]
        try bench.sandbox.draft("take \(ticket)", in: side, environment: log)
        let worktree = try bench.path(ticket)
        #expect(worktree.path.hasPrefix(bench.sandbox.workTree.appending(path: ".draft").path))
        try bench.write("f", "good\n", in: worktree)
        try bench.sandbox.draft("submit \(ticket)", in: worktree, environment: log)
        try bench.sandbox.draft("review --approve \(ticket)", in: worktree, environment: log)
        try bench.sandbox.draft("land \(ticket)", in: worktree, environment: log)
        #expect(bench.exists(worktree.path))
        try bench.draft("land \(ticket)", expecting: 128)
        #expect(!bench.exists(worktree.path))
    }

    @Test func `what is in the way of a work tree is named, and nobody has the ticket`() throws {
        let bench = try LoopBench("exit 1")
        let ticket = try bench.ticket()
        try bench.sandbox.git("branch", "take")
        let branch = try bench.draft("take \(ticket)", expecting: 128)
        #expect(branch.stderr.contains("there is a branch 'take'\nhint: git branch -m take"))
        try bench.sandbox.git("branch", "--delete", "--quiet", "take")
        let place = bench.sandbox.root.appending(path: "elsewhere")
        try bench.sandbox.git(
            "worktree", "add", "--quiet", "-b", "take/\(ticket)", place.path)
        let used = try bench.draft("take \(ticket)", expecting: 128)
        #expect(used.stderr.contains("is checked out in '$SANDBOX/elsewhere'\nhint: git -C"))
        #expect(try bench.record(ticket)["state"] == "planned")
        #expect(try bench.jobs(ticket).isEmpty)
        try bench.write("own", "mine\n", in: place)
        try bench.commit("own", in: place)
        try bench.sandbox.git("worktree", "remove", place.path)
        let worktree = try bench.take(ticket)
        #expect(!bench.exists(worktree.appending(path: "own").path))
        #expect(try !bench.commits(holding: "mine", under: "refs/draft-local/").isEmpty)
    }

    @Test func `a locked work tree stays where it is`() throws {
        let bench = try LoopBench("echo good > f")
        let ticket = try bench.ticket()
        let worktree = try bench.take(ticket)
        try bench.write("f", "good\n", in: worktree)
        try bench.draft("submit \(ticket)")
        try bench.sandbox.git("worktree", "lock", worktree.path)
        try bench.draft("review --approve \(ticket)")
        try bench.draft("land \(ticket)")
        #expect(bench.exists(worktree.path))
        try bench.sandbox.git("worktree", "unlock", worktree.path)
        try bench.draft("land \(ticket)", expecting: 128)
        #expect(!bench.exists(worktree.path))
    }

    @Test func `a copy of the repository leaves the work trees of the first one alone`() throws {
        let bench = try LoopBench("exit 1")
        let ticket = try bench.ticket()
        let worktree = try bench.take(ticket)
        try bench.write("f", "good\n", in: worktree)
        try bench.draft("submit \(ticket)")
        try bench.draft("review --approve \(ticket)")
        let copy = bench.sandbox.root.appending(path: "copy")
        try FileManager.default.copyItem(at: bench.sandbox.workTree, to: copy)
        let log: [String: String?] = ["LOG": bench.log.path]
        try bench.sandbox.draft("trust --yes", in: copy, environment: log)
        try bench.sandbox.draft("land \(ticket)", in: copy, environment: log)
        #expect(bench.exists(worktree.appending(path: "f").path))
        #expect(try bench.sandbox.git("status", "--porcelain", in: worktree) == "?? f")
        try bench.draft("land \(ticket)")
        #expect(!bench.exists(worktree.path))
    }

    @Test func `a repository behind a link, and a name with blanks, are no trouble`() throws {
        let bench = try LoopBench("exit 1")
        let ticket = try bench.ticket()
        let link = bench.sandbox.root.appending(path: "a link 'quoted'")
        try FileManager.default.createSymbolicLink(
            at: link, withDestinationURL: bench.sandbox.workTree)
        let log: [String: String?] = ["LOG": bench.log.path]
        try bench.sandbox.git(
            "config", "draft.worktreeRoot", bench.sandbox.root.appending(path: "my work").path)
        let taken = try bench.sandbox.draft("take \(ticket)", in: link, environment: log)
        #expect(
            taken.stderr == """
                hint: cd '$SANDBOX/my work/take-\(ticket)'; git draft submit \(ticket.prefix(6))

                """)
        let worktree = bench.sandbox.root.appending(path: "my work/take-\(ticket)")
        try bench.write("f", "good\n", in: worktree)
        try bench.sandbox.draft("submit \(ticket)", in: worktree, environment: log)
        try bench.draft("review --approve \(ticket)")
        try bench.draft("land \(ticket)")
        #expect(!bench.exists(worktree.path))
    }

    @Test func `path names an agent's directory if nobody has the ticket`() throws {
        let bench = try LoopBench("echo good > f")
        let ticket = try bench.ticket()
        try bench.draft("run \(ticket)")
        let json = try JSON(parsing: bench.draft("path \(ticket) --json").stdout)
        #expect(json["job_id"] == (try bench.job(ticket)["id"]))
        #expect(json["branch"]?.string?.hasSuffix("/ticket/\(ticket)") == true)
        let path = try bench.path(ticket)
        #expect(path == bench.sandbox.workTree.appending(path: ".draft/worktrees/\(ticket)"))
        let baseline = try bench.draft("job list --quiet").stdout.split(separator: "\n").last
        try bench.draft("path \(#require(baseline))", expecting: 128)
    }

    @Test func `a bare repository has them in its git directory`() throws {
        let bench = try LoopBench("exit 1")
        let ticket = try bench.ticket()
        let bare = bench.sandbox.root.appending(path: "bare.git")
        try bench.sandbox.git("clone", "--quiet", "--bare", ".", bare.path)
        try bench.sandbox.git(
            "push", "--quiet", bare.path, "refs/draft/*:refs/draft/*")
        let log: [String: String?] = ["LOG": bench.log.path]
        try bench.sandbox.draft("trust --yes", in: bare, environment: log)
        try bench.sandbox.draft("take \(ticket)", in: bare, environment: log)
        let printed = try bench.sandbox.draft("path \(ticket)", in: bare).stdout
        #expect(printed == "$SANDBOX/bare.git/draft/worktrees/take-\(ticket)\n")
        let worktree = bare.appending(path: "draft/worktrees/take-\(ticket)")
        try bench.write("f", "good\n", in: worktree)
        try bench.sandbox.draft("submit \(ticket)", in: bare, environment: log)
    }

    @Test func `a ticket that is taken in another clone is not for this one`() throws {
        let bench = try LoopBench("exit 1")
        let ticket = try bench.ticket()
        let bare = try bench.sandbox.addRemote()
        try bench.sandbox.git("push", "--quiet", "origin", "main")
        _ = try bench.take(ticket)
        try bench.sandbox.git("push", "--quiet", "origin", "refs/draft/board")
        let other = try bench.sandbox.clone(bare, as: "other")
        try bench.sandbox.draft("init", in: other)
        try bench.sandbox.draft("trust --yes", in: other)
        for words in ["take", "submit", "run"] {
            let refused = try bench.sandbox.draft("\(words) \(ticket)", expecting: 75, in: other)
            #expect(refused.stderr.contains("is taken by ann@example.com in another clone\n"))
        }
        try bench.sandbox.draft("cancel \(ticket)", in: other)
        #expect(try bench.record(ticket)["state"] == "executing")
    }
}

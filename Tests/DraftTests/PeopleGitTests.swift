import Foundation
import Model
import TestSupport
import Testing

/// What the person's git knows about a work tree, beside the files that are in it.
@Suite struct PeopleGitTests {
    private func sparseBench() throws -> LoopBench {
        let bench = try LoopBench("exit 1")
        try bench.sandbox.commitFile("src/a.txt", "a\n")
        try bench.sandbox.commitFile("doc/b.txt", "b\n")
        return bench
    }

    /// What the last revision changes.
    private func changes(_ ticket: String, _ bench: LoopBench) throws -> String {
        let head = try #require(try bench.revision(ticket)["head_commit"]?.string)
        return try bench.sandbox.git("diff", "--name-status", "main", head)
    }

    @Test(arguments: [
        "set doc", "set --sparse-index doc", "set --no-cone /doc/ /draft.yaml /check",
    ])
    func `what is outside of a sparse checkout stays`(_ words: String) throws {
        let bench = try sparseBench()
        let ticket = try bench.ticket()
        let worktree = try bench.take(ticket)
        try bench.sandbox.run("git sparse-checkout \(words)", in: worktree).status.expect(0)
        #expect(!bench.exists(worktree.appending(path: "src").path))
        try bench.write("doc/n", "n\n", in: worktree)
        try bench.draft("submit \(ticket)")
        #expect(try changes(ticket, bench) == "A\tdoc/n")
        try bench.draft("review --approve \(ticket)")
        try bench.draft("land \(ticket)")
        #expect(try bench.file("src/a.txt", at: "main") == "a")
    }

    @Test func `what is outside of a sparse checkout stays with a cancelled ticket`() throws {
        let bench = try sparseBench()
        let ticket = try bench.ticket()
        let worktree = try bench.take(ticket)
        try bench.sandbox.git("sparse-checkout", "set", "doc", in: worktree)
        try bench.write("doc/n", "new text\n", in: worktree)
        try bench.write("src", "in the place of a directory\n", in: worktree)
        let back = try bench.draft("cancel \(ticket)")
        #expect(back.stderr.contains("warning: 'src' is kept in '"))
        let kept = try #require(try bench.commits(holding: "new text", under: "refs/draft/").first)
        let names = try bench.sandbox.git("ls-tree", "-r", "--name-only", kept)
        #expect(names.contains("src/a.txt") && names.contains("doc/n"))
    }

    @Test func `a file that is laid out outside of the sparse checkout is taken`() throws {
        let bench = try sparseBench()
        let ticket = try bench.ticket()
        let worktree = try bench.take(ticket)
        try bench.sandbox.git("sparse-checkout", "set", "doc", in: worktree)
        try bench.write("src/a.txt", "changed\n", in: worktree)
        try bench.draft("submit \(ticket)")
        #expect(try changes(ticket, bench) == "M\tsrc/a.txt")
    }

    @Test(arguments: ["--skip-worktree", "--assume-unchanged"])
    func `what git is told not to look at is as it is staged`(_ option: String) throws {
        let bench = try sparseBench()
        let ticket = try bench.ticket()
        let worktree = try bench.take(ticket)
        try bench.write("doc/b.txt", "staged\n", in: worktree)
        try bench.sandbox.git("add", "doc/b.txt", in: worktree)
        try bench.sandbox.git("update-index", option, "src/a.txt", "doc/b.txt", in: worktree)
        try bench.write("src/a.txt", "LOCAL\n", in: worktree)
        try bench.write("doc/b.txt", "LOCAL\n", in: worktree)
        try bench.write("f", "good\n", in: worktree)
        try bench.draft("submit \(ticket)")
        #expect(try changes(ticket, bench) == "M\tdoc/b.txt\nA\tf")
        let head = try #require(try bench.revision(ticket)["head_commit"]?.string)
        #expect(try bench.file("doc/b.txt", at: head) == "staged")
    }

    @Test func `an index that is split is read`() throws {
        let bench = try sparseBench()
        let ticket = try bench.ticket()
        let worktree = try bench.take(ticket)
        try bench.write("f", "good\n", in: worktree)
        try bench.sandbox.git("add", "f", in: worktree)
        try bench.sandbox.git("update-index", "--split-index", in: worktree)
        try bench.draft("submit \(ticket)")
        #expect(try changes(ticket, bench) == "A\tf")
    }

    @Test func `line ends that git changes make no other draft.yaml`() throws {
        let bench = try LoopBench("exit 1")
        try bench.sandbox.commitFile(".gitattributes", "check -text\n")
        try bench.sandbox.git("config", "core.autocrlf", "true")
        let ticket = try bench.ticket()
        let worktree = try bench.take(ticket)
        let file = worktree.appending(path: "draft.yaml")
        let yaml = try Data(contentsOf: file)
        #expect(yaml.contains(13))
        let log: [String: String?] = ["LOG": bench.log.path]
        try bench.write("f", "bad\r\n", in: worktree)
        try Data(yaml + Data("# other\r\n".utf8)).write(to: file)
        let other = try bench.sandbox.draft(
            "submit \(ticket)", expecting: 1, in: worktree, environment: log)
        #expect(other.stderr.contains("'draft.yaml' here differs from the one on 'main'"))
        try bench.write("f", "good\r\n", in: worktree)
        try yaml.write(to: file)
        let said = try bench.sandbox.draft("submit \(ticket)", in: worktree, environment: log)
        #expect(!said.stderr.contains("differs"))
        let head = try #require(try bench.revision(ticket)["head_commit"]?.string)
        #expect(try bench.sandbox.git("cat-file", "-s", "\(head):f") == "5")
    }
}

/// Files that the person's git keeps in another form than they are seen in.
@Suite struct PeopleFilterTests {
    /// A repository in which git encrypts, in a manner of speaking.
    private func bench(attributes: String? = nil, settings: String = "config") throws -> LoopBench {
        let bench = try LoopBench("echo good > f")
        if let attributes { try bench.sandbox.commitFile(".gitattributes", attributes) }
        for kind in ["clean", "smudge"] {
            try bench.sandbox.run(
                "git \(settings) filter.crypt.\(kind) 'touch \(bench.log.path)/\(kind); rev'"
            ).status.expect(0)
        }
        return bench
    }

    private func expectUnused(_ bench: LoopBench) {
        for name in ["clean", "smudge"] {
            #expect(!bench.exists(bench.log.appending(path: name).path), "\(name) ran")
        }
    }

    @Test func `a repository whose files go through a filter is refused`() throws {
        let bench = try bench(attributes: "*.sec filter=crypt\n")
        let ticket = try bench.ticket()
        let reason =
            "cannot use the repository: '.gitattributes' has files go through the filter 'crypt', "
            + "which is not supported"
        let refused = try bench.draft("take \(ticket)", expecting: 128)
        #expect(
            refused.stderr == """
                fatal: \(reason)
                hint: git config --show-origin --get-regexp '^filter[.]crypt[.]'

                """)
        #expect(try bench.record(ticket)["state"] == "planned")
        #expect(try bench.sandbox.git("branch", "--list", "take/*") == "")
        let run = try bench.draft("run \(ticket)", expecting: 128)
        #expect(run.stderr.contains(reason))
        expectUnused(bench)
        try bench.sandbox.run("git config --remove-section filter.crypt").status.expect(0)
        _ = try bench.take(ticket)
    }

    @Test(arguments: [false, true])
    func `what a filter is to hide is not stored`(isInWorktree: Bool) throws {
        let bench = try bench(settings: isInWorktree ? "config --file unused" : "config")
        let ticket = try bench.ticket()
        let worktree = try bench.take(ticket)
        if isInWorktree {
            try bench.sandbox.git("config", "extensions.worktreeConfig", "true")
            try bench.sandbox.git(
                "config", "--worktree", "filter.crypt.clean", "rev", in: worktree)
        }
        try bench.write(".gitattributes", "# filter=other\n*.sec  filter=crypt\n", in: worktree)
        try bench.write("x.sec", "precious secret\n", in: worktree)
        let before = try bench.sandbox.git("for-each-ref", "refs/draft-local", "refs/heads")
        let refused = try bench.draft("submit \(ticket)", expecting: 128)
        #expect(refused.stderr.contains("fatal: cannot store the files of '"))
        #expect(refused.stderr.contains("': '.gitattributes' has files go through the filter '"))
        #expect(
            try bench.sandbox.git("for-each-ref", "refs/draft-local", "refs/heads") == before)
        #expect(try bench.job(ticket)["stage"] == "taken")
        let back = try bench.draft("cancel \(ticket)")
        #expect(back.stderr.contains("warning: '.' is kept in '"))
        #expect(bench.exists(worktree.appending(path: "x.sec").path))
        #expect(try bench.commits(holding: "precious secret", under: "refs/").isEmpty)
        try bench.draft("take --fresh \(ticket)", expecting: 128)
        #expect(bench.exists(worktree.appending(path: "x.sec").path))
        let again = try bench.take(ticket)
        #expect(again.path == worktree.path)
    }

    @Test func `attributes of the user alone count for the files that they match`() throws {
        let bench = try bench()
        try bench.sandbox.write(".git/info/attributes", "*.sec filter=crypt\n")
        let ticket = try bench.ticket()
        let worktree = try bench.take(ticket)
        try bench.write("f", "good\n", in: worktree)
        try bench.write("d/x.sec", "secret\n", in: worktree)
        let refused = try bench.draft("submit \(ticket)", expecting: 128)
        #expect(refused.stderr.contains("': 'd/x.sec' goes through the filter 'crypt', which is"))
        try FileManager.default.removeItem(at: worktree.appending(path: "d/x.sec"))
        try bench.draft("submit \(ticket)")
        expectUnused(bench)
    }

    @Test func `a filter that an agent names does not run, and is not landed`() throws {
        let bench = try bench()
        try bench.agent("echo 'f filter=crypt' > .gitattributes; echo good > f")
        let ticket = try bench.ticket()
        try bench.draft("run \(ticket)")
        let other = try bench.ticket()
        try bench.draft("run \(other)")
        try bench.draft("review --approve \(other)")
        let land = try bench.draft("land \(other)", expecting: 128)
        #expect(land.stderr.contains("has files go through the filter 'crypt'"))
        try bench.draft("take \(ticket)", expecting: 128)
        let worktree = try bench.take(ticket, "--fresh")
        try bench.write("f", "good again\n", in: worktree)
        try bench.draft("submit \(ticket)")
        expectUnused(bench)
    }
}

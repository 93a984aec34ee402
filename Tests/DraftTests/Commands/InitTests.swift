import Foundation
import Model
import TestSupport
import Testing

@Suite struct InitTests {
    private let sandbox: Sandbox

    init() throws {
        sandbox = try Sandbox()
        try sandbox.commitFile("README", "hello\n")
    }

    @Test func `a board is made from a subdirectory, and git sees no change`() throws {
        try sandbox.write("deep/down/file", "x\n")
        try sandbox.commitFile("deep/down/file", "x\n")
        let before = try sandbox.git("for-each-ref", "refs/heads")
        let outcome = try sandbox.draft(
            "init", in: sandbox.workTree.appending(path: "deep/down"))
        #expect(outcome.stdout == "made the board of 'repo'; results land on 'main'\n")
        // All who share the repository write as the same clone.
        #expect(try sandbox.run("stat -c %a .git/draft/replica").stdout == "644\n")
        #expect(try sandbox.git("for-each-ref", "refs/heads") == before)
        try sandbox.write(".draft/worktrees/x", "")
        #expect(try sandbox.git("status", "--porcelain") == "")
    }

    @Test func `running it again changes only what the options say`() throws {
        try sandbox.draft("init --name demo --no-hooks")
        let board = try sandbox.board()
        let again = try sandbox.draft("init --name demo")
        #expect(again.stdout.hasPrefix("the board is here already: 'demo'"))
        #expect(try sandbox.board() == board)
        let changed = try sandbox.draft("init --name other")
        #expect(changed.stdout.hasPrefix("changed the board of 'other'"))
        let exclude = try sandbox.run("grep -c draft .git/info/exclude").stdout
        #expect(exclude == "1\n")
    }

    @Test func `what git excludes already is never rewritten`() throws {
        let old = String(repeating: "# a line of somebody\n", count: 2000) + "mine"
        try sandbox.write(".git/info/exclude", old)
        // No file may grow beyond 16 KiB, so that this one cannot be written as a whole.
        _ = try sandbox.run("bash -c 'ulimit -f 16; git draft init'")
        let path = sandbox.workTree.appending(path: ".git/info/exclude")
        #expect(try String(contentsOf: path, encoding: .utf8) == old)
        try sandbox.draft("init")
        #expect(try String(contentsOf: path, encoding: .utf8) == old + "\n/.draft/\n")
    }

    @Test func `a linked worktree and the main one share the board`() throws {
        try sandbox.git("worktree", "add", "--quiet", "../linked")
        let linked = sandbox.root.appending(path: "linked")
        try sandbox.draft("init", in: linked)
        try sandbox.draft("ticket new Hello", in: linked)
        #expect(try sandbox.json("ready")["tickets"]?.array?.count == 1)
        #expect(try sandbox.git("status", "--porcelain", in: linked) == "")
    }

    @Test func `a bare repository has a board, named after its directory`() throws {
        try sandbox.git("clone", "--quiet", "--bare", ".", "../tool.git")
        let bare = sandbox.root.appending(path: "tool.git")
        try sandbox.git("remote", "remove", "origin", in: bare)
        let board = try sandbox.json("init", in: bare)
        #expect(board["name"]?.string == "tool")
        #expect(board["base_branch"]?.string == "main")
        try sandbox.draft("ticket new Hello", in: bare)
        #expect(try sandbox.git("fsck", "--strict", in: bare) == "")
    }

    @Test func `a repository named by the environment is used`() throws {
        let git = sandbox.workTree.appending(path: ".git").path
        try sandbox.draft("init", in: sandbox.root, environment: ["GIT_DIR": git])
        #expect(try sandbox.board().count == 40)
    }

    @Test func `a branch that does not exist is refused with the nearest one`() throws {
        let outcome = try sandbox.draft("init --base mian", expecting: 128)
        #expect(outcome.stderr.contains("there is no branch 'mian'; did you mean 'main'?"))
        #expect(try sandbox.git("for-each-ref", "refs/draft") == "")
    }

    @Test func `a base branch that does not exist is refused with its line after init, too`() throws
    {
        try sandbox.draft("init")
        try sandbox.commitFile("draft.yaml", "setup: []\nbase_branch: mian\n")
        let outcome = try sandbox.draft("config", expecting: 128)
        #expect(
            outcome.stderr == """
                fatal: draft.yaml:2: there is no branch 'mian'; did you mean 'main'?
                hint: git branch --list --all

                """)
    }

    @Test func `a setting of git that the board overrules is named`() throws {
        try sandbox.git("branch", "next")
        try sandbox.git("config", "draft.baseBranch", "main")
        try sandbox.draft("init")
        #expect(try sandbox.draft("config").stderr.isEmpty)
        try sandbox.git("config", "draft.baseBranch", "next")
        #expect(
            try sandbox.draft("config").stderr
                == "warning: draft.baseBranch is 'next' here, and does nothing: the board says that "
                + "results land on 'main'\n")
    }

    @Test func `draft yaml names the base branch`() throws {
        try sandbox.git("branch", "next")
        try sandbox.commitFile("draft.yaml", "base_branch: next\n")
        #expect(try sandbox.json("init")["base_branch"]?.string == "next")
    }

    @Test func `the current branch is the base where there is no main`() throws {
        try sandbox.git("branch", "-m", "trunk")
        #expect(try sandbox.json("init")["base_branch"]?.string == "trunk")
    }

    @Test func `a branch in the way of ours is refused until another prefix is set`() throws {
        try sandbox.git("branch", "goal")
        let outcome = try sandbox.draft("init", expecting: 128)
        #expect(outcome.stderr.contains("hint: git config draft.branchPrefix"))
        try sandbox.git("config", "draft.branchPrefix", "draft/goal")
        try sandbox.draft("init")
    }

    @Test func `a bad prefix is refused`() throws {
        try sandbox.git("config", "draft.branchPrefix", "a..b")
        #expect(try sandbox.draft("init", expecting: 128).stderr.contains("cannot begin"))
    }

    @Test func `a person must be known`() throws {
        let nobody: [String: String?] = [
            "GIT_AUTHOR_NAME": nil, "GIT_AUTHOR_EMAIL": nil, "GIT_COMMITTER_NAME": nil,
            "GIT_COMMITTER_EMAIL": nil,
        ]
        let outcome = try sandbox.draft("init", expecting: 128, environment: nobody)
        #expect(outcome.stderr.contains("hint: git config --global user.name"))
    }

    @Test func `a job makes no board`() throws {
        let outcome = try sandbox.draft("init", expecting: 128, environment: ["DRAFT_JOB": "x"])
        #expect(outcome.stderr.contains("a job cannot decide"))
    }
}

@Suite struct InitRefusalTests {
    @Test func `no repository is an error with a hint`() throws {
        let sandbox = try Sandbox(repository: false)
        let outcome = try sandbox.draft("init", expecting: 128)
        #expect(outcome.stderr.contains("fatal: not a git repository"))
        #expect(outcome.stderr.contains("hint: git init"))
    }

    @Test func `a repository without a commit is an error with a hint`() throws {
        let sandbox = try Sandbox()
        let outcome = try sandbox.draft("init", expecting: 128)
        #expect(
            outcome.stderr == """
                fatal: the repository has no commit yet
                hint: git commit --allow-empty -m start

                """)
        #expect(try sandbox.git("for-each-ref") == "")
    }

    @Test func `a repository with longer hashes is refused clearly`() throws {
        let sandbox = try Sandbox(repository: false)
        try sandbox.git("init", "--quiet", "--object-format=sha256")
        let outcome = try sandbox.draft("init", expecting: 128)
        #expect(outcome.stderr.contains("unsupported extension objectFormat = sha256"))
    }

    @Test func `other commands ask for a board first`() throws {
        let sandbox = try Sandbox()
        try sandbox.commitFile("README", "hello\n")
        let outcome = try sandbox.draft("ticket new Hello", expecting: 128)
        #expect(
            outcome.stderr == "fatal: this repository has no board\nhint: git draft init\n")
    }
}

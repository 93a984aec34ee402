import Foundation
import Model
import TestSupport
import Testing

@Suite struct InitCloneTests {
    private let sandbox: Sandbox
    private let remote: URL

    init() throws {
        sandbox = try Sandbox()
        try sandbox.commitFile("README", "hello\n")
        remote = try sandbox.addRemote()
        try sandbox.git("push", "--quiet", "-u", "origin", "main")
    }

    @Test func `a clone joins the board of its remote`() throws {
        try sandbox.draft("init")
        let ticket = try sandbox.id("ticket new Hello")
        try sandbox.git("push", "--quiet", "origin", "refs/draft/board")
        let clone = try sandbox.clone(remote, as: "clone")
        let outcome = try sandbox.draft("init", in: clone)
        #expect(
            outcome.stdout
                == "joined the board of 'origin': 'origin'; results land on 'main'\n")
        let board = try sandbox.git("rev-parse", "refs/draft/board", in: clone)
        #expect(try board == sandbox.board())
        let ready = try sandbox.json("ready", in: clone)
        #expect(ready["tickets"]?.array?.first?["id"]?.string == ticket)
    }

    @Test func `the refspec is configured once, and fetching loses no work`() throws {
        try sandbox.draft("init")
        try sandbox.draft("init")
        let refspecs = try sandbox.git("config", "--get-all", "remote.origin.fetch")
        let ours = "+refs/draft/board*:refs/draft-remotes/origin/board*"
        #expect(refspecs.split(separator: "\n").filter { $0 == ours }.count == 1)
        try sandbox.git("push", "--quiet", "origin", "refs/draft/board")
        try sandbox.draft("ticket new Unpushed")
        let board = try sandbox.board()
        try sandbox.git("fetch", "--quiet", "--prune")
        #expect(try sandbox.board() == board)
        #expect(try sandbox.git("rev-parse", "refs/draft-remotes/origin/board") != board)
    }

    @Test func `a plain push, pull, clone and gc are as always`() throws {
        try sandbox.draft("init")
        let ticket = try sandbox.id("ticket new Hello")
        try sandbox.commitFile("more", "more\n")
        try sandbox.git("push", "--quiet")
        #expect(try sandbox.git("for-each-ref", "refs/draft", in: remote) == "")
        try sandbox.git("pull", "--quiet")
        try sandbox.git("gc", "--quiet", "--prune=now")
        #expect(try sandbox.git("fsck", "--strict") == "")
        #expect(try sandbox.git("status", "--porcelain") == "")
        #expect(try sandbox.json("ready")["tickets"]?.array?.first?["id"]?.string == ticket)
        let clone = try sandbox.clone(remote, as: "clone")
        #expect(try sandbox.git("branch", "--all", in: clone).contains("draft") == false)
    }

    @Test func `a remote that cannot be reached is a warning`() throws {
        try FileManager.default.removeItem(at: remote)
        let outcome = try sandbox.draft("init")
        #expect(outcome.stderr.contains("warning: cannot ask 'origin' for its board"))
        #expect(try sandbox.board().count == 40)
    }

    @Test func `joining needs a remote that has a board`() throws {
        let none = try sandbox.draft("init --join", expecting: 128)
        #expect(none.stderr == "fatal: 'origin' has no board\nhint: git draft init\n")
        try FileManager.default.removeItem(at: remote)
        let offline = try sandbox.draft("init --join", expecting: 128)
        #expect(offline.stderr.contains("cannot fetch the board of 'origin'"))
        try sandbox.git("remote", "remove", "origin")
        let alone = try sandbox.draft("init --join", expecting: 128)
        #expect(alone.stderr.contains("hint: git remote add origin URL"))
        #expect(try sandbox.git("for-each-ref", "refs/draft") == "")
    }

    @Test func `the project is named after the remote`() throws {
        try sandbox.git("remote", "set-url", "origin", "ssh://nobody@127.0.0.1:1/team/tool.git/")
        try sandbox.git("config", "core.sshCommand", "false")
        #expect(try sandbox.json("init")["name"]?.string == "tool")
    }
}

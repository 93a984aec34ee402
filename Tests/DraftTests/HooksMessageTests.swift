import Foundation
import TestSupport
import Testing

/// The trailer that commits get in the worktree of a ticket that a person took.
@Suite struct HooksMessageTests {
    let sandbox: Sandbox
    let id = "7k2f9q0123456789"

    init() throws {
        sandbox = try Sandbox.withBoard()
        try sandbox.git("checkout", "-qb", "take/\(id)")
    }

    private var trailer: String { "Draft-Ticket: \(id)" }

    private func message() throws -> String { try sandbox.git("log", "-1", "--format=%B") }

    @Test func `a commit gets the trailer once`() throws {
        try sandbox.git("commit", "-q", "--allow-empty", "-m", "Do it")
        #expect(try message() == "Do it\n\n\(trailer)\n")
        try sandbox.git("commit", "-q", "--amend", "--allow-empty", "--no-edit")
        #expect(try message() == "Do it\n\n\(trailer)\n")
        try sandbox.git("commit", "-q", "--allow-empty", "-s", "-m", "More", "-m", "Because.")
        #expect(
            try message()
                == "More\n\nBecause.\n\nSigned-off-by: Cy Committer <cy@example.com>\n\(trailer)\n")
        #expect(
            try sandbox.git("log", "-1", "--format=%(trailers:key=Draft-Ticket)")
                == "\(trailer)\n")
    }

    @Test func `elsewhere nothing happens`() throws {
        for branch in [
            "main", "take/short", "take/\(id)/x", "mytake/\(id)", "take/7K2F9Q0123456789",
        ] {
            try sandbox.run("git checkout -q --detach; git branch -D take/\(id)")
            try sandbox.git("checkout", "-q", "-B", branch)
            try sandbox.git("commit", "-q", "--allow-empty", "-m", "x\(branch)")
            #expect(try message() == "x\(branch)\n")
        }
        try sandbox.git("checkout", "-q", "--detach")
        try sandbox.git("commit", "-q", "--allow-empty", "-m", "y")
        #expect(try message() == "y\n")
    }

    @Test func `a linked worktree is where it counts`() throws {
        try sandbox.git("checkout", "-q", "main")
        try sandbox.git("worktree", "add", "-q", "../taken", "take/\(id)")
        let taken = sandbox.root.appending(path: "taken")
        try sandbox.git("commit", "-q", "--allow-empty", "-m", "here", in: taken)
        #expect(try sandbox.git("log", "-1", "--format=%B", in: taken) == "here\n\n\(trailer)\n")
        try sandbox.git("commit", "-q", "--allow-empty", "-m", "there")
        #expect(try message() == "there\n")
    }

    /// What a file becomes, if it comes from an editor.
    private func edited(_ text: String) throws -> String {
        let editor: [String: String?] = ["GIT_EDITOR": "vi"]
        try sandbox.write("msg", text)
        try sandbox.draft("hook commit-msg msg", environment: editor)
        try sandbox.draft(
            "hook commit-msg \(sandbox.workTree.path)/msg", environment: editor)
        return try sandbox.run("cat msg").stdout
    }

    @Test func `an empty message stays empty, so that git calls the commit off`() throws {
        for text in [
            "", "\n", "# nothing\n\n",
            "# ------------------------ >8 ------------------------\ndiff\n",
        ] {
            #expect(try edited(text) == text)
        }
        let editor: [String: String?] = ["GIT_EDITOR": "true"]
        #expect(try sandbox.run("git commit --allow-empty", environment: editor).status == 1)
        try sandbox.run(
            "printf 'subject\\n\\n# hint\\n' >../template; git config commit.template ../template")
        let untouched = try sandbox.run("git commit --allow-empty", environment: editor)
        #expect(untouched.status == 1 && untouched.stderr.contains("you did not edit the message"))
        try sandbox.git("config", "core.commentChar", ";")
        #expect(try edited("; comment\n") == "; comment\n")
    }

    @Test func `comments and the patch below the scissors stay where they are`() throws {
        #expect(
            try edited("One\n\nbody --- here\n---\nmore\n# comment\n")
                == "One\n\nbody --- here\n---\nmore\n\n\(trailer)\n# comment\n")
        let patch =
            "# ------------------------ >8 ------------------------\n# Do not modify\ndiff --git a b\n+x\n"
        #expect(try edited("One\n\(patch)") == "One\n\n\(trailer)\n\(patch)")
        try sandbox.commitFile("f", "a\n")
        try sandbox.write("f", "b\n")
        let editor: [String: String?] = ["GIT_EDITOR": "sed -i '1s/^/Typed/'"]
        #expect(try sandbox.run("git commit -qav", environment: editor).status == 0)
        #expect(try message() == "Typed\n\n\(trailer)\n")
    }

    @Test(arguments: ["verbatim", "whitespace", "scissors", nil])
    func `where lines that look like comments are kept the trailer comes last`(
        _ cleanup: String?
    ) throws {
        if let cleanup { try sandbox.git("config", "commit.cleanup", cleanup) }
        try sandbox.write("words", "verb\n# not a comment\n")
        try sandbox.git("commit", "-q", "--allow-empty", "-F", "words")
        #expect(try message() == "verb\n# not a comment\n\n\(trailer)\n")
        #expect(
            try sandbox.run("git log -1 --format=%B | git interpret-trailers --parse").stdout
                == "\(trailer)\n")
        try sandbox.git("commit", "-q", "--allow-empty", "--amend", "--no-edit")
        #expect(try message() == "verb\n# not a comment\n\n\(trailer)\n")
    }

    @Test func `what git takes out stays below the trailer`() throws {
        let editor: [String: String?] = ["GIT_EDITOR": ":"]
        try sandbox.git("commit", "-q", "--allow-empty", "-m", "One\n\nSigned-off-by: A <a@b>")
        #expect(
            try sandbox.run("git commit -q --amend --allow-empty", environment: editor).status == 0)
        #expect(try message() == "One\n\nSigned-off-by: A <a@b>\n\(trailer)\n")
        try sandbox.git("config", "commit.cleanup", "scissors")
        let patch =
            "# ------------------------ >8 ------------------------\n# Do not modify\ndiff --git a b\n"
        #expect(
            try edited("One\n# mine\n\(patch)") == "One\n# mine\n\n\(trailer)\n\(patch)")
    }

    @Test func `other trailers and line ends stay as they are`() throws {
        #expect(
            try edited("One\n\nReviewed-by: Bo <b@c>\nDraft-Ticket: other\n")
                == "One\n\nReviewed-by: Bo <b@c>\nDraft-Ticket: other\n\(trailer)\n")
        let dos = try edited("One\r\n\r\nbody\r\n")
        #expect(dos.hasPrefix("One\r\n\r\nbody\r\n") && dos.contains(trailer))
        #expect(dos.components(separatedBy: trailer).count == 2)
    }

    @Test func `merges and what will be melted into others are left alone`() throws {
        for text in ["fixup! One\n", "squash! One\n\nmore\n", "amend! One\n\nOne\n"] {
            #expect(try edited(text) == text)
        }
        try sandbox.git("checkout", "-q", "main")
        try sandbox.commitFile("there", "x\n")
        try sandbox.git("checkout", "-q", "take/\(id)")
        try sandbox.commitFile("here", "y\n")
        try sandbox.git("merge", "-q", "--no-ff", "-m", "Merge main", "main")
        #expect(try message() == "Merge main\n")
    }

    @Test func `a file that is not there is an error that stops no commit`() throws {
        #expect(
            try sandbox.draft("hook commit-msg nowhere", expecting: 128).stderr.contains("nowhere"))
        try sandbox.draft("hook commit-msg", expecting: 129)
    }
}

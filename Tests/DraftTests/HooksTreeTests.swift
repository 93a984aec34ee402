import Foundation
import Model
import TestSupport
import Testing

/// Work of tickets that is pushed without saying that it is: known by its trees.
@Suite struct HooksTreeTests {
    let bench: LoopBench
    var sandbox: Sandbox { bench.sandbox }

    init() throws {
        bench = try LoopBench("echo good >f")
        try bench.sandbox.addRemote()
        try bench.sandbox.git("push", "-q", "origin", "main")
    }

    /// A ticket that a person took and committed something for, without the trailer.
    private func taken() throws -> (ticket: String, worktree: URL) {
        let ticket = try bench.ticket()
        let worktree = try bench.take(ticket)
        try bench.write("f", "good\n", in: worktree)
        try sandbox.git("add", "--all", in: worktree)
        try sandbox.git("commit", "-q", "--no-verify", "-m", "mine", in: worktree)
        return (ticket, worktree)
    }

    private func push(
        _ words: String, expecting status: Int32, sourceLocation: SourceLocation = #_sourceLocation
    ) throws -> String {
        let push = try sandbox.run("git push -q \(words)")
        #expect(
            push.status == status, "git push \(words): \(push.output)",
            sourceLocation: sourceLocation)
        return push.stderr
    }

    @Test func `the commit of a revision that waits is refused under any name`() throws {
        let (ticket, worktree) = try taken()
        let name = ticket.prefix(6)
        let head = try sandbox.git("rev-parse", "HEAD", in: worktree)
        let submit = "hint: git draft submit \(name)\n"
        #expect(try push("origin \(head):main", expecting: 1).contains(submit))
        try bench.draft("submit \(ticket)")
        let refusal = """
            error: 'main' is protected, and commit \(head.prefix(8)) of ticket \(name) is not approved
            hint: git draft review --approve \(name)

            """
        #expect(try push("origin \(head):main", expecting: 1).hasPrefix(refusal))
        try sandbox.git("branch", "foo", head)
        #expect(try push("origin foo:main", expecting: 1).hasPrefix(refusal))
        #expect(try push("origin foo", expecting: 0) == "")
        for (how, words) in [
            ("squash", "merge -q --squash foo"), ("pick", "cherry-pick -n foo"),
            ("merge", "merge -q --no-ff --no-commit foo"),
        ] {
            try sandbox.run("git checkout -q -B \(how) main && git \(words)")
            try sandbox.git("commit", "-q", "-m", "my own words")
            try sandbox.git("commit", "-q", "--allow-empty", "--amend", "-m", "other words")
            #expect(
                try push("origin \(how):main", expecting: 1).contains(
                    "of ticket \(name) is not approved\n"), "\(how)")
        }
        // Below something else, too.
        try sandbox.commitFile("g", "more\n")
        #expect(try push("origin HEAD:main", expecting: 1).contains("of ticket \(name)"))
        try sandbox.git("checkout", "-q", "main")
        try sandbox.run("echo 'merge_config: {on_approve: nothing}' >>draft.yaml")
        try bench.draft("review --approve \(ticket)")
        #expect(try push("origin foo:production", expecting: 0) == "")
    }

    @Test func `what was sent back is refused, and what is somebody's own is not`() throws {
        let (ticket, worktree) = try taken()
        try bench.draft("submit \(ticket)")
        let head = try sandbox.git("rev-parse", "HEAD", in: worktree)
        try bench.draft("review \(ticket) --request-changes -m no")
        #expect(
            try push("origin \(head):main", expecting: 1).contains(
                "of ticket \(ticket.prefix(6)) is not approved\nhint: git draft "))
        try sandbox.commitFile("other", "mine\n")
        #expect(try push("origin main", expecting: 0) == "")
    }

    @Test func `an empty change holds nobody up`() throws {
        let ticket = try bench.ticket()
        _ = try bench.take(ticket)
        try sandbox.git("commit", "-q", "--allow-empty", "-m", "nothing")
        #expect(try push("origin main", expecting: 0) == "")
        try sandbox.commitFile("other", "mine\n")
        try sandbox.git("revert", "--no-edit", "HEAD")
        #expect(try push("origin main", expecting: 0) == "")
        try sandbox.addRemote("fork")
        #expect(try push("fork main", expecting: 0) == "")
    }
}

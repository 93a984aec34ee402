import Foundation
import Model
import TestSupport
import Testing

/// Work of tickets that is pushed: to protected branches, and on the tickets' own.
@Suite struct HooksPushTests {
    let bench: LoopBench
    let ticket: String
    var sandbox: Sandbox { bench.sandbox }
    var name: String { String(ticket.prefix(6)) }

    /// A ticket with an open revision, in a repository with a remote that has the base.
    init() throws {
        bench = try LoopBench("echo good >f")
        try bench.sandbox.addRemote()
        try bench.sandbox.git("push", "-q", "origin", "main")
        ticket = try bench.ticket()
        try bench.draft("run \(ticket)")
    }

    private func branch() throws -> String {
        try sandbox.git("for-each-ref", "--format=%(refname:short)", "refs/heads/goal")
    }

    private func push(_ words: String, expecting status: Int32) throws -> String {
        let push = try sandbox.run("git push -q \(words)")
        #expect(push.status == status, "git push \(words): \(push.output)")
        return push.stderr
    }

    @Test func `work that nobody approved does not get on a protected branch`() throws {
        let branch = try branch()
        let tip = try sandbox.git("rev-parse", "--short=8", branch)
        let said = try push("origin \(branch):main", expecting: 1)
        #expect(
            said.hasPrefix(
                """
                error: 'main' is protected, and commit \(tip) of ticket \(name) is not approved
                hint: git draft review --approve \(name)
                error: the pre-push hook refuses this push
                hint: git push --no-verify pushes it all the same

                """))
        #expect(try push("origin \(tip):refs/heads/production", expecting: 1).contains(name))
        #expect(
            try push("origin '\(branch)^{/snapshot 1}:refs/heads/main'", expecting: 1)
                .contains("commit \(tip) of ticket \(name) is not approved"))
        try sandbox.git("merge", "-q", "--no-ff", "-m", "merge it", branch)
        #expect(try push("origin main", expecting: 1).contains("commit \(tip) of ticket \(name)"))
        #expect(try push("origin main:elsewhere", expecting: 0) == "")
    }

    @Test func `approved work gets there, and so does what has landed`() throws {
        let branch = try branch()
        try bench.draft("review --approve \(ticket)")
        try bench.draft("land \(ticket)")
        #expect(try bench.record(ticket)["state"] == "done")
        #expect(try push("origin main", expecting: 0) == "")
        #expect(
            try sandbox.git("log", "-1", "--format=%B", "main").contains("Draft-Ticket: \(ticket)"))
        #expect(branch.hasPrefix("goal/"))
    }

    @Test func `another tree than the approved one is refused`() throws {
        let branch = try branch()
        try sandbox.run("echo 'merge_config: {on_approve: nothing}' >>draft.yaml")
        try sandbox.git("commit", "-qam", "land by hand")
        try sandbox.git("push", "-q", "origin", "main")
        try bench.draft("review --approve \(ticket)")
        let tip = try sandbox.git("rev-parse", branch)
        #expect(try push("--force origin \(branch):main", expecting: 0) == "")
        try sandbox.git("checkout", "-q", branch)
        try sandbox.write("f", "good, and more\n")
        try sandbox.git("commit", "-qam", "more\n\nDraft-Ticket: \(ticket)")
        let said = try push("--force origin HEAD:main", expecting: 1)
        #expect(
            said.contains(
                "of ticket \(name) is not what was approved\nhint: git draft land \(name)\n"))
        #expect(try sandbox.git("rev-parse", "HEAD^") == tip)
    }

    @Test func `a commit made on the branch of a ticket that was taken is refused`() throws {
        let other = try sandbox.id("ticket new 'Another'")
        try sandbox.git("checkout", "-qb", "take/\(other)")
        try sandbox.commitFile("mine", "mine\n")
        let message = try sandbox.git("log", "-1", "--format=%B")
        #expect(message == "add mine\n\nDraft-Ticket: \(other)\n")
        let said = try push("origin HEAD:main", expecting: 1)
        #expect(said.contains("of ticket \(other.prefix(6)) is not approved\nhint: git draft "))
        try sandbox.git("checkout", "-q", "main")
        try sandbox.git("merge", "-q", "--ff-only", "take/\(other)")
        #expect(
            try push("origin main", expecting: 1).contains(
                "hint: git draft submit \(other.prefix(6))\n"))
        #expect(try push("origin take/\(other)", expecting: 0) == "")
    }

    @Test func `the protected branches are those of the base commit`() throws {
        let branch = try branch()
        try sandbox.run("echo 'policy: {protected_branches: [release]}' >>draft.yaml")
        try sandbox.git("commit", "-qam", "protect")
        #expect(try push("origin \(branch):production", expecting: 0).contains("was not") == false)
        #expect(
            try push("origin \(branch):release", expecting: 1).contains("'release' is protected"))
        // The base is protected whatever the file says.
        #expect(try push("origin \(branch):main", expecting: 1).contains("'main' is protected"))
        try sandbox.git("push", "-q", "origin", ":production")
        try sandbox.commitFile("draft.yaml", "policy: [\n")
        let said = try push("origin \(branch):staging", expecting: 1)
        #expect(said.contains("warning: cannot read what is protected"))
    }

    @Test func `a branch of a ticket goes out when its tree was validated`() throws {
        let branch = try branch()
        #expect(try push("origin \(branch)", expecting: 0) == "")
        try sandbox.git("checkout", "-q", branch)
        try sandbox.write("f", "good, and more\n")
        try sandbox.git("commit", "-qam", "more")
        let tip = try sandbox.git("rev-parse", "--short=8", "HEAD")
        let warned = try push("origin \(branch)", expecting: 0)
        #expect(
            warned == """
                warning: commit \(tip) of ticket \(name) was not validated
                hint: git draft review \(name)

                """)
        try sandbox.draft("review \(name)")
        try sandbox.git("config", "draft.prePush", "refuse")
        try sandbox.git("commit", "-q", "--allow-empty", "-m", "even more")
        let refused = try push("origin \(branch)", expecting: 1)
        #expect(refused.hasPrefix("error: commit ") && refused.contains("was not validated"))
        try sandbox.git("reset", "-q", "--hard", "HEAD~2")
        #expect(try push("--force origin HEAD:\(branch)", expecting: 0) == "")
    }

    @Test func `where a team shares the board the default is to refuse`() throws {
        let branch = try branch()
        try sandbox.git("push", "-q", "origin", "refs/draft/*")
        let clone = try sandbox.clone(sandbox.root.appending(path: "origin.git"), as: "second")
        try sandbox.git("push", "-q", "origin", branch)
        try sandbox.git("update-ref", "-d", "refs/draft/board")
        try sandbox.git("push", "-q", "origin", ":refs/draft/board")
        try sandbox.draft("init", in: clone)
        let goal = try sandbox.json("goal list", in: clone)["goals"]?.array?.first?["id"]?.string
        let other = try sandbox.run("git draft ticket new Other --quiet", in: clone).stdout
        let its = "goal/\(try #require(goal))/ticket/\(other.trimmingCharacters(in: .newlines))"
        let push = try sandbox.run("git push -q origin HEAD:refs/heads/\(its)", in: clone)
        #expect(push.status == 1 && push.stderr.contains("was not validated"), "\(push.output)")
    }

    @Test func `what the board does not know is none of our business`() throws {
        try sandbox.git(
            "commit", "-q", "--allow-empty", "-m",
            "x\n\nDraft-Ticket: 0123456789abcdef\nDraft-Ticket: ../../etc\nDraft-Ticket: \u{1b}[31m"
        )
        try sandbox.git(
            "commit", "-q", "--allow-empty", "-m", "snapshot 1 of job 0123456789abcdef")
        try sandbox.git("commit", "-q", "--allow-empty", "-m", "snapshot 1 of job ../../board")
        #expect(try push("origin main", expecting: 0) == "")
    }
}

/// Landing pushes, too; the hook has to see that it is a landing.
@Suite struct HooksLandingTests {
    @Test(arguments: ["squash", "merge"])
    func `a landing gets through the hook`(_ strategy: String) throws {
        let bench = try LoopBench("[ -e f ] && echo good >f || echo bad >f")
        let sandbox = bench.sandbox
        try sandbox.run("echo 'merge_config: {strategy: \(strategy)}' >>draft.yaml")
        try sandbox.git("commit", "-qam", "strategy")
        try sandbox.draft("trust --yes")
        let remote = try sandbox.addRemote()
        try sandbox.git("push", "-q", "-u", "origin", "main")
        let ticket = try bench.ticket()
        try bench.draft("run \(ticket)")
        try bench.draft("review --approve \(ticket)")
        try bench.draft("land \(ticket)")
        #expect(try bench.record(ticket)["state"] == "done")
        #expect(
            try sandbox.git("rev-parse", "main", in: remote) == sandbox.git("rev-parse", "main"))
        // Once more by hand, to a remote that has nothing of it.
        try sandbox.addRemote("fork")
        try sandbox.git("push", "-q", "fork", "main")
        // And what a cherry-pick makes of it.
        try sandbox.git("checkout", "-qb", "production", "main~1")
        try sandbox.git("commit", "-q", "--allow-empty", "-m", "start")
        if strategy == "squash" { try sandbox.git("cherry-pick", "main") }
        let push = try sandbox.run("git push -q origin production")
        #expect(push.status == 0, "\(push.output)")
    }

    @Test func `a landing that the hook refuses is known not to have happened`() throws {
        let bench = try LoopBench("echo good, sesame-open-wide >f")
        let remote = try bench.sandbox.addRemote()
        try bench.sandbox.git("push", "-q", "-u", "origin", "main")
        let ticket = try bench.ticket()
        try bench.draft("run \(ticket)")
        try bench.draft("review --approve \(ticket)")
        let before = try bench.sandbox.git("for-each-ref", in: remote)
        let refused = try bench.draft(
            "land \(ticket)", expecting: 128, environment: ["BANK_TOKEN": "sesame-open-wide"])
        #expect(refused.stderr.contains("holds a secret (value)"))
        #expect(try bench.sandbox.git("for-each-ref", in: remote) == before)
        #expect(try bench.record(ticket)["state"] == "needs_human")
        try bench.draft("land \(ticket)")
        #expect(try bench.record(ticket)["state"] == "done")
    }
}

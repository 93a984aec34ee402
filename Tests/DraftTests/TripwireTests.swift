import Foundation
import Model
import TestSupport
import Testing

/// What is the user's is looked at before and after everything that others wrote.
@Suite struct TripwireTests {
    private func run(
        _ bench: LoopBench, _ ticket: String, _ words: String = "run",
        expecting status: Int32 = 0
    ) throws -> Outcome {
        try bench.draft(
            "\(words) \(ticket)", expecting: status,
            environment: ["TREE": bench.sandbox.workTree.path])
    }

    /// What a job did, and what it is told by.
    static let grave = [
        ("git -C \"$TREE\" config core.pager evil", "config core.pager was made"),
        ("git -C \"$TREE\" config core.hooksPath x", "config core.hookspath was made"),
        ("git -C \"$TREE\" config alias.x '!evil'", "config alias.x was made"),
        ("git -C \"$TREE\" config filter.a.clean evil", "config filter.a.clean was made"),
        (
            "git -C \"$TREE\" config url.https://ann:word@evil/.insteadOf https://a/",
            "config url.*.insteadof was made"
        ),
        ("git -C \"$TREE\" config include.path x", "config include.path was made"),
        (
            "git -C \"$TREE\" config branch.main.mergeOptions --strategy=x",
            "config branch.main.mergeoptions was made"
        ),
        (
            "git -C \"$TREE\" config branch.main.remote ext::evil",
            "config branch.main.remote was made"
        ),
        ("git -C \"$TREE\" remote add x ext::evil", "config remote.x.url was made"),
        ("git -C \"$TREE\" remote set-url known /evil", "config remote.known.url was changed"),
        ("git -C \"$TREE\" config remote.known.pushurl /e", "config remote.known.pushurl was made"),
        (
            "git -C \"$TREE\" config remote.known.uploadpack e",
            "config remote.known.uploadpack was "
        ),
        ("git -C \"$TREE\" remote remove known", "config remote.known.url was removed"),
        ("chmod -x \"$TREE/.git/hooks/pre-push\"", "hooks/pre-push was changed"),
        (
            "mkdir -p \"$TREE/.git/draft-hooks\"; echo x >\"$TREE/.git/draft-hooks/pre-push\"",
            "draft-hooks/pre-push was made"
        ),
        ("git -C \"$TREE\" branch -m side other", "refs/heads/other was made"),
        ("git -C \"$TREE\" update-ref -d refs/heads/side", "refs/heads/side was removed"),
        ("git -C \"$TREE\" branch -q -D lonely", "refs/heads/lonely was removed"),
        ("echo evil > \"$TREE/.git/hooks/fsmonitor\"", "hooks/fsmonitor was made"),
        ("echo x >> \"$TREE/.git/hooks/pre-push\"", "hooks/pre-push was "),
        ("echo '* filter=x' > \"$TREE/.git/info/attributes\"", "info/attributes was made"),
        ("git -C \"$TREE\" update-ref refs/heads/main HEAD~1", "refs/heads/main was changed"),
        ("git -C \"$TREE\" branch sneaky", "refs/heads/sneaky was made"),
        ("git -C \"$TREE\" tag -d v1", "refs/tags/v1 was removed"),
        ("git -C \"$TREE\" tag -f v1 HEAD~1", "refs/tags/v1 was changed"),
        ("echo 'gitdir: /x' > \"$TREE/../linked/.git\"", "worktrees/linked was changed"),
        (
            "cd \"$TREE\" && git -c user.name=A -c user.email=ann@example.com commit -q "
                + "--allow-empty -m x", "refs/heads/main was changed"
        ),
    ]

    /// A bench with a second commit, a tag and a linked work tree.
    private func bench(_ agent: String, setup: String = "") throws -> LoopBench {
        let bench = try LoopBench(agent, setup: setup)
        try bench.sandbox.commitFile("more", "more\n")
        try bench.sandbox.git("tag", "v1")
        try bench.sandbox.git("worktree", "add", "-q", "-b", "side", "../linked")
        try bench.sandbox.git("remote", "add", "known", "/nowhere")
        let lonely = try bench.sandbox.git("commit-tree", "-m", "lonely", "HEAD^{tree}")
        try bench.sandbox.git("update-ref", "refs/heads/lonely", lonely)
        try bench.sandbox.git("branch", "old")
        return bench
    }

    @Test(arguments: grave) func `a green result is quarantined if something of the user changed`(
        command: String, change: String
    ) throws {
        let bench = try bench("echo good > f; (\(command))")
        let ticket = try bench.ticket()
        let said = try run(bench, ticket)
        #expect(said.stdout.contains(", quarantined: \(change)"), "\(said.output)")
        #expect(said.stderr.contains("hint: git draft review \(ticket.prefix(6))"))
        let record = try bench.record(ticket)
        #expect(record["state"] == "needs_human" && record["reason"] == "tripwire")
        #expect(try bench.sandbox.eventTypes().contains("tripwire.tripped"))
        try bench.sandbox.git("config", "core.pager", "cat")
        #expect(try bench.draft("status").stdout.contains("quarantined: \(change)"))
        #expect(try bench.draft("log \(ticket)").stdout.contains(change))
        let job = try #require(try bench.job(ticket)["id"]?.string)
        #expect(try bench.draft("job show \(job)").stdout.contains(change))
        #expect(try bench.draft("review \(ticket)").stdout.contains("quarantined: \(change)"))
        let refused = try bench.draft("review --approve \(ticket)", expecting: 128)
        #expect(refused.stderr.contains("is quarantined: \(change)"))
        let name = ticket.prefix(6)
        #expect(
            refused.stderr.contains("hint: git draft review --approve --despite-changes \(name)"))
        try bench.draft("land \(ticket)", expecting: 128)
        try bench.draft("review --approve --despite-changes \(ticket)")
    }

    @Test func `what set-up and validation change counts as well`() throws {
        let bench = try bench(
            "echo good > f", setup: "'[ ! -e $LOG/go ] || touch \"$TREE/.git/hooks/update\"'")
        try Data().write(to: bench.log.appending(path: "go"))
        let ticket = try bench.ticket()
        // The base is validated first, by the same set-up, and nothing is trusted that it says.
        let said = try run(bench, ticket, expecting: 128)
        #expect(said.stderr.contains("hooks/update was made while it ran"), "\(said.output)")
        #expect(try bench.jobs(ticket).isEmpty)
        try FileManager.default.removeItem(
            at: bench.sandbox.workTree.appending(path: ".git/hooks/update"))
        try FileManager.default.removeItem(at: bench.log.appending(path: "go"))
        try bench.agent("echo good > f; touch \"$LOG/go\"; mkdir -p .draft")
        let other = try run(bench, ticket)
        #expect(other.stdout.contains("a revision after"), "\(other.output)")
    }

    @Test func `nothing quarantined is approved by itself`() throws {
        let bench = try bench("echo good > f; git -C \"$TREE\" config a.b c")
        let ticket = try bench.ticket()
        let said = try run(bench, "inbox", "goal run --auto-approve", expecting: 1)
        #expect(said.output.contains("is quarantined (tripwire): config a.b was made"))
        #expect(said.stderr.contains("hint: git draft review \(ticket.prefix(6))"))
        #expect(try bench.record(ticket)["state"] == "needs_human")
        try bench.draft("review --approve --despite-changes \(ticket)")
        _ = try run(bench, "inbox", "goal run --auto-approve")
        #expect(try bench.record(ticket)["state"] == "done")
    }

    @Test func `an approval that knew of no change lands nothing`() throws {
        let bench = try bench("echo good > f; git -C \"$TREE\" config a.b c")
        let ticket = try bench.ticket()
        _ = try run(bench, ticket)
        try bench.draft("review --approve --despite-changes \(ticket)")
        // As a clone would send it that knows nothing of such changes.
        let path = try bench.sandbox.git(
            "ls-tree", "-r", "--name-only", "refs/draft/board", "reviews/")
        let text = try bench.sandbox.git("cat-file", "blob", "refs/draft/board:\(path)")
        var review = try #require(try JSON(parsing: text).object)
        review["despite_changes"] = nil
        try bench.sandbox.replaceOnBoard(path, with: JSON.object(review).canonicalText)
        let said = try bench.draft("land \(ticket)", expecting: 128)
        #expect(said.stderr.contains("is quarantined: config a.b was made while its job ran"))
    }

    /// An agent that does its work, and ends when a person has done something meanwhile.
    private static let working =
        "echo good > f; touch \"$LOG/begun\"; until [ -e \"$LOG/over\" ]; do sleep 0.1; done"

    /// Runs a ticket, and a command of a person's while its agent works.
    private func run(
        _ bench: LoopBench, _ ticket: String, meanwhile command: String
    ) throws -> Outcome {
        let job = try bench.sandbox.start("LOG='\(bench.log.path)' git draft run \(ticket)")
        let mine = try bench.sandbox.run(
            "until [ -e '\(bench.log.path)/begun' ]; do sleep 0.1; done; \(command); status=$?; "
                + "touch '\(bench.log.path)/over'; exit $status")
        #expect(mine.status == 0, "\(mine.output)")
        return job.wait()
    }

    /// What a person does meanwhile, as their own git writes it down.
    static let person = [
        "git commit -q --allow-empty -m mine", "git commit -q --amend -m other",
        "git switch -q -c topic", "git branch topic", "git tag v2", "git stash push -q",
        "echo mine >> more", "git switch -q --detach",
        "git switch -q old && git reset -q --hard HEAD~1",
        "git stash -q && git switch -q old && git commit -q --allow-empty -m a && "
            + "git rebase -q --force-rebase side",
        "git stash -q && git pull -q --rebase origin main && git commit -q --allow-empty -m x && "
            + "git push -q origin main",
        "git fetch -q --prune", "git branch -D old", "git branch -m old new",
        "git bisect start && git bisect bad && git bisect good HEAD~1 && git bisect reset",
        "git bisect start && git bisect bad", "git push -q -u origin old",
        "git remote add second ../second.git", "git remote rename known other",
        "git sparse-checkout set --skip-checks more", "git config branch.main.description words",
        "git draft hooks install",
    ]

    /// Where people write down who they are, so that git finds it in a job as well.
    enum Identity: String, CaseIterable { case home, repository }

    /// What a job does under the user's own name, to branches that there were.
    static let forged = [
        ("git -C \"$TREE\" branch -f main HEAD~1", "refs/heads/main was changed"),
        ("git -C \"$TREE\" branch -q -f old HEAD~1", "refs/heads/old was changed"),
        (
            "git -C \"$TREE\" push -q --no-verify . +HEAD~1:refs/heads/old",
            "refs/heads/old was changed"
        ),
        ("git -C \"$TREE\" branch -M main other", "refs/heads/main was removed"),
        (
            "git -C \"$TREE\" push -q --no-verify origin +HEAD~1:main",
            "refs/remotes/origin/main was changed"
        ),
        (
            "cd \"$TREE\" && git switch -q main && env -u GIT_REFLOG_ACTION git reset -q --hard HEAD~1",
            "refs/heads/main was changed"
        ),
        (
            "cd \"$TREE\" && git switch -q old && git commit -q --allow-empty -m x",
            "refs/heads/old was changed"
        ),
    ]

    /// A bench whose user is known to git wherever it runs, and has left the base branch.
    private func bench(
        _ agent: String, knownBy identity: Identity
    ) throws -> (bench: LoopBench, environment: [String: String?]) {
        let bench = try bench(agent)
        try bench.sandbox.addRemote()
        try bench.sandbox.git("push", "-q", "-u", "origin", "main")
        try bench.sandbox.git("switch", "-q", "-c", "mine")
        let file = identity == .home ? "../home/.gitconfig" : ".git/config"
        for (key, value) in [
            ("user.name", "Ann"), ("user.email", "ann@example.com"), ("draft.sandbox", "none"),
            ("maintenance.auto", "false"),
        ] {
            try bench.sandbox.git("config", "--file", file, key, value)
        }
        let names = ["AUTHOR", "COMMITTER"].flatMap { ["GIT_\($0)_NAME", "GIT_\($0)_EMAIL"] }
        var environment = [String: String?](
            uniqueKeysWithValues: (names + ["GIT_CONFIG_GLOBAL"]).map { ($0, nil) })
        environment["TREE"] = bench.sandbox.workTree.path
        return (bench, environment)
    }

    @Test(arguments: Identity.allCases, forged)
    func `the user's name alone moves no branch that there was`(
        identity: Identity, forgery: (command: String, change: String)
    ) throws {
        let (bench, environment) = try bench(
            "echo good > f; (\(forgery.command))", knownBy: identity)
        let ticket = try bench.ticket()
        let said = try bench.draft("run \(ticket)", environment: environment)
        #expect(said.stdout.contains(", quarantined: \(forgery.change)"), "\(said.output)")
        #expect(try bench.record(ticket)["reason"] == "tripwire")
    }

    @Test(arguments: Identity.allCases)
    func `a new branch that may be the user's is noted`(identity: Identity) throws {
        let (bench, environment) = try bench(
            "echo good > f; git -C \"$TREE\" branch sneaky", knownBy: identity)
        let ticket = try bench.ticket()
        let said = try bench.draft("run \(ticket)", environment: environment)
        #expect(!said.stdout.contains("quarantined"), "\(said.output)")
        #expect(try bench.draft("log \(ticket)").stdout.contains("refs/heads/sneaky was made"))
    }

    @Test(arguments: [
        ("git stash -q; git pull -q --rebase", false), ("git reset -q --hard @~1", true),
    ])
    func `whoever rewrites the base is in nobody's way as long as all of it is there`(
        command: String, isGrave: Bool
    ) throws {
        let bench = try bench(Self.working)
        let remote = try bench.sandbox.addRemote()
        try bench.sandbox.git("push", "-q", "-u", "origin", "main")
        let other = try bench.sandbox.clone(remote, as: "other")
        try bench.sandbox.git("commit", "-q", "--allow-empty", "-m", "x", in: other)
        try bench.sandbox.git("push", "-q", in: other)
        try bench.sandbox.commitFile("own", "own\n")
        let ticket = try bench.ticket()
        let outcome = try run(bench, ticket, meanwhile: command)
        #expect(outcome.output.contains("quarantined") == isGrave, "\(outcome.output)")
    }

    @Test func `a plan that is quarantined is accepted by nobody but a person`() throws {
        let bench = try LoopBench(
            """
            if [ -z "$DRAFT_TICKET" ]; then
                git -C "$TREE" config core.pager evil
                echo '{"tickets": [{"title": "New one"}]}'
            else echo good > f; fi
            """)
        let goal = try bench.sandbox.id("goal new 'Ship it'")
        let tree: [String: String?] = ["TREE": bench.sandbox.workTree.path]
        let said = try bench.draft("plan \(goal)", expecting: 1, environment: tree)
        let name = goal.prefix(6)
        let words = "the plan of \(name) is quarantined: config core.pager was made"
        #expect(said.stderr.contains("error: \(words) while it was made"), "\(said.output)")
        #expect(said.stderr.contains("hint: git draft accept \(name)"))
        try bench.sandbox.git("config", "--unset", "core.pager")
        let status = try bench.draft("status").stdout
        #expect(status.contains("quarantined: config core.pager was made"), "\(status)")
        let run = try bench.draft(
            "goal run \(goal) --auto-approve", expecting: 1, environment: tree)
        #expect(run.stderr.contains("is of a plan that is quarantined (tripwire): "))
        try bench.draft("accept \(goal)")
        try bench.draft("goal run \(goal) --auto-approve", environment: tree)
        #expect(!(try bench.draft("status").stdout.contains("quarantined")))
    }

    @Test func `our lines in a hook that was there are in nobody's way, and no others are`() throws
    {
        for (more, isGrave) in [("true", false), ("echo more >> .git/hooks/pre-push", true)] {
            for content in ["#!/bin/sh\nexit 0\n", "#!/usr/bin/env python3\n"] {
                let bench = try LoopBench(Self.working)
                try bench.sandbox.draft("hooks uninstall")
                try bench.sandbox.write(".git/hooks/pre-push", content, executable: true)
                let ticket = try bench.ticket()
                let outcome = try run(
                    bench, ticket, meanwhile: "git draft hooks install && \(more)")
                #expect(outcome.output.contains("quarantined") == isGrave, "\(outcome.output)")
            }
        }
    }

    @Test func `what speaks against a result is said however much else changed`() throws {
        let bench = try bench(
            "echo good > f; cd \"$TREE\"; for i in $(seq 99); do git tag t$i; done; "
                + "git update-ref refs/zzz HEAD")
        let said = try run(bench, try bench.ticket())
        #expect(said.stdout.contains("quarantined: refs/zzz was made"), "\(said.output)")
    }

    @Test(arguments: person) func `a person who works meanwhile is in nobody's way`(
        command: String
    ) throws {
        let bench = try bench(Self.working)
        let remote = try bench.sandbox.addRemote()
        try bench.sandbox.git("push", "-q", "origin", "main")
        try bench.sandbox.git("push", "-q", "origin", "main:gone")
        try bench.sandbox.git("remote", "set-head", "origin", "main")
        let other = try bench.sandbox.clone(remote, as: "other")
        try bench.sandbox.git("commit", "-q", "--allow-empty", "-m", "x", in: other)
        try bench.sandbox.git("push", "-q", in: other)
        try bench.sandbox.git("push", "-q", "--delete", "origin", "gone", in: other)
        _ = try bench.sandbox.run("echo dirty >> more")
        let ticket = try bench.ticket()
        let outcome = try run(bench, ticket, meanwhile: command)
        #expect(outcome.status == 0, "\(outcome.output)")
        #expect(!outcome.output.contains("quarantined"), "\(outcome.output)")
        #expect((try bench.record(ticket)["reason"] ?? .null) == .null)
        try bench.draft("review --approve \(ticket)")
    }

    @Test func `what lands meanwhile is in nobody's way`() throws {
        let bench = try bench(
            """
            echo good > f; echo "$DRAFT_TICKET" > other-$DRAFT_TICKET
            if [ -e "$LOG/wait" ]; then \(Self.working); fi
            """)
        let first = try bench.ticket()
        _ = try run(bench, first)
        try bench.draft("review --approve \(first)")
        try Data().write(to: bench.log.appending(path: "wait"))
        let second = try bench.ticket()
        let outcome = try run(bench, second, meanwhile: "git draft land \(first)")
        #expect(outcome.status == 0 && !outcome.output.contains("quarantined"), "\(outcome.output)")
    }

    @Test func `what changes in the checkout is said once`() throws {
        let bench = try LoopBench(
            """
            echo "$DRAFT_ITERATION" >> "$TREE/check.more"; echo "$DRAFT_ITERATION" >> "$TREE/check"
            if [ "$DRAFT_ITERATION" = 1 ]; then echo bad > f; else echo good > f; fi
            """)
        let ticket = try bench.ticket()
        let said = try run(bench, ticket)
        #expect(!said.output.contains("quarantined"))
        let types = try bench.sandbox.eventTypes().filter { $0 == "tripwire.tripped" }
        #expect(types.count == 1)
        #expect(
            try bench.draft("logs \(ticket)").stdout.contains("changed meanwhile: the checkout"))
    }
}

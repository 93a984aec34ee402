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
        ("git -C \"$TREE\" config core.pager evil", "config was changed"),
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
        #expect(said.output.contains("is quarantined (tripwire): config was changed"))
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
        try replace(path, with: JSON.object(review).canonicalText, in: bench.sandbox)
        let said = try bench.draft("land \(ticket)", expecting: 128)
        #expect(said.stderr.contains("is quarantined: config was changed while its job ran"))
    }

    private func replace(_ path: String, with text: String, in sandbox: Sandbox) throws {
        let outcome = try sandbox.run(
            """
            set -e
            export GIT_INDEX_FILE=.git/other-index
            git read-tree refs/draft/board
            git update-index --cacheinfo "100644,$(git hash-object -w --stdin),\(path)"
            message=$(git show -s --format=%B refs/draft/board)
            commit=$(git commit-tree -p refs/draft/board -m "$message" "$(git write-tree)")
            git update-ref refs/draft/board "$commit"
            rm .git/other-index
            """, input: text)
        #expect(outcome.status == 0, "\(outcome.output)")
    }

    /// What a person does meanwhile, as their own git writes it down.
    static let person = [
        "git commit -q --allow-empty -m mine", "git commit -q --amend -m other",
        "git switch -q -c topic", "git branch topic", "git tag v2", "git stash push -q",
        "echo mine >> more", "git switch -q --detach", "git reset -q --hard HEAD~1",
        "git fetch -q --prune",
    ]

    @Test(arguments: person) func `a person who works meanwhile is in nobody's way`(
        command: String
    ) throws {
        let bench = try bench(
            "echo good > f; touch \"$LOG/begun\"; until [ -e \"$LOG/over\" ]; do sleep 0.1; done")
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
        let job = try bench.sandbox.start("LOG='\(bench.log.path)' git draft run \(ticket)")
        let mine = try bench.sandbox.run(
            "until [ -e '\(bench.log.path)/begun' ]; do sleep 0.1; done; \(command); status=$?; "
                + "touch '\(bench.log.path)/over'; exit $status")
        #expect(mine.status == 0, "\(mine.output)")
        let outcome = job.wait()
        #expect(outcome.status == 0, "\(outcome.output)")
        #expect(!outcome.output.contains("quarantined"), "\(outcome.output)")
        #expect((try bench.record(ticket)["reason"] ?? .null) == .null)
        try bench.draft("review --approve \(ticket)")
    }

    @Test func `what lands meanwhile is in nobody's way`() throws {
        let bench = try bench(
            """
            echo good > f; echo "$DRAFT_TICKET" > other-$DRAFT_TICKET
            if [ -e "$LOG/wait" ]; then
                touch "$LOG/begun"; until [ -e "$LOG/over" ]; do sleep 0.1; done
            fi
            """)
        let first = try bench.ticket()
        _ = try run(bench, first)
        try bench.draft("review --approve \(first)")
        try Data().write(to: bench.log.appending(path: "wait"))
        let second = try bench.ticket()
        let job = try bench.sandbox.start("LOG='\(bench.log.path)' git draft run \(second)")
        let landing = try bench.sandbox.run(
            "until [ -e '\(bench.log.path)/begun' ]; do sleep 0.1; done; "
                + "git draft land \(first); status=$?; touch '\(bench.log.path)/over'; exit $status"
        )
        #expect(landing.status == 0, "\(landing.output)")
        let outcome = job.wait()
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

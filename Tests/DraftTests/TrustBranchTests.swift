import Foundation
import Model
import TestSupport
import Testing

/// Accepting sets of commands without a checkout, and for one process only.
@Suite struct TrustBranchTests {
    @Test func `the set of a remote's branch is accepted as it was fetched`() throws {
        let sandbox = try Sandbox.withBoard()
        let remote = try sandbox.addRemote()
        try sandbox.commitFile("draft.yaml", "validation: {full: [make test]}\n")
        try sandbox.draft("trust --yes")
        try sandbox.git("push", "--quiet", "--set-upstream", "origin", "main")
        let other = try sandbox.clone(remote, as: "other")
        try Data("validation: {full: [make more]}\nsandbox: {require: true}\n".utf8)
            .write(to: other.appending(path: "draft.yaml"))
        try sandbox.git("commit", "--quiet", "-am", "more", in: other)
        try sandbox.git("push", "--quiet", in: other)
        try sandbox.git("fetch", "--quiet")
        let shown = try sandbox.draft("trust --show --branch origin/main")
        #expect(shown.stdout == "sandbox.require: true\nvalidation.full: make more\n")
        #expect(shown.stderr.contains("hint: git draft trust --branch origin/main"))
        let unseen = try sandbox.draft("trust --branch origin/main", expecting: 128)
        #expect(unseen.stderr.contains("hint: git draft trust --yes --branch origin/main"))
        let accepted = try sandbox.draft("trust --yes --branch origin/main")
        #expect(
            Set(accepted.stdout.split(separator: "\n")) == [
                "+ sandbox.require: true", "- validation.full: make test",
                "+ validation.full: make more",
            ])
        #expect(accepted.stderr == "accepted the commands of 'origin/main'\n")
        #expect(try sandbox.draft("trust --branch origin/main").stderr.contains("are accepted"))
        // The branch here stands where it stood.
        #expect(try sandbox.run("cat draft.yaml").stdout == "validation: {full: [make test]}\n")
    }

    @Test(arguments: [
        ("origin/mian", "hint: git fetch origin"), ("../heads/main", "hint: git branch --remotes"),
        ("main", "hint: git branch --remotes"),
    ]) func `a branch that was not fetched is refused`(name: String, hint: String) throws {
        let sandbox = try Sandbox.withBoard()
        try sandbox.addRemote()
        let said = try sandbox.draft("trust --yes --branch \(name)", expecting: 128)
        #expect(said.stderr.contains("no branch '\(name)' was fetched"), "\(said.stderr)")
        #expect(said.stderr.contains(hint))
    }

    @Test func `what a job can reach is part of the set, and a set without it as it was`() throws {
        let sandbox = try Sandbox.withBoard()
        try sandbox.commitFile("draft.yaml", "validation: {full: [make test]}\n")
        let old = try sandbox.json("trust --show")["hash"]
        try sandbox.commitFile(
            "draft.yaml", "validation: {full: [make test]}\nsandbox: {require: false}\n")
        #expect(try sandbox.json("trust --show")["hash"] == old)
        try sandbox.draft("trust --yes")
        try sandbox.commitFile("draft.yaml", "validation: {full: [make test]}\nsandbox: none\n")
        let shown = try sandbox.json("trust --show")
        #expect(shown["accepted"] == false && shown["hash"] != old)
        #expect(shown["commands"]?["sandbox"] == ["mode": "none"])
    }

    @Test func `a repository that only widens the sandbox needs trust as well`() throws {
        let sandbox = try Sandbox.withBoard()
        try sandbox.commitFile("draft.yaml", "sandbox: {environment: [AWS_PROFILE]}\n")
        #expect(try sandbox.json("trust --show")["accepted"] == false)
    }
}

/// `git draft worker`.
@Suite struct WorkerTests {
    /// A bench with a ticket whose job asked and was answered, and what was accepted forgotten.
    private func answered() throws -> (bench: LoopBench, ticket: String) {
        let bench = try LoopBench(
            """
            if [ $(ls "$LOG" | wc -l) = 0 ]; then
                touch "$LOG/asked"
                echo '{"status":"needs_input","question":{"text":"Which?"}}' > "$DRAFT_RESULT"
            else
                touch "$LOG/again"; echo good > f
            fi
            """)
        let ticket = try bench.ticket()
        try bench.draft("run \(ticket)", expecting: 1)
        let question = try bench.sandbox.json("questions")["questions"]?.array?.first?["id"]?.string
        try bench.draft("answer \(try #require(question)) blue")
        _ = try bench.sandbox.run("rm -r \"$HOME/.local/state/git-draft/trust\"")
        return (bench, ticket)
    }

    @Test func `an answered job is taken up, and what was not accepted is not run`() throws {
        let (bench, ticket) = try answered()
        let refused = try bench.draft("worker", expecting: 128)
        #expect(refused.stderr.contains("were not accepted yet"))
        #expect(refused.stderr.contains("hint: git draft trust"))
        let other = String(repeating: "0", count: 64)
        let wrong = try bench.draft("worker --trust \(other)", expecting: 128)
        #expect(wrong.stderr.contains("are not the set that '--trust' names"))
        let hash = try #require(try bench.sandbox.json("trust --show")["hash"]?.string)
        #expect(try bench.sandbox.draft("trust --show").stderr.contains("hash \(hash)\n"))
        try bench.draft("worker --trust \(hash)")
        #expect(try bench.record(ticket)["state"] == "needs_human")
        #expect(try bench.job(ticket)["outcome"] == "revision")
        // Nothing of it was written down.
        #expect(try bench.sandbox.json("trust --show")["accepted"] == false)
        #expect(try bench.sandbox.eventTypes().filter { $0 == "trust.accepted" }.count == 1)
        let idle = try bench.draft("worker --trust \(hash)")
        #expect(idle.stderr == "nothing is queued\n")
    }

    @Test func `a set that was accepted here counts only if it is the one that is named`() throws {
        let (bench, ticket) = try answered()
        try bench.draft("trust --yes")
        let other = String(repeating: "a", count: 64)
        try bench.draft("worker --trust \(other)", expecting: 128)
        #expect(try bench.job(ticket)["status"] == "queued")
        try bench.draft("worker --trust short", expecting: 129)
        try bench.draft("worker")
        #expect(try bench.job(ticket)["outcome"] == "revision")
    }

    @Test func `one job can be named, which must be queued`() throws {
        let (bench, ticket) = try answered()
        try bench.draft("trust --yes")
        let job = try #require(try bench.job(ticket)["id"]?.string)
        let said = try bench.draft("worker --job \(job) --json")
        #expect(try JSON(parsing: said.stdout)["jobs"]?.array?.first?["id"]?.string == job)
        let over = try bench.draft("worker --job \(job)", expecting: 128)
        #expect(over.stderr.contains("only a queued one can be taken up"))
    }

    @Test func `a job that somebody else queued stays where it is`() throws {
        let (bench, ticket) = try answered()
        try bench.draft("trust --yes")
        let said = try bench.draft(
            "worker",
            environment: [
                "GIT_AUTHOR_EMAIL": "eve@example.com", "GIT_COMMITTER_EMAIL": "eve@example.com",
            ])
        #expect(said.stderr.contains("was queued by 'ann@example.com', who may not start jobs"))
        #expect(try bench.job(ticket)["status"] == "queued")
    }
}

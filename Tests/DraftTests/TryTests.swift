import Foundation
import Model
import TestSupport
import Testing

/// The first five minutes: from a repository to a change to look at, in one command.
@Suite struct TryTests {
    /// A repository without a board, whose agent writes a file.
    private func repository(
        validation: String = "validation: {full: [./check]}",
        agent: String = "echo hello > hello"
    ) throws -> Sandbox {
        let sandbox = try Sandbox()
        try sandbox.write("check", "#!/bin/sh\n! grep -q wrong hello\n", executable: true)
        try sandbox.write("agent", "#!/bin/sh\n\(agent)\n", executable: true)
        try sandbox.write("hello", "hi\n")
        try sandbox.write(
            "draft.yaml",
            "\(validation)\nagents: {script: {kind: command, command: [./agent]}}\n")
        try sandbox.git("add", "-A")
        try sandbox.git("commit", "-q", "-m", "start")
        return sandbox
    }

    private func hasBoard(_ sandbox: Sandbox) throws -> Bool {
        try sandbox.run("git for-each-ref | grep -q refs/draft").status == 0
    }

    @Test func `one command makes all and lands nothing, twice`() throws {
        let sandbox = try repository()
        let head = try sandbox.git("rev-parse", "HEAD")
        let said = try sandbox.draft("try 'Say hello' --yes")
        #expect(said.stdout.contains("made the board of 'repo'"))
        #expect(said.stdout.contains("+hello\n"))
        #expect(said.stdout.contains("git draft review --approve"))
        #expect(said.stdout.contains(" abandoned\n"))
        #expect(said.stderr.contains("  validation.full: ./check\n"))
        #expect(try sandbox.git("rev-parse", "HEAD") == head)
        #expect(try sandbox.git("status", "--porcelain") == "")
        #expect(try sandbox.run("ls .git/hooks | grep -v sample").stdout == "")
        let again = try sandbox.draft("try 'Say more'")
        #expect(!again.stdout.contains("board"))
        #expect(!again.stderr.contains("wants to run"))
        let tickets = try #require(sandbox.json("ticket list")["tickets"]?.array)
        #expect(tickets.map { $0["state"] } == ["needs_human", "needs_human"])
        let id = try #require(tickets[0]["id"]?.string)
        try sandbox.draft("review --approve \(id)")
        try sandbox.draft("land \(id)")
        #expect(try sandbox.git("show", "HEAD:hello") == "hello")
    }

    @Test func `what is missing makes nothing`() throws {
        let bare = try repository(validation: "")
        let none = try bare.draft("try 'Say it''s' --yes", expecting: 128)
        #expect(none.stderr.contains("hint: git draft try --validate CMD --yes "))
        try bare.commitFile("Makefile", "all:\n\ntest: all\n\t./check\n")
        let guess = try bare.draft("try Hello --yes", expecting: 128)
        #expect(guess.stderr.contains("hint: git draft try --validate 'make test' --yes Hello\n"))
        try bare.commitFile("Makefile", "all:\n")
        try bare.commitFile("package.json", "{\"scripts\": {\"test\": \"node t.js\"}}")
        let node = try bare.draft("try Hello", expecting: 128)
        #expect(node.stderr.contains("--validate 'npm test' Hello"))
        #expect(try !hasBoard(bare))
        let sandbox = try repository()
        let trust = try sandbox.draft("try 'Say hello'", expecting: 128)
        #expect(trust.stderr.contains("hint: git draft try --yes 'Say hello'\n"))
        let dashed = try sandbox.draft("try -- -x", expecting: 128)
        #expect(dashed.stderr.contains("hint: git draft try --yes -- '-x'\n"))
        try sandbox.draft("try --yes ''", expecting: 128)
        try sandbox.draft("try --yes \"$(printf 'a\\nb')\"", expecting: 128)
        try sandbox.draft("try --yes Hello --agent nobody", expecting: 128)
        let absent = try sandbox.draft("try --yes Hello --agent claude", expecting: 128)
        #expect(absent.stderr.contains("hint: git draft doctor\n"))
        try sandbox.git("branch", "goal")
        try sandbox.draft("try --yes Hello", expecting: 128)
        try sandbox.git("branch", "-D", "goal")
        try sandbox.commitFile("draft.yaml", "validaton: {}\n")
        try sandbox.draft("try --yes Hello", expecting: 128)
        #expect(try !hasBoard(sandbox))
        let empty = try Sandbox()
        try empty.draft("try Hello --validate true", expecting: 128)
        #expect(try !hasBoard(empty))
    }

    @Test func `a validation may be said instead of configured`() throws {
        let sandbox = try repository(validation: "")
        let said = try sandbox.draft("try Hello --yes --validate ./check --json")
        let jobs = try #require(try JSON(parsing: said.stdout)["jobs"]?.array)
        #expect(jobs.map { $0["status"] } == ["succeeded"])
        let id = try #require(jobs[0]["ticket_id"]?.string)
        try sandbox.draft("review --approve \(id)")
        try sandbox.draft("land \(id)")
        #expect(try sandbox.git("show", "HEAD:hello") == "hello")
    }

    @Test func `work that is no good says where to look`() throws {
        let sandbox = try repository(agent: "echo wrong > hello")
        let said = try sandbox.draft("try Hello --yes", expecting: 1)
        #expect(said.stdout.contains("blocked ("))
        #expect(said.stderr.contains("hint: git draft logs "))
        #expect(said.stderr.contains("; git draft retry "))
    }
}

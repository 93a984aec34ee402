import Foundation
import Model
import TestSupport
import Testing

@Suite struct TicketTests {
    private let sandbox: Sandbox

    init() throws { sandbox = try Sandbox.withBoard() }

    private func state(_ id: String) throws -> String? {
        try sandbox.stored("tickets", id)["state"]?.string
    }

    @Test func `a title that is not UTF-8 is refused, and nothing is stored`() throws {
        let outcome = try sandbox.run("git draft ticket new \"$(printf 'caf\\351')\"")
        #expect(outcome.status == 128)
        #expect(outcome.stderr == "fatal: argument 3 is not valid UTF-8\n")
        #expect(try sandbox.draft("ticket list --quiet").stdout.isEmpty)
    }

    @Test func `a person's ticket is planned, and keeps what was said`() throws {
        let goal = try sandbox.id("goal new 'Ship it'")
        let first = try sandbox.id("ticket new First")
        let ticket = try sandbox.json(
            "ticket new 'Say hello' --goal \(goal) --description 'In C.' --priority P0 "
                + "--label ui --label api --type docs --mode investigate --accept 'it says so' "
                + "--verify 'make test' --blocked-by \(first.prefix(6)) --touches src/hello.c")
        #expect(ticket["state"]?.string == "planned")
        #expect(ticket["goal_id"]?.string == goal)
        #expect(ticket["description"]?.string == "In C.")
        #expect(ticket["priority"]?.integer == 90)
        #expect(ticket["labels"] == ["api", "ui"])
        #expect(ticket["task_type"]?.string == "docs" && ticket["mode"]?.string == "investigate")
        #expect(
            ticket["acceptance_criteria"] == [["id": "1", "met": nil, "text": "it says so"]])
        #expect(ticket["validation"] == ["make test"])
        #expect(ticket["blocked_by"] == [.string(first)])
        #expect(ticket["touches"] == ["src/hello.c"])
    }

    @Test func `the sentence, the id and the JSON are three ways to say it`() throws {
        let outcome = try sandbox.draft("ticket new 'Say \u{202e}hello'")
        #expect(outcome.stdout.hasPrefix("created ticket "))
        #expect(outcome.stdout.hasSuffix(": Say \\u{202e}hello\n"))
        #expect(try sandbox.id("ticket new Quiet").utf8.count == 16)
        let usage = try sandbox.draft("ticket new x --json --quiet", expecting: 129)
        #expect(usage.stderr.contains("exclude each other"))
    }

    @Test(
        arguments: [
            "''", "' '", "\"$(printf 'a\\nb')\"", "\"$(printf 'a\\tb')\"",
            "\"$(printf 'a\\033[1mb')\"", "'a\u{2028}b'", "\"$(printf '%0256d' 0)\"",
        ])
    func `a title that is none is refused`(_ title: String) throws {
        let ticket = try sandbox.id("ticket new Fine")
        let board = try sandbox.board()
        try sandbox.draft("ticket new \(title)", expecting: 128)
        try sandbox.draft("ticket edit \(ticket) --title \(title)", expecting: 128)
        try sandbox.draft("goal new \(title)", expecting: 128)
        #expect(try sandbox.board() == board)
    }

    @Test func `a title that a merge brought ends no field, no line and no colour`() throws {
        let ticket = try sandbox.id("ticket new Fine")
        try sandbox.retitle(ticket, "a\tb\nc\u{1b}[31md")
        let line = try sandbox.draft("ticket list --porcelain").stdout
        #expect(line.hasSuffix("\ta\\tb\\nc\\x1b[31md\n"), "\(line)")
        #expect(try sandbox.draft("ticket list").stdout.contains("a\\tb\\nc\\x1b[31md"))
    }

    @Test func `a description comes from a file or from standard input`() throws {
        try sandbox.write("text", "One.\n\nTwo.\n\n")
        let ticket = try sandbox.json("ticket new File -F text")
        #expect(ticket["description"]?.string == "One.\n\nTwo.")
        let piped = try sandbox.draft("ticket new Piped -F - --json", input: "Three.\n")
        #expect(try JSON(parsing: piped.stdout)["description"]?.string == "Three.")
        let missing = try sandbox.draft("ticket new Missing -F none", expecting: 128)
        #expect(missing.stderr == "fatal: cannot read 'none': No such file or directory\n")
    }

    @Test func `a ticket from inside a job is proposed, and the job cannot accept it`() throws {
        let job: [String: String?] = ["DRAFT_JOB": "0123456789abcdef"]
        let outcome = try sandbox.draft("ticket new Idea --quiet", environment: job)
        let id = outcome.stdout.trimmingCharacters(in: .newlines)
        #expect(try state(id) == "proposed")
        for words in ["accept \(id)", "ticket move \(id) planned", "ticket edit \(id) --title x"] {
            let refused = try sandbox.draft(words, expecting: 128, environment: job)
            #expect(refused.stderr.contains("a job cannot decide"))
        }
        #expect(try state(id) == "proposed")
    }

    @Test func `an edit changes what is mentioned and nothing else`() throws {
        let id = try sandbox.id("ticket new Old --label a --label b --accept one --touches x")
        try sandbox.draft(
            "ticket edit \(id) --title New --label c --unlabel a --accept two --untouch x")
        let ticket = try sandbox.json("ticket edit \(id) --priority 7")
        #expect(ticket["title"]?.string == "New" && ticket["priority"]?.integer == 7)
        #expect(ticket["labels"] == ["b", "c"] && ticket["touches"] == [])
        #expect(ticket["acceptance_criteria"]?.array?.first?["text"]?.string == "two")
        let cleared = try sandbox.json("ticket edit \(id) --accept ''")
        #expect(cleared["acceptance_criteria"] == [])
        #expect(try sandbox.draft("ticket edit \(id)", expecting: 129).stderr.contains("nothing"))
    }

    @Test func `what was never there leaves no trace when it is taken away`() throws {
        let id = try sandbox.id("ticket new One --label a")
        try sandbox.draft("ticket edit \(id) --unlabel '' --unlabel b --untouch x")
        let goal = try sandbox.id("goal new G")
        try sandbox.draft("goal edit \(goal) --unlabel b")
        #expect(try sandbox.json("ticket show \(id)")["labels"] == ["a"])
        let stored = [try sandbox.stored("tickets", id), try sandbox.stored("goals", goal)]
        #expect(stored[0]["labels"]?.object?.count == 1, "\(stored[0].canonicalText)")
        #expect(stored[0]["touches"]?.object ?? [:] == [:], "\(stored[0].canonicalText)")
        #expect(stored[1]["labels"]?.object ?? [:] == [:], "\(stored[1].canonicalText)")
    }

    @Test func `only moves of the life cycle are made`() throws {
        let id = try sandbox.id("ticket new Work")
        let name = id.prefix(6)
        let board = try sandbox.board()
        let done = try sandbox.draft("ticket move \(id) done", expecting: 128)
        #expect(done.stderr.contains("cannot go from planned to done (invalid_state_transition)"))
        #expect(done.stderr.contains("hint: git draft run \(name)\n"))
        let executing = try sandbox.draft("ticket move \(id) executing", expecting: 128)
        #expect(executing.stderr.contains("hint: git draft run \(name)\n"))
        try sandbox.draft("ticket move \(id) verifying", expecting: 128)
        let unknown = try sandbox.draft("ticket move \(id) finished", expecting: 129)
        #expect(unknown.stderr.contains("expected one of: proposed, planned"))
        #expect(try sandbox.board() == board)
        try sandbox.draft("ticket move \(id) abandoned -m 'no longer'")
        let stored = try sandbox.stored("tickets", id)
        #expect(stored["state"]?.string == "abandoned")
        #expect(stored["reason"]?.string == "no longer")
    }

    @Test func `a blocked ticket is not ready, and no cycle is made`() throws {
        let first = try sandbox.id("ticket new First")
        let second = try sandbox.id("ticket new Second")
        try sandbox.draft("ticket block \(second) --by \(first)")
        #expect(try sandbox.draft("ready --quiet").stdout == "\(first)\n")
        #expect(try sandbox.draft("ready -z").stdout == "\(first)\0")
        let cycle = try sandbox.draft("ticket block \(first) --by \(second)", expecting: 128)
        #expect(cycle.stderr.contains("that would make a cycle"))
        try sandbox.draft("ticket unblock \(second)")
        #expect(try sandbox.json("ready")["tickets"]?.array?.count == 2)
        try sandbox.draft("ticket unblock \(second) --by \(first)", expecting: 128)
    }

    @Test func `deleted tickets are gone, all or none`() throws {
        let first = try sandbox.id("ticket new First")
        let second = try sandbox.id("ticket new Second --blocked-by \(first)")
        try sandbox.draft("ticket rm \(first) zzzz", expecting: 128)
        #expect(try sandbox.json("ready")["tickets"]?.array?.count == 1)
        try sandbox.draft("ticket rm \(first)")
        #expect(try sandbox.draft("ready --quiet").stdout == "\(second)\n")
        try sandbox.draft("ticket rm \(first)", expecting: 128)
        #expect(try sandbox.eventTypes().contains("ticket.deleted"))
    }

    @Test func `ids are abbreviated, but not beyond four characters`() throws {
        let id = try sandbox.id("ticket new First")
        try sandbox.draft("ticket edit \(id.prefix(4)) --title Second")
        let short = try sandbox.draft("ticket edit \(id.prefix(3)) --title x", expecting: 128)
        #expect(short.stderr.contains("too short"))
    }

    @Test func `a secret in any word is not stored`() throws {
        let secret = "s3cr3t-hunter2-value"
        try sandbox.draft(
            "ticket new 'use \(secret)' --label \(secret) --touches \(secret) --accept \(secret)",
            environment: ["API_TOKEN": secret])
        let found = try sandbox.run(
            "git cat-file --batch-all-objects --batch | grep -ac \(secret)"
        ).stdout
        #expect(found == "0\n")
    }
}

@Suite struct GoalTests {
    private let sandbox: Sandbox

    init() throws { sandbox = try Sandbox.withBoard() }

    @Test func `a goal is made, changed and deleted`() throws {
        let goal = try sandbox.json("goal new 'Ship it' --priority 80 --label v1")
        let id = try #require(goal["id"]?.string)
        #expect(goal["status"]?.string == "open" && goal["priority"]?.integer == 80)
        #expect(goal["labels"] == ["v1"])
        let changed = try sandbox.json(
            "goal edit \(id) --title Shipped --status done --unlabel v1 --description d")
        #expect(changed["title"]?.string == "Shipped" && changed["status"]?.string == "done")
        #expect(changed["labels"] == [] && changed["description"]?.string == "d")
        try sandbox.draft("goal rm \(id)")
        #expect(try sandbox.draft("goal edit \(id) --title x", expecting: 128).status == 128)
        #expect(
            try sandbox.eventTypes().filter { $0.hasPrefix("goal") }.sorted()
                == ["goal.created", "goal.created", "goal.deleted", "goal.edited"])
    }

    @Test func `a goal with open tickets stays, and the inbox always does`() throws {
        let goal = try sandbox.id("goal new 'Ship it'")
        let ticket = try sandbox.id("ticket new Work --goal \(goal)")
        let refused = try sandbox.draft("goal rm \(goal)", expecting: 128)
        #expect(refused.stderr.contains("owns 1 open ticket\n"))
        #expect(refused.stderr.contains("hint: git draft ticket move \(ticket.prefix(6))"))
        try sandbox.draft("ticket move \(ticket) abandoned")
        try sandbox.draft("goal rm \(goal)")
        #expect(try sandbox.draft("goal rm inbox", expecting: 128).stderr.contains("inbox"))
    }
}

import Foundation
import Model
import TestSupport
import Testing

@Suite struct PlanTests {
    private let sandbox: Sandbox
    private let goal: String

    init() throws {
        sandbox = try Sandbox.withBoard()
        goal = try sandbox.id("goal new 'Ship it'")
        try sandbox.write(
            "plan.md",
            """
            # Ship it

            ## Parse
            Priority: P0
            Accept: it parses

            The parser.

            ## Print
            Blocked by: Parse
            """)
    }

    @Test func `a plan becomes proposed tickets in its order`() throws {
        let list = try sandbox.json("plan \(goal.prefix(6)) --from plan.md")
        let tickets = try #require(list["tickets"]?.array)
        #expect(tickets.map { $0["title"]?.string } == ["Parse", "Print"])
        #expect(tickets.map { $0["state"]?.string } == ["proposed", "proposed"])
        #expect(tickets.map { $0["sort_order"]?.integer } == [1, 2])
        #expect(tickets[0]["priority"]?.integer == 90)
        #expect(tickets[0]["description"]?.string == "The parser.")
        #expect(tickets[1]["blocked_by"] == [tickets[0]["id"] ?? nil])
        #expect(try sandbox.eventTypes().filter { $0 == "plan.imported" }.count == 1)
        #expect(try sandbox.git("rev-list", "--count", "refs/draft/board") == "3")
    }

    @Test func `what the goal has already is left out, and can still block`() throws {
        try sandbox.draft("plan \(goal) --from plan.md")
        let more = "## PARSE\n\n## Sign\nBlocked by: parse\n"
        let outcome = try sandbox.draft("plan \(goal) --from - --json", input: more)
        let tickets = try #require(JSON(parsing: outcome.stdout)["tickets"]?.array)
        #expect(tickets.count == 1)
        #expect(tickets[0]["blocked_by"]?.array?.count == 1)
        #expect(tickets[0]["sort_order"]?.integer == 3)
        #expect(outcome.stderr.contains("the goal has a ticket 'PARSE' already"))
        let board = try sandbox.board()
        let again = try sandbox.draft("plan \(goal) --from plan.md")
        #expect(again.stderr.contains("nothing new is planned"))
        #expect(try sandbox.board() == board)
    }

    @Test func `a secret among labels and paths of a plan is stored nowhere`() throws {
        let token = "ghp_" + "0123456789abcdefghijABCDEFGHIJ012345"
        try sandbox.write(
            "secret.json",
            """
            {"tickets": [{"title": "A", "labels": ["\(token)"], "touches": ["\(token)/x"]}]}
            """)
        let tickets = try sandbox.json("plan \(goal) --from secret.json")["tickets"]?.array
        #expect(tickets?.first?["labels"] == ["[redacted]"])
        #expect(tickets?.first?["touches"] == ["[redacted]/x"])
        #expect(try sandbox.run("git grep -c \(token) refs/draft/board").stdout.isEmpty)
    }

    @Test func `a dry run and a broken file store nothing`() throws {
        let board = try sandbox.board()
        let dry = try sandbox.draft("plan \(goal) --from plan.md --dry-run")
        #expect(dry.stdout == "would propose 'Parse'\nwould propose 'Print'\n")
        try sandbox.write("bad.md", "## One\n\n## Two\nBlocked by: Tree\n")
        let bad = try sandbox.draft("plan \(goal) --from bad.md", expecting: 128)
        #expect(bad.stderr.hasPrefix("fatal: bad.md:4: "))
        try sandbox.write("cycle.md", "## One\nBlocked by: Two\n\n## Two\nBlocked by: One\n")
        try sandbox.draft("plan \(goal) --from cycle.md", expecting: 128)
        try sandbox.draft("plan zzzz --from plan.md", expecting: 128)
        #expect(try sandbox.draft("plan \(goal)", expecting: 128).stderr.contains("hint: "))
        #expect(try sandbox.board() == board)
    }

    @Test func `a goal is accepted at once, and accepting again is no error`() throws {
        try sandbox.draft("plan \(goal) --from plan.md")
        let accepted = try sandbox.json("accept \(goal)")["tickets"]?.array
        #expect(accepted?.map { $0["state"]?.string } == ["planned", "planned"])
        let first = try #require(accepted?.first?["id"]?.string)
        try sandbox.draft("accept \(first)")
        #expect(try sandbox.draft("ready --quiet").stdout == "\(first)\n")
        #expect(try sandbox.draft("accept --all").stderr.contains("nothing is proposed"))
    }

    @Test func `rejecting is for what is proposed, all or none`() throws {
        try sandbox.draft("plan \(goal) --from plan.md")
        let planned = try sandbox.id("ticket new Planned")
        let ids = try sandbox.git("ls-tree", "-r", "--name-only", "refs/draft/board", "tickets/")
            .split(separator: "\n").map { String($0.dropFirst(11).dropLast(5)) }
        let proposed = ids.filter { $0 != planned }
        let both = "\(proposed[0]) \(planned)"
        let refused = try sandbox.draft("reject \(both)", expecting: 128)
        #expect(refused.stderr.contains("is planned; only a proposed one can be rejected"))
        #expect(try sandbox.stored("tickets", proposed[0])["state"]?.string == "proposed")
        try sandbox.draft("reject \(proposed.joined(separator: " ")) -m 'not now'")
        #expect(try sandbox.stored("tickets", proposed[0])["reason"]?.string == "not now")
        let late = try sandbox.draft("accept \(proposed[0])", expecting: 128)
        #expect(
            late.stderr.contains("hint: git draft ticket move \(proposed[0].prefix(6)) planned"))
    }
}

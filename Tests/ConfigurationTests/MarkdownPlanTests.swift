import Model
import Testing

@testable import Configuration

@Suite struct MarkdownPlanTests {
    private func parse(_ text: String) throws -> Plan {
        try PlanFile.parse(Array(text.utf8), file: "p.md")
    }

    private static let headings = """
        # Goal

        Prose about the goal.

        ## Add a parser ##
        Priority: P0
        Accept: it parses
        Accept: it refuses, too
        Labels: core, text

        The description.

        ```sh
        # no heading
        ```

        ## Use it
        Blocked by: add a parser
        Mode: investigate
        Type: code
        Touches: src/**, *.md
        """

    @Test(arguments: [headings, headings.withOtherLineBreaks(), "\u{FEFF}" + headings])
    func `headings of the deepest level are tickets`(text: String) throws {
        let plan = try parse(text)
        #expect(plan.notes == [])
        #expect(
            plan.tickets == [
                PlannedTicket(
                    title: "Add a parser",
                    description: "The description.\n\n```sh\n# no heading\n```", priority: 90,
                    acceptanceCriteria: ["it parses", "it refuses, too"],
                    labels: ["core", "text"], line: 5),
                PlannedTicket(
                    title: "Use it", blockedBy: [0], mode: .investigate, taskType: "code",
                    touches: ["src/**", "*.md"], line: 17),
            ])
    }

    @Test func `without headings the outer task items are tickets`() throws {
        let plan = try parse(
            """
            Some prose.

            - [x] Draw it
              Blocked by: nobody
            - [ ] Build it
              Priority: 20
              Blocked by: 1

              Some words.
              - [ ] a step
            * [ ] Ship it
              Blocked by: Build it, 1
            - [X] Sing
            """)
        #expect(plan.notes == ["skipped 2 finished items"])
        #expect(
            plan.tickets == [
                PlannedTicket(
                    title: "Build it", description: "Some words.\n- [ ] a step", priority: 20,
                    line: 5),
                PlannedTicket(title: "Ship it", blockedBy: [0], line: 11),
            ])
    }

    @Test func `a heading that is no ticket is mentioned`() throws {
        let plan = try parse("# A\n## B\n### c\n## D\ntext\n")
        #expect(plan.tickets.map(\.title) == ["c"])
        #expect(plan.notes == ["the heading 'D' in line 4 is no ticket, since others are deeper"])
    }

    @Test func `a lone heading above a list is the ticket, which is mentioned`() throws {
        let plan = try parse("# A\n- [ ] b\n- [ ] c\n")
        #expect(plan.tickets.map(\.title) == ["A"])
        #expect(plan.tickets[0].description == "- [ ] b\n- [ ] c")
        #expect(plan.notes.count == 1)
    }

    @Test func `fields may follow an empty line and a title may hold a comma`() throws {
        let plan = try parse("# a, b\n\nPriority: 1\n\n# c\n\nBlocked by: A, B\n\nNote: x\n")
        #expect(plan.tickets.map(\.blockedBy) == [[], [0]])
        #expect(plan.tickets[1].description == "Note: x")
    }

    @Test func `a line with a colon that is no field is description`() throws {
        let plan = try parse("# a\nNote: use the old one.\nhttps://example.org\n")
        #expect(plan.tickets[0].description == "Note: use the old one.\nhttps://example.org")
    }

    @Test(
        arguments: [
            ("", "1: the plan holds no ticket"), ("words\n", "1: the plan holds no ticket"),
            ("- [x] a\n", "1: the plan holds no ticket; 1 finished skipped"),
            ("# a\n\n#\n", "3: the title is empty"),
            ("# a\nPriorty: 3\n", "2: unknown key 'Priorty'; did you mean 'Priority'?"),
            ("# a\nDepends on: b\n", "2: unknown key 'Depends on'; did you mean 'Blocked by'?"),
            (
                "# a\nPriority: 3\nColour: red\n",
                "3: unknown key 'Colour'; put an empty line before the description"
            ),
            (
                "# a\nPriority: high\n",
                "2: 'Priority' must be 0 to 100 or one of P0, P1, P2, P3, not 'high'"
            ),
            ("# a\nPriority: 1\nPriority: 2\n", "3: 'Priority' is there twice"),
            ("# a\nAccept:\n", "2: 'Accept' has no value"),
            ("# a\nMode: x\n", "2: 'Mode' must be one of fix, investigate, not 'x'"),
            ("# a\nBlocked by: 0\n", "2: there is no ticket 0 to be blocked by; the plan has 1"),
            (
                "# a\n# b\nBlocked by: zebra crossing\n",
                "3: no ticket of the plan is called 'zebra crossing'"
            ),
            (
                "# a\nBlocked by: b\n# b\nBlocked by: a\n",
                "1: the tickets block each other: 'a' is blocked by 'b' is blocked by 'a'"
            ),
            ("- [ ] a\n- [ ] A\n", "2: the title 'A' is there twice, first in line 1"),
        ])
    func `what is wrong is named with its line`(text: String, message: String) {
        #expect(refusal { _ = try parse(text) } == ["p.md:\(message)"])
    }
}

extension String {
    /// The text as an editor of another system would have saved it.
    fileprivate func withOtherLineBreaks() -> String {
        split(separator: "\n", omittingEmptySubsequences: false).joined(separator: "\r\n")
    }
}

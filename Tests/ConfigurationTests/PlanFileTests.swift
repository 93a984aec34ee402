import Model
import Testing

@testable import Configuration

@Suite struct PlanFileTests {
    private func parse(_ text: String, _ file: String) throws -> Plan {
        try PlanFile.parse(Array(text.utf8), file: file)
    }

    private func refused(_ text: String, _ file: String) -> [String] {
        refusal { _ = try parse(text, file) }
    }

    private static let yaml = """
        tickets:
          - title: Add a parser
            description: |
              Line one.
            priority: P1
            labels: [core]
          - title: Use the parser
            priority: 10
            blocked_by: [add A PARSER]
            acceptance_criteria: [it parses]
            mode: investigate
            task_type: code
            validation: [make test]
            touches: [src/**]
        """

    private static let json = """
        {"tickets": [
          {"title": "Add a parser", "description": "Line one.\\n", "priority_bucket": "p1",
           "labels": ["core"]},
          {"title": "Use the parser", "priority": 10, "blocked_by": [1],
           "acceptance_criteria": ["it parses"], "mode": "investigate", "task_type": "code",
           "validation": ["make test"], "touches": ["src/**"]}
        ]}
        """

    @Test(arguments: [(yaml, "p.yaml"), (yaml, "p"), (json, "p.json"), (json, "p")])
    func `YAML and JSON have one shape`(text: String, file: String) throws {
        let plan = try parse(text, file)
        #expect(plan.notes == [])
        #expect(
            plan.tickets == [
                PlannedTicket(
                    title: "Add a parser", description: "Line one.\n", priority: 70,
                    labels: ["core"], line: 2),
                PlannedTicket(
                    title: "Use the parser", priority: 10, blockedBy: [0],
                    acceptanceCriteria: ["it parses"], mode: .investigate, taskType: "code",
                    validation: ["make test"], touches: ["src/**"],
                    line: text == Self.json ? 4 : 7),
            ])
    }

    @Test(
        arguments: [
            ("tickets: []\n", "1: the plan holds no ticket"),
            ("", "1: the plan holds no ticket"),
            (
                "tickets:\n- titel: x\n  title: y\n",
                "2: unknown key 'tickets.1.titel'; did you mean 'title'?"
            ),
            ("ticket: []\n", "1: unknown key 'ticket'; did you mean 'tickets'?"),
            ("- title: x\n", "1: the file must be a mapping, not a list"),
            ("tickets:\n- description: x\n", "2: 'tickets.1' has no title"),
            ("tickets:\n- x\n", "2: 'tickets.1' must be a mapping, not 'x'"),
            ("tickets:\n- ~\n", "2: 'tickets.1' must be a mapping, not nothing"),
            ("tickets:\n- title: ' '\n", "2: 'tickets.1.title' must not be empty"),
            (
                "tickets:\n- title: \"a\\nb\"\n",
                "2: the title must be one line without control characters"
            ),
            (
                "tickets:\n- {title: x, priority: 101}\n",
                "2: the priority must be between 0 and 100, not 101"
            ),
            (
                "tickets:\n- {title: x, priority: P4}\n",
                "2: 'tickets.1.priority' must be 0 to 100 or one of P0, P1, P2, P3, not 'P4'"
            ),
            (
                "tickets:\n- {title: x, priority: 1, priority_bucket: P1}\n",
                "2: 'tickets.1.priority_bucket' and 'tickets.1.priority' are one setting;"
                    + " keep 'priority'"
            ),
            (
                "tickets:\n- {title: x, mode: fixx}\n",
                "2: 'tickets.1.mode' must be one of fix, investigate, not 'fixx'"
                    + "; did you mean 'fix'?"
            ),
            (
                "tickets:\n- {title: x, blocked_by: [gnu]}\n",
                "2: no ticket of the plan is called 'gnu'"
            ),
            (
                "tickets:\n- {title: x, blocked_by: [2]}\n",
                "2: there is no ticket 2 to be blocked by; the plan has 1"
            ),
            (
                "tickets:\n- {title: x, blocked_by: [-9223372036854775808]}\n",
                "2: there is no ticket -9223372036854775808 to be blocked by; the plan has 1"
            ),
            (
                "tickets:\n- {title: x, blocked_by: [X]}\n",
                "2: a ticket cannot be blocked by itself"
            ),
            (
                "tickets:\n- title: x\n- title: X\n",
                "3: the title 'X' is there twice, first in line 2"
            ),
            (
                "tickets:\n- {title: a, blocked_by: [b]}\n- {title: b, blocked_by: [c]}\n"
                    + "- {title: c, blocked_by: [a]}\n",
                "2: the tickets block each other: 'a' is blocked by 'b' is blocked by 'c'"
                    + " is blocked by 'a'"
            ),
            (
                "tickets:\n- {title: x, touches: [../y]}\n",
                "2: '../y' is not a pattern of paths inside the repository"
            ),
        ])
    func `what is wrong is named with its line`(text: String, message: String) {
        #expect(refused(text, "p.yaml") == ["p.yaml:\(message)"])
    }

    @Test func `a title may have 255 bytes`() throws {
        let title = String(repeating: "x", count: 255)
        #expect(try parse("tickets: [{title: \(title)}]", "p.yaml").tickets.count == 1)
        #expect(
            refused("tickets: [{title: \(title)x}]", "p.yaml") == [
                "p.yaml:1: the title is longer than 255 bytes"
            ])
    }

    @Test func `a long cycle of blockers is no recursion`() throws {
        let rows = (1...8000).map { number in
            "{\"title\": \"t\(number)\", \"blocked_by\": [\(number % 8000 + 1)]}"
        }
        let messages = refused("{\"tickets\": [\(rows.joined(separator: ",\n"))]}", "p.json")
        #expect(messages.count == 1)
        #expect(messages.first?.contains("7992 more") == true)
    }

    @Test func `many ways between two tickets are walked once`() throws {
        let rows = (1...200).map { number in
            let blockers = number > 198 ? "" : "\(number + 1), \(number + 2)"
            return "{\"title\": \"t\(number)\", \"blocked_by\": [\(blockers)]}"
        }
        let plan = try parse(
            "{\"tickets\": [\(rows.joined(separator: ","))]}", "p.json")
        #expect(plan.tickets[0].blockedBy == [1, 2])
    }

    @Test func `a file may bring more than ten tickets and an answer may not`() throws {
        let rows = (1...12).map { number in
            "{\"title\": \"t\(number)\", \"blocked_by\": \(number == 1 ? "[12]" : "[]")}"
        }
        let text = "{\"tickets\": [\(rows.joined(separator: ","))]}"
        #expect(try parse(text, "p.json").tickets.count == 12)
        let answer = try PlanFile.parseAnswer(Array(text.utf8))
        #expect(answer.tickets.count == 10)
        #expect(answer.tickets.map(\.title).last == "t10")
        #expect(answer.tickets[0].blockedBy == [])
        #expect(
            answer.notes == [
                "kept the first 10 of 12 tickets", "left out 1 blocker that is not among them",
            ])
    }

    @Test(
        arguments: [
            "{\"tickets\": [{\"title\": \"a\"}]}",
            "Here it is:\n\n```json\n{\"tickets\": [{\"title\": \"a\"}]}\n```\nDone.\n",
            "```sh\nls\n```\n```\r\n{\"tickets\": [\r\n{\"title\": \"a\"}]}\r\n```",
            "{\"status\": \"done\", \"summary\": \"s\", \"tickets\": [{\"title\": \"a\"}]}",
            "Sure: {\"tickets\": [{\"title\": \"a\", \"description\": \"{ \\\" }\"}]}. Done.\n",
            "{\"t\": 1}\n{\n \"tickets\": [\n  {\"title\": \"a\"}\n ]\n}\nif x { y }\n",
            "```json\n{\"tickets\": []}\n```\nNo:\n```\n{\"tickets\": [{\"title\": \"a\"}]}\n```\n",
            "fn x() {\n```json\n{\"tickets\": [{\"title\": \"a\"}]}\n```\n{\n",
        ])
    func `an answer is JSON, alone, in a fence or within prose`(text: String) throws {
        #expect(try PlanFile.parseAnswer(Array(text.utf8)).tickets.map(\.title) == ["a"])
    }

    @Test(
        arguments: [
            ("I cannot.", "1: the answer holds no JSON object"),
            (
                "x\n```json\n{\"tickets\":\n [{\"titel\": \"a\", \"title\": \"b\"}]}\n```\n",
                "4: unknown key 'tickets.1.titel'; did you mean 'title'?"
            ),
            ("{\"ticket\": [], \"status\": \"done\"}", "1: the answer has no 'tickets'"),
            (
                "So:\n\n{\"tickets\": [{\"title\": \"a\"},\n\n]}",
                "5: expected a JSON value"
            ),
        ])
    func `an answer that is no plan is refused with its line`(text: String, message: String) {
        let messages = refusal { _ = try PlanFile.parseAnswer(Array(text.utf8)) }
        #expect(messages == ["answer:\(message)"])
    }

    @Test func `an answer may be empty, and build on tickets that there are`() throws {
        #expect(try PlanFile.parseAnswer(Array("{\"tickets\": []}".utf8)).tickets.isEmpty)
        let text =
            "{\"tickets\": [{\"title\": \"a\", \"blocked_by\": [\"OLD\", \"b\"]},"
            + "{\"title\": \"b\", \"blocked_by\": [3]}]}"
        let messages = refusal { _ = try PlanFile.parseAnswer(Array(text.utf8), existing: ["Old"]) }
        #expect(messages == ["answer:1: there is no ticket 3 to be blocked by; the plan has 2"])
        let good = text.replacing("[3]", with: "[]")
        let plan = try PlanFile.parseAnswer(Array(good.utf8), existing: ["Old", "b"])
        #expect(plan.tickets[0].blockedOutside == ["Old"] && plan.tickets[0].blockedBy == [1])
        #expect(plan.notes == [])
    }

    @Test func `no bytes are a trap`() {
        let words = [
            "tickets:\n", "- ", "title: a\n", "{\"tickets\":", "[{\"title\":", "\"a\"", "}]}",
            "# a\n", "## b\n", "- [ ] c\n", "- [x] c\n", "Priority: P1\n", "Blocked by: 1, b\n",
            "Accept:", "\r\n", "```\n", "  ", "priority: 3\n", "blocked_by: [1]\n", "####### x\n",
            "-9223372036854775808", "\t", "~~~", "#", "Labels: ,\n",
        ]
        for seed in 1...3000 {
            var noise = Noise(seed: UInt64(seed))
            let bytes = noise.bytes(words)
            for file in ["p.md", "p.yaml", "p.json", "p"] {
                _ = refusal { _ = try PlanFile.parse(bytes, file: file) }
            }
            _ = refusal { _ = try PlanFile.parseAnswer(bytes) }
        }
    }
}

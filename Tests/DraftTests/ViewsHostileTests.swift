import Foundation
import GitStore
import Model
import TestSupport
import Testing

/// Text of others on its way to a terminal.
@Suite struct ViewsHostileTests {
    private static func sample() throws -> (ViewsSample, ids: [String: String]) {
        let sample = try ViewsSample()
        let evil = ViewsSample.hostile
        let goal = try sample.board.transact(as: ViewsSample.person) {
            let goal = try $0.createGoal(title: "odd", description: evil)
            return try $0.write(goal.record, ["title": .string(evil)], as: .goalEdited).id
        }
        let first = try sample.ticket(evil, goal: goal, labels: [evil], description: evil)
        let job = try sample.job(
            first,
            [
                "stage": .string(evil), "sandbox": .string(evil),
                "agent": ["name": .string(evil), "version": .string(evil)],
                "log_tail": .string(evil), "started_at": "2001-01-01T00:00:00.000Z",
                "errors": [["step": .string(evil), "message": .string(evil)]],
                "invocation": ["invoker": .string(evil)],
            ])
        let second = try sample.ticket(evil, goal: goal, blockedBy: [first])
        let failed = try sample.job(
            second, status: .failed,
            ["findings": ["tried": .string(evil), "next": .string(evil)]])
        try sample.move(second, .executing, .blocked, reason: evil, job: failed)
        let third = try sample.ticket(evil, goal: goal)
        try sample.move(third, .executing, .needsHuman, reason: evil)
        try sample.question(third, evil, choices: [evil, evil])
        let revision = try sample.revision(third, base: evil, head: evil)
        try sample.board.transact(as: ViewsSample.person) { transaction in
            try transaction.write(
                transaction.require(Revision.self, revision).record,
                ["verdicts": [["tier": .string(evil), "name": .string(evil), "exit_code": 0]]],
                as: .validationRan)
            try transaction.create(
                .review,
                [
                    "revision_id": .string(revision), "decision": .string(evil),
                    "author": .string(evil), "body": .string(evil),
                ], as: .reviewGiven)
            try transaction.create(
                .question,
                [
                    "ticket_id": .string(third), "text": .string(evil),
                    "status": ["status": .string(evil), "answer": ["text": .string(evil)]],
                ], as: .questionAsked)
            try transaction.write(
                transaction.require(Ticket.self, third).record,
                ["blocked_by/\u{1b}[8m\u{202e}x": true], as: .ticketEdited)
            try transaction.create(
                .comment,
                [
                    "ticket_id": .string(third), "content": .string(evil),
                    "file_path": .string(evil), "author": .string(evil),
                ], as: .commentAdded)
        }
        try sample.sandbox.write(
            ".git/draft/jobs/\(job)/log",
            "\(evil)\n{\"t\": 1, \"type\": \"message\", \"text\": \"\\u001b]52;c;x\\u0007\\u202e\"}\n"
        )
        return (
            sample, ["goal": goal, "ticket": third, "second": second, "job": job, "failed": failed]
        )
    }

    private static let views = [
        "status", "board", "ticket list", "ticket show TICKET", "ticket show SECOND", "goal list",
        "goal show GOAL", "goal progress GOAL", "goal graph GOAL", "job list", "job show JOB",
        "job show FAILED", "log", "log TICKET", "logs JOB", "review TICKET", "questions --all",
    ]

    @Test func `shows no control character in any view, on a terminal or not`() throws {
        let (sample, ids) = try Self.sample()
        for view in Self.views {
            let command = ids.reduce(view) { $0.replacing($1.key.uppercased(), with: $1.value) }
            let plain = try sample.draft(command)
            #expect(plain.status == 0, "\(view): \(plain.stderr)")
            #expect(isSafe(plain.output), "\(view)")
            let isLog = view == "log" || view == "logs JOB"
            #expect(
                plain.stdout.contains("\\x1b]8;;") || view == "goal progress X" || isLog, "\(view)")
            let shown = try sample.draftOnTerminal(command)
            #expect(shown.status == 0, "\(view)")
            #expect(isSafe(shown.stdout), "\(view) on a terminal")
        }
    }

    @Test func `what goal run says of tickets that cannot move is safe to show`() throws {
        let sample = try ViewsSample()
        let goal = try sample.board.transact(as: ViewsSample.person) {
            try $0.createGoal(title: "odd").id
        }
        let ticket = try sample.ticket("Stuck", goal: goal)
        try sample.move(ticket, .executing, .blocked, reason: ViewsSample.hostile)
        let outcome = try sample.draft("goal run \(goal)")
        #expect(outcome.stdout.contains("  blocked (a\\x1b]8;;http://evil"), "\(outcome.output)")
        #expect(isSafe(outcome.output))
    }

    @Test func `JSON keeps the text, and is drawn safely on a terminal`() throws {
        let (sample, ids) = try Self.sample()
        let ticket = try sample.json("ticket show --json \(ids["ticket"] ?? "")")
        #expect(ticket["title"]?.string.map { Array($0.utf8) } == Array(ViewsSample.hostile.utf8))
        let shown = try sample.draftOnTerminal("ticket show --json \(ids["ticket"] ?? "")")
        #expect(isSafe(shown.stdout))
        let again = try JSON(parsing: shown.stdout.replacing("\r\n", with: "\n"))
        #expect(again == ticket)
    }
}

import Foundation
import GitStore
import Model
import Synchronization
import TestSupport
import Testing

@Suite struct QuestionTests {
    private let sandbox: Sandbox
    private let ticket: String

    init() throws {
        sandbox = try Sandbox.withBoard()
        ticket = try sandbox.id("ticket new Paint")
    }

    /// A question of a job that waits for the answer, as a run leaves it.
    private func waitingJob(_ number: Int = 1) throws -> (job: String, questions: [String]) {
        let generator = Mutex(SystemRandomNumberGenerator())
        let board = Board(
            repository: try Repository(containing: sandbox.workTree.path),
            context: BoardContext(
                now: { Timestamp(milliseconds: 1_700_000_000_000) },
                newID: { generator.withLock { Crockford.id(using: &$0) } },
                redactor: Redactor(values: [])))
        let actor = Actor.person(name: "Ann", email: "ann@example.com")
        return try board.transact(as: actor) { transaction in
            let status: JSON = [
                "status": "waiting_for_input", "reason": "question", "outcome": "needs_info",
                "finished_at": nil,
            ]
            let job = try transaction.create(
                .job, ["ticket_id": .string(ticket), "kind": "execute", "status": status],
                as: .jobCreated)
            let questions = try (0..<number).map { index in
                try transaction.create(
                    .question,
                    [
                        "ticket_id": .string(ticket), "job_id": .string(job.id),
                        "text": .string("which colour \(index)?"), "choices": ["blue", "red"],
                        "freeform": false,
                    ], as: .questionAsked)
            }
            return (job.id, questions.map(\.id))
        }
    }

    @Test func `an answer by number lets the job wait for its turn`() throws {
        let (job, questions) = try waitingJob()
        let outcome = try sandbox.draft("answer \(questions[0]) 2")
        #expect(outcome.stderr == "hint: git draft run \(ticket.prefix(6))\n")
        let stored = try sandbox.stored("questions", questions[0])
        #expect(stored["status"]?.string == "answered")
        #expect(stored["answer"]?["choice"]?.string == "red")
        #expect(stored["answer"]?["by"]?.string == "git:ann@example.com")
        #expect(try sandbox.stored("jobs", job)["status"]?.string == "queued")
        #expect(try sandbox.eventTypes().contains("job.requeued"))
        let again = try sandbox.draft("answer \(questions[0]) blue", expecting: 128)
        #expect(again.stderr.contains("is answered"))
    }

    @Test func `a job with two questions waits for both answers`() throws {
        let (job, questions) = try waitingJob(2)
        try sandbox.draft("answer \(questions[0]) blue")
        #expect(try sandbox.stored("jobs", job)["status"]?.string == "waiting_for_input")
        try sandbox.draft("answer \(questions[1]) blue")
        #expect(try sandbox.stored("jobs", job)["status"]?.string == "queued")
    }

    @Test func `an answer that is no choice is refused with the choices`() throws {
        let (job, questions) = try waitingJob()
        let numbers = ["3", "0", "-1", "9223372036854775807", "-9223372036854775808"]
        for answer in ["green"] + numbers {
            let refused = try sandbox.draft("answer \(questions[0]) -- \(answer)", expecting: 128)
            #expect(refused.stderr.contains("is none of the choices: 'blue', 'red'"))
        }
        #expect(try sandbox.stored("jobs", job)["status"]?.string == "waiting_for_input")
    }

    @Test func `a job cannot answer its own question`() throws {
        let (_, questions) = try waitingJob()
        let refused = try sandbox.draft(
            "answer \(questions[0]) blue", expecting: 128, environment: ["DRAFT_JOB": "x"])
        #expect(refused.stderr.contains("a job cannot decide"))
    }

    @Test func `a person asks, the list shows it, any text answers it`() throws {
        let id = try sandbox.id("ask \(ticket) 'Which wall?' --choice north --choice south")
        let list = try sandbox.draft("questions").stdout
        #expect(
            list == """
                \(id.prefix(6)) Which wall?
                    ticket \(ticket.prefix(6)): Paint
                    1) north
                    2) south

                """)
        try sandbox.draft("answer \(ticket) 'the one with the door'")
        #expect(try sandbox.draft("questions").stdout == "")
        let all = try sandbox.json("questions --all")["questions"]?.array
        #expect(all?.first?["answer"]?["text"]?.string == "the one with the door")
        #expect(all?.first?["answer"]?["choice"] == .null)
        try sandbox.draft("answer \(ticket) again", expecting: 128)
    }
}

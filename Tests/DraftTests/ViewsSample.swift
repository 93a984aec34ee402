import Foundation
import GitStore
import Model
import Synchronization
import TestSupport
import Testing

/// A sandbox with a board, and a hand that writes records as jobs would.
final class ViewsSample: Sendable {
    let sandbox: Sandbox
    let board: Board

    /// Text that would change a terminal: a link, the clipboard, colours, direction, a tag.
    static let hostile =
        "a\u{1b}]8;;http://evil\u{7}b\u{1b}]52;c;eA==\u{7}\u{1b}[2J\u{202e}c\u{9b}31m\u{200b}\u{e0041}d"

    static let person = Actor.person(name: "Ann Author", email: "ann@example.com")

    init() throws {
        sandbox = try Sandbox()
        try sandbox.commitFile("file", "one\n")
        #expect(try sandbox.run("git draft init").status == 0)
        let generator = Mutex(SeededGenerator(seed: 7))
        let clock = Mutex(Int64(1_000_000_100_000))
        let repository = try Repository(containing: sandbox.workTree.path, environment: [:])
        board = Board(
            repository: repository,
            context: BoardContext(
                now: {
                    Timestamp(
                        milliseconds: clock.withLock {
                            $0 += 1000
                            return $0
                        })
                },
                newID: { generator.withLock { Crockford.id(using: &$0) } },
                redactor: Redactor(values: [])))
    }

    /// Runs `git draft` with arguments for the shell.
    func draft(_ arguments: String, environment: [String: String?] = [:]) throws -> Outcome {
        try sandbox.run("git draft \(arguments)", environment: environment)
    }

    /// Runs `git draft` on a terminal; both streams come together.
    func draftOnTerminal(_ arguments: String, pager: String = "cat") throws -> Outcome {
        try sandbox.run(
            "script --quiet --return --command 'git draft \(arguments)' /dev/null",
            environment: ["TERM": "xterm", "GIT_PAGER": pager])
    }

    @discardableResult
    func ticket(
        _ title: String, state: TicketState = .planned, goal: String? = nil,
        blockedBy: [String] = [], labels: [String] = [], description: String = "",
        priority: Int64 = 50
    ) throws -> String {
        try board.transact(as: Self.person) { transaction in
            // A title that nobody may type can still come from another board.
            let isOdd = Title.flaw(of: title) != nil
            var new = NewTicket(title: isOdd ? "odd" : title)
            new.goal = goal
            new.blockedBy = blockedBy
            new.labels = labels
            new.description = description
            new.priority = priority
            let ticket = try transaction.createTicket(
                new, state: state == .proposed ? .proposed : .planned)
            if isOdd {
                try transaction.write(
                    ticket.record, ["title": .string(title)], as: .ticketEdited)
            }
            return ticket.id
        }
    }

    /// Moves a ticket along states that a person may choose.
    func move(
        _ ticket: String, _ states: TicketState..., reason: String? = nil, job: String? = nil
    ) throws {
        for state in states {
            try board.transact(as: Self.person) { transaction in
                let ticket = try transaction.require(Ticket.self, ticket)
                try transaction.move(ticket, to: state, reason: reason, job: job)
            }
        }
    }

    @discardableResult
    func job(_ ticket: String, status: JobStatus = .running, _ groups: JSONObject = [:]) throws
        -> String
    {
        try board.transact(as: .executor(job: ticket, onBehalfOf: Self.person.id)) { transaction in
            var fields: JSONObject = [
                "ticket_id": .string(ticket), "kind": "execute",
                "status": [
                    "status": .string(status.word), "reason": nil, "outcome": nil,
                    "finished_at": nil,
                ],
            ]
            for (key, value) in groups { fields[key] = value }
            return try transaction.create(.job, fields, as: .jobCreated).id
        }
    }

    /// Ends a job, whatever ran it.
    func end(_ job: String) throws {
        try board.transact(as: Self.person) { transaction in
            let job = try transaction.require(Job.self, job)
            try transaction.write(
                job.record,
                [
                    "status": [
                        "status": "succeeded", "reason": nil, "outcome": "revision",
                        "finished_at": nil,
                    ]
                ], as: .jobFinished)
        }
    }

    @discardableResult
    func revision(
        _ ticket: String, number: Int64 = 1, base: String, head: String, job: String? = nil
    ) throws -> String {
        try board.transact(as: Self.person) { transaction in
            try transaction.create(
                .revision,
                [
                    "ticket_id": .string(ticket), "number": .integer(number),
                    "base_commit": .string(base), "head_commit": .string(head), "files": 1,
                    "insertions": 2, "deletions": 1, "job_id": JSON(job),
                ], as: .revisionOpened
            ).id
        }
    }

    @discardableResult
    func question(_ ticket: String, _ text: String, choices: [String] = [], job: String? = nil)
        throws -> String
    {
        try board.transact(as: Self.person) { transaction in
            try transaction.create(
                .question,
                [
                    "ticket_id": .string(ticket), "text": .string(text), "choices": JSON(choices),
                    "job_id": JSON(job),
                ], as: .questionAsked
            ).id
        }
    }

    /// Puts a file on the board, as a broken or hostile writer might.
    func store(_ path: String, _ text: String) throws {
        try sandbox.write("stray", text)
        let script = """
            set -e
            blob=$(git hash-object -w stray)
            export GIT_INDEX_FILE=$PWD/index
            git read-tree refs/draft/board
            git update-index --add --cacheinfo 100644,$blob,\(path)
            message=$(git log -1 --format=%B refs/draft/board)
            commit=$(git commit-tree -p refs/draft/board -m "$message" $(git write-tree))
            git update-ref refs/draft/board $commit
            """
        #expect(try sandbox.run(script).status == 0)
    }

    /// Reads what a command printed as JSON.
    func json(_ arguments: String) throws -> JSON {
        let outcome = try draft(arguments)
        #expect(outcome.status == 0, Comment(rawValue: outcome.stderr))
        return try JSON(parsing: Array(outcome.stdout.utf8), limit: 1 << 26)
    }
}

/// Whether a text has anything but signs that are drawn, line ends and colours.
func isSafe(_ text: String) -> Bool {
    var text = text.replacing("\r\n", with: "\n")
    for code in ["1", "2", "31", "32", "33", "36", "1;31", "1;36", "1;33", "1;32", "1;2", ""] {
        text = text.replacing("\u{1b}[\(code)m", with: "")
    }
    return text.unicodeScalars.allSatisfy { scalar in
        if scalar == "\n" { return true }
        switch scalar.properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator: return false
        default: return true
        }
    }
}

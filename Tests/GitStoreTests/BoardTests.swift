import Foundation
import GitStore
import Model
import Synchronization
import TestSupport
import Testing

@Suite struct BoardTests {
    private let sandbox: Sandbox
    private let board: Board
    private let ann = Actor.person(name: "Ann", email: "ann@example.com")

    init() throws {
        sandbox = try Sandbox()
        board = try Self.open(sandbox)
        _ = try board.create(
            NewBoard(name: "demo", baseBranch: "main", claimRemote: nil), as: ann)
    }

    static func open(_ sandbox: Sandbox) throws -> Board {
        let generator = Mutex(SystemRandomNumberGenerator())
        return Board(
            repository: try Repository(containing: sandbox.workTree.path),
            context: BoardContext(
                now: { Timestamp(milliseconds: 1_700_000_000_000) },
                newID: { generator.withLock { Crockford.id(using: &$0) } },
                redactor: Redactor(values: ["hunter2hunter2"])))
    }

    @Test func `a ticket reads back, and git accepts every object`() throws {
        let ticket = try board.transact(as: ann) { transaction in
            var new = NewTicket(title: "Fix the parser")
            new.labels = ["ui", "api"]
            return try transaction.createTicket(new, state: .planned)
        }
        let stored = try board.snapshot().require(Ticket.self, ticket.id)
        #expect(stored.title == "Fix the parser")
        #expect(stored.labels == ["api", "ui"])
        #expect(stored.state == .planned)
        #expect(stored.record == ticket.record)
        #expect(try sandbox.run("git fsck --strict").status == 0)
    }

    @Test func `an event follows the last one of its subject`() throws {
        let ticket = try board.transact(as: ann) {
            try $0.createTicket(NewTicket(title: "a"), state: .planned)
        }
        try board.transact(as: ann) { transaction in
            let ticket = try transaction.require(Ticket.self, ticket.id)
            try transaction.move(ticket, to: .blocked, reason: "question")
        }
        let events = try board.snapshot().events { $0.subjectID == ticket.id }
        #expect(events.map(\.type) == ["ticket.created", "ticket.transitioned"])
        #expect(events[1].prev == [events[0].id])
        #expect(events[1].fromState == "planned" && events[1].toState == "blocked")
        #expect(events[1].writes.keys == ["status"])
    }

    @Test func `an illegal move changes nothing and names both states`() throws {
        let ticket = try board.transact(as: ann) { try $0.createTicket(NewTicket(title: "a")) }
        let before = try board.snapshot().commit
        let error = #expect(throws: LifecycleError.self) {
            try board.transact(as: ann) { transaction in
                try transaction.move(
                    try transaction.require(Ticket.self, ticket.id), to: .done)
            }
        }
        #expect(error?.from == "proposed" && error?.to == "done")
        #expect(try board.snapshot().commit == before)
    }

    @Test func `a secret is stored nowhere`() throws {
        try board.transact(as: ann) {
            try $0.createTicket(NewTicket(title: "use hunter2hunter2 to log in"))
        }
        let objects = try sandbox.run(
            "git cat-file --batch-all-objects --batch | grep -c hunter2hunter2"
        ).output
        #expect(objects == "0\n")
    }

    @Test func `a secret that is a label or a path is stored nowhere`() throws {
        let ticket = try board.transact(as: ann) { transaction in
            var new = NewTicket(title: "a")
            new.labels = ["ui", "is-hunter2hunter2"]
            new.touches = ["hunter2hunter2/x"]
            let ticket = try transaction.createTicket(new)
            return Ticket(
                try transaction.write(
                    ticket.record, ["labels/hunter2hunter2": true, "labels/é/": true],
                    as: .ticketEdited))
        }
        let stored = try #require(try board.snapshot().view(Ticket.self, ticket.id))
        #expect(stored.labels == ["[redacted]", "is-[redacted]", "ui", "é/"])
        #expect(stored.touches == ["[redacted]/x"])
        let objects = try sandbox.run(
            "git cat-file --batch-all-objects --batch | grep -c hunter2hunter2"
        ).output
        #expect(objects == "0\n")
    }

    @Test func `two diverged tips join into the same commit from both sides`() throws {
        let ticket = try board.transact(as: ann) { try $0.createTicket(NewTicket(title: "a")) }
        let pending = try board.prepare("x", as: ann) { transaction in
            try transaction.move(try transaction.require(Ticket.self, ticket.id), to: .planned)
        }
        let other = try board.transact(as: ann) { try $0.createTicket(NewTicket(title: "b")) }
        #expect(try board.snapshot().view(Ticket.self, ticket.id)?.state == .proposed)
        try board.settle("x", won: true)
        let merged = try board.snapshot()
        #expect(try merged.view(Ticket.self, ticket.id)?.state == .planned)
        #expect(try merged.view(Ticket.self, other.id)?.title == "b")
        #expect(try board.descends(merged.commit, from: pending.commit))
        #expect(try board.pending().isEmpty)
        #expect(try sandbox.run("git fsck --strict").status == 0)
    }
}

import Foundation
import Model
import Synchronization
import TestSupport
import Testing

@testable import GitStore

@Suite struct BoardWritingTests {
    private let sandbox: Sandbox
    private let board: Board

    init() throws { (sandbox, board) = try Sandbox.begun() }

    @Test func `a writer that the board does not want is refused`() throws {
        let record = try #require(try board.snapshot().record(.board, "board"))
        let text = record.stored.canonicalText
        let newer = text.replacing("\"min_writer\": 1", with: "\"min_writer\": 2")
        try board.damage("board.json", Array(newer.utf8))
        let tip = try board.snapshot().commit
        let error = #expect(throws: BoardError.self) { try board.ticket("a") }
        #expect(error?.code == .unsupported)
        #expect(throws: BoardError.self) {
            try board.prepare("x", as: .ann) { try $0.createTicket(NewTicket(title: "a")) }
        }
        #expect(try board.snapshot().commit == tip)
        try board.damage("board.json", Array(text.utf8))
        #expect(throws: Never.self) { try board.ticket("a") }
    }

    @Test func `what throws changes nothing`() throws {
        struct Refusal: Error {}
        let ticket = try board.ticket("a")
        let before = try sandbox.git("git for-each-ref; git rev-parse refs/draft/board^{tree}")
        #expect(throws: Refusal.self) {
            try board.transact(as: .ann) { transaction in
                try transaction.createTicket(NewTicket(title: "b"))
                try transaction.write(ticket.record, ["title": "c"], as: .ticketEdited)
                throw Refusal()
            }
        }
        #expect(throws: BoardError.self) {
            try board.edit(ticket.id, ["updated_at": "now"])
        }
        #expect(throws: BoardError.self) {
            try board.edit(
                ticket.id, ["description": .string(String(repeating: "a", count: 1 << 20))])
        }
        try board.transact(as: .ann) { _ in }
        let after = try sandbox.git("git for-each-ref; git rev-parse refs/draft/board^{tree}")
        #expect(after == before)
        #expect(try board.snapshot().list(Ticket.self).map(\.title) == ["a"])
    }

    @Test func `two writes of one record are one event`() throws {
        let ticket = try board.ticket("a")
        try board.transact(as: .ann) { transaction in
            let one = try transaction.write(
                ticket.record, ["title": "b"], as: .ticketEdited)
            try transaction.write(one, ["priority": 9, "labels/x": true], as: .ticketEdited)
            #expect(try transaction.require(Ticket.self, ticket.id).title == "b")
        }
        let events = try board.snapshot().events { $0.subjectID == ticket.id }
        #expect(events.count == 2 && events[1].prev == [events[0].id])
        #expect(events[1].writes.keys == ["labels/x", "priority", "title"])
        let stored = try #require(try board.snapshot().record(.ticket, ticket.id))
        #expect(stored.heads == [events[1].id])
        #expect(stored.value("priority") == 9 && stored.elements("labels") == ["x"])
    }

    @Test func `an event holds no long value, but its digest`() throws {
        let ticket = try board.ticket("a")
        let short = JSON.string(String(repeating: "s", count: Event.maximumWrite - 3))
        let long = JSON.string(String(repeating: "l", count: Event.maximumWrite - 2))
        try board.edit(
            ticket.id, ["title": short, "description": long],
            details: EventDetails(payload: ["small": "kept"]))
        try board.edit(
            ticket.id, ["priority": 1],
            details: EventDetails(payload: ["big": .string(String(repeating: "p", count: 10_240))]))
        let events = try board.snapshot().events { $0.type == "ticket.edited" }
        #expect(events[0].writes["title"] == short)
        let digest = JSON.string(SHA256.hex(long.canonical))
        #expect(events[0].writes["description"] == ["sha256": digest, "truncated": true])
        #expect(events[0].payload == ["small": "kept"])
        #expect(events[1].payload == ["omitted": ["big"], "truncated": true])
        #expect(try board.snapshot().record(.ticket, ticket.id)?.value("description") == long)
    }

    @Test func `a lease takes the next fence, and its end another`() throws {
        let ticket = try board.ticket("a")
        let job = "j0000000000000000"
        let claimed = try board.transact(as: .job) { transaction in
            try transaction.claim(try transaction.require(Ticket.self, ticket.id), for: job)
        }
        #expect(claimed.fence == 1 && claimed.record.stamp("status").fence == 1)
        let record = try board.transact(as: .job) { transaction in
            try transaction.requireHolding(
                try transaction.require(Ticket.self, ticket.id), fence: 1)
            return try transaction.create(
                .job, id: job, ["ticket_id": .string(ticket.id), "fence": 1], as: .jobCreated)
        }
        #expect(record.created.fence == 1)
        try board.transact(as: .ann) { transaction in
            try transaction.move(
                try transaction.require(Ticket.self, ticket.id), to: .planned)
        }
        #expect(throws: BoardError.self) {
            try board.transact(as: .job) { transaction in
                try transaction.requireHolding(
                    try transaction.require(Ticket.self, ticket.id), fence: 1)
            }
        }
        let released = try board.transact(as: .job) { transaction in
            let ticket = try transaction.require(Ticket.self, ticket.id)
            return try transaction.write(
                ticket.record, ["lease": transaction.released(ticket)], as: .leaseReleased)
        }
        #expect(released.fence == 2 && released.stamp("lease").fence == 2)
        #expect(released.value("lease")["holder"] == .some(.null))
        #expect(throws: BoardError.self) {
            try board.edit(ticket.id, ["lease": ["fence": 2, "holder": "x"]], as: .job)
        }
    }

    @Test func `the last number is an error, not a trap`() throws {
        let ticket = try board.ticket("a")
        let path = RecordKind.ticket.path(of: ticket.id)
        guard case .object(var members) = ticket.record.stored else { return }
        members["fence"] = .integer(.max)
        try board.damage(path, JSON.object(members).canonical)
        #expect(throws: BoardError.self) {
            try board.transact(as: .job) { transaction in
                try transaction.claim(try transaction.require(Ticket.self, ticket.id), for: "j")
            }
        }
        try board.damage(path, ticket.record.stored.canonical, time: .max)
        let error = #expect(throws: BoardError.self) { try board.ticket("b") }
        #expect(error?.code == .damaged)
    }

    // MARK: - Several writers

    @Test func `a file that several replace at once is never empty`() throws {
        let repository = board.repository
        let path = board.privateDirectory + "/small"
        try repository.replaceFile(path, with: "first")
        let failures = Mutex<[String]>([])
        DispatchQueue.concurrentPerform(iterations: 8) { number in
            for _ in 0..<20 {
                do {
                    try repository.replaceFile(path, with: "by \(number)")
                    let text = try repository.readSmallFile(path) ?? ""
                    if !text.hasPrefix("by ") { failures.withLock { $0.append(text) } }
                } catch {
                    failures.withLock { $0.append("\(error)") }
                }
            }
        }
        #expect(failures.withLock { $0 } == [])
        let left = try FileManager.default.contentsOfDirectory(atPath: board.privateDirectory)
        #expect(!left.contains { $0.hasSuffix(".new") })
    }

    @Test func `a copied directory gets an identity of its own`() throws {
        let first = try #require(try board.replicaIfAny())
        try board.ticket("a")
        #expect(try board.replicaIfAny() == first)
        let copy = try sandbox.board(try sandbox.copy(to: "copy"), seed: 2)
        #expect(try copy.replicaIfAny() == nil)
        let ticket = try copy.ticket("b")
        let second = try #require(try copy.replicaIfAny())
        #expect(second != first && second.utf8.count == 16)
        #expect(ticket.record.created.replica == second)
        #expect(try board.ticket("c").record.created.replica == first)
    }

    @Test func `writers that come at once all write`() throws {
        let count = 6
        DispatchQueue.concurrentPerform(iterations: count) { writer in
            do {
                let board = try sandbox.board(seed: UInt64(100 + writer))
                for n in 0..<5 { try board.ticket("\(writer).\(n)") }
            } catch {
                Issue.record(error)
            }
        }
        let tickets = try board.snapshot().list(Ticket.self)
        #expect(Set(tickets.map(\.title)).count == count * 5)
        let times = try board.snapshot().events { $0.type == "ticket.created" }.map(\.lamport)
        #expect(times.count == Set(times).count && times.count == count * 5)
        #expect(try board.snapshot().lamport == Int64(1 + count * 5))
        #expect(try sandbox.run("git fsck --strict").status == 0)
    }

    @Test func `a lock that a killed writer left does not stop the next`() throws {
        for suffix in ["", ".lock"] {
            let path = sandbox.path(".git/refs/draft/board\(suffix.isEmpty ? ".lock" : suffix)")
            try Data().write(to: URL(filePath: path))
            try board.ticket("after\(suffix)")
            #expect(!FileManager.default.fileExists(atPath: path))
        }
        try Data("gar".utf8).write(to: URL(filePath: sandbox.path(".git/draft/replica")))
        try board.ticket("identity")
        #expect(try board.snapshot().list(Ticket.self).count == 3)
    }

    @Test func `nothing is lost while git collects garbage`() throws {
        DispatchQueue.concurrentPerform(iterations: 3) { worker in
            do {
                if worker == 0 {
                    for _ in 0..<4 { try sandbox.run("git gc --quiet --prune=now") }
                } else {
                    let board = try sandbox.board(seed: UInt64(200 + worker))
                    for n in 0..<8 { try board.ticket("\(worker).\(n)") }
                }
            } catch {
                Issue.record(error)
            }
        }
        #expect(try board.snapshot().list(Ticket.self).count == 16)
        let check = try sandbox.run("git fsck --strict --full", merged: true)
        #expect(check.status == 0 && !check.output.contains("missing"), "\(check.output)")
    }
}

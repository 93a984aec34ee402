import Foundation
import Model
import TestSupport
import Testing

@testable import GitStore

/// What many records in one transaction cost, counted in objects.
@Suite struct BoardBatchTests {
    private let sandbox: Sandbox
    private let board: Board

    init() throws { (sandbox, board) = try Sandbox.begun() }

    private struct Refusal: Error {}

    @Test func `a transaction writes one tree for each folder, however many records`() throws {
        let count = 300
        let before = try board.snapshot()
        let transaction = Transaction(
            before: before, actor: .ann, replica: "replicareplica00", lamport: before.lamport + 1,
            context: board.context)
        for number in 1...count {
            try transaction.createTicket(NewTicket(title: "ticket \(number)"))
        }
        var steps: [[Int]] = []
        transaction.progress = { steps.append([$0, $1]) }
        let journal = WriteJournal()
        let files = try transaction.files()
        _ = try board.write(transaction, journal)
        #expect(files.count == 2 * count)
        #expect(steps == (0..<files.count).map { [$0, files.count] })
        var folders: Set<String> = [""]
        for file in files {
            let parts = file.path.split(separator: "/").dropLast()
            for length in parts.indices {
                folders.insert(parts[...length].joined(separator: "/"))
            }
        }
        #expect(journal.count == files.count + folders.count + 1)
    }

    @Test func `a transaction reads what it has read no second time`() throws {
        let ids = try board.transact(as: .ann) { transaction in
            try (1...40).map {
                try transaction.createTicket(NewTicket(title: "ticket \($0)")).id
            }
        }
        let objects = sandbox.workTree.appending(path: ".git/objects")
        let away = sandbox.root.appending(path: "away")
        #expect(throws: Refusal.self) {
            try board.transact(as: .ann) { transaction in
                let tickets = try transaction.list(Ticket.self)
                #expect(tickets.count == ids.count)
                try FileManager.default.moveItem(at: objects, to: away)
                defer { try? FileManager.default.moveItem(at: away, to: objects) }
                for ticket in tickets { try transaction.move(ticket, to: .planned) }
                for id in ids {
                    #expect(try transaction.require(Ticket.self, id).state == .planned)
                }
                throw Refusal()
            }
        }
        let states = try board.snapshot().list(Ticket.self).map(\.state)
        #expect(states == [TicketState](repeating: .proposed, count: ids.count))
    }

    @Test func `a snapshot reads each folder once, and finds all that is in it`() throws {
        let ids = try board.transact(as: .ann) { transaction in
            try (1...8).map {
                try transaction.createTicket(NewTicket(title: "ticket \($0)")).id
            }
        }
        let snapshot = try board.snapshot()
        let paths = ids.map { RecordKind.ticket.path(of: $0) }
        let entries = try paths.map { try #require(try snapshot.entry(at: $0)) }
        #expect(Set(entries.map(\.id)).count == ids.count)
        #expect(try snapshot.ids(of: .ticket) == ids.sorted())
        let objects = sandbox.workTree.appending(path: ".git/objects")
        try FileManager.default.removeItem(at: objects)
        for (path, entry) in zip(paths, entries) {
            #expect(try snapshot.entry(at: path) == entry)
            #expect(try snapshot.entry(at: path + "/below") == nil)
        }
        #expect(try snapshot.ids(of: .ticket) == ids.sorted())
        #expect(try snapshot.entry(at: "tickets/none") == nil)
        #expect(try snapshot.entry(at: "tickets//") == nil)
        #expect(throws: GitError.self) { try board.repository.tree(try #require(snapshot.tree)) }
    }

    @Test func `a write that was refused is not stored by a later one`() throws {
        let ticket = try board.ticket("a")
        try board.transact(as: .ann) { transaction in
            let base = try transaction.require(Ticket.self, ticket.id).record
            let one = try transaction.write(base, ["title": "b"], as: .ticketEdited)
            let two = try transaction.write(one, ["priority": 9], as: .ticketEdited)
            #expect(try transaction.record(.ticket, ticket.id) == two)
            #expect(try transaction.list(Ticket.self).map(\.title) == ["b"])
        }
        #expect(throws: (any Error).self) {
            try board.transact(as: .ann) { transaction in
                try? transaction.write(ticket.record, ["updated_at": "now"], as: .ticketEdited)
            }
        }
        #expect(try board.snapshot().require(Ticket.self, ticket.id).priority == 9)
    }
}

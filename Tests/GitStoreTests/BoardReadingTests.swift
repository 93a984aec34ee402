import Foundation
import Model
import TestSupport
import Testing

@testable import GitStore

@Suite struct BoardReadingTests {
    private let sandbox: Sandbox
    private let board: Board

    init() throws { (sandbox, board) = try Sandbox.begun() }

    private func resolve(_ prefix: String) throws -> String {
        try board.snapshot().resolve(prefix, among: [.ticket, .goal]).id
    }

    @Test func `a prefix of four characters or more names a record`() throws {
        try board.ticket("a", id: "abcd000000000001")
        try board.ticket("b", id: "abce000000000002")
        try board.ticket("c", id: "abcd000000000003")
        #expect(try resolve("abce") == "abce000000000002")
        #expect(try resolve("ABCE0") == "abce000000000002")
        #expect(try resolve("abcd000000000001") == "abcd000000000001")
        for prefix in ["", "a", "abc", "zzzz", "abcd", "abcd0000000000011", "abcd000000000004"] {
            let error = #expect(throws: BoardError.self, "\(prefix)") { try resolve(prefix) }
            #expect(error?.code == .notFound, "\(prefix)")
        }
        let error = #expect(throws: BoardError.self) { try resolve("abcd") }
        #expect(
            error?.description.contains(
                "'abcd' is not unique: abcd000000000001, abcd000000000003") == true)
        let other = #expect(throws: BoardError.self) {
            try board.snapshot().resolve("abce", among: [.job, .goal])
        }
        #expect(other?.description == "'abce' is a ticket, not a job or goal")
        let shown = Crockford.shortestUniquePrefixes(try board.snapshot().ids(of: .ticket))
        #expect(shown["abce000000000002"] == "abce00")
        #expect(shown["abcd000000000001"] == "abcd000000000001")
    }

    @Test func `a deleted record is not listed until an edit that had not seen it`() throws {
        let ticket = try board.ticket("a")
        let seen = ticket.record.digest
        try board.edit(ticket.id, ["deleted": .string(seen)])
        #expect(try board.snapshot().list(Ticket.self).isEmpty)
        #expect(try board.snapshot().record(.ticket, ticket.id)?.isHidden == true)
        #expect(throws: BoardError.self) {
            try board.transact(as: .ann) { _ = try $0.require(Ticket.self, ticket.id) }
        }
        let gone = #expect(throws: BoardError.self) { try resolve(ticket.id) }
        #expect(gone?.description == "ticket \(ticket.id.prefix(6)) was deleted")
        let found = try board.snapshot().resolve(ticket.id, among: [.ticket], findsDeleted: true)
        #expect(found.id == ticket.id)
        try board.edit(ticket.id, ["title": "b"])
        #expect(try board.snapshot().list(Ticket.self).map(\.title) == ["b"])
        let digest = try #require(try board.snapshot().record(.ticket, ticket.id)).digest
        try board.edit(ticket.id, ["deleted": .string(digest)])
        try board.edit(ticket.id, ["deleted": nil])
        #expect(try board.snapshot().list(Ticket.self).map(\.id) == [ticket.id])
    }

    @Test func `a record that cannot be read is listed as such, and left alone`() throws {
        let good = try board.ticket("good")
        let bad = ["xxxx000000000001", "xxxx000000000002", "xxxx000000000003"]
        let contents = [
            "{", "{\"schema\": 1}",
            "{\"schema\": 9, \"id\": \"\(bad[2])\", \"_stamp\": [], \"_stamps\": {}}",
        ]
        for (id, text) in zip(bad, contents) {
            try board.damage(RecordKind.ticket.path(of: id), Array(text.utf8))
        }
        let (views, unreadable) = try board.snapshot().all(Ticket.self)
        #expect(views.map(\.id) == [good.id])
        #expect(Set(unreadable.map(\.path)) == Set(bad.map { RecordKind.ticket.path(of: $0) }))
        #expect(unreadable.allSatisfy { !$0.reason.isEmpty })
        let blob = try sandbox.git("git rev-parse 'refs/draft/board:tickets/01/\(bad[0]).json'")
        try board.edit(good.id, ["title": "better"])
        #expect(throws: BoardError.self) { try board.edit(bad[0], ["title": "x"]) }
        #expect(
            try sandbox.git("git rev-parse 'refs/draft/board:tickets/01/\(bad[0]).json'") == blob)
    }

    @Test func `a record under a name that is no id is listed as unreadable`() throws {
        let good = try board.ticket("good")
        let text = try #require(try board.snapshot().record(.ticket, good.id)).stored
        for id in ["$(id)\n=x", "0123456789abcdeF", good.id + "0"] {
            var odd = text.object ?? [:]
            odd["id"] = .string(id)
            let path = RecordKind.ticket.path(of: id)
            try board.damage(path, JSON.object(odd).canonical)
            let snapshot = try board.snapshot()
            let (views, unreadable) = try snapshot.all(Ticket.self)
            #expect(views.map(\.id) == [good.id])
            #expect(unreadable.map(\.reason) == ["'\(id)' is no id"])
            #expect(unreadable.map(\.path) == [path])
            #expect(try snapshot.ids(of: .ticket) == [good.id])
            #expect(throws: BoardError.self) { try snapshot.record(.ticket, id) }
            try board.damage(path, nil)
        }
    }

    @Test func `events are found across folders`() throws {
        let ticket = try board.ticket("a")
        let times: [Int64] = [255, 256, 257, 65535, 65536, 65537, 1 << 24, 1 << 32]
        for time in times {
            try board.transact(at: time) { transaction in
                let record = try transaction.require(Ticket.self, ticket.id).record
                try transaction.write(
                    record, ["title": .string("at \(time)")], as: .ticketEdited)
            }
        }
        let snapshot = try board.snapshot()
        for time in [0, 2, 3] + times + times.map({ $0 - 1 }) {
            let found = try snapshot.events(after: time).filter { $0.type == "ticket.edited" }
            #expect(found.map(\.lamport) == times.filter { $0 > time }, "after \(time)")
        }
        let listing = try sandbox.git("git ls-tree -r --name-only refs/draft/board audit/")
        let folders = Set(listing.split(separator: "\n").map { $0.split(separator: "/")[1...2] })
        let names = ["0000/00", "0000/01", "0000/ff", "0001/00", "0100/00", "10000/00"]
        #expect(Set(folders.map { $0.joined(separator: "/") }) == Set(names))
        #expect(
            listing.contains("audit/0001/00/\(ticket.id)-65536-replicareplica00-0.json\n"))
        #expect(try sandbox.run("git fsck --strict").status == 0)
    }

    @Test func `a commit without a time is no board`() throws {
        for message in [
            "x\n", "x\n\nDraft-Time: 0\n", "x\n\nDraft-Time: -3\n", "x\n\nDraft-Time: y\n",
        ] {
            let tree = try board.repository.updating(tree: nil, with: [("a", nil)])
            let commit = try board.repository.writeCommit(
                tree: tree, parents: [], author: ann, committer: ann, message: message)
            let error = #expect(throws: BoardError.self) { try board.snapshot(at: commit) }
            #expect(error?.code == .damaged)
        }
    }
}

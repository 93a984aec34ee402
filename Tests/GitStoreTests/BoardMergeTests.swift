import Foundation
import Model
import TestSupport
import Testing

@testable import GitStore

@Suite struct BoardMergeTests {
    private let sandbox: Sandbox
    private let board: Board

    init() throws { (sandbox, board) = try Sandbox.begun() }

    /// Brings the board of another clone here, and returns its tip.
    private func fetch(_ name: String, as remote: String) throws -> ObjectID {
        try sandbox.git(
            "git fetch --quiet ../\(name) +refs/draft/board:refs/draft-remotes/\(remote)/board")
        let tip = try board.repository.target(of: "refs/draft-remotes/\(remote)/board")
        return try #require(tip)
    }

    private func merge(_ left: ObjectID, _ right: ObjectID) throws -> ObjectID {
        try board.merge(left, right, WriteJournal())
    }

    private func tree(_ commit: ObjectID) throws -> ObjectID {
        try board.repository.readCommit(commit).tree
    }

    /// Writes what somebody might.
    private func scribble(_ board: Board, _ ids: [String], seed: Int) throws {
        for n in 0..<6 {
            let id = ids[(seed * 7 + n * 3) % ids.count]
            let actor = (seed + n) % 3 == 0 ? Actor.job : .ann
            switch (seed * 5 + n) % 5 {
            case 0: try board.ticket("\(seed).\(n)")
            case 1: try board.edit(id, ["title": .string("\(seed).\(n)")], as: actor)
            case 2: try board.edit(id, ["labels/\(n % 2)": .bool(seed % 2 == 0)], as: actor)
            case 3:
                let digest = try #require(try board.snapshot().record(.ticket, id)).digest
                try board.edit(id, ["deleted": .string(digest)])
            default:
                let status: JSON = ["state": "blocked", "reason": "red", "job_id": nil]
                try board.edit(id, ["status": status], as: actor)
            }
        }
    }

    @Test(arguments: 1...6)
    func `three clones join in any order into the same`(seed: Int) throws {
        let ids = try (0..<4).map { try board.ticket("\($0)").id }
        let clones = try ["one", "two"].enumerated().map { index, name in
            try sandbox.board(try sandbox.copy(to: name), seed: UInt64(seed * 10 + index + 2))
        }
        for (index, clone) in ([board] + clones).enumerated() {
            try scribble(clone, ids, seed: seed + index * 11)
        }
        let a = try board.snapshot().commit
        let (b, c) = (try fetch("one", as: "one"), try fetch("two", as: "two"))
        let ab = try merge(a, b)
        #expect(try merge(b, a) == ab)
        #expect(try clones[0].merge(b, fetchInto("one"), WriteJournal()) == ab)
        let (abc, bca) = (try merge(ab, c), try merge(a, merge(b, c)))
        #expect(try tree(abc) == tree(bca))
        #expect(try merge(abc, bca) == merge(bca, abc))
        #expect(try tree(merge(abc, bca)) == tree(abc))
        #expect(try tree(merge(ab, a)) == tree(ab))
        let joined = try board.snapshot(at: abc)
        let times = try [a, b, c].map { try board.snapshot(at: $0).lamport }
        #expect(joined.lamport == times.max())
        try check(joined, holds: [a, b, c])
        #expect(try sandbox.run("git fsck --strict").status == 0)
    }

    /// Brings this board to a clone, and returns its tip.
    private func fetchInto(_ name: String) throws -> ObjectID {
        let directory = sandbox.root.appending(path: name)
        _ = try sandbox.run(
            "git fetch --quiet ../repo +refs/draft/board:refs/draft-remotes/x/board",
            in: directory)
        return try board.snapshot().commit
    }

    /// No event is lost, and every record's heads are those that its events have.
    private func check(_ joined: Snapshot, holds tips: [ObjectID]) throws {
        let events = try joined.events()
        let ids = Set(events.map(\.id))
        for tip in tips {
            #expect(try board.snapshot(at: tip).events().allSatisfy { ids.contains($0.id) })
        }
        for id in try joined.ids(of: .ticket) {
            let mine = events.filter { $0.subjectID == id }
            let named = Set(mine.flatMap(\.prev))
            let record = try #require(try joined.record(.ticket, id))
            #expect(record.heads == mine.map(\.id).filter { !named.contains($0) }.sorted())
        }
    }

    @Test func `what is written after a merge descends from both sides`() throws {
        let ticket = try board.ticket("a")
        let clone = try sandbox.board(try sandbox.copy(to: "one"), seed: 2)
        try board.edit(ticket.id, ["title": "mine"])
        try clone.edit(ticket.id, ["title": "theirs"])
        let merged = try merge(board.snapshot().commit, fetch("one", as: "one"))
        try board.move(to: merged, from: board.snapshot().commit, message: "merge")
        let heads = try #require(try board.snapshot().record(.ticket, ticket.id)).heads
        #expect(heads.count == 2)
        let record = try board.edit(ticket.id, ["title": "ours"])
        let event = try #require(try board.snapshot().events { $0.id == record.heads.first }.first)
        #expect(event.prev == heads && record.heads.count == 1)
    }

    @Test func `a merge writes nothing and is the same by any clock`() throws {
        let ticket = try board.ticket("a")
        let clone = try sandbox.board(try sandbox.copy(to: "one"), seed: 2)
        try board.edit(ticket.id, ["priority": 1])
        try clone.edit(ticket.id, ["title": "b"])
        let merged = try merge(board.snapshot().commit, fetch("one", as: "one"))
        let commit = try board.repository.readCommit(merged)
        #expect(commit.parents == commit.parents.sorted() && commit.parents.count == 2)
        #expect(commit.author == commit.committer)
        #expect(commit.author.email == "git-draft@localhost")
        let before = try board.snapshot().events().count
        #expect(try board.snapshot(at: merged).events().count == before + 1)
    }

    @Test func `newer rules of merging are not ours`() throws {
        let clone = try sandbox.board(try sandbox.copy(to: "one"), seed: 2)
        try board.ticket("a")
        let text = try #require(try clone.snapshot().record(.board, "board")).stored.canonicalText
        let newer = text.replacing("\"merge\": 1", with: "\"merge\": 2")
        try clone.damage("board.json", Array(newer.utf8))
        let theirs = try fetch("one", as: "one")
        let error = #expect(throws: BoardError.self) {
            try merge(board.snapshot().commit, theirs)
        }
        #expect(error?.code == .unsupported)
    }

    @Test func `two contents under the name of one event are both kept`() throws {
        let ticket = try board.ticket("a")
        let clone = try sandbox.board(try sandbox.copy(to: "one"), seed: 2)
        let time = try board.snapshot().lamport + 1
        for (board, title) in [(board, "one"), (clone, "other")] {
            try board.transact(at: time) { transaction in
                let record = try transaction.require(Ticket.self, ticket.id).record
                try transaction.write(record, ["title": .string(title)], as: .ticketEdited)
            }
        }
        let (mine, theirs) = (try board.snapshot().commit, try fetch("one", as: "one"))
        let merged = try merge(mine, theirs)
        #expect(try merge(theirs, mine) == merged)
        let joined = try board.snapshot(at: merged)
        let edits = try joined.events { $0.type == "ticket.edited" }
        #expect(Set(edits.map { $0.writes["title"]?.string }) == ["one", "other"])
        #expect(try joined.view(Ticket.self, ticket.id)?.title == "other")
        let names = try sandbox.git("git ls-tree -r --name-only \(merged) audit/")
        #expect(names.split(separator: "\n").filter { $0.contains("~") }.count == 1)
    }
}

import Foundation
import Model
import TestSupport
import Testing

@testable import GitStore

/// Writers in processes of their own.
@Suite struct BoardProcessTests {
    private let sandbox: Sandbox
    private let board: Board

    init() throws {
        (sandbox, board) = try Sandbox.begun()
        try #require(try sandbox.run("git draft ticket list").status == 0)
    }

    /// Runs a script in which ids and times are real.
    private func run(_ script: String) throws -> Outcome {
        try sandbox.run(
            script, merged: true,
            environment: ["GIT_DRAFT_TEST_SEED": nil, "GIT_DRAFT_TEST_TIME": nil])
    }

    @Test func `processes that write at once all write`() throws {
        let outcome = try run(
            """
            for n in 1 2 3 4 5 6 7 8; do git draft ticket new "ticket $n" >out.$n 2>&1 & done
            wait; cat out.*
            """)
        let titles = try board.snapshot().list(Ticket.self).map(\.title).sorted()
        #expect(titles == (1...8).map { "ticket \($0)" }, "\(outcome.output)")
        #expect(try sandbox.run("git fsck --strict").status == 0)
    }

    @Test func `killed writers leave a board that is whole and writable`() throws {
        let outcome = try run(
            """
            for n in 00 01 02 03 04 05 06 07 08 09 10 12 14 16 20 25; do
                git-draft ticket new "ticket $n" >/dev/null 2>&1 &
                sleep "0.$n"; kill -9 $!; wait $!
            done
            git draft ticket new last
            """)
        #expect(outcome.status == 0, "\(outcome.output)")
        let snapshot = try board.snapshot()
        let (tickets, unreadable) = try snapshot.all(Ticket.self)
        #expect(unreadable.isEmpty && tickets.contains { $0.title == "last" })
        let created = try snapshot.events { $0.type == "ticket.created" }.map(\.subjectID)
        #expect(created.sorted() == tickets.map(\.id).sorted())
        #expect(try sandbox.run("git fsck --strict").status == 0)
    }
}

import Foundation
import Model
import Synchronization
import TestSupport
import Testing

@testable import GitStore

extension Actor {
    /// A person who decides things in tests.
    static let ann = Actor.person(name: "Ann", email: "ann@example.com")

    /// A job that writes in tests.
    static let job = Actor.executor(job: "j0000000000000000", onBehalfOf: "git:ann@example.com")
}

/// Random ids that are the same on every run.
final class Ids: Sendable {
    private let state: Mutex<UInt64>

    init(seed: UInt64) { state = Mutex(seed) }

    func next() -> String {
        let number = state.withLock { state in
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return state
        }
        let alphabet = Array("0123456789abcdefghjkmnpqrstvwxyz")
        return String(
            (0..<16).map { place in
                let mixed = (number >> 20) &* (2 * UInt64(place) + 1) &+ number >> 40
                return alphabet[Int((mixed >> 7) & 31)]
            })
    }
}

extension Sandbox {
    /// Opens the board of a repository in the sandbox.
    func board(_ directory: URL? = nil, seed: UInt64 = 1) throws -> Board {
        let ids = Ids(seed: seed)
        return Board(
            repository: try Repository(containing: (directory ?? workTree).path),
            context: BoardContext(
                now: { Timestamp(milliseconds: 1_700_000_000_000) }, newID: { ids.next() },
                redactor: Redactor(values: [])))
    }

    /// A sandbox, and the board that was begun in it.
    static func begun() throws -> (Sandbox, Board) {
        let sandbox = try Sandbox()
        let board = try sandbox.board()
        try board.begin()
        return (sandbox, board)
    }

    /// Copies the repository, board and all.
    func copy(to name: String) throws -> URL {
        let other = root.appending(path: name)
        try FileManager.default.copyItem(at: workTree, to: other)
        return other
    }
}

extension Board {
    /// Makes the board of a test.
    func begin() throws {
        _ = try create(NewBoard(name: "demo", baseBranch: "main", claimRemote: nil), as: .ann)
    }

    /// Makes a planned ticket.
    @discardableResult
    func ticket(_ title: String, id: String? = nil) throws -> Ticket {
        try transact(as: .ann) {
            try $0.createTicket(NewTicket(title: title), id: id, state: .planned)
        }
    }

    /// Writes groups of a ticket.
    @discardableResult
    func edit(
        _ id: String, _ groups: JSONObject, as actor: Actor = .ann, details: EventDetails = .init()
    ) throws -> Record {
        try transact(as: actor) { transaction in
            guard let record = try transaction.record(.ticket, id) else {
                throw BoardError(.notFound, "no ticket '\(id)'")
            }
            return try transaction.write(record, groups, as: .ticketEdited, details)
        }
    }

    /// Puts bytes where a record is, as no honest writer would.
    func damage(_ path: String, _ bytes: [UInt8]?, time: Int64? = nil) throws {
        let tip = try snapshot()
        let blob = try bytes.map { try repository.write(blob: $0) }
        let tree = try repository.updating(tree: tip.tree, with: [(path, blob)])
        let commit = try repository.writeCommit(
            tree: tree, parents: [tip.commit], author: GitStoreTests.ann,
            committer: GitStoreTests.ann,
            message: "x\n\n\(Snapshot.timeTrailer): \(time ?? tip.lamport + 1)\n")
        try repository.move(Self.reference, to: commit, from: tip.commit)
    }

    /// Does a transaction at a certain Lamport time.
    func transact(at lamport: Int64, _ body: (Transaction) throws -> Void) throws {
        let transaction = Transaction(
            before: try snapshot(), actor: .ann, replica: "replicareplica00", lamport: lamport,
            context: context)
        try body(transaction)
        #expect(try store(transaction, isDurable: false))
    }
}

import Foundation
import Model
import TestSupport
import Testing

@testable import GitStore

@Suite struct EvidenceTests {
    private let sandbox: Sandbox
    private let board: Board
    private let job = "0123456789abcdef"
    private let month = "2023-11"

    init() throws {
        sandbox = try Sandbox()
        board = try sandbox.board()
        try board.begin()
    }

    private func large(_ size: Int) -> EvidenceFile {
        EvidenceFile(.validation, repeatElement(UInt8(ascii: "x"), count: size))
    }

    private func kept(_ file: EvidenceFile) throws -> [UInt8] {
        let place = try #require(try board.keep([file], of: job, month: month).first)
        return try board.repository.readBlob(place.blob)
    }

    @Test func `many small pieces of evidence leave room for a large one`() throws {
        let small = (0..<130).map { EvidenceFile(.agentRaw, Array("\($0)".utf8)) }
        try board.keep(small, of: job, month: month)
        #expect(try kept(large(140_000)).count == 140_000)
    }

    @Test func `beyond 64 MiB only both ends of a large piece are kept`() throws {
        let part = try board.repository.write(
            blob: [UInt8](repeating: 0, count: Board.evidencePart))
        func fill(_ count: Int) throws {
            let paths = (1...count).map { number in
                ("ef/\(job)/\(String("00\(number)".suffix(3)))-validation.log", Optional(part))
            }
            let tree = try board.repository.updating(tree: nil, with: paths)
            let commit = try board.repository.writeCommit(
                tree: tree, parents: [], author: ann, committer: ann, message: "evidence\n")
            let reference = Board.evidenceReference(month)
            try board.repository.move(
                reference, to: commit, from: board.repository.target(of: reference))
        }
        try fill(63)
        #expect(try kept(large(140_000)).count == 140_000)
        try fill(64)
        let cut = try kept(large(140_000))
        #expect(cut.count < 132_000)
        #expect(String(decoding: cut, as: UTF8.self).contains("140000 bytes in all, SHA-256 "))
    }

    @Test func `a payload that is too large keeps what fits, and the job's evidence the whole`()
        throws
    {
        let text = String(repeating: "long ", count: 2500)
        let ticket: JSON = [
            "title": "a", "description": .string(text), "labels": ["ui"], "priority": 3,
        ]
        let details = EventDetails(payload: ["ticket": ticket, "fallback": ["from": "b"]])
        let made = try board.transact(as: .ann) { transaction in
            try transaction.create(.job, id: job, ["kind": "execute"], as: .jobCreated, details)
        }
        let event = try #require(try board.snapshot().events { $0.subjectID == made.id }.first)
        #expect(event.payload.canonical.count <= Event.maximumPayload)
        #expect(event.payload["truncated"] == true)
        #expect(event.payload["omitted"] == ["ticket/description"])
        #expect(event.payload["fallback"] == ["from": "b"])
        #expect(event.payload["ticket"] == ["title": "a", "labels": ["ui"], "priority": 3])
        let place = try #require(event.payload["whole"].flatMap(EvidenceReference.init))
        #expect(try board.evidence(of: job, month: month) == [place])
        #expect(place.path.hasSuffix("/001-meta.json"))
        let whole = try JSON(parsing: board.repository.readBlob(place.blob))
        #expect(whole == ["ticket": ticket, "fallback": ["from": "b"]])
    }

    @Test func `a payload of very many members is bounded, too`() throws {
        let members = (0..<2000).map { ("member \($0)", JSON.integer(1)) }
        let whole: JSONObject = ["ticket": .object(JSONObject(members)), "why": "x"]
        try board.transact(as: .ann) { transaction in
            try transaction.create(
                .job, id: job, ["kind": "execute"], as: .jobCreated, EventDetails(payload: whole))
        }
        let event = try #require(try board.snapshot().events { $0.subjectID == job }.first)
        #expect(event.payload.canonical.count <= Event.maximumPayload)
        #expect(event.payload["truncated"] == true)
        let place = try #require(event.payload["whole"].flatMap(EvidenceReference.init))
        #expect(try JSON(parsing: board.repository.readBlob(place.blob)) == .object(whole))
    }
}

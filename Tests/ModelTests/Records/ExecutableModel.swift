import Foundation
import Model
import Testing

/// The rules of replication once more, in Python, with a runner that tries them out.
enum ExecutableModel {
    /// Runs one of its programs, and returns its exit status and what it printed.
    static func run(
        _ program: String, _ arguments: String...
    ) throws -> (status: Int32, printed: Data) {
        let folder = URL(filePath: #filePath).deletingLastPathComponent()
            .deletingLastPathComponent().appending(path: "ExecutableModel")
        let output = FileManager.default.temporaryDirectory
            .appending(path: "model-\(UUID().uuidString)")
        try Data().write(to: output)
        defer { try? FileManager.default.removeItem(at: output) }
        let file = try FileHandle(forWritingTo: output)
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments =
            ["python3", "-B", folder.appending(path: program).path] + arguments
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = file
        process.standardError = file
        try process.run()
        process.waitUntilExit()
        try file.close()
        return (process.terminationStatus, try Data(contentsOf: output))
    }
}

/// One commit of a board as the executable model made it.
struct ModelCommit {
    let parents: [Int]
    let isVoid: Bool
    let lamport: Int64
    let replica: String
    let events: [JSON]
    let refused: [JSON]
    let twins: [JSON]
    /// Whether a record is hidden, its digest and its status, by name.
    let records: JSONObject

    init(_ frame: JSON) throws {
        let numbers = try #require(frame["parents"]?.array)
        parents = numbers.compactMap { $0.integer.map(Int.init) }
        isVoid = frame["void"] == true
        lamport = try #require(frame["lamport"]?.integer)
        replica = try #require(frame["replica"]?.string)
        events = try #require(frame["events"]?.array)
        refused = try #require(frame["refused"]?.array)
        twins = try #require(frame["twins"]?.array)
        records = try #require(frame["records"]?.object)
    }
}

extension Event {
    /// An event as the executable model writes it.
    init(model json: JSON) throws {
        let type = try #require(json["actor"]?.string.flatMap(ActorType.init(known:)))
        self.init(
            type: .ticketEdited,
            subjectKind: try #require(json["kind"]?.string.flatMap(RecordKind.init)),
            subjectID: try #require(json["subject"]?.string),
            writes: try #require(json["writes"]?.object),
            prev: try #require(json["prev"]?.array).compactMap(\.string),
            actor: Actor(type: type, id: "someone", name: "Someone"),
            fence: try #require(json["fence"]?.integer),
            lamport: try #require(json["lamport"]?.integer),
            replica: try #require(json["replica"]?.string),
            n: try #require(json["n"]?.integer), createdAt: Timestamp(milliseconds: 0))
    }
}

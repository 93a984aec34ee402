import Foundation
import Model
import Testing

/// The program itself: its order, its first line and its end.
@Suite struct EgressProgramTests {
    private func start(_ words: [String], _ input: String) throws -> (
        Process, FileHandle, FileHandle, FileHandle
    ) {
        let program = try #require(Bundle.main.executableURL?.deletingLastPathComponent())
        let process = Process()
        process.executableURL = program.appending(path: "git-draft-service")
        process.arguments = words
        let pipes = (Pipe(), Pipe(), Pipe())
        process.standardInput = pipes.0
        process.standardOutput = pipes.1
        process.standardError = pipes.2
        try process.run()
        try pipes.0.fileHandleForWriting.write(contentsOf: Data(input.utf8))
        return (
            process, pipes.0.fileHandleForWriting, pipes.1.fileHandleForReading,
            pipes.2.fileHandleForReading
        )
    }

    @Test func `it says that it is ready, and ends with its input`() throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "egress-\(UUID())")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let door = EgressDoor(
            name: "agent", socket: folder.appending(path: "s").path, kind: .proxy(allow: []))
        let (process, input, output, error) = try start(
            ["egress"], EgressOrder(doors: [door]).json.line + "\n")
        // It closes standard error once connections are taken.
        #expect(try error.readToEnd() ?? Data() == Data())
        let mode = try FileManager.default.attributesOfItem(atPath: door.socket)[.posixPermissions]
        #expect(mode as? Int == 0o600)
        try input.close()
        #expect(try output.readToEnd() == Data("{\"ready\":true}\n".utf8))
        process.waitUntilExit()
        #expect(process.terminationStatus == 0)
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).isEmpty)
    }

    @Test(arguments: [
        ("{}\n", "fatal: the order is not of schema 1\n"),
        ("nonsense\n", "fatal: the order is no JSON: "),
        (
            #"{"schema":1,"doors":[{"name":"a","socket":"/x","kind":"proxy","allow":["a/b"]}]}"#
                + "\n",
            "fatal: bad host 'a/b': "
        ),
        (
            #"{"schema":1,"doors":[{"name":"a","socket":"/nowhere/x","kind":"proxy","allow":[]}]}"#
                + "\n", "fatal: cannot open the door '/nowhere/x': "
        ),
    ])
    func `an order that it cannot serve is an error that says why`(
        order: String, words: String
    ) throws {
        let (process, input, _, error) = try start(["egress"], order)
        let said = String(decoding: try error.readToEnd() ?? Data(), as: UTF8.self)
        #expect(said.hasPrefix(words), "\(said)")
        process.waitUntilExit()
        #expect(process.terminationStatus == 128)
        try input.close()
    }
}

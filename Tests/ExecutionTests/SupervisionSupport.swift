import Execution
import Foundation
import TestSupport

/// A directory of its own, gone when released, and commands that run in it.
final class SupervisionSandbox: Sendable {
    let root: String
    let environment = ["PATH": "/usr/local/bin:/usr/bin:/bin", "LC_ALL": "C", "SECRET": "a b=c"]

    init() throws {
        let url = FileManager.default.temporaryDirectory.appending(path: "run-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
        root = url.path
    }

    deinit { try? FileManager.default.removeItem(atPath: root) }

    /// A plain command: what it starts besides is not killed.
    func command(_ arguments: String..., input: [UInt8]? = nil) -> ChildCommand {
        var command = ChildCommand(
            arguments, environment: environment, directory: root, input: input)
        command.killsDescendants = false
        return command
    }

    func shell(_ script: String, input: [UInt8]? = nil) -> ChildCommand {
        command("sh", "-c", script, input: input)
    }

    /// Runs a plain command and keeps its words.
    func run(
        _ command: ChildCommand, stop: StopSignal? = nil
    ) throws -> (outcome: ChildOutcome, output: String, errors: String) {
        var output = BoundedOutput(limit: 1 << 20)
        var errors = BoundedOutput(limit: 1 << 20)
        let outcome = try ChildProcess.run(command, stop: stop) { stream, bytes in
            if stream == .output { output.append(bytes) } else { errors.append(bytes) }
        }
        return (outcome, output.text, errors.text)
    }

    func write(_ text: String, to name: String, mode: Int = 0o644) throws {
        // Nobody can execute what a child of another test may still hold open.
        if mode & 0o111 != 0 {
            try Programs.write(text, to: "\(root)/\(name)")
        } else {
            try text.write(toFile: "\(root)/\(name)", atomically: true, encoding: .utf8)
        }
        try FileManager.default.setAttributes(
            [.posixPermissions: mode], ofItemAtPath: "\(root)/\(name)")
    }

    func exists(_ name: String) -> Bool {
        FileManager.default.fileExists(atPath: "\(root)/\(name)")
    }
}

/// A named pipe that tells whether anybody still holds its other end.
final class Leash: Sendable {
    let path: String
    private let descriptor: Int32

    init(in sandbox: SupervisionSandbox) throws {
        path = "\(sandbox.root)/leash-\(UUID().uuidString)"
        guard unsafe mkfifo(path, 0o600) == 0 else { throw CocoaError(.fileWriteUnknown) }
        descriptor = unsafe open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC)
    }

    deinit { _ = close(descriptor) }

    /// Waits until all who held the leash are gone; returns what they wrote to it.
    ///
    /// Five minutes without a word count as never; that is not a timing assertion.
    func waitForRelease() -> String? {
        var text: [UInt8] = []
        while true {
            var entry = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
            guard unsafe poll(&entry, 1, 300_000) > 0 else { return nil }
            var buffer = [UInt8](repeating: 0, count: 512)
            let count = unsafe read(descriptor, &buffer, buffer.count)
            guard count > 0 else { return String(decoding: text, as: UTF8.self) }
            text.append(contentsOf: buffer[..<count])
        }
    }

    /// Whether somebody holds it right now.
    var isHeld: Bool {
        var byte: UInt8 = 0
        return unsafe read(descriptor, &byte, 1) < 0 && errno == EAGAIN
    }
}

/// How many descriptors this process has open.
func openDescriptors() throws -> Int {
    try FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd").count
}

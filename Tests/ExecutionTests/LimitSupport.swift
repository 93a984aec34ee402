import Execution
import Foundation
import TestSupport
import Testing

/// A file without a name that is memory, held by whoever runs the tests.
func memoryFile(_ size: Int) throws -> FileHandle {
    let path = "/dev/shm/git-draft-test-\(UUID().uuidString)"
    try #require(FileManager.default.createFile(atPath: path, contents: nil))
    defer { try? FileManager.default.removeItem(atPath: path) }
    let file = try FileHandle(forWritingTo: URL(filePath: path))
    try file.write(contentsOf: Data(repeating: 1, count: size))
    return file
}

/// What is free in the file system of a folder, whoever may use it.
func freeBytes(_ path: String) -> Int64 {
    var status = statvfs()
    guard unsafe statvfs(path, &status) == 0 else { return -1 }
    return Int64(status.f_bfree) * Int64(status.f_frsize)
}

/// The rest of the limits of a test is far away, but there.
func bounded(
    _ arguments: [String], _ directory: String, _ kind: LimitBreach.Kind?, _ amount: Int64,
    _ usesControlGroups: Bool, output: (ChildStream, ArraySlice<UInt8>) -> Void = { _, _ in }
) throws -> ChildOutcome {
    var command = ChildCommand(arguments, environment: testEnvironment, directory: directory)
    var limits = ChildLimits()
    limits.usesControlGroups = usesControlGroups
    limits.memory = kind == .memory || kind == nil ? min(amount, 1 << 30) : 1 << 30
    limits.processes = kind == .processes ? Int(amount) : 400
    limits.cpuSeconds = kind == .cpuSeconds ? Int(amount) : 100
    limits.disk = kind == .disk || kind == nil ? amount : 1 << 30
    limits.fileSize = kind == .fileSize ? amount : nil
    limits.folders = [directory]
    command.limits = limits
    command.deadline = .now + .seconds(600)
    return try ChildProcess.run(command, output: output)
}

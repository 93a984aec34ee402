internal import FoundationEssentials

/// The log of a job as people follow it: a file beside the job, and one in the workspace.
final class JobLog {
    private let path: String
    private let mirror: ([UInt8]) -> Void
    private(set) var tail = BoundedOutput(limit: 64 * 1024)

    /// Opens the log.
    ///
    /// - Parameters:
    ///   - path: The file, which only the controller can reach.
    ///   - mirror: Writes a copy where the agent can read it; its failures do not matter.
    init(path: String, mirror: @escaping ([UInt8]) -> Void) {
        self.path = path
        self.mirror = mirror
    }

    /// Appends what something printed, secrets taken out already.
    func append(_ bytes: [UInt8]) {
        guard !bytes.isEmpty else { return }
        tail.append(bytes[...])
        try? JobFiles.append(path, bytes)
        mirror(bytes)
    }

    /// Appends a line of the controller's own.
    func heading(_ text: String) { append(Array("== \(text)\n".utf8)) }

    /// The end of the log, at most 64 KiB.
    var tailText: String { tail.text }
}

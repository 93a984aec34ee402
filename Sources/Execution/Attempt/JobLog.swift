internal import Model

/// The log of a job as people follow it: a file beside the job, and one in the workspace.
final class JobLog {
    private let path: String
    private let redactor: Redactor
    private let mirror: WorkspaceLog?
    private(set) var tail = BoundedOutput(limit: 64 * 1024)
    private var size = 0
    private var isAtLineStart = true

    /// Hears the controller's own lines.
    var listener: ((String) -> Void)?

    /// The most that is kept of a job's log, in bytes: 64 MiB.
    private static let limit = 64 << 20

    /// Opens the log.
    ///
    /// - Parameters:
    ///   - path: The file, which only the controller can reach.
    ///   - redactor: Takes secrets out of headings.
    ///   - mirror: The copy that the agent can read; its failures do not matter.
    init(path: String, redactor: Redactor, mirror: WorkspaceLog? = nil) {
        self.path = path
        self.redactor = redactor
        self.mirror = mirror
    }

    /// Appends what something printed, secrets taken out already.
    func append(_ bytes: [UInt8]) {
        guard let last = bytes.last else { return }
        isAtLineStart = last == 10
        tail.append(bytes[...])
        guard size <= Self.limit else { return }
        size += bytes.count
        try? JobFiles.append(path, bytes)
        if size > Self.limit {
            try? JobFiles.append(path, Array("\n== the rest is left out\n".utf8))
        }
        mirror?.append(bytes)
    }

    /// Appends a line of the controller's own; no agent runs then.
    func heading(_ text: String) {
        mirror?.renew()
        let line = redactor.redact(text)
        append(Array("\(isAtLineStart ? "" : "\n")== \(line)\n".utf8))
        listener?(line)
    }

    /// The end of the log, at most 64 KiB.
    var tailText: String { tail.text }
}

import GitStore
import Glibc
import Model

/// What a job printed: a file while it lasts, and then evidence.
struct JobLog {
    /// The job.
    let job: Job

    private let session: Session

    /// A part of the log, as it is stored.
    struct Part {
        /// The name, such as `003-agent-log.jsonl`.
        let name: String

        /// The bytes.
        let blob: ObjectID

        /// Whether it holds what an agent did, an object each line.
        var isAgents: Bool { name.dropFirst(3).hasPrefix("-agent-log.") }
    }

    /// Finds the log of a job.
    init(of job: Job, in session: Session) { (self.job, self.session) = (job, session) }

    /// The file that the job writes.
    var path: String { "\(session.board.privateDirectory)/jobs/\(job.id)/log" }

    /// The kinds of evidence that are logs.
    private static let kinds = ["agent-log", "validation", "setup"]

    /// The largest part of a log that is kept as one file.
    private static let largestPart = 4 << 20

    /// The stored parts by name, in their order.
    func evidence() throws -> [Part] {
        guard let month = job.createdAt?.month,
            let tip = try session.repository.target(of: "refs/draft/evidence/\(month)")
        else { return [] }
        let repository = session.repository
        let root = try repository.readCommit(tip).tree
        guard
            let folder = try repository.entry(at: "\(job.id.suffix(2))/\(job.id)", in: root),
            folder.isTree
        else { return [] }
        return try repository.tree(folder.id).filter { entry in
            let name = entry.name
            return Self.kinds.contains { name.dropFirst(3).hasPrefix("-\($0).") }
        }.map { Part(name: $0.name, blob: $0.id) }
    }

    /// The bytes of a stored part.
    func read(_ blob: ObjectID) throws -> [UInt8] {
        try session.repository.readBlob(blob, limit: Self.largestPart)
    }

    /// Opens the file that the job writes; `nil` if there is none.
    func open() -> LogFile? { LogFile(path) }
}

/// A file that may still grow.
final class LogFile {
    private let descriptor: Int32

    /// Opens a plain file; anything else is as if it were not there.
    init?(_ path: String) {
        descriptor = unsafe Glibc.open(
            path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY)
        var status = stat()
        guard descriptor >= 0 else { return nil }
        guard unsafe fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            close(descriptor)
            return nil
        }
    }

    deinit { close(descriptor) }

    /// The next bytes; none at the end of what is written so far.
    func next() -> [UInt8] {
        unsafe [UInt8](unsafeUninitializedCapacity: 1 << 16) { buffer, count in
            count = max(0, unsafe read(descriptor, buffer.baseAddress, buffer.count))
        }
    }
}

/// Cuts bytes into lines.
struct LineCutter {
    private var rest: [UInt8] = []

    /// A line longer than this is cut.
    private static let longest = 1 << 16

    /// Takes bytes; returns the lines that they complete, without their ends.
    mutating func lines(_ bytes: [UInt8]) -> [String] {
        rest += bytes
        var lines: [String] = []
        var start = 0
        while let end = rest[start...].firstIndex(of: UInt8(ascii: "\n")) {
            lines.append(Text.decode(rest[start..<end]))
            start = end + 1
        }
        rest.removeFirst(start)
        if rest.count > Self.longest { lines.append(contentsOf: self.end()) }
        return lines
    }

    /// What is left when nothing more comes.
    mutating func end() -> [String] {
        defer { rest = [] }
        return rest.isEmpty ? [] : [Text.decode(rest)]
    }
}

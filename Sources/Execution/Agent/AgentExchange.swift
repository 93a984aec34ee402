internal import Glibc

/// The result of an agent that may write in its work tree only.
///
/// `.draft` is the one directory of the work tree that no snapshot holds. The agent can put
/// anything in its place, so that no step of the way follows a link.
struct AgentExchange {
    /// Where the agent works.
    let directory: String

    /// Where the result is, below the work tree.
    static let path = ".draft/result.json"

    /// The directory that holds it, below the work tree.
    static let folder = ".draft"

    private static let file = "result.json"

    /// The path that the agent is told.
    var result: String { "\(directory)/\(Self.path)" }

    /// Makes the place, with nothing in it.
    func prepare() throws {
        let root = try Folder(trusted: directory)
        let kind = root.kind(Self.folder)
        if kind != .folder, kind != .missing { try root.remove(Self.folder) }
        let folder = try root.making(Self.folder)
        if folder.kind(Self.file) != .missing { try folder.remove(Self.file) }
    }

    /// What the agent wrote; `nil` if it wrote nothing, or what is there is no ordinary file.
    func take(limit: Int) -> [UInt8]? {
        guard let root = try? Folder(trusted: directory),
            let folder = try? root.folder(Self.folder.utf8), folder.kind(Self.file) == .file
        else { return nil }
        let file = unsafe openat(
            folder.descriptor.number, Self.file, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)
        guard file >= 0 else { return nil }
        let descriptor = Descriptor(number: file)
        defer { try? folder.remove(Self.file) }
        return JobFiles.contents(of: descriptor.number, limit: limit)
    }

    /// Whether there is anything in the place of the result.
    var isThere: Bool {
        guard let root = try? Folder(trusted: directory),
            let folder = try? root.folder(Self.folder.utf8)
        else { return false }
        return folder.kind(Self.file) != .missing
    }
}

internal import FoundationEssentials
internal import Glibc

/// The folders in which attempts are made, and what is left of those whose runner was killed.
///
/// Who makes attempts holds a lock on the folder, which ends with the process. The words by which
/// attempts call what they leave elsewhere are names in the folder `tokens` of it.
struct EscapeRemains {
    /// What holds such a folder: short, plain, and anybody may write there.
    let place: String

    /// Describes where the folders are.
    ///
    /// - Parameter place: What holds them.
    init(in place: String = "/var/tmp") { self.place = place }

    /// How the names of the folders begin.
    private static let prefix = "redteam-"

    /// The folder with the words of the attempts.
    static let tokens = "tokens"

    // MARK: - Making one

    /// A folder that nobody takes for left behind.
    struct Held: ~Copyable {
        /// Its path.
        let path: String

        /// What holds it for as long as it is open.
        let lock: Descriptor
    }

    /// Makes a folder and holds it.
    ///
    /// - Returns: The folder, whose removal is left to the caller.
    /// - Throws: ``ExecutionError`` if it cannot be made.
    func make() throws -> Held {
        for _ in 0..<16 {
            var template = Array("\(place)/\(Self.prefix)XXXXXX".utf8CString)
            guard unsafe mkdtemp(&template) != nil else {
                throw ExecutionError.system("make '\(place)/\(Self.prefix)'", errno)
            }
            let path = String(
                decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
            let lock = Descriptor(
                number: unsafe open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC))
            // Somebody who tidies up may have taken it for left behind just now.
            guard lock.number >= 0, flock(lock.number, LOCK_EX) == 0,
                unsafe mkdir("\(path)/\(Self.tokens)", 0o700) == 0
            else { continue }
            return Held(path: path, lock: lock)
        }
        throw ExecutionError(
            .failed, "make '\(place)/\(Self.prefix)'", reason: "somebody removes it every time")
    }

    // MARK: - Tidying up

    /// Removes what runners of this user left that were killed: folders, files and processes.
    ///
    /// What cannot be removed stays, and is in nobody's way.
    func sweep() {
        guard let folder = try? Folder(trusted: place), let names = try? folder.names() else {
            return
        }
        for name in names where name.starts(with: Self.prefix.utf8) {
            guard folder.kind(name) == .folder else { continue }
            try? sweep(name, in: folder)
        }
    }

    private func sweep(_ name: [UInt8], in folder: borrowing Folder) throws {
        let path = "\(place)/\(String(decoding: name, as: UTF8.self))"
        let left = try folder.folder(name)
        // Whose it is, and that nothing else is laid over a part of it.
        guard Self.isOurs(left), flock(left.descriptor.number, LOCK_EX | LOCK_NB) == 0,
            try Mounts.points(within: path).isEmpty
        else { return }
        // Without any words it is a stranger's, or nothing was begun in it.
        guard left.kind(Self.tokens) == .folder else {
            if try left.names().isEmpty { try folder.remove(name) }
            return
        }
        for token in try left.folder(Self.tokens.utf8).names() where Self.isToken(token) {
            Self.clear(String(decoding: token, as: UTF8.self))
        }
        try folder.remove(name)
    }

    /// Ends what an attempt started, and removes what it left outside of its folder.
    static func clear(_ token: String) {
        _ = try? Supervision.sweep(marker: "REDTEAM=\(token)")
        for path in EscapeStage.outside(token) {
            let parts = path.split(separator: "/")
            guard let name = parts.last,
                let folder = try? Folder(trusted: "/" + parts.dropLast().joined(separator: "/"))
            else { continue }
            try? folder.remove(String(name))
        }
    }

    private static func isOurs(_ folder: borrowing Folder) -> Bool {
        var status = stat()
        return unsafe fstat(folder.descriptor.number, &status) == 0
            && status.st_uid == geteuid() && status.st_mode & 0o077 == 0
    }

    private static func isToken(_ name: [UInt8]) -> Bool {
        name.count == 12
            && name.allSatisfy { (0x30...0x39).contains($0) || (0x61...0x66).contains($0) }
    }
}

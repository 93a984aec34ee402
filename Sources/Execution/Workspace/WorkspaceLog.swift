internal import Glibc
internal import Synchronization

/// A copy of a job's log in its workspace, for whoever looks there.
///
/// The agent may do with it what it likes: no link is followed, and nothing that
/// happens here fails the job. The log that counts is ``JobFiles/log``.
public final class WorkspaceLog: Sendable {
    private let workspace: Workspace
    private let name: String
    private let descriptor = Mutex<Descriptor?>(nil)

    /// Opens `.draft/logs/<job>.log`.
    ///
    /// - Parameters:
    ///   - workspace: Where.
    ///   - job: The id of the job.
    public init(_ workspace: Workspace, job: String) {
        self.workspace = workspace
        name = "\(job).log"
        renew()
    }

    /// Makes sure that the file is still there, and writes to a new one if not.
    public func renew() {
        descriptor.withLock { held in
            guard let folder = try? logs() else { return held = nil }
            if let number = held?.number, Self.isSame(number, name, in: folder) { return }
            held = Self.open(name, in: folder)
        }
    }

    /// Adds bytes at its end, if that is possible.
    public func append(_ bytes: [UInt8]) {
        descriptor.withLock { held in
            guard let number = held?.number else { return }
            if !Folder.write(bytes, to: number) { held = nil }
        }
    }

    private func logs() throws -> Folder {
        try Self.replacing("logs", in: Self.replacing(".draft", in: workspace.folder()))
    }

    /// Opens a directory, made in the place of whatever else has its name.
    private static func replacing(_ name: String, in folder: borrowing Folder) throws -> Folder {
        if folder.kind(name) != .folder { try folder.remove(name) }
        return try folder.making(name)
    }

    /// Opens the file, or a new one if what is there is no plain file of one name.
    private static func open(_ name: String, in folder: borrowing Folder) -> Descriptor? {
        let flags = O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC
        for _ in 0..<2 {
            let number = unsafe openat(folder.descriptor.number, name, flags, 0o666)
            if number >= 0 {
                let file = Descriptor(number: number)
                if isSame(number, name, in: folder) { return file }
            }
            guard (try? folder.remove(name)) != nil else { return nil }
        }
        return nil
    }

    /// Whether an open file is plain, has this name and no other.
    private static func isSame(_ number: Int32, _ name: String, in folder: borrowing Folder) -> Bool
    {
        var open = stat()
        var named = stat()
        guard unsafe fstat(number, &open) == 0,
            unsafe fstatat(folder.descriptor.number, name, &named, AT_SYMLINK_NOFOLLOW) == 0
        else { return false }
        return open.st_dev == named.st_dev && open.st_ino == named.st_ino
            && Folder.kind(of: open) == .file && open.st_nlink == 1
    }
}

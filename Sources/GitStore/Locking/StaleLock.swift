internal import Glibc

extension Repository {
    /// Removes the lock file of a reference that a killed process left behind.
    ///
    /// To be called only by whom holds the kernel lock of the board, after the reference was found
    /// locked. The age of the file says nothing; it goes only if it is ours, no live process has
    /// it open, and it did not change for a while.
    ///
    /// - Parameters:
    ///   - name: The full name, such as `refs/draft/board`.
    ///   - quiet: How long nobody may have touched it.
    /// - Returns: Whether a file was removed.
    /// - Throws: ``GitError`` if it cannot be removed.
    public func recoverStaleLock(
        ref name: String, quiet: Duration = .milliseconds(150)
    ) throws(GitError) -> Bool {
        let path = "\(commonDirectory)/\(name).lock"
        guard let first = LockFile(path), first.isOurs, !first.hasHolder() else { return false }
        var backoff = Backoff(waiting: quiet)
        while backoff.pause() {
            guard LockFile(path) == first else { return false }
        }
        guard !first.hasHolder(), LockFile(path) == first else { return false }
        guard unlink(path) == 0 else {
            guard errno != ENOENT else { return false }
            throw GitError(
                code: .system, action: "remove '\(path)'", reason: systemReason(errno))
        }
        return true
    }
}

/// A lock file as it is at one moment.
private struct LockFile: Equatable {
    private let device: UInt
    private let inode: UInt
    private let size: Int
    private let seconds: Int
    private let nanoseconds: Int
    private let owner: UInt32

    init?(_ path: String) {
        var status = stat()
        guard lstat(path, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { return nil }
        device = UInt(status.st_dev)
        inode = UInt(status.st_ino)
        size = Int(status.st_size)
        seconds = status.st_mtim.tv_sec
        nanoseconds = status.st_mtim.tv_nsec
        owner = status.st_uid
    }

    /// Whether a holder would be a process whose files we may look at.
    var isOurs: Bool { owner == geteuid() || geteuid() == 0 }

    /// Whether any process that we can see has the file open.
    func hasHolder() -> Bool {
        names(in: "/proc").contains { process in
            guard Int32(process) != nil else { return false }
            let folder = "/proc/\(process)/fd"
            return names(in: folder).contains { descriptor in
                var status = stat()
                return stat("\(folder)/\(descriptor)", &status) == 0
                    && UInt(status.st_dev) == device && UInt(status.st_ino) == inode
            }
        }
    }

    private func names(in folder: String) -> [String] {
        guard let stream = opendir(folder) else { return [] }
        defer { closedir(stream) }
        var names: [String] = []
        while let entry = readdir(stream) {
            let name = withUnsafeBytes(of: &entry.pointee.d_name) {
                String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
            }
            if name != ".", name != ".." { names.append(name) }
        }
        return names
    }
}

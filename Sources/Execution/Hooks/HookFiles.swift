internal import FoundationEssentials
internal import GitStore
internal import Glibc

/// The files of hooks in a directory, changed one by one and each as a whole.
struct HookFiles {
    /// The directory that git looks in.
    let directory: String

    /// Where what was there before is moved, if our lines cannot stand in it.
    ///
    /// It is beside the directory, so that the name of a hook and the target of a link are
    /// what they were.
    var movedDirectory: String {
        let parent = directory.utf8.lastIndex(of: UInt8(ascii: "/"))
        return directory[..<(parent ?? directory.startIndex)] + "/\(HookBlock.movedFolder)"
    }

    /// The path of a hook.
    func path(_ hook: HookName) -> String { "\(directory)/\(hook.rawValue)" }

    /// The path of what was moved.
    func moved(_ hook: HookName) -> String { "\(movedDirectory)/\(hook.rawValue)" }

    /// What is behind a path, a link itself and not its target.
    struct Entry: Equatable {
        let mode: UInt32
        let inode: UInt64
        var isFile: Bool { mode & S_IFMT == S_IFREG }
        var isLink: Bool { mode & S_IFMT == S_IFLNK }
        var isExecutable: Bool { mode & 0o111 != 0 }
    }

    /// Looks at a path; `nil` if there is nothing.
    func entry(_ path: String) throws -> Entry? {
        var status = stat()
        guard unsafe lstat(path, &status) == 0 else {
            if errno == ENOENT || errno == ENOTDIR { return nil }
            throw failure("read", path)
        }
        return Entry(mode: status.st_mode, inode: UInt64(status.st_ino))
    }

    /// Reads a file, the target of a link; `nil` if there is none or it cannot be read.
    func read(_ path: String) -> [UInt8]? {
        FileManager.default.contents(atPath: path).map(Array.init)
    }

    /// Our part of a file that is no link.
    func block(at path: String) throws -> (bytes: [UInt8], kind: HookBlock.Kind, Range<Int>)? {
        guard let entry = try entry(path), entry.isFile, let bytes = read(path),
            let found = HookBlock.find(in: bytes)
        else { return nil }
        return (bytes, found.kind, found.range)
    }

    // MARK: - Installing

    /// Puts our lines into a hook, or makes one of them; says which.
    func install(_ hook: HookName) throws -> HookBlock.Kind {
        let path = path(hook)
        try makeDirectory(directory)
        if let (bytes, kind, range) = try block(at: path) {
            let block = HookBlock(hook: hook, kind: kind)
            let fresh =
                bytes[..<range.lowerBound] + Array(block.text.utf8)
                + bytes[range.upperBound...]
            let mode = (try entry(path)?.mode ?? 0o755) | 0o100
            if Array(fresh) != bytes { try replace(path, with: Array(fresh), mode: mode) }
            return kind
        }
        guard let entry = try entry(path) else {
            try replace(path, with: Array(HookBlock(hook: hook, kind: .alone).file.utf8))
            return .alone
        }
        guard entry.isFile || entry.isLink else {
            throw ExecutionError(.system, "change '\(path)'", reason: "it is not a file")
        }
        if entry.isFile, entry.isExecutable, let bytes = read(path),
            let place = ForeignHook(bytes: bytes).insertion
        {
            let block = HookBlock(hook: hook, kind: .above)
            let fresh = bytes[..<place] + Array(block.text.utf8) + bytes[place...]
            try replace(path, with: Array(fresh), mode: entry.mode)
            return .above
        }
        try move(hook, entry)
        return .before
    }

    /// Keeps what is there under a second name, and puts a file of ours in its place.
    ///
    /// At no moment is there no hook: whoever dies in between leaves the old one.
    private func move(_ hook: HookName, _ entry: Entry) throws {
        let (path, moved) = (path(hook), moved(hook))
        try makeDirectory(movedDirectory)
        if let kept = try self.entry(moved), kept.inode != entry.inode {
            throw ExecutionError(
                .system, "keep '\(path)'", reason: "'\(moved)' is there from an earlier time")
        }
        let isThere = try self.entry(moved) != nil
        let isKept = unsafe isThere || linkat(AT_FDCWD, path, AT_FDCWD, moved, 0) == 0
        guard isKept else {
            throw failure("keep", path)
        }
        var (before, after) = (stat(), stat())
        if unsafe stat(path, &before) == 0 {
            guard unsafe stat(moved, &after) == 0, before.st_ino == after.st_ino else {
                unsafe unlink(moved)
                throw ExecutionError(
                    .system, "move '\(path)'", reason: "the link would lead elsewhere")
            }
        }
        try replace(path, with: Array(HookBlock(hook: hook, kind: .before).file.utf8))
    }

    // MARK: - Removing

    /// Takes our lines out of a hook, wherever a manager has put it.
    ///
    /// - Returns: whether there were any.
    /// - Throws: ``ExecutionError`` if what was there before cannot be put back.
    func uninstall(_ hook: HookName) throws -> Bool {
        var isRemoved = false
        // pre-commit keeps, and runs, what it found as `.legacy`; lefthook keeps it as `.old`.
        for suffix in ["", ".legacy", ".old"] {
            isRemoved = try remove(hook, at: path(hook) + suffix) || isRemoved
            unsafe unlink(path(hook) + suffix + Self.unfinished)
        }
        if let kept = try entry(moved(hook)) {
            // Whoever was killed between the two steps of moving left the same file twice.
            if kept.inode == (try entry(path(hook)))?.inode { unsafe unlink(moved(hook)) }
        }
        unsafe rmdir(movedDirectory)
        return isRemoved
    }

    private func remove(_ hook: HookName, at path: String) throws -> Bool {
        guard let (bytes, kind, range) = try block(at: path) else { return false }
        let rest = Array(bytes[..<range.lowerBound] + bytes[range.upperBound...])
        let isOurs = kind != .above && rest == Array(HookBlock.shebang.utf8)
        switch kind {
        case .above: try replace(path, with: rest, mode: try entry(path)?.mode ?? 0o755)
        case .alone where isOurs:
            guard unsafe unlink(path) == 0 else { throw failure("remove", path) }
        case .alone: try replace(path, with: rest, mode: try entry(path)?.mode ?? 0o755)
        case .before:
            guard isOurs else {
                throw ExecutionError(
                    .system, "remove '\(path)'", reason: "it has lines that are not ours")
            }
            if try entry(moved(hook)) != nil {
                guard unsafe rename(moved(hook), path) == 0 else { throw failure("put back", path) }
            } else {
                guard unsafe unlink(path) == 0 else { throw failure("remove", path) }
            }
        }
        return true
    }

    // MARK: - Writing

    /// What ends the name of a file that is being written; of two, one waits for the other.
    private static let unfinished = ".git-draft-new"

    private func makeDirectory(_ path: String) throws {
        guard unsafe mkdir(path, 0o777) == 0 || errno == EEXIST else { throw failure("make", path) }
    }

    /// Replaces a file as a whole: written beside, flushed, renamed.
    private func replace(_ path: String, with bytes: [UInt8], mode: UInt32 = 0o755) throws {
        let temporary = path + Self.unfinished
        let flags = O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW
        unsafe unlink(temporary)
        let file = unsafe open(temporary, flags, 0o700)
        guard file >= 0 else { throw failure("write", path) }
        var written = 0
        while written < bytes.count {
            let count = unsafe bytes[written...].withUnsafeBytes { buffer in
                unsafe write(file, buffer.baseAddress, buffer.count)
            }
            guard count > 0 else { break }
            written += count
        }
        let isWhole = written == bytes.count && fchmod(file, mode & 0o7777) == 0
        let isFlushed = isWhole && fsync(file) == 0
        let code = errno
        close(file)
        guard isFlushed, unsafe rename(temporary, path) == 0 else {
            let reason = isFlushed ? errno : code
            unsafe unlink(temporary)
            throw ExecutionError.system("write '\(path)'", reason)
        }
    }

    private func failure(_ verb: String, _ path: String) -> ExecutionError {
        ExecutionError.system("\(verb) '\(path)'", errno)
    }
}

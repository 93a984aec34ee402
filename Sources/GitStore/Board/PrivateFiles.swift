internal import FoundationEssentials
internal import Glibc

/// Small files of our own inside the git directory.
extension Repository {
    /// Makes a directory and those above it, unless they are there.
    public func makeDirectory(_ path: String) throws {
        do {
            try FileManager.default.createDirectory(
                atPath: path, withIntermediateDirectories: true)
        } catch {
            throw GitError(
                code: .system, action: "make directory '\(path)'",
                reason: String(cString: strerror(errno)))
        }
    }

    /// Returns the text of a file, or `nil` if there is none.
    ///
    /// - Parameters:
    ///   - path: Where it is.
    ///   - limit: The most bytes that it may have.
    /// - Returns: The text.
    /// - Throws: ``GitError`` if it is larger, is no file, or cannot be read.
    public func readSmallFile(_ path: String, limit: Int = 65536) throws -> String? {
        let file = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC)
        guard file >= 0 else {
            if errno == ENOENT || errno == ENOTDIR { return nil }
            throw Self.failure("read", path, errno)
        }
        defer { close(file) }
        var bytes: [UInt8] = []
        var part = [UInt8](repeating: 0, count: 16384)
        while bytes.count <= limit {
            let count = Glibc.read(file, &part, part.count)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw Self.failure("read", path, errno) }
            guard count > 0 else { return String(decoding: bytes, as: UTF8.self) }
            bytes += part[..<count]
        }
        throw Self.failure("read", path, EFBIG)
    }

    /// Replaces a file as a whole: written beside, flushed, renamed.
    ///
    /// - Parameters:
    ///   - path: Where it is.
    ///   - text: What it has then.
    ///   - mode: Who may read it, as far as the process lets anybody; the owner alone by itself.
    /// - Throws: ``GitError`` if it cannot be written; it is as it was then.
    public func replaceFile(_ path: String, with text: String, mode: UInt32 = 0o600) throws {
        // Two threads have one process, and two processes may have one number.
        let temporary = "\(path).\(getpid())-\(UInt64.random(in: .min ... .max))\(Self.unfinished)"
        for _ in 0..<16 {
            if try writeFile(temporary, text, mode, movedTo: path) { return }
        }
        throw Self.failure("write", path, ENOENT)
    }

    /// How the names of files end that are being written.
    private static let unfinished = ".new"

    /// Writes a file and renames it; `false` if it was taken for left behind before it was locked.
    private func writeFile(
        _ temporary: String, _ text: String, _ mode: UInt32, movedTo path: String
    ) throws -> Bool {
        let file = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, mode)
        guard file >= 0 else { throw Self.failure("write", path, errno) }
        defer { close(file) }
        while flock(file, LOCK_EX) != 0, errno == EINTR {}
        let bytes = Array(text.utf8)
        let isWritten = Glibc.write(file, bytes, bytes.count) == bytes.count && fsync(file) == 0
        if isWritten, rename(temporary, path) == 0 { return true }
        let reason = errno
        if isWritten, reason == ENOENT { return false }
        unlink(temporary)
        throw Self.failure("write", path, reason)
    }

    /// Removes the files that somebody wrote who died before they replaced another one.
    ///
    /// Whoever still writes one holds it locked. What cannot be removed is in nobody's way.
    ///
    /// - Parameter directory: Where to look.
    public func removeUnfinishedFiles(in directory: String) {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: directory)) ?? []
        for name in names where name.hasSuffix(Self.unfinished) {
            let path = "\(directory)/\(name)"
            let file = open(path, O_RDWR | O_NONBLOCK | O_CLOEXEC | O_NOFOLLOW)
            guard file >= 0 else { continue }
            if flock(file, LOCK_EX | LOCK_NB) == 0 { unlink(path) }
            close(file)
        }
    }

    private static func failure(_ verb: String, _ path: String, _ number: Int32) -> GitError {
        GitError(
            code: .system, action: "\(verb) '\(path)'", reason: String(cString: strerror(number)))
    }
}

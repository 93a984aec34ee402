internal import Glibc

/// A lock that the kernel keeps, and gives back when its holder dies.
///
/// Held while the value lives; no child process inherits it. The file stays behind, empty: to
/// unlink it would let two processes hold what they take for one lock.
public struct FileLock: ~Copyable, Sendable {
    /// How many may hold the lock.
    public enum Mode: Sendable {
        /// Any number of readers.
        case shared
        /// One writer.
        case exclusive
    }

    private let descriptor: Int32

    private init(descriptor: Int32) { self.descriptor = descriptor }

    deinit { close(descriptor) }

    /// Takes the lock, and waits for it if it is held.
    ///
    /// - Parameters:
    ///   - path: A file, made if need be; its folder must exist.
    ///   - mode: How many may hold it.
    ///   - limit: How long to wait.
    /// - Throws: ``GitError`` with code ``GitError/Code/locked`` if it is still held then.
    public init(
        _ path: String, _ mode: Mode = .exclusive, waiting limit: Duration = .seconds(10)
    ) throws(GitError) {
        var backoff = Backoff(waiting: limit)
        while true {
            if let lock = try Self.tryLock(path, mode) {
                self = lock
                return
            }
            guard backoff.pause() else {
                throw GitError(.locked, "another git-draft is writing; try again")
            }
        }
    }

    /// Takes the lock if nobody holds it; `nil` otherwise.
    public static func tryLock(
        _ path: String, _ mode: Mode = .exclusive
    ) throws(GitError) -> FileLock? {
        for _ in 0..<16 {
            let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o666)
            guard descriptor >= 0 else { throw failure("open", path, errno) }
            let lock = FileLock(descriptor: descriptor)
            guard try lock.take(mode, path) else { return nil }
            if lock.isStill(path) { return lock }
            // Somebody put another file in its place; a lock on the old one excludes nobody.
        }
        return nil
    }

    private borrowing func take(_ mode: Mode, _ path: String) throws(GitError) -> Bool {
        let operation = (mode == .shared ? LOCK_SH : LOCK_EX) | LOCK_NB
        while flock(descriptor, operation) != 0 {
            switch errno {
            case EINTR: continue
            case EWOULDBLOCK: return false
            default: throw Self.failure("lock", path, errno)
            }
        }
        return true
    }

    private borrowing func isStill(_ path: String) -> Bool {
        var held = stat()
        var named = stat()
        guard fstat(descriptor, &held) == 0, stat(path, &named) == 0 else { return false }
        return held.st_dev == named.st_dev && held.st_ino == named.st_ino
    }

    private static func failure(_ verb: String, _ path: String, _ number: Int32) -> GitError {
        GitError(code: .system, action: "\(verb) '\(path)'", reason: systemReason(number))
    }
}

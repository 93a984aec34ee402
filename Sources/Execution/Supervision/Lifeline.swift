internal import CProcess
internal import Glibc

/// A file that is locked for as long as this process lives and refers to it.
///
/// Who can read the file can wait for the end of that, also in a container, whose processes are
/// no children of ours: `git-draft-cell --follow`. The kernel lets go of the lock whatever ends
/// us.
final class Lifeline: Sendable {
    /// Where the file is.
    let path: String

    private let descriptor: Int32

    /// Puts a new file in the place of what is there, and locks it.
    ///
    /// - Parameter path: Where it is to be; only we may write there.
    /// - Throws: ``ExecutionError`` if it cannot be made or locked.
    init(_ path: String) throws {
        self.path = path
        try JobFiles.replace(path, with: [])
        descriptor = unsafe open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW)
        guard descriptor >= 0 else { throw ExecutionError.system("open '\(path)'", errno) }
        let code = cprocess_hold(descriptor)
        guard code == 0 else { throw ExecutionError.system("lock '\(path)'", code) }
    }

    deinit { if descriptor >= 0 { _ = close(descriptor) } }
}

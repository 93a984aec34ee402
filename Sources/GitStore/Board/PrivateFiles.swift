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

    /// Returns the text of a file of at most 64 KiB, or `nil` if there is none.
    public func readSmallFile(_ path: String) throws -> String? {
        guard let data = FileManager.default.contents(atPath: path), data.count <= 65536 else {
            return nil
        }
        return String(decoding: data, as: UTF8.self)
    }

    /// Replaces a file as a whole: written beside, flushed, renamed.
    public func replaceFile(_ path: String, with text: String) throws {
        func fail(_ verb: String) -> GitError {
            GitError(
                code: .system, action: "\(verb) '\(path)'",
                reason: String(cString: strerror(errno)))
        }
        let temporary = "\(path).\(getpid()).new"
        let file = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard file >= 0 else { throw fail("write") }
        let bytes = Array(text.utf8)
        let count = Glibc.write(file, bytes, bytes.count)
        let isFlushed = fsync(file) == 0
        close(file)
        guard count == bytes.count, isFlushed, rename(temporary, path) == 0 else {
            unlink(temporary)
            throw fail("write")
        }
    }
}

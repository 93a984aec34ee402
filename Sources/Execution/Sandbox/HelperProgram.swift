internal import Glibc

/// A program that comes with this one, and that nobody else starts.
public enum HelperProgram: String, Sendable {
    /// What runs inside a sandbox first, and becomes the command.
    case cell = "git-draft-cell"

    /// What tries to get out of a sandbox.
    case probe = "git-draft-probe"

    /// What serves the jobs of this machine from outside.
    case service = "git-draft-service"

    /// Finds it, beside this program or where `make install` puts it.
    ///
    /// - Parameter program: The path of this program; symbolic links are followed.
    /// - Returns: An absolute path.
    /// - Throws: ``ExecutionError`` if it is at neither place.
    public func path(for program: String) throws -> String {
        let action = "find '\(rawValue)'"
        guard let pointer = unsafe realpath(program, nil) else {
            throw ExecutionError.system(action, errno)
        }
        defer { unsafe free(pointer) }
        let file = unsafe String(cString: pointer)
        guard let slash = file.utf8.lastIndex(of: UInt8(ascii: "/")) else {
            throw ExecutionError(.programNotFound, action, reason: "'\(file)' is no path")
        }
        let folder = String(file[..<slash])
        for place in ["\(folder)/\(rawValue)", "\(folder)/../libexec/git-draft/\(rawValue)"] {
            guard Launch.isProgram(place), let found = unsafe realpath(place, nil) else { continue }
            defer { unsafe free(found) }
            return unsafe String(cString: found)
        }
        throw ExecutionError(
            .programNotFound, action, reason: "it is not installed; run 'make install' again")
    }
}

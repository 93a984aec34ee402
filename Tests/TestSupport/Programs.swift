public import Foundation

/// The programs that the tests try, as they were built with them.
public enum Programs {
    /// Where they are: beside the tests.
    public static var folder: URL {
        let file = Bundle.main.executableURL ?? URL(filePath: CommandLine.arguments[0])
        return file.deletingLastPathComponent()
    }

    /// The path of one of them, such as `git-draft-cell`.
    public static func path(_ name: String) throws -> String {
        let path = folder.appending(path: name).path
        guard FileManager.default.isExecutableFile(atPath: path) else {
            throw MissingProgram(name: name)
        }
        return path
    }

    /// Makes a script that can be executed, in a folder that is made if need be.
    ///
    /// Another process writes it: whoever is forked by another test meanwhile would hold it
    /// open, and nobody can execute what somebody may write (ETXTBSY, execve(2)).
    public static func write(_ script: String, to path: String) throws {
        try FileManager.default.createDirectory(
            at: URL(filePath: path).deletingLastPathComponent(), withIntermediateDirectories: true)
        let writing = #"rm -f "$1" && printf %s "$2" >"$1" && chmod 755 "$1""#
        let launch = Child.Launch(
            arguments: ["/bin/sh", "-c", writing, "sh", path, script],
            environment: ["PATH": "/usr/bin:/bin"], directory: "/",
            streams: ["/dev/null", "/dev/null", "/dev/null"])
        guard try Child(launch).wait().status == 0 else { throw CocoaError(.fileWriteUnknown) }
    }
}

/// A program that the tests need was not built.
public struct MissingProgram: Error, CustomStringConvertible {
    /// Its name.
    public let name: String

    /// What to do about it.
    public var description: String {
        "'\(name)' is not built; run 'swift build --product \(name)'"
    }
}

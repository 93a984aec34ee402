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
        let shell = Process()
        shell.executableURL = URL(filePath: "/bin/sh")
        shell.arguments = [
            "-c", #"rm -f "$1" && printf %s "$2" >"$1" && chmod 755 "$1""#, "sh", path, script,
        ]
        try shell.run()
        shell.waitUntilExit()
        guard shell.terminationStatus == 0 else { throw CocoaError(.fileWriteUnknown) }
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

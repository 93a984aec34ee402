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

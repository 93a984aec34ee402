/// A command line that does not say what to do.
public struct UsageError: Error, CustomStringConvertible {
    /// One line: what is wrong with it.
    public let message: String

    /// The commands that were understood; empty if the parser was not asked.
    public internal(set) var path: [any Command.Type]

    /// Whether the usage of the last of them helps to see what is wrong.
    public internal(set) var showsUsage = true

    /// Refuses a command line; the parser fills in the path.
    public init(_ message: String) { self.init(message, path: []) }

    /// Refuses a command line within a command.
    init(_ message: String, path: [any Command.Type]) {
        self.message = message
        self.path = path
    }

    /// The line.
    public var description: String { message }
}

/// A request for the short usage, `-h`.
public struct UsageRequest: Error {
    /// The commands that were understood.
    public let path: [any Command.Type]
}

/// A request for the manual, `--help`.
public struct ManualRequest: Error {
    /// The commands that were understood.
    public let path: [any Command.Type]

    /// The words that select the command, without the root's.
    public var words: [String] { path.dropFirst().map { $0.verb } }
}

/// A request for the version, `--version` in place of a command.
public struct VersionRequest: Error {}

/// One thing that is wrong in a file, and where.
public struct ConfigurationProblem: Error, Hashable, Sendable {
    /// The name of the file, as the caller gave it.
    public let file: String

    /// The line, counted from 1.
    public let line: Int

    /// The column in characters, counted from 1.
    public let column: Int

    /// What is wrong: lower-case, one line, without a full stop.
    public let message: String

    /// Creates a problem at a place.
    public init(file: String, line: Int, column: Int, message: String) {
        self.file = file
        self.line = line
        self.column = column
        self.message = message
    }
}

extension ConfigurationProblem: CustomStringConvertible {
    /// One line for people, such as "draft.yaml:7: unknown key 'setpu'".
    public var description: String { "\(file):\(line): \(message)" }
}

/// Why a configuration, plan or replay file cannot be used.
///
/// A file is read to its end where that is possible, so that one run names
/// everything that has to be mended.
public struct ConfigurationError: Error, Hashable, Sendable {
    /// What is wrong, by line; never empty.
    public let problems: [ConfigurationProblem]

    /// Creates an error from at least one problem.
    public init(_ problems: [ConfigurationProblem]) {
        self.problems = problems
    }
}

extension ConfigurationError: CustomStringConvertible {
    /// One line for each problem.
    public var description: String {
        problems.map(\.description).joined(separator: "\n")
    }
}

/// A setting that was read and that does nothing here.
public struct ConfigurationWarning: Hashable, Sendable {
    /// The name of the file, as the caller gave it.
    public let file: String

    /// The line, counted from 1.
    public let line: Int

    /// The path of the key, such as "execute_config.yolo_mode".
    public let key: String

    /// What became of it: lower-case, one line, without a full stop.
    public let message: String

    /// Creates a warning about a key.
    public init(file: String, line: Int, key: String, message: String) {
        self.file = file
        self.line = line
        self.key = key
        self.message = message
    }
}

extension ConfigurationWarning: CustomStringConvertible {
    /// One line for people, such as "draft.yaml:7: 'x' has no meaning here; …".
    public var description: String { "\(file):\(line): \(message)" }
}

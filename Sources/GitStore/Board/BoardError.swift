/// Something that the board cannot do.
public struct BoardError: Error, Hashable, Sendable, CustomStringConvertible {
    /// What kind of refusal it is.
    public let code: Code

    /// One line for people.
    public let description: String

    /// A command that would make it work, or `nil`.
    public let hint: String?

    /// Creates an error.
    public init(_ code: Code, _ description: String, hint: String? = nil) {
        self.code = code
        self.description = description
        self.hint = hint
    }

    /// What kind of refusal it is; it decides the exit status.
    public enum Code: String, Sendable {
        /// There is no board yet.
        case noBoard
        /// There is no such record, or its prefix is not unique.
        case notFound
        /// The state of a record does not allow it.
        case refused
        /// Somebody else was faster; to try again may work.
        case conflict
        /// What is stored is not readable by this version.
        case unsupported
        /// What is stored is damaged.
        case damaged
    }
}

/// A refusal or failure to make, keep or remove a workspace.
public struct WorkspaceError: Error, Hashable, Sendable {
    /// What went wrong.
    public let code: Code

    /// What could not be done, such as "open workspace 'T-1'".
    public let action: String

    /// Why; one line.
    public let reason: String

    /// A command that would help, if there is one.
    public let hint: String?

    /// Creates a failure.
    public init(_ code: Code, _ action: String, reason: String, hint: String? = nil) {
        self.code = code
        self.action = action
        self.reason = reason
        self.hint = hint
    }

    /// The kind of a failure; later versions may add more.
    public struct Code: RawRepresentable, Hashable, Sendable {
        /// The name of the kind.
        public let rawValue: String

        /// Creates a kind by its name.
        public init(rawValue: String) { self.rawValue = rawValue }

        /// The name or the place is not one where a workspace may be.
        public static let place = Code(rawValue: "place")

        /// Something is in the way that is not ours to touch.
        public static let occupied = Code(rawValue: "occupied")

        /// The repository uses something that is not supported.
        public static let unsupported = Code(rawValue: "unsupported")

        /// Something would be lost.
        public static let unreachable = Code(rawValue: "unreachable")

        /// Somebody else moved a reference meanwhile.
        public static let moved = Code(rawValue: "moved")

        /// The system refused a call.
        public static let system = Code(rawValue: "system")
    }
}

extension WorkspaceError {
    /// Whether it comes again however often one tries.
    var isLasting: Bool { [.place, .occupied, .unsupported].contains(code) }
}

extension WorkspaceError.Code {
    /// Lets `catch WorkspaceError.Code.occupied` match.
    public static func ~= (code: Self, error: any Error) -> Bool {
        (error as? WorkspaceError)?.code == code
    }
}

extension WorkspaceError: CustomStringConvertible {
    /// One line for people, such as "cannot open workspace 'x': it is a symbolic link".
    ///
    /// What would help is part of it: a job stores it, and others read it later.
    public var description: String {
        "cannot \(action): \(reason)" + (hint.map { "; try: \($0)" } ?? "")
    }
}

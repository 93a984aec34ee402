/// A failure to start, watch or end something that runs.
public struct ExecutionError: Error, Hashable, Sendable {
    /// What went wrong.
    public let code: Code

    /// What could not be done, such as "run 'git fetch'".
    public let action: String

    /// Why, in the words of the system or the program; one line.
    public let reason: String

    /// The exit status of a program that ran and failed.
    public let status: Int32?

    /// Creates a failure.
    public init(_ code: Code, _ action: String, reason: String, status: Int32? = nil) {
        self.code = code
        self.action = action
        self.reason = reason
        self.status = status
    }

    /// The kind of a failure; later versions may add more.
    public struct Code: RawRepresentable, Hashable, Sendable {
        /// The name of the kind.
        public let rawValue: String

        /// Creates a kind by its name.
        public init(rawValue: String) { self.rawValue = rawValue }

        /// The program is not there, or not in the given `PATH`.
        public static let programNotFound = Code(rawValue: "program-not-found")

        /// The program is there, but may not or cannot be executed.
        public static let notExecutable = Code(rawValue: "not-executable")

        /// The directory to run in cannot be entered.
        public static let directory = Code(rawValue: "directory")

        /// An argument or environment entry cannot be passed to a program.
        public static let invalidArgument = Code(rawValue: "invalid-argument")

        /// The system refused a call.
        public static let system = Code(rawValue: "system")

        /// Another supervised child is running in this process.
        public static let busy = Code(rawValue: "busy")

        /// A process outlives SIGKILL, for instance in a hanging file system.
        public static let unkillable = Code(rawValue: "unkillable")

        /// What was to start the program failed by itself.
        public static let launcher = Code(rawValue: "launcher")

        /// The program ran and failed.
        public static let failed = Code(rawValue: "failed")

        /// The program was ended because its time was up.
        public static let deadline = Code(rawValue: "deadline")

        /// The program was ended because we were asked to stop.
        public static let stopped = Code(rawValue: "stopped")

        /// The program wanted more memory than it may have.
        public static let memory = Code(rawValue: "memory")

        /// The program printed more than was allowed.
        public static let outputLimit = Code(rawValue: "output-limit")
    }
}

extension ExecutionError.Code {
    /// Lets `catch ExecutionError.Code.deadline` match.
    public static func ~= (code: Self, error: any Error) -> Bool {
        (error as? ExecutionError)?.code == code
    }
}

extension ExecutionError: CustomStringConvertible {
    /// One line for people, such as "cannot run 'git fetch': time is up".
    public var description: String { "cannot \(action): \(reason)" }
}

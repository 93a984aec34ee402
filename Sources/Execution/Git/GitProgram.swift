/// The user's `git`, run as a program.
public struct GitProgram: Sendable {
    /// What it may read and run beside what it is told to do.
    public let profile: Profile

    /// The environment that ``profile`` is applied to.
    public let environment: [String: String]

    /// Whether git may ask for names and passwords on the terminal.
    ///
    /// If so it shares our session, and Ctrl-C reaches it as it reaches us.
    public var asksOnTerminal = false

    /// How long a single run may take.
    public var timeLimit = Duration.seconds(600)

    /// The most bytes that it may print.
    public var outputLimit = 64 << 20

    /// The most bytes of memory that it, or a program that it starts, may have.
    ///
    /// What others wrote can make git want any amount of it.
    public var memoryLimit: Int64?

    /// Ends a run early.
    public var stop: StopSignal?

    /// Creates a `git` that is found in `PATH` of the environment.
    public init(environment: [String: String], profile: Profile = .user) {
        self.environment = environment
        self.profile = profile
        if case .control = profile { memoryLimit = Self.controlMemory }
    }

    /// What is enough for git on objects and files of any sound repository.
    private static let controlMemory: Int64 = 4 << 30

    /// Whose words git believes.
    public enum Profile: Hashable, Sendable {
        /// The user's: configuration, hooks and credentials are as always.
        ///
        /// Only for the user's own repository.
        case user

        /// Nobody's but ours: for directories that an agent could write.
        ///
        /// Even so, only `ls-files`, `update-index`, `write-tree`,
        /// `commit-tree`, `fetch`, `merge-tree`, `diff-tree` and `read-tree` are
        /// safe there: `add`, `status`, `diff` and `commit` enter a nested
        /// repository and run what its configuration names.
        case control(Control)
    }

    /// What takes the place of the user's configuration.
    public struct Control: Hashable, Sendable {
        /// The git directory, which no agent can write.
        public var gitDirectory: String

        /// The directory that the agent wrote, if one is needed.
        public var workTree: String?

        /// An empty directory of ours.
        public var home: String

        /// The user's file of paths to ignore everywhere.
        public var excludesFile: String?

        /// Creates the settings.
        public init(
            gitDirectory: String, workTree: String?, home: String, excludesFile: String? = nil
        ) {
            self.gitDirectory = gitDirectory
            self.workTree = workTree
            self.home = home
            self.excludesFile = excludesFile
        }
    }

    /// Runs git to its end.
    ///
    /// - Parameters:
    ///   - arguments: the command and its arguments, without `git`.
    ///   - directory: where it runs.
    ///   - input: what it reads from standard input.
    ///   - extra: entries that are added to the environment last.
    ///   - allowed: the exit statuses that are answers, not failures.
    /// - Returns: what git printed, and its status.
    /// - Throws: ``ExecutionError``; with code ``ExecutionError/Code/failed``,
    ///   and git's own first words as the reason, if the status is another.
    public func run(
        _ arguments: [String], in directory: String, input: [UInt8]? = nil,
        environment extra: [String: String] = [:], allowed: Set<Int32> = [0]
    ) throws -> GitOutput {
        let action = Self.action(arguments)
        var command = command(arguments, in: directory, extra)
        command.input = input
        var output: [UInt8] = []
        var errors = BoundedOutput(limit: 64 * 1024)
        func take(_ stream: ChildStream, _ bytes: ArraySlice<UInt8>) throws {
            guard stream == .output else { return errors.append(bytes) }
            guard output.count + bytes.count <= outputLimit else {
                throw ExecutionError(
                    .outputLimit, action, reason: "it printed more than \(outputLimit) bytes")
            }
            output.append(contentsOf: bytes)
        }
        let outcome = try ChildProcess.run(command, stop: stop, output: take)
        let status = try Self.status(outcome, action, errors.text)
        guard allowed.contains(status) else {
            try checkMemory(action, status, errors.text)
            let reason = Self.reason(in: errors.text) ?? "it ended with status \(status)"
            throw ExecutionError(.failed, action, reason: reason, status: status)
        }
        return GitOutput(bytes: output, errors: errors.text, status: status)
    }

    /// Tells a run that wanted too much memory from one that failed.
    func checkMemory(_ action: String, _ status: Int32, _ errors: String) throws {
        let words = ["ut of memory", "annot allocate memory"]
        guard let memoryLimit, words.contains(where: errors.contains) else { return }
        let most = LimitBreach.bytes(memoryLimit)
        throw ExecutionError(
            .memory, action, reason: "it needs more than \(most) of memory", status: status)
    }

    func command(
        _ arguments: [String], in directory: String, _ extra: [String: String]
    ) -> ChildCommand {
        var command = ChildCommand(
            ["git"] + settings + arguments,
            environment: profiledEnvironment.merging(extra) { $1 }, directory: directory)
        command.killsDescendants = false
        command.ownSession = !asksOnTerminal
        // Not SIGKILL: git removes its lock files when it is asked to end.
        command.parentDeathSignal = Self.terminate
        command.deadline = ContinuousClock.now + timeLimit
        command.dataLimit = memoryLimit
        return command
    }

    static func status(
        _ outcome: ChildOutcome, _ action: String, _ errors: String
    ) throws -> Int32 {
        switch (outcome.cause, outcome.end) {
        case (.deadline, _): throw ExecutionError(.deadline, action, reason: "its time is up")
        case (.stop, _): throw ExecutionError(.stopped, action, reason: "a stop was requested")
        case (.limit(let breach), _): throw ExecutionError(.failed, action, reason: "\(breach)")
        case (.itself, .exited(let status)): return status
        case (.itself, .signaled(let signal)):
            let reason = reason(in: errors) ?? "signal \(signal) ended it"
            throw ExecutionError(.failed, action, reason: reason, status: 128 + signal)
        }
    }

    /// What is done, by the name of the command, which options may stand before.
    static func action(_ arguments: [String]) -> String {
        var rest = arguments[...]
        while let first = rest.first, first.hasPrefix("-") {
            rest = rest.dropFirst(first == "-c" || first == "-C" ? 2 : 1)
        }
        return "run 'git \(rest.first ?? arguments.first ?? "")'"
    }

    /// The line of git's errors that says what is wrong, fit to be quoted.
    static func reason(in errors: String) -> String? {
        let lines = errors.split(whereSeparator: \.isNewline)
        let prefixes = ["fatal: ", "error: "]
        let line = lines.first { line in prefixes.contains { line.hasPrefix($0) } } ?? lines.first
        guard var line else { return nil }
        for prefix in prefixes where line.hasPrefix(prefix) { line = line.dropFirst(prefix.count) }
        let visible = line.unicodeScalars.filter {
            $0.properties.generalCategory != .control && $0.properties.generalCategory != .format
        }
        return String(String.UnicodeScalarView(visible))
    }
}

/// What git answered.
public struct GitOutput: Hashable, Sendable {
    /// What it printed.
    public let bytes: [UInt8]

    /// What it said about it, the middle left out if it was much.
    public let errors: String

    /// Its exit status.
    public let status: Int32

    /// ``bytes`` as text, without the last newline.
    public var text: String {
        let line = bytes.last == UInt8(ascii: "\n") ? bytes.dropLast() : bytes[...]
        return String(decoding: line, as: UTF8.self)
    }
}

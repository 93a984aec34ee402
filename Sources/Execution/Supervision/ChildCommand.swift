internal import Glibc

/// A program to run, and the bounds that it runs within.
public struct ChildCommand: Sendable {
    /// The program and its arguments.
    ///
    /// A program without a slash is looked up in `PATH` of ``environment``,
    /// absolute entries only: a relative one would let the directory, which
    /// others may have written, decide what runs. A relative path with a slash
    /// counts from ``directory``.
    public var arguments: [String]

    /// The whole environment; nothing of our own is added.
    public var environment: [String: String]

    /// Where the program runs.
    public var directory: String

    /// What it reads from standard input; `nil` is `/dev/null`.
    public var input: [UInt8]?

    /// When it is stopped; suspended time counts.
    public var deadline: ContinuousClock.Instant?

    /// The time between SIGTERM and SIGKILL.
    public var grace = Duration.seconds(5)

    /// Whether standard error arrives with standard output, in order.
    public var mergesStreams = false

    /// Whether everything that the program started ends with it.
    ///
    /// At most one such child runs in a process at a time, for orphans do not
    /// tell whose they were.
    public var killsDescendants = true

    /// How much of the machine it may use; what is above it is killed at once.
    public var limits: ChildLimits?

    /// The bytes of memory that it may have, and each process that it starts; the kernel sees to it.
    ///
    /// Files that are only mapped do not count. Where memory is short such a program goes first.
    public var dataLimit: Int64?

    /// Whether it gets a session of its own, hence no terminal to ask on.
    ///
    /// Without, a stop reaches the program alone, and the terminal's Ctrl-C
    /// reaches it directly.
    public var ownSession = true

    /// The signal that it gets should we die first; 0 is none.
    public var parentDeathSignal: Int32 = SIGKILL

    /// What tells a program that is not our child whether we live.
    var lifeline: Lifeline?

    /// Files that it finds open, to be read, as descriptor ``firstHanded`` and those that follow.
    var handed: [String] = []

    /// The descriptor of the first file of ``handed``.
    static let firstHanded = 3

    /// How many files can be handed to a program.
    static let mostHanded = 64

    /// What it is, if it only starts the program that is meant.
    public var launcher: ChildLauncher?

    /// Creates a command.
    public init(
        _ arguments: [String], environment: [String: String], directory: String,
        input: [UInt8]? = nil
    ) {
        self.arguments = arguments
        self.environment = environment
        self.directory = directory
        self.input = input
    }
}

/// Where a child's words came from.
public enum ChildStream: Hashable, Sendable {
    /// Standard output, and standard error where they are merged.
    case output

    /// Standard error.
    case error
}

/// How a process ended.
public enum ChildEnd: Hashable, Sendable {
    /// It exited with this status.
    case exited(Int32)

    /// This signal ended it.
    case signaled(Int32)
}

/// What became of a child.
public struct ChildOutcome: Hashable, Sendable {
    /// How the program itself ended.
    public let end: ChildEnd

    /// What made it end.
    public let cause: Cause

    /// How long it ran.
    public let milliseconds: Int64

    /// How many of its descendants were still alive then, and were killed.
    public let leftovers: Int

    /// What made a child end.
    public enum Cause: Hashable, Sendable {
        /// Its own decision, or a crash.
        case itself

        /// Its deadline.
        case deadline

        /// A request to stop.
        case stop

        /// A limit that it did not keep.
        case limit(LimitBreach)
    }

    /// Whether it ended by itself with status 0.
    public var isSuccess: Bool { end == .exited(0) && cause == .itself }
}

public import Model

/// What one command of a repository said about a tree.
public struct Verdict: Hashable, Sendable {
    /// The most bytes of ``output``.
    public static let outputLimit = 64 * 1024

    /// The most bytes of ``tail``.
    public static let tailLimit = 4096

    /// What reports call the command.
    public var name: String

    /// `setup`, `fast` or `full`.
    public var tier: String

    /// What `sh -c` was given.
    public var command: String

    /// Its exit status, 128 and more for a signal; `nil` if it was ended.
    public var exitCode: Int32?

    /// What made it end.
    public var ended: Ended

    /// How long it ran, in milliseconds.
    public var duration: Int64

    /// Whether a failure is a failure of the whole.
    public var isRequired: Bool

    /// What it printed, without secrets; the middle is left out if it was much.
    public var output: String

    /// The end of ``output``.
    public var tail: String

    /// What tells this failure from others, see ``FailureSignature``.
    public var signature: String

    /// The tiers of commands, as they are stored.
    public enum Tier {
        /// What prepares a worktree.
        public static let setup = "setup"
        /// What runs after every iteration.
        public static let fast = "fast"
        /// What runs once the fast tier is green.
        public static let full = "full"
    }

    /// What made a command end.
    public enum Ended: String, Hashable, Sendable {
        /// Itself.
        case byItself = "itself"

        /// Its deadline, or that of the job; it may not even have begun.
        case deadline

        /// A request to stop; it may not even have begun.
        case stopped

        /// A limit that it did not keep; its output ends with which.
        case limit
    }

    /// Whether it ended by itself, with status 0.
    public var passed: Bool { ended == .byItself && exitCode == 0 }

    /// Creates a verdict of what a command printed.
    public init(
        of command: ValidationCommand, tier: String, exitCode: Int32?, ended: Ended,
        duration: Int64, output: String
    ) {
        name = command.name
        self.tier = tier
        self.command = command.command
        self.exitCode = exitCode
        self.ended = ended
        self.duration = duration
        isRequired = command.required
        self.output = output
        tail = Self.tail(of: output, limit: Self.tailLimit)
        signature = FailureSignature.of(
            command: command.name, exitStatus: exitCode.map(Int.init) ?? -1, output: output.utf8)
    }

    /// The last bytes of a text, beginning with a whole character.
    static func tail(of text: String, limit: Int) -> String {
        var end = text.utf8.suffix(limit)
        while end.count < text.utf8.count, let first = end.first, first & 0xC0 == 0x80 {
            end.removeFirst()
        }
        return String(decoding: end, as: UTF8.self)
    }
}

extension Collection<Verdict> {
    /// Whether every required command passed, and at least one that is no setup.
    public var isGreen: Bool {
        let required = filter(\.isRequired)
        return required.allSatisfy(\.passed) && required.contains { $0.tier != Verdict.Tier.setup }
    }

    /// The required commands that did not pass.
    public var failures: [Verdict] { filter { $0.isRequired && !$0.passed } }
}

// MARK: - Storing

extension Verdict {
    /// The form that a revision keeps; the whole output is in its evidence.
    public func stored(evidence: JSON = .null) -> JSON {
        [
            "name": .string(name), "tier": .string(tier), "command": .string(command),
            "exit_code": JSON(exitCode.map(Int64.init)), "duration": .integer(duration),
            "evidence": evidence, "tail": .string(tail),
        ]
    }

    /// The form that a cache keeps: everything but the whole output.
    var cached: JSON {
        var members = stored().object ?? [:]
        members["required"] = .bool(isRequired)
        members["ended"] = .string(ended.rawValue)
        members["signature"] = .string(signature)
        return .object(members)
    }

    /// Reads ``cached``; the output is the tail then.
    init?(cached: JSON) {
        guard let name = cached["name"]?.string, let tier = cached["tier"]?.string,
            let command = cached["command"]?.string, let duration = cached["duration"]?.integer,
            let tail = cached["tail"]?.string, let isRequired = cached["required"]?.bool,
            let ended = cached["ended"]?.string.flatMap(Ended.init(rawValue:)),
            let signature = cached["signature"]?.string
        else { return nil }
        (self.name, self.tier, self.command, self.duration) = (name, tier, command, duration)
        (self.isRequired, self.ended, self.signature) = (isRequired, ended, signature)
        exitCode = cached["exit_code"]?.integer.flatMap { Int32(exactly: $0) }
        (output, self.tail) = (tail, tail)
    }
}

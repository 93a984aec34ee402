/// A command that the repository names, run by `sh -c`.
public struct ValidationCommand: Hashable, Sendable {
    /// The seconds that a command has unless it says otherwise.
    public static let defaultTimeout = 300

    /// What reports call it; the command itself if nobody named it.
    public var name: String

    /// What `sh -c` is given.
    public var command: String

    /// Whether a failure is a failure of the whole.
    public var required: Bool

    /// After how many seconds it is ended.
    public var timeout: Int

    /// Creates a command.
    public init(
        name: String? = nil, command: String, required: Bool = true,
        timeout: Int = defaultTimeout
    ) {
        self.name = name ?? command
        self.command = command
        self.required = required
        self.timeout = timeout
    }
}

/// The two tiers of commands that decide whether work is good.
public struct ValidationTiers: Hashable, Sendable {
    /// What runs after every iteration.
    public var fast: [ValidationCommand]

    /// What runs once the fast tier is green.
    public var full: [ValidationCommand]

    /// Creates the tiers.
    public init(fast: [ValidationCommand] = [], full: [ValidationCommand] = []) {
        self.fast = fast
        self.full = full
    }
}

extension ValidationCommand {
    /// The command as plain data.
    var value: PolicyValue {
        .object([
            "name": .string(name), "command": .string(command), "required": .bool(required),
            "timeout": .number(timeout),
        ])
    }
}

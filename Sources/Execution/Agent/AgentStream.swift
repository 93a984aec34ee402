public import Model

/// Reads what one kind of agent prints about its turn, line by line.
///
/// A stream is hostile input: whatever a line holds, reading it is no error. What says nothing
/// we know becomes ``AgentEvent/other(raw:)``.
public protocol AgentStream: Sendable {
    /// Takes a line, without its end; returns what it means.
    mutating func read(_ line: String) -> [AgentEvent]

    /// Whether the agent has said how its turn ended; it may still be running then.
    var isComplete: Bool { get }

    /// Whether it may do nothing more, and is to be ended at once.
    var isSpent: Bool { get }

    /// What the whole stream says of the turn.
    var report: AgentReport { get }
}

extension AgentStream {
    /// An agent that knows its limits by itself is never spent.
    public var isSpent: Bool { false }
}

/// What an agent did, said or met: one line of the normalised log.
public enum AgentEvent: Sendable, Equatable {
    /// A session began, or went on.
    case session(id: String, agent: String, version: String?, model: String?)
    /// It said something.
    case message(text: String)
    /// It thought something.
    case thinking(text: String)
    /// It called a tool.
    case tool(id: String, name: String, input: JSON)
    /// A tool answered; `isGood` is false if it failed or was denied.
    case toolResult(id: String, isGood: Bool, output: String)
    /// It changed a file: `add`, `delete` or `update`.
    case file(path: String, change: String)
    /// It ran a command; milliseconds, if they are known.
    case command(command: String, exitCode: Int64?, milliseconds: Int64?)
    /// It asked something.
    case question(text: String, choices: [String])
    /// What the turn has used so far.
    case usage(AgentUsage)
    /// How near its account is to a limit, and when that is lifted.
    case rateLimit(status: String, resetsAt: Timestamp?)
    /// Something went wrong.
    case error(message: String)
    /// A line that says nothing we know.
    case other(raw: String)
}

/// What a turn used of a model.
public struct AgentUsage: Sendable, Equatable {
    /// Tokens read, cached ones included.
    public var tokensIn: Int64
    /// Tokens written.
    public var tokensOut: Int64
    /// The price in micro-USD; `nil` if the agent does not tell.
    public var cost: Int64?

    /// Creates it.
    public init(tokensIn: Int64 = 0, tokensOut: Int64 = 0, cost: Int64? = nil) {
        self.tokensIn = tokensIn
        self.tokensOut = tokensOut
        self.cost = cost
    }
}

/// What a stream says of a turn as a whole.
public struct AgentReport: Sendable, Equatable {
    /// The session, by which it can be resumed.
    public var session: String?
    /// The version of the agent.
    public var version: String?
    /// The model that did the work.
    public var model: String?
    /// The last thing that the agent said.
    public var answer: String?
    /// What the session has used in all, earlier turns of it included, where the agent counts so.
    public var sessionUsage: AgentUsage?
    /// What this turn used, where the agent tells.
    public var usage: AgentUsage?
    /// The tools that it was not allowed to use.
    public var denied: [String] = []
    /// Why the turn failed; `nil` if it ended in order.
    public var failure: AgentFailure?

    /// Creates an empty report.
    public init() {}
}

/// Why an agent's turn failed, as its stream tells.
public struct AgentFailure: Sendable, Equatable {
    /// What kind of failure.
    public var kind: Kind
    /// What the agent said of it.
    public var message: String
    /// When a limit is lifted, if that is known.
    public var resetsAt: Timestamp?

    /// The kinds of failures.
    public enum Kind: String, Sendable, CaseIterable {
        /// The key is missing, wrong or spent.
        case authentication
        /// The account's limit is reached; it is lifted at some time.
        case rateLimit = "rate_limit"
        /// The provider cannot serve anybody for the moment.
        case overloaded
        /// The turn has cost what it may cost.
        case budget
        /// The turn has taken the steps it may take.
        case turns
        /// The model refuses the work.
        case refusal
        /// The conversation is too long for the model.
        case tooLong = "too_long"
        /// Somebody interrupted it.
        case interrupted
        /// The stream ends without saying how the turn ended.
        case incomplete
        /// Another answer of the provider.
        case api
        /// Anything else.
        case other
    }

    /// Creates it.
    public init(_ kind: Kind, _ message: String, resetsAt: Timestamp? = nil) {
        self.kind = kind
        self.message = message
        self.resetsAt = resetsAt
    }
}

extension AgentEvent {
    /// The line of the log.
    ///
    /// - Parameter time: Milliseconds since the turn began.
    /// - Returns: One object.
    public func json(at time: Int64) -> JSON {
        var object: JSONObject = ["t": .integer(time)]
        for (key, value) in members { object[key] = value }
        return .object(object)
    }

    private var members: JSONObject {
        switch self {
        case .session(let id, let agent, let version, let model):
            [
                "type": "session", "id": .string(id), "agent": .string(agent),
                "version": JSON(version), "model": JSON(model),
            ]
        case .message(let text): ["type": "message", "text": .string(text)]
        case .thinking(let text): ["type": "thinking", "text": .string(text)]
        case .tool(let id, let name, let input):
            ["type": "tool", "id": .string(id), "name": .string(name), "input": input]
        case .toolResult(let id, let isGood, let output):
            [
                "type": "tool_result", "id": .string(id), "ok": .bool(isGood),
                "output": .string(output),
            ]
        case .file(let path, let change):
            ["type": "file", "path": .string(path), "change": .string(change)]
        case .command(let command, let exitCode, let milliseconds):
            [
                "type": "command", "command": .string(command), "exit_code": JSON(exitCode),
                "duration": JSON(milliseconds),
            ]
        case .question(let text, let choices):
            ["type": "question", "text": .string(text), "choices": JSON(choices)]
        case .usage(let usage):
            [
                "type": "usage", "tokens_in": .integer(usage.tokensIn),
                "tokens_out": .integer(usage.tokensOut), "cost": JSON(usage.cost),
            ]
        case .rateLimit(let status, let resetsAt):
            [
                "type": "rate_limit", "status": .string(status),
                "resets_at": resetsAt.map { JSON($0) } ?? .null,
            ]
        case .error(let message): ["type": "error", "message": .string(message)]
        case .other(let raw): ["type": "other", "raw": .string(raw)]
        }
    }
}

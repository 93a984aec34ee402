internal import Model

/// One turn of an agent: the process, what it printed, and what it says of it.
public struct AgentTurn: Sendable {
    /// How it ended.
    public var end: End
    /// What it says of it, without secrets; `nil` if it wrote nothing.
    public var result: AgentResult?
    /// The last thing that it said, or all that a program printed; without secrets.
    public var answer: String?
    /// What its stream says of the turn, without secrets; `nil` for a program without one.
    public var report: AgentReport?
    /// Why it failed, as far as that is known.
    public var failure: AgentFailure?
    /// The status that the process exited with, if it exited by itself.
    public var exitCode: Int32?
    /// How long it took, in milliseconds.
    public var milliseconds: Int64
    /// What it printed, bounded and without secrets.
    public var output: [UInt8]
    /// What it printed on standard error, where that is apart; bounded and without secrets.
    public var errors: [UInt8] = []
    /// The normalised log, as JSON Lines.
    public var log: [UInt8]

    /// How a turn may end.
    public enum End: Sendable, Equatable {
        /// In order: it is done, or asks.
        case inOrder
        /// It failed, with a sentence why.
        case failed(String)
        /// Its time was up.
        case deadline
        /// Somebody stopped it.
        case stopped
        /// It did not keep a limit.
        case limit(LimitBreach)
    }
}

extension ChildOutcome {
    /// The status that the process exited with, if it exited by itself.
    var exitStatus: Int32? {
        guard case .exited(let status) = end, cause == .itself else { return nil }
        return status
    }

    /// How it ended, for people.
    var sentence: String {
        switch end {
        case .exited(let status): "the agent exited with status \(status)"
        case .signaled(let signal): "signal \(signal) ended the agent"
        }
    }
}

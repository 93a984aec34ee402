internal import Model

/// How a turn ended: exit status, stream and result together.
///
/// | stream | process | result | the turn |
/// |---|---|---|---|
/// | | stopped | | is stopped |
/// | not complete | past its deadline | | ran out of time |
/// | | beyond a limit | | did not keep it |
/// | tells of a failure | | asks, and only a limit was hit | asks |
/// | tells of a failure | | | fails, with that failure |
/// | not complete | | | fails: no last word is never success |
/// | complete | another status than 0 | | fails |
/// | complete | status 0, or had to be ended after its last word | malformed, or failed | fails |
/// | complete | the same | done, asks, or none | is in order |
///
/// A program without a stream is judged by the rows of the process and its result.
struct AgentJudgement {
    /// What made the process end.
    var cause: Cause
    /// How it ended, for people; `nil` if that was status 0.
    var fault: String?
    /// What the stream says; `nil` for a program without one.
    var report: AgentReport?
    /// Whether the stream says how the turn ended.
    var isComplete = false
    /// The result, `nil` if there is none.
    var result: Result<AgentResult?, AgentResultError>

    /// What made a process end.
    enum Cause: Sendable, Equatable {
        /// Its own decision, or a crash.
        case itself
        /// Its deadline.
        case deadline
        /// A request to stop.
        case stop
        /// A limit that it did not keep.
        case limit(LimitBreach)
        /// Ourselves, since it would not end after its last word.
        case lingered
    }

    /// The end of the turn, and why it failed if it did.
    var verdict: (end: AgentTurn.End, failure: AgentFailure?) {
        switch cause {
        case .stop: return (.stopped, nil)
        case .deadline: return (.deadline, nil)
        case .limit(let breach): return (.limit(breach), nil)
        case .itself, .lingered: break
        }
        if let failure {
            let isLimit = failure.kind == .turns || failure.kind == .budget
            if isLimit, case .success(let result?) = result, result.status == .needsInput {
                return (.inOrder, nil)
            }
            return (.failed(failure.message), failure)
        }
        switch result {
        case .failure(let error): return (.failed("\(error)"), nil)
        case .success(let result?) where result.status == .failed:
            return (.failed(result.summary ?? "the agent says that it failed"), nil)
        case .success: break
        }
        if let fault, cause != .lingered { return (.failed(fault), nil) }
        return (.inOrder, nil)
    }

    /// Why the turn failed, as stream and process tell.
    private var failure: AgentFailure? {
        guard let report else { return nil }
        if let failure = report.failure { return failure }
        guard isComplete else {
            return AgentFailure(.incomplete, fault ?? "the agent ended without a last word")
        }
        guard cause != .lingered, let fault else { return nil }
        return AgentFailure(.other, fault)
    }
}

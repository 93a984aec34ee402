/// Where a job stands.
public enum JobStatus: OpenEnum {
    /// It waits for its turn.
    case queued
    /// It runs.
    case running
    /// It waits for a person's answer; no process runs.
    case waitingForInput
    /// The agent ended in order, whatever the verdict.
    case succeeded
    /// The agent, its set-up or the system failed.
    case failed
    /// Its question was not answered in time.
    case expired
    /// A person stopped it.
    case canceled
    /// Another job took over.
    case superseded
    /// A status of a newer version.
    case unknown(String)

    /// The statuses that we know.
    public static let known: [JobStatus] = [
        .queued, .running, .waitingForInput, .succeeded, .failed, .expired, .canceled, .superseded,
    ]

    /// The word, as it is stored.
    public var word: String {
        switch self {
        case .queued: "queued"
        case .running: "running"
        case .waitingForInput: "waiting_for_input"
        case .succeeded: "succeeded"
        case .failed: "failed"
        case .expired: "expired"
        case .canceled: "canceled"
        case .superseded: "superseded"
        case .unknown(let word): word
        }
    }

    /// Whether nothing can follow.
    public var isTerminal: Bool { successors.isEmpty }

    /// The statuses that may follow.
    public var successors: [JobStatus] {
        switch self {
        case .queued: [.running, .failed, .canceled, .superseded]
        case .running: [.succeeded, .failed, .waitingForInput, .queued, .canceled, .superseded]
        case .waitingForInput: [.queued, .expired, .failed, .canceled, .superseded]
        default: []
        }
    }

    /// Checks a move against the table.
    ///
    /// - Throws: ``LifecycleError`` that names both statuses.
    public func checkMove(to next: JobStatus) throws(LifecycleError) {
        guard successors.contains(next) else {
            throw LifecycleError(code: .invalidTransition, from: word, to: next.word)
        }
    }
}

/// What a job is for.
public enum JobKind: OpenEnum {
    /// To make tickets of a goal.
    case plan
    /// To do a ticket.
    case execute
    /// To run validation.
    case verify
    /// To find out something, without a change.
    case investigate
    /// To move the base branch.
    case land
    /// A kind of a newer version.
    case unknown(String)

    /// The kinds that we know.
    public static let known: [JobKind] = [.plan, .execute, .verify, .investigate, .land]

    /// The word, as it is stored.
    public var word: String {
        switch self {
        case .plan: "plan"
        case .execute: "execute"
        case .verify: "verify"
        case .investigate: "investigate"
        case .land: "land"
        case .unknown(let word): word
        }
    }
}

/// Where a revision stands.
public enum RevisionStatus: OpenEnum {
    /// It waits for a review.
    case open
    /// It may land.
    case approved
    /// It was sent back.
    case changesRequested
    /// A later one took its place.
    case superseded
    /// A status of a newer version.
    case unknown(String)

    /// The statuses that we know.
    public static let known: [RevisionStatus] = [.open, .approved, .changesRequested, .superseded]

    /// The word, as it is stored.
    public var word: String {
        switch self {
        case .open: "open"
        case .approved: "approved"
        case .changesRequested: "changes_requested"
        case .superseded: "superseded"
        case .unknown(let word): word
        }
    }

    /// Whether another status may follow this one.
    ///
    /// An approved revision may still be sent back or superseded until it has landed.
    public func checkMove(to next: RevisionStatus) throws(LifecycleError) {
        let allowed: [RevisionStatus] =
            switch self {
            case .open: [.approved, .changesRequested, .superseded]
            case .approved: [.changesRequested, .superseded]
            default: []
            }
        guard allowed.contains(next) else {
            throw LifecycleError(code: .invalidTransition, from: word, to: next.word)
        }
    }
}

/// Where a question stands.
public enum QuestionStatus: OpenEnum {
    /// It waits for an answer.
    case open
    /// A person answered.
    case answered
    /// Nobody answered in time.
    case expired
    /// It needs no answer any more.
    case withdrawn
    /// A status of a newer version.
    case unknown(String)

    /// The statuses that we know.
    public static let known: [QuestionStatus] = [.open, .answered, .expired, .withdrawn]

    /// The word, as it is stored.
    public var word: String {
        switch self {
        case .open: "open"
        case .answered: "answered"
        case .expired: "expired"
        case .withdrawn: "withdrawn"
        case .unknown(let word): word
        }
    }
}

/// Why a job or a ticket is as it is.
public enum Reason: String, CaseIterable, Sendable {
    /// The iterations are used up.
    case iterations
    /// The time is used up.
    case runtime
    /// The full validations are used up.
    case fullRuns = "full_runs"
    /// Too many files changed.
    case files
    /// Too many lines changed.
    case lines
    /// A path changed that must not.
    case paths
    /// The same command failed in the same way too often.
    case identicalFailure = "identical_failure"
    /// The same tree failed in the same way before.
    case repeated
    /// The change grows, and as much fails as before.
    case noGrowth = "no_growth"
    /// The money is used up.
    case budget
    /// It used more of the machine than it may.
    case limit
    /// The agent said nothing for too long.
    case silence
    /// The agent's vendor wants us to wait.
    case rateLimit = "rate_limit"
    /// A person is asked.
    case question
    /// The agent changed nothing.
    case noChange = "no_change"
    /// Validation fails.
    case red
    /// Validation fails on the base already.
    case baseRed = "base_red"
    /// A file changed that decides what passes.
    case gate
    /// The agent failed.
    case agentFailed = "agent_failed"
    /// A set-up command failed.
    case setupFailed = "setup_failed"
    /// The machine, the disk or git failed.
    case system
    /// A person stopped it.
    case canceled
    /// A process died.
    case crashed
    /// Another replica has the ticket.
    case leaseLost = "lease_lost"
    /// It does not merge with the base.
    case conflict
    /// Another one took its place.
    case superseded
    /// It holds text that nobody of this clone wrote or accepted.
    case untrustedInput = "untrusted_input"
    /// Something of the user changed while it ran.
    case tripwire
}

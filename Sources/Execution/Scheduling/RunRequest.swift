public import GitStore
public import Model

/// What a person says when starting jobs, instead of or besides the policy.
public struct RunRequest: Sendable {
    /// The agent to use; `nil` for the policy's default.
    public var agent: String?
    /// Whether only to find out something.
    public var investigates = false
    /// A command that validates, instead of the policy's.
    public var validate: String?
    /// Why it may run without validation.
    public var allowNoValidation: String?
    /// Why it may run on a base that fails its own validation.
    public var allowRedBase: String?
    /// Whether to start at the base, whatever was done before.
    public var isFresh = false
    /// The snapshot to start at.
    public var start: ObjectID?

    /// Creates a request that says nothing.
    public init() {}
}

/// What a scheduler has to tell.
public enum ScheduleEvent: Sendable {
    /// A job was made for a ticket.
    case started(ticket: String, job: String)
    /// A job was made that plans a goal.
    case planning(goal: String, job: String)
    /// A job that planned a goal ended.
    case planned(goal: String, job: Job)
    /// A job ended.
    case ended(ticket: String, job: Job)
    /// The base is validated first.
    case baseline(commit: ObjectID)
    /// Something changed on the board.
    case changed(Snapshot)
}

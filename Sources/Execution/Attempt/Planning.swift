public import GitStore
public import Model

/// The planner's part of a job that makes tickets of a goal.
///
/// The job runs the agent and knows nothing of plans: what the agent is told comes from here,
/// and what it answered goes here. So neither of the two rooms needs the other.
public struct Planning: Sendable {
    /// Makes the tickets of an answer in the transaction that ends the job.
    ///
    /// It returns what came of it, for the job's record and its last event.
    public typealias Proposal = @Sendable (Transaction) throws -> JSONObject

    /// What the order says of the repository and of the tickets that there are.
    public let brief: @Sendable (_ goal: Goal, _ base: ObjectID, Policy) throws -> JSONObject

    /// Reads an answer.
    ///
    /// - Throws: An error whose description says what is wrong with it, and where.
    public let read: @Sendable (_ answer: [UInt8], _ goal: Goal, _ job: Job) throws -> Proposal

    /// Creates it.
    ///
    /// - Parameters:
    ///   - brief: What the order says of the repository and of the tickets that there are.
    ///   - read: Reads an answer.
    public init(
        brief: @escaping @Sendable (_ goal: Goal, _ base: ObjectID, Policy) throws -> JSONObject,
        read: @escaping @Sendable (_ answer: [UInt8], _ goal: Goal, _ job: Job) throws -> Proposal
    ) {
        self.brief = brief
        self.read = read
    }
}

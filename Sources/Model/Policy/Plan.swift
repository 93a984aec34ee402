/// The tickets that a person's file or an agent's answer asks for.
public struct Plan: Equatable, Sendable {
    /// The tickets in their order; empty only if an agent answers that nothing is to be done.
    public var tickets: [PlannedTicket]

    /// What the reader left out, one sentence each.
    public var notes: [String]

    /// Creates a plan.
    public init(tickets: [PlannedTicket], notes: [String] = []) {
        self.tickets = tickets
        self.notes = notes
    }
}

/// One ticket of a plan.
public struct PlannedTicket: Equatable, Sendable {
    /// What a job on the ticket is to bring.
    public enum Mode: String, CaseIterable, Sendable {
        /// A revision.
        case fix

        /// Findings.
        case investigate
    }

    /// What is to be done: one line of at most 255 bytes.
    public var title: String

    /// What there is to say about it.
    public var description: String

    /// How soon it is wanted, from 0 to 100.
    public var priority: Int?

    /// Indices within the plan of the tickets that come first, sorted.
    public var blockedBy: [Int]

    /// Titles of tickets outside of the plan that come first.
    public var blockedOutside: [String] = []

    /// What must hold for it to be done.
    public var acceptanceCriteria: [String]

    /// What a job is to bring.
    public var mode: Mode?

    /// The type of the task, such as "code".
    public var taskType: String?

    /// Words to find it by.
    public var labels: [String]

    /// Commands that must pass, besides those of the repository.
    public var validation: [String]

    /// Paths that it will change.
    public var touches: [String]

    /// Where it stands in the text, counted from 1.
    public var line: Int

    /// Creates a ticket.
    public init(
        title: String, description: String = "", priority: Int? = nil, blockedBy: [Int] = [],
        acceptanceCriteria: [String] = [], mode: Mode? = nil, taskType: String? = nil,
        labels: [String] = [], validation: [String] = [], touches: [String] = [], line: Int
    ) {
        self.title = title
        self.description = description
        self.priority = priority
        self.blockedBy = blockedBy
        self.acceptanceCriteria = acceptanceCriteria
        self.mode = mode
        self.taskType = taskType
        self.labels = labels
        self.validation = validation
        self.touches = touches
        self.line = line
    }
}

public import Model

/// What the command line of one turn is made from, whatever kind the agent is.
public struct AgentRequest: Sendable {
    /// The name of the agent in the policy.
    public var name: String
    /// What it is told, for a kind that is spoken to.
    public var prompt = ""
    /// Where it works.
    public var directory: String
    /// A home of its own, which lasts as long as its session may be resumed.
    public var home: String
    /// A directory of its own for temporary files.
    public var temporary: String
    /// The environment that it starts with: the user's, and what a job adds.
    public var environment: [String: String]
    /// The session to go on with; `nil` begins one.
    public var session: String?
    /// What that session has used in all, where its agent counts so.
    public var sessionUsage: AgentUsage?
    /// The git directory that is its own; `nil` if it has none.
    public var gitDirectory: String?
    /// What the turn may still cost, in micro-USD.
    public var budget: Int64?
    /// Whether it is not to change anything.
    public var isReadOnly = false
    /// Whether a sandbox keeps it apart from the machine, so that it need not do so itself.
    public var isSandboxed = false
    /// The commands that it may run besides git's, each as a line for a shell.
    public var commands: [String] = []
    /// The servers of tools that it may use, by name.
    public var servers: [String: ToolServer] = [:]
    /// The skills that it gets, for a kind that finds them by itself.
    public var skills: [Skill] = []
    /// The path of this program, which is also the replay agent.
    public var program = ""
    /// The number of the turn on the ticket over all its jobs, from 0.
    public var turn = 0
    /// The file that a replay agent plays.
    public var script: String?
    /// Tells the time, for an agent that names moments without their day.
    public var now: (@Sendable () -> Timestamp)?

    /// Creates a request for an agent that begins.
    ///
    /// - Parameters:
    ///   - name: The name of the agent in the policy.
    ///   - directory: Where it works.
    ///   - home: A home of its own.
    ///   - temporary: A directory of its own for temporary files.
    ///   - environment: The environment that it starts with.
    public init(
        name: String, directory: String, home: String, temporary: String,
        environment: [String: String]
    ) {
        self.name = name
        self.directory = directory
        self.home = home
        self.temporary = temporary
        self.environment = environment
    }
}

/// One turn as every agent gets it: its order, and where it works.
public struct AgentTask: Sendable {
    /// What `DRAFT_WORK_ORDER` holds.
    public var order: JSON
    /// Where it works.
    public var directory: String
    /// What is added to the environment of the job.
    public var variables: [String: String]
    /// The order as a text, for a program that takes no JSON; `nil` if there is none.
    public var prompt: String?
    /// Whether it may leave a result; else its last words are all there is.
    public var leavesResult = true

    /// Creates a task.
    ///
    /// - Parameters:
    ///   - order: What `DRAFT_WORK_ORDER` holds.
    ///   - directory: Where it works.
    ///   - variables: What is added to the environment of the job.
    ///   - leavesResult: Whether it may leave a result.
    public init(
        order: JSON, directory: String, variables: [String: String] = [:],
        leavesResult: Bool = true
    ) {
        self.order = order
        self.directory = directory
        self.variables = variables
        self.leavesResult = leavesResult
    }

    /// The task of a work order.
    public init(_ order: WorkOrder) {
        self.init(
            order: order.json, directory: order.workspace,
            variables: [
                "DRAFT_GOAL": order.goal.id, "DRAFT_ITERATION": "\(order.iteration)",
            ])
    }
}

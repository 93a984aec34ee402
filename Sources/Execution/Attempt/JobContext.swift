public import GitStore
public import Model

/// What a job needs of the world; made in `Main`, like everything that is not pure.
public struct JobContext: Sendable {
    /// The board.
    public let board: Board
    /// The environment of the process.
    public let environment: [String: String]
    /// The path of this program.
    public let program: String
    /// Finds secrets in whatever is stored.
    public let redactor: Redactor
    /// The policy in force at a commit.
    public let policy: @Sendable (ObjectID) throws -> Policy
    /// What keeps what others wrote apart from the machine, under a policy.
    public let sandbox: @Sendable (Policy) throws -> any Sandbox
    /// What was found to keep jobs apart, which their processes need not try again.
    public var foundSandbox: @Sendable () -> Bubblewrap.Found? = { nil }
    /// What plans; only a job that makes tickets of a goal needs it.
    public var planning: Planning?
    /// Where skills are found.
    public var skills: SkillLibrary
    /// The one set of commands that jobs may run; `nil` for whatever was accepted.
    public var acceptedSet: String?
    /// The variables for jobs that the user keeps outside of the repository.
    public var environmentFile: JobEnvironmentFile?
    /// Removes what is left of the containers of a job that died.
    public var removeContainers: (@Sendable (JobFiles) throws -> Void)?

    /// Reads the script of a replay agent; throws what is wrong with it.
    public var checkScript: (@Sendable (_ bytes: [UInt8], _ file: String) throws -> Void)?

    /// The repository.
    public var repository: Repository { board.repository }

    /// Creates a context.
    public init(
        board: Board, environment: [String: String], program: String, redactor: Redactor,
        policy: @escaping @Sendable (ObjectID) throws -> Policy,
        sandbox: @escaping @Sendable (Policy) throws -> any Sandbox
    ) {
        self.board = board
        self.environment = environment
        self.program = program
        self.redactor = redactor
        self.policy = policy
        self.sandbox = sandbox
        skills = SkillLibrary(board.repository)
    }

    /// The script of a replay agent as a commit has it; none if its path is absolute.
    func script(_ path: String, at commit: ObjectID) throws -> ObjectID? {
        guard !path.hasPrefix("/") else { return nil }
        let tree = try repository.readCommit(commit).tree
        guard let entry = try repository.entry(at: path, in: tree) else {
            throw ExecutionError(
                .invalidArgument, "start the agent",
                reason: "the base commit has no '\(path)'; commit it")
        }
        return entry.id
    }

    /// Whether a person answered to the last turn of a job, and no other turn followed.
    ///
    /// A job that goes on where another died has its turns and its questions as well. A turn
    /// that the vendor cut short is none: its job never counted it.
    func isAnswered(_ job: Job) throws -> Bool {
        let snapshot = try board.snapshot()
        var line: [String: Job] = [:]
        var next: Job? = job
        while let current = next, line.updateValue(current, forKey: current.id) == nil {
            next = try current.continues.flatMap { try snapshot.view(Job.self, $0) }
        }
        let begun = line.values.flatMap { job in
            job.iterations.filter {
                !($0["snapshot"] ?? .null).isNull
                    && ($0["n"]?.integer ?? 0) <= job.counters.iterations
            }
        }.compactMap { $0["started_at"]?.string.flatMap { Timestamp($0) } }
        let last = begun.max() ?? .distantPast
        return try snapshot.list(Question.self).contains { question in
            let at = question.answer["at"]?.string.flatMap { Timestamp($0) }
            return question.status == .answered && line[question.jobID ?? ""] != nil
                && (at ?? .distantPast) >= last
        }
    }

    /// Refuses the script of a replay agent that cannot be played, before any turn is lost.
    func check(script path: String, at commit: ObjectID) throws {
        guard let blob = try script(path, at: commit), let checkScript else { return }
        do {
            try checkScript(try repository.readBlob(blob, limit: 4 << 20), path)
        } catch {
            throw AdmissionError("\(error)")
        }
    }

    /// The environment of whatever runs in a workspace: what is on the list, and who it is for.
    ///
    /// - Parameters:
    ///   - files: The files of the job.
    ///   - job: The job.
    ///   - ticket: The ticket that it does.
    ///   - goal: The goal that it belongs to.
    ///   - policy: What is in force.
    ///   - agent: The kind of the agent; `nil` for set-up and validation.
    /// - Returns: The whole environment.
    func jobEnvironment(
        _ files: JobFiles, job: String, ticket: String?, goal: String?, _ policy: Policy,
        agent: AgentKind? = nil
    ) -> [String: String] {
        let given = JobEnvironment(
            named: policy.sandbox.environment, file: environmentFile?.variables ?? [:])
        var environment = given.variables(of: environment, for: agent)
        // What models are paid with is for agents alone, also where it is named.
        if agent == nil { environment = VendorEnvironment.withoutKeys(environment) }
        environment["GIT_CEILING_DIRECTORIES"] = workspaceRoot
        environment["TMPDIR"] = (agent == nil ? files.forChecks : files).temporary
        environment["DRAFT_JOB"] = job
        // So that git's own logs tell what a job did from what the user did.
        environment["GIT_REFLOG_ACTION"] = "\(Tripwire.jobAction) \(job)"
        environment[files.marker.name] = files.marker.value
        environment["DRAFT_TICKET"] = ticket
        environment["DRAFT_GOAL"] = goal
        return environment
    }
}

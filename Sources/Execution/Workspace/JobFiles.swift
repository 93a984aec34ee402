/// Where everything of a job is that is not in a reference.
public struct JobFiles: Hashable, Sendable {
    /// The folder of the job.
    public let directory: String

    /// Whether set-up and validation have them, which share no home with agents: what an agent
    /// leaves in its own must not decide whether its work is good.
    private(set) var isForChecks = false

    /// The same files as set-up and validation see them, with a home of their own.
    public var forChecks: JobFiles {
        var files = self
        files.isForChecks = true
        return files
    }

    /// Names the files of a job; nothing is made.
    ///
    /// - Parameters:
    ///   - commonDirectory: What all work trees of the repository share.
    ///   - job: The id of the job.
    public init(commonDirectory: String, job: String) {
        directory = "\(commonDirectory)/draft/jobs/\(job)"
    }

    /// What every process of the job has in its environment, and no process of another one: ids
    /// repeat themselves where a repository was copied.
    var marker: (name: String, value: String) { ("DRAFT_JOB_FILES", directory) }

    /// Kills every process that was started for the job, wherever it hides.
    func sweep() throws { _ = try Supervision.sweep(marker: "\(marker.name)=\(marker.value)") }

    /// The git directory that the agent sees.
    public var agentGit: String { "\(directory)/agent.git" }

    /// The git directory of the controller, which no sandbox gives the agent.
    public var controlGit: String { "\(directory)/control.git" }

    /// The file that the process in charge of the job holds locked.
    public var lock: String { "\(directory)/lock" }

    /// The process in charge of the job.
    public var pid: String { "\(directory)/pid" }

    /// What the job printed.
    public var log: String { "\(directory)/log" }

    /// The home directory of the job's processes.
    public var home: String { "\(privateFolder)/\(Self.homeFolder)" }

    /// The directory for temporary files of the job's processes.
    public var temporary: String { "\(privateFolder)/\(Self.temporaryFolder)" }

    /// Where a sandbox shows the directory for temporary files as well, since the address of a
    /// UNIX socket has room for 107 bytes of path (unix(7)).
    static let shortTemporary = "/run/tmp"

    /// What holds the home and the temporary files.
    private var privateFolder: String {
        isForChecks ? "\(directory)/\(Self.checksFolder)" : directory
    }

    /// What the job gives to its agent, which no sandbox lets it write.
    public var input: String { "\(directory)/\(Self.inputFolder)" }

    /// What the agent leaves for the job.
    public var output: String { "\(directory)/\(Self.outputFolder)" }

    /// What the agent is asked to do.
    public var workOrder: String { "\(input)/work-order.json" }

    /// The same as a text, for a program that takes no JSON.
    public var prompt: String { "\(input)/prompt.md" }

    /// The copies of the skills that the agent is to read.
    public var skills: String { "\(input)/\(Self.skillsFolder)" }

    /// What a replay agent plays, as the base commit has it.
    public var script: String { "\(input)/replay.yaml" }

    /// What the agent says that it did.
    public var result: String { "\(output)/\(Self.resultFile)" }

    /// What the agent reports while it works.
    public var events: String { "\(output)/\(Self.eventsFile)" }

    static let homeFolder = "home"
    static let temporaryFolder = "tmp"
    static let checksFolder = "check"
    static let inputFolder = "in"
    static let outputFolder = "out"
    static let doorsFolder = "doors"
    static let skillsFolder = "skills"
    static let resultFile = "result.json"
    static let eventsFile = "events.jsonl"

    /// Which session of the agent the next turn goes on with.
    public var session: String { "\(directory)/session.json" }

    /// What may be in the folder; anything else that turns up there was left by an agent.
    static let names: Set = [
        "agent.git", "control.git", "lock", "launch", "checkout", "pid", "log", "home", "tmp",
        "check",
        "in", "out", "doors", "containers", "session.json", "supervisor.log",
    ]
}

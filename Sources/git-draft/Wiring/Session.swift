import Execution
import FoundationEssentials
import GitStore
import Glibc
import Model
import Porcelain
import Synchronization

/// What nearly every command needs: the repository, its board, and who is asking.
struct Session: Sendable {
    /// What the command was given.
    let context: Context

    /// The repository that contains the directory.
    let repository: Repository

    /// Its board, whether it exists already or not.
    let board: Board

    /// The variables for jobs that the user keeps outside of the repository, or why not.
    let environmentFile: Result<JobEnvironmentFile?, any Error>

    /// Finds secrets in whatever is stored or printed.
    let redactor: Redactor

    /// The one set of commands that this process may run, whatever was accepted here before.
    var acceptedSet: String?

    /// What the process that started this one found to keep jobs apart.
    var foundSandbox: Bubblewrap.Found?

    /// The terminal, with the user's choice of colour, redacting what is written.
    let terminal: Terminal

    /// Opens the repository that contains the directory.
    ///
    /// Where ids repeat themselves, `stream` tells those of this process from those of its
    /// parent, which has the same environment.
    init(_ context: Context, color: ColorMode? = nil, stream: String = "") throws {
        self.context = context
        let environment = context.environment
        let repository = try Repository(
            containing: context.directory, environment: environment)
        self.repository = repository
        try Self.refuseWorkspace(repository)
        let configuration = try repository.reloadConfiguration()
        let file = Result { try JobEnvironmentFile.of(repository, environment: environment) }
        environmentFile = file
        let redactor = Redactor(
            values: Redactor.secretValues(in: environment)
                + AgentDiscovery.logInSecrets(environment: environment)
                + ((try? file.get())?.values ?? []))
        self.redactor = redactor
        let setting = configuration.string("color.draft") ?? configuration.string("color.ui")
        var terminal = context.terminal.colored(color, setting: setting, environment: environment)
        terminal.redact = { redactor.redact($0) }
        self.terminal = terminal
        board = Board(
            repository: repository,
            context: BoardContext(
                now: Self.clock(environment), newID: Self.ids(environment, stream),
                redactor: redactor, isDurable: try Self.isDurable(repository)))
    }

    /// The person who acts.
    ///
    /// - Throws: ``CommandError`` if git does not know who that is, or from inside a job.
    func person() throws -> Actor {
        guard let identity = repository.identity() else {
            throw CommandError(
                "git does not know who you are",
                hint: "git config --global user.name NAME; git config --global user.email ADDRESS")
        }
        return .person(name: identity.name, email: identity.email)
    }

    /// The person who decides; no job may do that.
    func decider() throws -> Actor {
        guard context.environment["DRAFT_JOB"] == nil,
            !JobAncestry.isInsideJob(at: repository)
        else {
            throw CommandError("a job cannot decide; that is for a person outside of it")
        }
        return try person()
    }

    /// Whoever acts where no decision is made: the person, or the job that they started.
    func actor() throws -> Actor {
        guard let job = context.environment["DRAFT_JOB"] else { return try decider() }
        return .executor(job: job, onBehalfOf: try person().id)
    }

    /// Refuses the git directory of an agent: whatever it says, the agent may have written.
    private static func refuseWorkspace(_ repository: Repository) throws {
        let parts = repository.commonDirectory.split(separator: "/")
        guard parts.count > 4, parts[parts.count - 1].utf8.elementsEqual("agent.git".utf8),
            parts[(parts.count - 4)..<(parts.count - 2)].elementsEqual(["draft", "jobs"])
        else { return }
        let folder = parts.dropLast(4)
        let steps = folder.last == ".git" ? folder.dropLast() : folder
        let place = "/\(steps.joined(separator: "/"))"
        throw CommandError(
            "this is the workspace of a job, which is not a place to work from",
            hint: "cd '\(place)'")
    }

    private static func isDurable(_ repository: Repository) throws -> Bool {
        try repository.configuration.bool("draft.durable") ?? repository.isDurabilityConfigured
    }

    /// The clock; `GIT_DRAFT_TEST_TIME` stops it, for transcripts that say the same each time.
    private static func clock(_ environment: [String: String]) -> @Sendable () -> Timestamp {
        if let text = environment["GIT_DRAFT_TEST_TIME"],
            let fixed = Timestamp(text) ?? Timestamp("\(text.dropLast()).000Z")
        {
            return { fixed }
        }
        return {
            var time = timespec()
            unsafe clock_gettime(CLOCK_REALTIME, &time)
            return Timestamp(
                milliseconds: Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000)
        }
    }

    private static let seedVariable = "GIT_DRAFT_TEST_SEED"

    /// The environment of a command of ours that runs beside us, with ids of its own.
    func environment(of words: [String]) -> [String: String] {
        var environment = context.environment
        if let seed = environment[Self.seedVariable] {
            environment[Self.seedVariable] = "\(seed).\(words.joined(separator: " "))"
        }
        return environment
    }

    /// The source of ids; `GIT_DRAFT_TEST_SEED` makes it repeat itself.
    private static func ids(
        _ environment: [String: String], _ stream: String
    ) -> @Sendable () -> String {
        let parts = environment[seedVariable]?.split(separator: ".", maxSplits: 1) ?? []
        if let number = parts.first.flatMap({ UInt64($0) }) {
            let stream = stream + parts.dropFirst().joined()
            let seed = stream.utf8.reduce(number) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
            let generator = Mutex(SeededGenerator(seed: seed))
            return { generator.withLock { Crockford.id(using: &$0) } }
        }
        let generator = Mutex(SystemRandomNumberGenerator())
        return { generator.withLock { Crockford.id(using: &$0) } }
    }
}

internal import GitStore

/// The user's `git`, run in one repository and not where the environment points.
///
/// What it writes is flushed to the disk.
struct LandingGit: Sendable {
    let repository: Repository
    private let program: GitProgram

    init(_ program: GitProgram, repository: Repository) {
        self.repository = repository
        let elsewhere: Set = [
            "GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_COMMON_DIR", "GIT_PREFIX",
            "GIT_NAMESPACE", "GIT_OBJECT_DIRECTORY", "GIT_ALTERNATE_OBJECT_DIRECTORIES",
        ]
        var environment = program.environment.filter { !elsewhere.contains($0.key) }
        // What was handed down by `git -c` in this form stays.
        let count = environment["GIT_CONFIG_COUNT"].flatMap(Int.init) ?? 0
        let settings = [("core.fsync", "all"), ("i18n.commitEncoding", "UTF-8")]
        environment["GIT_CONFIG_COUNT"] = "\(count + settings.count)"
        for (index, (key, value)) in settings.enumerated() {
            environment["GIT_CONFIG_KEY_\(count + index)"] = key
            environment["GIT_CONFIG_VALUE_\(count + index)"] = value
        }
        var program = GitProgram(environment: environment, profile: program.profile)
            .with(program)
        program.timeLimit = max(program.timeLimit, .seconds(60))
        self.program = program
    }

    private init(repository: Repository, prepared program: GitProgram) {
        self.repository = repository
        self.program = program
    }

    /// The same, ended by a signal; what it was doing is then half done.
    func stopping(by stop: StopSignal?) -> Self {
        var program = program
        program.stop = stop
        return Self(repository: repository, prepared: program)
    }

    /// The environment that git runs in.
    var environment: [String: String] { program.environment }

    /// Runs git on the repository.
    func run(
        _ arguments: [String], input: [UInt8]? = nil, environment: [String: String] = [:],
        allowed: Set<Int32> = [0]
    ) throws -> GitOutput {
        let directory = repository.workDirectory ?? repository.commonDirectory
        let place = ["GIT_DIR": repository.gitDirectory].merging(environment) { $1 }
        return try program.run(
            arguments, in: directory, input: input, environment: place, allowed: allowed)
    }

    /// Runs git in a work tree, as its user would.
    func run(
        in worktree: String, _ arguments: [String], input: [UInt8]? = nil,
        environment: [String: String] = [:], allowed: Set<Int32> = [0]
    ) throws -> GitOutput {
        try program.run(
            arguments, in: worktree, input: input, environment: environment, allowed: allowed)
    }

    /// Whether a commit is another, or comes before it.
    func isAncestor(_ commit: ObjectID, of other: ObjectID) throws -> Bool {
        let arguments = ["merge-base", "--is-ancestor", "\(commit)", "\(other)"]
        return try run(arguments, allowed: [0, 1]).status == 0
    }
}

extension GitProgram {
    fileprivate func with(_ other: GitProgram) -> GitProgram {
        var copy = self
        copy.asksOnTerminal = other.asksOnTerminal
        copy.timeLimit = other.timeLimit
        copy.outputLimit = other.outputLimit
        copy.stop = other.stop
        return copy
    }
}

extension GitOutput {
    /// The parts of an answer that git ends with NUL bytes.
    var records: [[UInt8]] { bytes.split(separator: 0).map(Array.init) }
}

extension String {
    /// A path, or another text from outside, that may not be UTF-8.
    init(path bytes: some Collection<UInt8>) { self = String(decoding: bytes, as: UTF8.self) }
}

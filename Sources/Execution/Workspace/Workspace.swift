internal import GitStore
internal import Glibc
internal import Synchronization

/// A directory in which an agent works, and the controller's view of it.
///
/// The directory is not a linked work tree: its `.git` file names a private git
/// directory, `agent.git`, that has nothing of the user's hooks, settings and
/// references. The controller looks at the files with another one,
/// `control.git`, and never lets git discover a repository from them. All that
/// the agent wrote is hostile: nothing of it is executed, no link is followed.
///
/// One process at a time may use a workspace: whoever holds the job's lock.
public final class Workspace: Sendable {
    /// The directory.
    public let path: String

    /// Its name in the directory of all workspaces.
    public let name: String

    /// Where everything else of the job is.
    public let files: JobFiles

    /// What it was made from.
    let origin: WorkspaceOrigin

    /// The job that it belongs to, as its references name it.
    let key: String

    /// How private git directories are made.
    let layout: PrivateGit

    /// What is remembered between calls.
    let state = Mutex(State())

    /// What is remembered between calls.
    struct State {
        /// The tree that the index of the controller has.
        var tree: ObjectID?

        /// Whether the agent's commits were fetched since its git directory was made.
        var isHarvested = false

        /// Whether nothing was in the directory when it was taken up.
        var isNew = false

        /// When git is to have read all that an agent left.
        var deadline: ContinuousClock.Instant?

        /// When git is to have read what an agent did with its own.
        var harvestEnd: ContinuousClock.Instant?

        /// Where the files went that could not be kept, and were in the way.
        var left: String?

        /// The lines about the tags that the agent sees.
        var tags: String?
    }

    init(name: String, key: String, origin: WorkspaceOrigin) throws {
        self.name = name
        self.key = key
        self.origin = origin
        path = "\(origin.root)/\(name)"
        files = JobFiles(commonDirectory: origin.repository.commonDirectory, job: key)
        layout = try PrivateGit(origin.repository, environment: origin.environment)
    }

    /// The name under which a job has its references and its folder.
    ///
    /// A checkout beside the agent's directory has its own.
    static func key(name: String, job: String, origin: WorkspaceOrigin) -> String {
        origin.isCheckoutOnly ? "\(job).\(name)" : job
    }

    /// The reference to the last snapshot.
    var reference: String { Self.reference(key) }

    /// The reference to whatever else is kept.
    var keptReference: String { Self.keptReference(key) }

    static func reference(_ key: String) -> String { "refs/draft-local/\(key)" }

    static func keptReference(_ key: String) -> String { "refs/draft-local/\(key).kept" }
}

// MARK: - Places

extension Workspace {
    /// Whether a word can be the name of a file, a part of a reference, and nothing else.
    static func isPlain(_ word: String) -> Bool {
        let bytes = Array(word.utf8)
        let isAllowed: (UInt8) -> Bool = {
            (0x30...0x39).contains($0) || (0x41...0x5a).contains($0) || (0x61...0x7a).contains($0)
                || $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: "_") || $0 == UInt8(ascii: ".")
        }
        guard let first = bytes.first, let last = bytes.last, bytes.count <= 100 else {
            return false
        }
        let isDotted = zip(bytes, bytes.dropFirst()).contains { $0 == 46 && $1 == 46 }
        let isEdged = first == 46 || first == UInt8(ascii: "-") || last == 46
        return bytes.allSatisfy(isAllowed) && !isDotted && !isEdged && !word.hasSuffix(".lock")
    }

    /// Opens the directory of all workspaces, made if need be.
    ///
    /// Below the user's work tree or git directory no step may be a link: an
    /// agent that runs as the user could have put it there.
    static func openRoot(_ origin: WorkspaceOrigin, making: Bool) throws -> Folder {
        let repository = origin.repository
        for base in [repository.commonDirectory, repository.mainWorkDirectory].compactMap(\.self) {
            guard origin.root.utf8.starts(with: "\(base)/".utf8) else { continue }
            let rest = origin.root.utf8.dropFirst(base.utf8.count + 1)
                .split(separator: UInt8(ascii: "/")).map { String(decoding: $0, as: UTF8.self) }
            guard rest.allSatisfy({ $0 != ".." && $0 != "." }) else { break }
            let folder = try Folder(trusted: base)
            guard making else { return try folder.opening(rest) }
            do {
                return try folder.making(rest)
            } catch WorkspaceError.Code.place {
                throw refusal(origin, "a step of the way there is a link, or no directory")
            }
        }
        do {
            guard making else { return try Folder(trusted: origin.root) }
            return try makeTrusted(origin.root)
        } catch {
            throw refusal(origin, "\(error)")
        }
    }

    private static func refusal(_ origin: WorkspaceOrigin, _ reason: String) -> WorkspaceError {
        WorkspaceError(
            .place, "use '\(origin.root)' for workspaces", reason: reason,
            hint: "git config draft.worktreeRoot DIRECTORY")
    }

    private static func makeTrusted(_ path: String) throws -> Folder {
        if let folder = try? Folder(trusted: path) { return folder }
        guard let slash = path.utf8.lastIndex(of: UInt8(ascii: "/")), slash != path.startIndex
        else { return try Folder(trusted: path) }
        return try makeTrusted(String(path[..<slash]))
            .making(String(path[slash...].dropFirst()))
    }

    /// Opens the directory, if it is one.
    func folder() throws -> Folder {
        try Self.openRoot(origin, making: false).folder(name.utf8)
    }

    /// Opens the folder of the job, made if need be.
    func jobFolder() throws -> Folder {
        try Self.draftFolder(origin.repository).making(["jobs", key], mode: 0o700)
    }

    /// Opens what is ours in the user's git directory, made if need be.
    static func draftFolder(_ repository: Repository) throws -> Folder {
        try Folder(trusted: repository.commonDirectory).making("draft")
    }
}

// MARK: - Runs of git

extension Workspace {
    /// Runs git on the files, with the controller's eyes.
    func control(
        _ arguments: [String], input: [UInt8]? = nil, environment: [String: String] = [:],
        allowed: Set<Int32> = [0], limit: Duration = .seconds(600), isWithin: Bool = false
    ) throws -> GitOutput {
        _ = try folder()
        let profile = GitProgram.Control(
            gitDirectory: files.controlGit, workTree: path, home: "\(files.controlGit)/empty")
        return try run(
            .control(profile), arguments, input, environment, allowed, limit,
            in: isWithin ? path : nil)
    }

    /// Runs git on objects and references of the controller; no file is looked at.
    func controlObjects(
        _ arguments: [String], input: [UInt8]? = nil, environment: [String: String] = [:],
        allowed: Set<Int32> = [0], limit: Duration = .seconds(600)
    ) throws -> GitOutput {
        let profile = GitProgram.Control(
            gitDirectory: files.controlGit, workTree: nil, home: "\(files.controlGit)/empty")
        return try run(
            .control(profile), arguments, input, environment, allowed, limit)
    }

    /// Runs git in the user's repository, or one of its work trees, with the user's settings.
    func user(
        _ arguments: [String], at gitDirectory: String? = nil, input: [UInt8]? = nil,
        allowed: Set<Int32> = [0]
    ) throws -> GitOutput {
        let common = origin.repository.commonDirectory
        let steering: Set = [
            "GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_PREFIX", "GIT_COMMON_DIR",
            "GIT_NAMESPACE", "GIT_OBJECT_DIRECTORY", "GIT_ALTERNATE_OBJECT_DIRECTORIES",
        ]
        var git = GitProgram(
            environment: origin.environment.filter { !steering.contains($0.key) }, profile: .user)
        git.timeLimit = bounded(git.timeLimit)
        git.memoryLimit = origin.bounds.memory
        return try git.run(
            ["--git-dir=\(gitDirectory ?? common)"] + arguments, in: common, input: input,
            allowed: allowed)
    }

    /// Lets no run of git go on long after an instant, such as the deadline of the job.
    func hurry(until deadline: ContinuousClock.Instant) {
        state.withLock { $0.deadline = deadline }
    }

    /// How long a run of git may take that should not take longer than this.
    func bounded(_ limit: Duration) -> Duration {
        let (deadline, end) = state.withLock { ($0.deadline, $0.harvestEnd) }
        if let end {
            return min(limit, max(ContinuousClock.now.duration(to: end), .milliseconds(1)))
        }
        guard let deadline else { return limit }
        return min(limit, max(ContinuousClock.now.duration(to: deadline), origin.patience))
    }

    private func run(
        _ profile: GitProgram.Profile, _ arguments: [String], _ input: [UInt8]?,
        _ environment: [String: String], _ allowed: Set<Int32>, _ limit: Duration,
        in directory: String? = nil
    ) throws -> GitOutput {
        // Should we be killed, what a hostile git directory keeps busy is found by this.
        let marked = origin.environment.merging([files.marker.name: files.marker.value]) { $1 }
        var git = GitProgram(environment: marked, profile: profile)
        git.timeLimit = bounded(limit)
        git.memoryLimit = origin.bounds.memory
        return try git.run(
            arguments, in: directory ?? files.controlGit, input: input, environment: environment,
            allowed: allowed)
    }

    /// Returns the tree of a commit, or the tree itself.
    func tree(of id: ObjectID) throws -> ObjectID {
        if id == .emptyTree { return id }
        return try origin.repository.kind(of: id) == .tree
            ? id : origin.repository.readCommit(id).tree
    }
}

public import GitStore

/// What a workspace is made from.
public struct WorkspaceOrigin: Sendable {
    /// The user's repository.
    public var repository: Repository

    /// The user's environment, for the runs of git in the user's repository.
    public var environment: [String: String]

    /// The directory that holds all workspaces; see ``WorkspaceRoot``.
    public var root: String

    /// The name of the acting person.
    public var name: String

    /// The e-mail address of the acting person.
    public var email: String

    /// The base branch, such as `refs/heads/main`.
    public var baseBranch: String

    /// The commit of the base branch that the work is measured against.
    public var baseCommit: ObjectID

    /// The commit that the files are to be as at the beginning.
    public var start: ObjectID

    /// The full name of the ticket's branch.
    public var branch: String

    /// Whether this only lays out a commit, and no branch is to move.
    public var isCheckoutOnly: Bool

    /// The time that is written into what is rescued, in seconds since 1970.
    public var seconds: Int64

    /// The bytes that a list of all files may have.
    public var listing = 64 << 20

    /// How long git may look at the files before it is asked whether it waits for a pipe.
    public var patience = Duration.seconds(20)

    /// How much is stored of what is found in the directory.
    public var bounds = CaptureBounds()

    /// Creates the description of a workspace to make.
    public init(
        repository: Repository, environment: [String: String], root: String, name: String,
        email: String, baseBranch: String, baseCommit: ObjectID, start: ObjectID, branch: String,
        isCheckoutOnly: Bool = false, seconds: Int64
    ) {
        self.repository = repository
        self.environment = environment
        self.root = root
        self.name = name
        self.email = email
        self.baseBranch = baseBranch
        self.baseCommit = baseCommit
        self.start = start
        self.branch = branch
        self.isCheckoutOnly = isCheckoutOnly
        self.seconds = seconds
    }
}

/// How large what an agent leaves may be and still be stored.
///
/// A file with holes costs an agent nothing, and whoever reads it a lot.
public struct CaptureBounds: Hashable, Sendable {
    /// The bytes of one file: git treats larger ones as it treats no others.
    public var file: Int64 = 512 << 20

    /// The bytes of all new files together.
    public var total: Int64 = 20 << 30

    /// The bytes of memory that git may have to read it.
    public var memory = Self.leastMemory

    /// What the largest file and its neighbours need, whatever else is allowed.
    private static let leastMemory: Int64 = 2 << 30

    /// Creates the built-in bounds.
    public init() {}

    /// Creates the bounds under the limits of a job.
    init(_ limits: CellLimits) {
        file = min(file, limits.fileSize)
        total = min(total, limits.disk)
        memory = min(max(limits.memory, Self.leastMemory), 4 << 30)
    }
}

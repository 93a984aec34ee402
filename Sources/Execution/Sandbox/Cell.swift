/// What one program may see and use; paths are the same inside and outside.
public struct Cell: Sendable {
    /// The work tree, whose `.git` file and `.draft/logs` are read-only.
    public var workspace: String

    /// Whether of the work tree only `.draft` can be written.
    public var isReadOnly = false

    /// The private git directory of the work tree; `nil` if it has none.
    public var gitDirectory: String?

    /// The folders with the objects behind that, read-only.
    public var objects: [String] = []

    /// The files of the job.
    ///
    /// What it gives is read-only; what the program leaves, its home and its temporary files can
    /// be written; the rest is not there.
    public var files: JobFiles?

    /// Further files or folders, read-only.
    public var readable: [String] = []

    /// Further programs of the user, each of which brings the folder that it needs.
    public var ownPrograms: [String] = []

    /// Paths that settings of the repository name; of each at most that one file is shown.
    public var programs: [String] = []

    /// The user's checkout, of which settings may name any file.
    public var checkout: String?

    /// Further folders that can be written.
    public var writable: [String] = []

    /// What the program runs for.
    public var phase: Phase

    /// The places of the user that are never seen as a whole: the home and the repository.
    public var hidden: [String] = []

    /// The environment of the user, which alone says where toolchains are; a repository has no
    /// say in it.
    public var userEnvironment: [String: String] = [:]

    /// The ways out of it; without any there is no network.
    public var doors: [Door] = []

    /// Whom it may talk to; ``doors`` are made from this when it starts.
    public var ways = EgressWays()

    /// How much of the machine it may use.
    public var limits = CellLimits()

    /// The path of `git-draft`, beside which the programs are that belong to it.
    public var program = ""

    /// Creates a cell with nothing in it but the work tree.
    ///
    /// - Parameters:
    ///   - workspace: The work tree.
    ///   - phase: What the program runs for.
    public init(workspace: String, phase: Phase) {
        self.workspace = workspace
        self.phase = phase
    }

    /// What a program runs for.
    public enum Phase: String, Sendable {
        /// To prepare the work tree.
        case setup
        /// To do the work.
        case agent
        /// To judge it.
        case validation
    }

    /// A way out: a port of the sandbox's own loopback, served from outside.
    public struct Door: Hashable, Sendable {
        /// The port on 127.0.0.1.
        public var port: Int
        /// The UNIX socket of whoever serves it.
        public var socket: String

        /// Creates a door.
        ///
        /// - Parameters:
        ///   - port: The port on 127.0.0.1.
        ///   - socket: The UNIX socket of whoever serves it.
        public init(port: Int, socket: String) {
            self.port = port
            self.socket = socket
        }
    }
}

extension Cell {
    /// The home of whatever runs in it.
    var home: String { files?.home ?? "/tmp" }

    /// Says in an environment where and who a program is inside, whatever it is outside.
    func settle(_ environment: inout [String: String]) {
        environment["HOME"] = home
        environment["TMPDIR"] = files == nil ? "/tmp" : JobFiles.shortTemporary
        environment["USER"] = SystemFiles.user
        environment["LOGNAME"] = SystemFiles.user
        if environment["SHELL"] != nil { environment["SHELL"] = "/bin/sh" }
    }
}

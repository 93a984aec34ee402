public import GitStore
internal import Model

/// What fresh checkouts of trees were found to be, kept in this clone.
///
/// Only what a fresh checkout showed belongs here: in a directory where an agent
/// worked, ignored files may make a difference.
public struct VerdictCache: Sendable {
    private let repository: Repository

    /// Opens the cache of a clone, in its common git directory.
    public init(repository: Repository) { self.repository = repository }

    /// Which tree was judged, and by what.
    public struct Key: Hashable, Sendable {
        /// The tree.
        public let tree: ObjectID

        /// A digest of everything that judged it.
        let digest: String

        /// Creates a key.
        ///
        /// - Parameters:
        ///   - tree: The tree.
        ///   - policyHash: The policy in force, see ``Model/Policy/policyHash``.
        ///   - commands: What ran, setup included.
        ///   - surroundings: Where it ran.
        init(
            tree: ObjectID, policyHash: String, commands: [ValidationCommand],
            surroundings: VerdictSurroundings
        ) {
            self.tree = tree
            let words = commands.flatMap { [$0.name, $0.command, "\($0.required)"] }
            let judge: JSON = [
                "policy": .string(policyHash), "commands": JSON(words),
                "surroundings": surroundings.json,
            ]
            digest = SHA256.hex(judge.canonical)
        }

        var file: String { "\(tree)-\(digest)" }
    }

    /// The verdicts on a tree, passed or not; `nil` if they are not known.
    public func verdicts(for key: Key) -> [Verdict]? { known(for: key)?.verdicts }

    /// The verdicts on a tree, and where the proof of them is.
    func known(for key: Key) -> (verdicts: [Verdict], proof: TreeProof?)? {
        guard let folder = try? Folder(trusted: directory),
            let bytes = try? folder.read(key.file, limit: Self.largest),
            let json = try? JSON(parsing: bytes), json["schema"]?.integer == 1,
            let stored = json["verdicts"]?.array
        else { return nil }
        let verdicts = stored.compactMap { Verdict(cached: $0) }
        guard verdicts.count == stored.count else { return nil }
        return (verdicts, json["proof"].flatMap { TreeProof($0) })
    }

    /// Keeps the verdicts on a tree.
    public func keep(_ verdicts: [Verdict], for key: Key, proof: TreeProof? = nil) throws {
        let json: JSON = [
            "schema": 1, "passed": .bool(verdicts.isGreen),
            "verdicts": .array(verdicts.map(\.cached)), "proof": proof?.json ?? .null,
        ]
        try repository.makeDirectory(directory)
        let text = String(decoding: json.canonical, as: UTF8.self)
        try repository.replaceFile("\(directory)/\(key.file)", with: text)
    }

    private var directory: String { "\(repository.commonDirectory)/draft/verdicts" }

    /// The bytes of a file that is read; the tails of a thousand commands are less.
    private static let largest = 32 << 20
}

/// What a command could see and use beside a tree, so that its verdict may hang on it.
///
/// What passes where nothing is kept apart says little about a sandbox, in which
/// the user's files and the network are not there; nor the other way round.
struct VerdictSurroundings: Hashable {
    /// What kept the commands apart.
    let kind: SandboxKind

    /// The image that their programs were in; `nil` for those of the machine.
    let image: String?

    /// What was opened to them, and how much of the machine they had.
    let settings: SandboxSettings

    /// Whether set-up could reach where packages come from.
    let reachesRegistries: Bool

    /// Describes where commands run.
    ///
    /// - Parameters:
    ///   - sandbox: What keeps them apart.
    ///   - settings: What the policy says of it.
    ///   - reachesRegistries: Whether set-up can reach where packages come from.
    init(_ sandbox: any Sandbox, _ settings: SandboxSettings, reachesRegistries: Bool = false) {
        kind = sandbox.kind
        image = sandbox.imageName
        self.settings = settings
        self.reachesRegistries = reachesRegistries
    }

    /// What differs as soon as anything differs that a command could notice.
    ///
    /// Which sandbox was asked for is no part of it, only which it was.
    var json: JSON {
        [
            "kind": .string(kind.word), "image": JSON(image),
            "network": JSON(settings.network), "writable": JSON(settings.writable),
            "environment": JSON(settings.environment), "limits": settings.limits.json,
            "registries": .bool(reachesRegistries),
        ]
    }
}

/// Where it can be seen that a tree was judged.
public struct TreeProof: Hashable, Sendable {
    /// The job that it was judged for.
    public let job: String

    /// What the commands printed.
    public let evidence: EvidenceReference

    /// Creates a proof.
    public init(job: String, evidence: EvidenceReference) {
        self.job = job
        self.evidence = evidence
    }

    var json: JSON { ["job_id": .string(job), "evidence": evidence.json] }

    init?(_ json: JSON) {
        guard let job = json["job_id"]?.string,
            let evidence = json["evidence"].flatMap({ EvidenceReference($0) })
        else { return nil }
        self.init(job: job, evidence: evidence)
    }
}

public import GitStore
public import Model

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
        public init(tree: ObjectID, policyHash: String, commands: [ValidationCommand]) {
            self.tree = tree
            let words = commands.flatMap { [$0.name, $0.command, "\($0.required)"] }
            digest = SHA256.hex(JSON([policyHash] + words).canonical)
        }

        var file: String { "\(tree)-\(digest)" }
    }

    /// The verdicts on a tree, passed or not; `nil` if they are not known.
    public func verdicts(for key: Key) -> [Verdict]? {
        guard let text = try? repository.readSmallFile("\(directory)/\(key.file)"),
            let json = try? JSON(parsing: Array(text.utf8)), json["schema"]?.integer == 1,
            let stored = json["verdicts"]?.array
        else { return nil }
        let verdicts = stored.compactMap { Verdict(cached: $0) }
        return verdicts.count == stored.count ? verdicts : nil
    }

    /// Keeps the verdicts on a tree.
    public func keep(_ verdicts: [Verdict], for key: Key) throws {
        let json: JSON = [
            "schema": 1, "passed": .bool(verdicts.isGreen),
            "verdicts": .array(verdicts.map(\.cached)),
        ]
        try repository.makeDirectory(directory)
        let text = String(decoding: json.canonical, as: UTF8.self)
        try repository.replaceFile("\(directory)/\(key.file)", with: text)
    }

    private var directory: String { "\(repository.commonDirectory)/draft/verdicts" }
}

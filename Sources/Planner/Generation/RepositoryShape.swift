public import GitStore
public import Model

/// What an agent that plans is told of a repository: what is in it, not what it says.
///
/// It is read from one commit by git's objects, never from a work tree. What a job must not
/// change, and what may hold secrets, is left out; what is said is redacted and bounded, and it
/// says what was cut.
public struct RepositoryShape: Sendable {
    /// The shape as a work order holds it.
    public let json: JSON

    /// How much an order says at most of a repository, in bytes.
    public static let budget = 64 << 10

    /// Looks at a commit.
    ///
    /// - Parameters:
    ///   - commit: The commit.
    ///   - repository: Where it is.
    ///   - denied: The paths that are left out.
    ///   - redactor: Takes secrets out of what is said.
    ///   - others: What else was cut.
    /// - Throws: ``GitError`` if an object cannot be read.
    public init(
        of commit: ObjectID, in repository: Repository, denied: [PathPattern], redactor: Redactor,
        cut others: [String] = []
    ) throws {
        var files = try TrackedFiles(of: commit, in: repository, denied: denied)
        let history = try History(of: commit, in: repository)
        let texts = TextScan(files.listed, repository)
        files.enter(texts.sizes)
        let all = files
        func json(_ listed: Int) -> JSON {
            let cut = all.cut(listed) + history.cut + texts.cut + others
            let json: JSON = [
                "file_count": .integer(Int64(all.count)),
                "files": .array(all.listed.prefix(listed).map(\.json)),
                "languages": .array(all.languages), "readme": texts.readme,
                "markers": .array(texts.markers), "history": JSON(history.subjects),
                "left_out": JSON(cut),
            ]
            // By shape first: a key of many lines must be seen whole.
            return json.mapStrings { Redactor.redactAssigned(redactor.redact($0)) }
        }
        var listed = all.listed.count
        var whole = json(listed)
        while whole.canonical.count > Self.budget, listed > 0 {
            listed = listed * 3 / 4
            whole = json(listed)
        }
        self.json = whole
    }
}

/// A file that a commit tracks.
struct TrackedFile: Sendable {
    /// Where it is.
    let path: String
    /// Its contents; `nil` for a link or another repository.
    let blob: ObjectID?
    /// How long it is, where that is known.
    var size: Int?

    /// How deep in folders it is.
    var depth: Int { path.utf8.count { $0 == UInt8(ascii: "/") } }

    /// The form in a work order.
    var json: JSON { ["path": .string(path), "size": JSON(size.map(Int64.init))] }
}

/// The files of a commit that may be told of.
struct TrackedFiles {
    /// How many there are.
    private(set) var count = 0
    /// The first of them, those near the top before the others.
    private(set) var listed: [TrackedFile] = []
    /// How many have which extension, the most frequent first.
    let languages: [JSON]

    private var hidden = 0
    private static let listLimit = 600
    private static let walkLimit = 200_000
    private static let languageLimit = 12

    init(of commit: ObjectID, in repository: Repository, denied: [PathPattern]) throws {
        var extensions: [String: Int] = [:]
        var folders: [(path: String, tree: ObjectID)] = [
            ("", try repository.readCommit(commit).tree)
        ]
        var next = 0
        while next < folders.count, count < Self.walkLimit {
            let folder = folders[next]
            next += 1
            for entry in try repository.tree(folder.tree) {
                let path = folder.path + entry.name
                if entry.isTree {
                    folders.append((path + "/", entry.id))
                    continue
                }
                guard !SecretPath.matches(path), !denied.contains(where: { $0.matches(path) })
                else {
                    hidden += 1
                    continue
                }
                count += 1
                if let word = Self.suffix(of: entry.name) { extensions[word, default: 0] += 1 }
                guard listed.count < Self.listLimit else { continue }
                let isFile = entry.mode == .file || entry.mode == .executable
                listed.append(TrackedFile(path: path, blob: isFile ? entry.id : nil))
            }
        }
        let ranked = extensions.sorted { ($1.value, $0.key) < ($0.value, $1.key) }
        languages = ranked.prefix(Self.languageLimit).map { word, count in
            ["extension": .string(word), "files": .integer(Int64(count))]
        }
    }

    /// Takes over how long files are.
    mutating func enter(_ sizes: [Int?]) {
        for (index, size) in sizes.enumerated() { listed[index].size = size }
    }

    /// What is not said of the files if only the first are listed.
    func cut(_ listed: Int) -> [String] {
        var cut: [String] = []
        if listed < count { cut.append("\(count - listed) of \(count) files are not listed") }
        if hidden > 0 {
            cut.append("\(hidden) files are left out, since they are denied or may hold secrets")
        }
        return cut
    }

    /// The extension of a name, if it has a plain one.
    private static func suffix(of name: String) -> String? {
        guard let dot = name.utf8.lastIndex(of: UInt8(ascii: ".")), dot > name.startIndex else {
            return nil
        }
        let word = name.utf8[dot...].dropFirst()
        let isPlain = word.allSatisfy {
            (0x30...0x39).contains($0) || (0x61...0x7a).contains($0 | 0x20)
        }
        return isPlain && (1...12).contains(word.count) ? String(Substring(word)) : nil
    }
}

/// Files whose names say that they may hold secrets.
enum SecretPath {
    private static let patterns = [
        ".env", ".env.*", "*.env", "*.pem", "*.key", "*.p12", "*.pfx", "*.jks", "*.keystore",
        "*.kdbx", "*.asc", "*.gpg", "id_rsa*", "id_dsa*", "id_ecdsa*", "id_ed25519*", ".netrc",
        "_netrc", ".npmrc", ".pypirc", ".pgpass", ".htpasswd", ".git-credentials",
        "credentials", "credentials.*", "secrets", "secrets.*", "*.secret", "*.secrets",
        "*.tfstate", "*.tfvars", "service-account*.json", ".aws/", ".ssh/", ".gnupg/",
    ].compactMap { PathPattern($0) }

    /// Whether a file of that path is not told of.
    static func matches(_ path: String) -> Bool {
        patterns.contains { $0.matches(path) }
    }
}

/// What the last commits said that they did.
struct History {
    /// Their subjects, latest first.
    private(set) var subjects: [String] = []
    /// What is not said.
    private(set) var cut: [String] = []

    private static let limit = 20
    private static let lineLimit = 120

    init(of commit: ObjectID, in repository: Repository) throws {
        var next: ObjectID? = commit
        while let id = next, subjects.count < Self.limit {
            // What a shallow clone does not have ends the history.
            guard id == commit || repository.contains(id) else { break }
            let read = try repository.readCommit(id)
            subjects.append(Text.boundedHead(read.subject, limit: Self.lineLimit))
            next = read.parents.first
        }
        if next != nil { cut.append("of the history only the last \(subjects.count) commits") }
    }
}

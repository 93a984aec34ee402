public import GitStore

/// What is different between two commits.
public struct ChangeSummary: Hashable, Sendable {
    /// The files, by the order of their paths' bytes.
    public let files: [FileChange]

    /// How many lines were added.
    public let insertions: Int

    /// How many lines were removed.
    public let deletions: Int

    /// How many lines were added or removed.
    public var lines: Int { insertions + deletions }

    init(files: [FileChange]) {
        self.files = files
        insertions = files.reduce(0) { $0 + $1.insertions }
        deletions = files.reduce(0) { $0 + $1.deletions }
    }
}

/// What became of one file.
public struct FileChange: Hashable, Sendable {
    /// The path; bytes that are not UTF-8 are replaced.
    public let path: String

    /// The path before it was renamed.
    public let oldPath: String?

    /// What happened to it.
    public let status: Status

    /// How many lines were added.
    public let insertions: Int

    /// How many lines were removed.
    public let deletions: Int

    /// Whether it has no lines.
    public let isBinary: Bool

    /// Whether it is, or was, a commit of another repository.
    public let isGitlink: Bool

    /// What can happen to a file.
    public enum Status: String, Hashable, Sendable {
        /// It was not there.
        case added = "A"
        /// It is gone.
        case deleted = "D"
        /// It has other contents or another mode.
        case modified = "M"
        /// It has another path.
        case renamed = "R"
        /// It is a link and was a file, or the other way round.
        case retyped = "T"
    }
}

/// One entry of what `git diff-tree -z --raw` prints.
struct RawChange {
    /// The path after the change.
    let path: String

    /// The path before it, if that was another.
    let oldPath: String?

    /// What happened.
    let status: FileChange.Status

    /// Whether a commit of another repository is involved.
    let isGitlink: Bool

    /// Reads the raw entries at the beginning, and returns the fields after them.
    static func parse(_ bytes: [UInt8]) -> (
        changes: [RawChange], rest: ArraySlice<ArraySlice<UInt8>>
    ) {
        var fields = bytes.split(separator: 0, omittingEmptySubsequences: false)[...]
        var changes: [RawChange] = []
        while let field = fields.first, field.first == UInt8(ascii: ":") {
            let words = field.split(separator: 32)
            guard words.count == 5, fields.count > 1 else { break }
            fields = fields.dropFirst()
            let letter = String(decoding: words[4].prefix(1), as: UTF8.self)
            let status = FileChange.Status(rawValue: letter) ?? .modified
            var paths = [fields.removeFirst()]
            if status == .renamed, !fields.isEmpty { paths.append(fields.removeFirst()) }
            let link = Array("160000".utf8)
            changes.append(
                RawChange(
                    path: String(decoding: paths[paths.count - 1], as: UTF8.self),
                    oldPath: paths.count > 1 ? String(decoding: paths[0], as: UTF8.self) : nil,
                    status: status,
                    isGitlink: words[0].dropFirst().elementsEqual(link)
                        || words[1].elementsEqual(link)))
        }
        return (changes, fields)
    }
}

extension Workspace {
    /// Describes what changed between two commits.
    ///
    /// Attributes of the repository are not looked at: none can hide a line.
    public func changes(from base: ObjectID, to head: ObjectID) throws -> ChangeSummary {
        let output = try controlObjects(
            [
                "diff-tree", "-r", "-z", "-M", "--raw", "--numstat", "--no-ext-diff",
                "--no-textconv", "--ignore-submodules=none", "\(base)", "\(head)",
            ])
        let (changes, rest) = RawChange.parse(output.bytes)
        var fields = rest
        var files: [FileChange] = []
        for change in changes {
            guard let numbers = fields.popFirst() else { break }
            let words = numbers.split(separator: 9, maxSplits: 2, omittingEmptySubsequences: false)
            if change.oldPath != nil { fields = fields.dropFirst(2) }
            let counts = words.prefix(2).map { Int(String(decoding: $0, as: UTF8.self)) }
            guard counts.count == 2 else { break }
            files.append(
                FileChange(
                    path: change.path, oldPath: change.oldPath, status: change.status,
                    insertions: counts[0] ?? 0, deletions: counts[1] ?? 0,
                    isBinary: counts[0] == nil, isGitlink: change.isGitlink))
        }
        guard files.count == changes.count else {
            throw WorkspaceError(
                .system, "compare \(base) to \(head)", reason: "git's answer ends too early")
        }
        return ChangeSummary(files: files)
    }
}

internal import Model

extension Board {
    /// Makes the merge of two commits of the board, and returns it.
    ///
    /// Deterministic: whoever merges the same commits makes the same one. A merge writes
    /// nothing, so its Lamport time is that of its later parent.
    func merge(
        _ left: ObjectID, _ right: ObjectID, _ journal: WriteJournal
    ) throws -> ObjectID {
        let parents = [left, right].sorted()
        let commits = try parents.map { try repository.readCommit($0) }
        let snapshots = try parents.map { try Snapshot(commit: $0, in: repository) }
        try snapshots.forEach(checkMerge)
        var join = TreeJoin(left: snapshots[0], right: snapshots[1], repository: repository)
        try join.folders(commits[0].tree, commits[1].tree, path: "")
        let changes = try join.changes.map { change in
            (change.path, Optional(try repository.write(blob: change.contents, journal: journal)))
        }
        let adopted = join.adopted.map { ($0.path, Optional($0.blob)) }
        let tree = try repository.updating(
            tree: commits[0].tree, with: changes + adopted, journal: journal)
        let signature = Signature(
            name: "git-draft", email: "git-draft@localhost",
            seconds: commits.map(\.committer.seconds).max() ?? 0, offset: 0)
        let time = snapshots.map(\.lamport).max() ?? 0
        return try repository.writeCommit(
            tree: tree, parents: parents, author: signature, committer: signature,
            message: "merge\n\n\(Snapshot.timeTrailer): \(time)\n", journal: journal)
    }
}

extension Board {
    /// The number of the rules by which we merge.
    static let mergeRules: Int64 = 1

    /// Refuses to merge by rules that a newer version has changed.
    private func checkMerge(_ snapshot: Snapshot) throws {
        let rules = try snapshot.board().record.value("merge").integer ?? 1
        guard rules <= Self.mergeRules else {
            throw BoardError(
                .unsupported,
                "the board is merged by rules \(rules); this git-draft knows rules "
                    + "\(Self.mergeRules)")
        }
    }
}

/// The union of two trees of the board; equal subtrees are skipped unread.
private struct TreeJoin {
    let left: Snapshot
    let right: Snapshot
    let repository: Repository

    /// Files to take over from the right tree as they are.
    var adopted: [(path: String, blob: ObjectID)] = []

    /// Files with new contents.
    var changes: [(path: String, contents: [UInt8])] = []

    mutating func folders(_ mine: ObjectID, _ theirs: ObjectID, path: String) throws {
        guard mine != theirs else { return }
        let known = Dictionary(
            try repository.tree(mine).map { ($0.name, $0) }, uniquingKeysWith: { $1 })
        for entry in try repository.tree(theirs) {
            let path = path.isEmpty ? entry.name : "\(path)/\(entry.name)"
            switch known[entry.name] {
            case nil where entry.isTree: try adopt(entry.id, path)
            case nil: adopted.append((path, entry.id))
            case let mine? where mine.id == entry.id: break
            case let mine? where mine.isTree && entry.isTree:
                try folders(mine.id, entry.id, path: path)
            case let mine?: try files(mine.id, entry.id, path)
            }
        }
    }

    private mutating func adopt(_ tree: ObjectID, _ path: String) throws {
        for entry in try repository.tree(tree) {
            let path = "\(path)/\(entry.name)"
            if entry.isTree { try adopt(entry.id, path) } else { adopted.append((path, entry.id)) }
        }
    }

    private mutating func files(_ mine: ObjectID, _ theirs: ObjectID, _ path: String) throws {
        let contents = try [mine, theirs].map {
            try repository.readBlob($0, limit: JSON.maximumRecordSize)
        }
        if path.hasPrefix("audit/") {
            let sorted = contents.sorted { $0.lexicographicallyPrecedes($1) }
            let digest = SHA256.hex(sorted[1]).prefix(8)
            changes.append((path, sorted[0]))
            changes.append((path.dropLast(5) + "~\(digest).json", sorted[1]))
            return
        }
        let folder = path.split(separator: "/").first.map(String.init) ?? ""
        let kind = RecordKind.allCases.first { ($0.folder ?? "board.json") == folder }
        guard let kind else {
            throw BoardError(.unsupported, "cannot merge '\(path)', which was changed twice")
        }
        let records = try contents.map {
            try Record(kind: kind, id: nil, stored: JSON(parsing: $0))
        }
        let joined = try Record.join(
            records[0], records[1], leftKnows: { try knows(left, $0) },
            rightKnows: { try knows(right, $0) })
        changes.append((path, joined.stored.canonical))
    }

    /// Whether the trail of a snapshot holds an event of a name.
    private func knows(_ snapshot: Snapshot, _ event: String) throws -> Bool {
        let parts = event.split(separator: "-")
        guard parts.count == 4, let lamport = Int64(parts[1]) else { return false }
        let path = "\(Event.folder(lamport: lamport))/\(event).json"
        return try snapshot.entry(at: path) != nil
    }
}

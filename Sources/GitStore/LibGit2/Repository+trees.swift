/// One path of a tree and what is to be there.
public struct TreeChange: Hashable, Sendable {
    /// Where, with slashes between the folders.
    public let path: String

    /// What; `nil` for nothing.
    public let id: ObjectID?

    /// What it is.
    public let mode: FileMode

    /// Creates a change.
    public init(_ path: String, _ id: ObjectID?, mode: FileMode = .file) {
        self.path = path
        self.id = id
        self.mode = mode
    }
}

// MARK: - Reading

extension Repository {
    /// Returns the entries of a tree in git's order.
    public func tree(_ id: ObjectID) throws(GitError) -> [TreeEntry] {
        guard id != .emptyTree else { return [] }
        return try TreeFormat.decode(try read(.tree, id), of: id)
    }

    /// Returns what a tree has at a path; `nil` if there is nothing.
    public func entry(at path: String, in tree: ObjectID) throws(GitError) -> TreeEntry? {
        var folder = tree
        let parts = path.utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
        for (index, part) in parts.enumerated() {
            let entries = try self.tree(folder)
            guard let entry = entries.first(where: { $0.nameBytes.elementsEqual(part) }) else {
                return nil
            }
            if index == parts.count - 1 { return entry }
            guard entry.isTree else { return nil }
            folder = entry.id
        }
        return nil
    }
}

// MARK: - Writing

extension Repository {
    /// Writes a tree and returns its name.
    public func write(
        tree entries: [TreeEntry], journal: WriteJournal? = nil
    ) throws(GitError) -> ObjectID {
        for entry in entries where !TreeFormat.isValid(name: entry.nameBytes) {
            throw GitError(.invalid, "'\(entry.name)' cannot be a name in a tree")
        }
        guard Set(entries.map(\.nameBytes)).count == entries.count else {
            throw GitError(.invalid, "two entries of a tree have the same name")
        }
        let bytes = TreeFormat.encode(entries.sorted { $0.precedes($1) })
        return try write(.tree, bytes, journal: journal)
    }

    /// Writes a tree that differs from another at some paths, and returns its name.
    ///
    /// Only the folders on the way to a change are read and written; one that becomes empty is
    /// left out.
    ///
    /// - Parameters:
    ///   - tree: What to begin with; `nil` for the empty tree.
    ///   - changes: At most one for each path. To remove what is not there is no error.
    ///   - journal: Where to remember the trees until they are acknowledged.
    /// - Returns: The name of the new tree, or of the old one if nothing differs.
    /// - Throws: ``GitError`` with code ``GitError/Code/invalid`` for a path that cannot be.
    public func updating(
        tree: ObjectID?, with changes: [TreeChange], journal: WriteJournal? = nil
    ) throws(GitError) -> ObjectID {
        var steps: [Step] = []
        for change in changes {
            let path = change.path.utf8.split(
                separator: UInt8(ascii: "/"), omittingEmptySubsequences: false
            ).map(Array.init)
            guard path.count <= 64, path.allSatisfy({ TreeFormat.isValid(name: $0) }) else {
                throw GitError(.invalid, "'\(change.path)' cannot be a path in a tree")
            }
            steps.append(Step(path: path, change: change))
        }
        let id = try update(tree ?? .emptyTree, steps, depth: 0, journal: journal)
        guard let id else { return try write(.tree, [], journal: journal) }
        return id
    }

    /// Writes a tree in which some paths hold other blobs, or none.
    public func updating(
        tree: ObjectID?, with changes: [(path: String, blob: ObjectID?)],
        journal: WriteJournal? = nil
    ) throws(GitError) -> ObjectID {
        try updating(
            tree: tree, with: changes.map { TreeChange($0.path, $0.blob) }, journal: journal)
    }

    private struct Step {
        let path: [[UInt8]]
        let change: TreeChange
    }

    /// Returns the name of a folder after its changes; `nil` if nothing remains in it.
    private func update(
        _ folder: ObjectID, _ steps: [Step], depth: Int, journal: WriteJournal?
    ) throws(GitError) -> ObjectID? {
        let old = try tree(folder)
        let groups = Dictionary(grouping: steps) { $0.path[depth] }
        var isChanged = false
        var result: [TreeEntry] = []
        result.reserveCapacity(old.count + groups.count)
        var present: Set<[UInt8]> = []
        for entry in old {
            guard let group = groups[entry.nameBytes] else {
                result.append(entry)
                continue
            }
            present.insert(entry.nameBytes)
            let new = try replace(entry, entry.nameBytes, group, depth: depth, journal: journal)
            isChanged = isChanged || new != entry
            if let new { result.append(new) }
        }
        for (name, group) in groups where !present.contains(name) {
            if let new = try replace(nil, name, group, depth: depth, journal: journal) {
                isChanged = true
                result.append(new)
            }
        }
        guard !result.isEmpty else { return nil }
        guard isChanged else { return folder }
        result.sort { $0.precedes($1) }
        return try write(.tree, TreeFormat.encode(result), journal: journal)
    }

    private func replace(
        _ old: TreeEntry?, _ name: [UInt8], _ group: [Step], depth: Int, journal: WriteJournal?
    ) throws(GitError) -> TreeEntry? {
        if let last = group.first(where: { $0.path.count == depth + 1 }) {
            guard group.count == 1 else {
                throw GitError(.invalid, "'\(last.change.path)' is changed twice")
            }
            guard let id = last.change.id else { return nil }
            guard old.map({ $0.isTree == (last.change.mode == .tree) }) ?? true else {
                throw GitError(.invalid, "'\(last.change.path)' is of another kind in the tree")
            }
            return TreeEntry(nameBytes: name, mode: last.change.mode, id: id)
        }
        if let old, !old.isTree {
            guard group.contains(where: { $0.change.id != nil }) else { return old }
            throw GitError(
                .invalid, "'\(group[0].change.path)' is below something that is not a folder")
        }
        let id = try update(
            old?.id ?? .emptyTree, group, depth: depth + 1, journal: journal)
        return id.map { TreeEntry(nameBytes: name, mode: .tree, id: $0) }
    }
}

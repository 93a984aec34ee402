internal import Model
internal import Synchronization

/// The folders of one commit of the board that were read on the way to something.
///
/// Whoever looks up many records reads each folder once, not once for each record. A folder is
/// named by its contents, so what was read stays true.
final class FolderCache: Sendable {
    private struct Folder {
        let entries: [TreeEntry]
        private var lookups = 0
        private var places: [[UInt8]: Int] = [:]

        init(_ entries: [TreeEntry]) { self.entries = entries }

        /// The entry of a name; only a folder that is asked again is worth an index.
        mutating func entry(_ name: [UInt8]) -> TreeEntry? {
            lookups += 1
            guard lookups > 1 else { return entries.first { $0.nameBytes == name } }
            if places.isEmpty {
                places.reserveCapacity(entries.count)
                for (place, entry) in entries.enumerated() where places[entry.nameBytes] == nil {
                    places[entry.nameBytes] = place
                }
            }
            return places[name].map { entries[$0] }
        }
    }

    private let folders = Mutex<[ObjectID: Folder]>([:])
    private let idsByKind = Mutex<[RecordKind: [String]]>([:])

    /// Returns what a tree has at a path; `nil` if there is nothing.
    func entry(
        at path: String, in tree: ObjectID, of repository: Repository
    ) throws(GitError) -> TreeEntry? {
        var folder = tree
        let parts = path.utf8.split(
            separator: UInt8(ascii: "/"), omittingEmptySubsequences: false
        ).map(Array.init)
        for (index, part) in parts.enumerated() {
            guard let entry = try entry(named: part, in: folder, of: repository) else {
                return nil
            }
            if index == parts.count - 1 { return entry }
            guard entry.isTree else { return nil }
            folder = entry.id
        }
        return nil
    }

    private func entry(
        named name: [UInt8], in folder: ObjectID, of repository: Repository
    ) throws(GitError) -> TreeEntry? {
        if folders.withLock({ $0[folder] == nil }) {
            let entries = try repository.tree(folder)
            folders.withLock { $0[folder] = Folder(entries) }
        }
        return folders.withLock { $0[folder]?.entry(name) }
    }

    /// Returns the ids of a kind, read when they are first asked for.
    func ids(of kind: RecordKind, read: () throws -> [String]) rethrows -> [String] {
        if let known = idsByKind.withLock({ $0[kind] }) { return known }
        let fresh = try read()
        idsByKind.withLock { $0[kind] = fresh }
        return fresh
    }
}

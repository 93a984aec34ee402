import GitStore
import Model

/// The events of the board, found by the names of their files.
///
/// A file's name says whose event it is and when it was made, so that of a long trail only
/// what is asked for is read.
struct EventTrail {
    /// An event that is not read yet.
    struct File {
        /// The id of the event, which is the file's name without the extension.
        let id: String
        /// The record that it is about.
        let subject: String
        /// The Lamport time of the transaction.
        let lamport: Int64

        fileprivate let replica: String
        fileprivate let n: Int64
        fileprivate let blob: ObjectID
        fileprivate let path: String

        fileprivate init?(_ entry: TreeEntry, in folder: String) {
            guard entry.name.hasSuffix(".json"), !entry.isTree else { return nil }
            id = String(entry.name.dropLast(5))
            let parts = id.split(separator: "-", omittingEmptySubsequences: false)
            guard parts.count == 4, let lamport = Int64(parts[1]) else { return nil }
            (subject, self.lamport, replica) = (String(parts[0]), lamport, String(parts[2]))
            n = Int64(parts[3].prefix { $0 != "~" }) ?? 0
            (blob, path) = (entry.id, "\(folder)/\(entry.name)")
        }
    }

    /// A file that should hold an event and holds none.
    struct Unreadable {
        /// The path in the board's tree.
        let path: String
        /// What is wrong with it.
        let reason: String
    }

    /// Where the events are.
    let repository: Repository

    /// The events of a board, earliest first; only those that an older board lacks.
    func files(of snapshot: Snapshot, notIn old: Snapshot? = nil) throws -> [File] {
        var files: [File] = []
        try collect(
            try folder(of: snapshot), try old.flatMap { try folder(of: $0) }, "audit", &files)
        return files.sorted {
            ($0.lamport, $0.replica, $0.n, $0.id) < ($1.lamport, $1.replica, $1.n, $1.id)
        }
    }

    /// Reads the last so many events that fit, earliest first.
    ///
    /// - Returns: The events, and the files that hold none.
    func read(
        _ files: [File], limit: Int? = nil, where fits: (Event) -> Bool = { _ in true }
    ) -> (events: [Event], unreadable: [Unreadable]) {
        var events: [Event] = []
        var unreadable: [Unreadable] = []
        for file in files.reversed() {
            if let limit, events.count >= limit { break }
            do {
                let blob = try repository.readBlob(file.blob, limit: JSON.maximumRecordSize)
                let event = try Event(stored: JSON(parsing: blob))
                if fits(event) { events.append(event) }
            } catch {
                unreadable.append(Unreadable(path: file.path, reason: "\(error)"))
            }
        }
        return (events.reversed(), unreadable.reversed())
    }

    private func folder(of snapshot: Snapshot) throws -> ObjectID? {
        let root = try repository.readCommit(snapshot.commit).tree
        return try repository.entry(at: "audit", in: root)?.id
    }

    /// Collects the files of a folder; subtrees that are the same in both are skipped unread.
    private func collect(
        _ new: ObjectID?, _ old: ObjectID?, _ path: String, _ files: inout [File]
    ) throws {
        guard let new, new != old else { return }
        let known = try old.map { try repository.tree($0) } ?? []
        let before = Dictionary(known.map { ($0.nameBytes, $0) }, uniquingKeysWith: { $1 })
        for entry in try repository.tree(new) {
            let twin = before[entry.nameBytes]
            if entry.isTree {
                try collect(
                    entry.id, twin?.isTree == true ? twin?.id : nil, "\(path)/\(entry.name)",
                    &files)
            } else if twin == nil, let file = File(entry, in: path) {
                files.append(file)
            }
        }
    }
}

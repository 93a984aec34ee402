public import Model

/// The board as one commit left it; reading takes no lock.
public struct Snapshot: Sendable {
    /// The commit.
    public let commit: ObjectID

    /// Its Lamport time.
    public let lamport: Int64

    /// Its tree; none before the first transaction.
    let tree: ObjectID?
    let repository: Repository
    private let folders = FolderCache()

    /// The trailer of a board commit that holds its Lamport time.
    static let timeTrailer = "Draft-Time"

    init(commit id: ObjectID, in repository: Repository) throws {
        let commit = try repository.readCommit(id)
        let time = commit.trailers.last { $0.key == Self.timeTrailer }
        guard let time = time.flatMap({ Int64($0.value) }), time > 0 else {
            throw BoardError(.damaged, "commit '\(id)' is no commit of a board")
        }
        self.commit = id
        lamport = time
        tree = commit.tree
        self.repository = repository
    }

    /// What a board is before its first transaction.
    init(emptyIn repository: Repository) {
        commit = .zero
        lamport = 0
        tree = nil
        self.repository = repository
    }

    /// Whether there was no transaction yet.
    var isEmpty: Bool { tree == nil }

    func entry(at path: String) throws -> TreeEntry? {
        try tree.flatMap { try folders.entry(at: path, in: $0, of: repository) }
    }
}

// MARK: - Records

extension Snapshot {
    /// Returns a record, or `nil` if there is none of that id.
    public func record(_ kind: RecordKind, _ id: String) throws -> Record? {
        guard let entry = try entry(at: kind.path(of: id)) else { return nil }
        return try read(kind, kind == .board ? nil : id, entry.id)
    }

    /// The board's own record.
    public func board() throws -> BoardRecord {
        guard let record = try record(.board, "board") else {
            throw BoardError(.damaged, "the board has no 'board.json'")
        }
        return BoardRecord(record)
    }

    /// Returns a ticket, or `nil` if there is none.
    public func view<View: RecordView>(_ type: View.Type, _ id: String) throws -> View? {
        try record(View.kind, id).map(View.init)
    }

    /// Returns a record that must be there.
    public func require<View: RecordView>(_ type: View.Type, _ id: String) throws -> View {
        guard let view = try view(type, id) else { throw BoardError.missing(View.kind, id) }
        return view
    }

    /// A record that could not be read, which is listed rather than skipped.
    public struct Unreadable: Sendable {
        /// The path in the board's tree.
        public let path: String
        /// What is wrong with it.
        public let reason: String
    }

    /// Returns all records of a kind that are not deleted, and those that cannot be read.
    public func all<View: RecordView>(
        _ type: View.Type
    ) throws -> (views: [View], unreadable: [Unreadable]) {
        var views: [View] = []
        var unreadable: [Unreadable] = []
        for file in try files(of: View.kind) {
            do {
                let record = try parse(View.kind, file.id, file.blob)
                if !record.isHidden { views.append(View(record)) }
            } catch {
                let reason = String(describing: error)
                unreadable.append(Unreadable(path: View.kind.path(of: file.id), reason: reason))
            }
        }
        return (views, unreadable)
    }

    /// Returns all readable records of a kind that are not deleted.
    public func list<View: RecordView>(_ type: View.Type) throws -> [View] {
        try all(type).views
    }

    /// The ids of all records of a kind, sorted.
    public func ids(of kind: RecordKind) throws -> [String] {
        try folders.ids(of: kind) {
            try files(of: kind).map(\.id).filter(Crockford.isValid).sorted()
        }
    }

    private func files(of kind: RecordKind) throws -> [(id: String, blob: ObjectID)] {
        guard let folder = kind.folder, let root = try entry(at: folder)
        else { return [] }
        return try repository.tree(root.id).flatMap { shelf in
            try repository.tree(shelf.id).compactMap { file in
                guard file.name.hasSuffix(".json") else { return nil }
                return (String(file.name.dropLast(5)), file.id)
            }
        }
    }

    private func read(_ kind: RecordKind, _ id: String?, _ blob: ObjectID) throws -> Record {
        do {
            return try parse(kind, id, blob)
        } catch let error as RecordError {
            throw BoardError(error.isNewer ? .unsupported : .damaged, error.description)
        } catch let error as JSONError {
            throw BoardError(
                .damaged,
                "cannot read \(id.map { "\(kind.rawValue) '\($0)'" } ?? "the board"): \(error)")
        }
    }

    /// Reads a record; what stands under a name that is no id would be part of hints and paths.
    private func parse(_ kind: RecordKind, _ id: String?, _ blob: ObjectID) throws -> Record {
        if let id, !Crockford.isValid(id) { throw RecordError("'\(id)' is no id") }
        let bytes = try repository.readBlob(blob, limit: JSON.maximumRecordSize)
        return try Record(kind: kind, id: id, stored: JSON(parsing: bytes))
    }
}

// MARK: - Ids

extension Snapshot {
    /// Finds the record of one of some kinds that a prefix of its id names.
    ///
    /// - Parameters:
    ///   - prefix: At least four characters of the id.
    ///   - kinds: The kinds that are meant.
    ///   - findsDeleted: Whether a deleted record counts.
    /// - Returns: The record's kind and id.
    /// - Throws: ``BoardError`` with code ``BoardError/Code/notFound`` if there is none, or
    ///   more than one, or the prefix is too short.
    public func resolve(
        _ prefix: String, among kinds: [RecordKind], findsDeleted: Bool = false
    ) throws -> (kind: RecordKind, id: String) {
        let names = [
            kinds.dropLast().map(\.rawValue).joined(separator: ", "), kinds.last?.rawValue ?? "",
        ].filter { !$0.isEmpty }.joined(separator: " or ")
        let prefix = prefix.lowercased()
        guard prefix.utf8.count >= Crockford.minimumPrefix || prefix.isEmpty else {
            throw BoardError(.notFound, "'\(prefix)' is too short for the id of a \(names)")
        }
        let all = try hits(prefix, among: kinds)
        let hits = try findsDeleted ? all : all.filter { try !isDeleted($0) }
        if let hit = hits.first, hits.count == 1 { return hit }
        guard hits.isEmpty else {
            let names = Crockford.shortestUniquePrefixes(hits.map(\.id))
            let some = hits.prefix(5).map { names[$0.id] ?? $0.id }.joined(separator: ", ")
            throw BoardError(.notFound, "'\(prefix)' is not unique: \(some)")
        }
        if let gone = all.first { throw BoardError.deleted(gone.kind, gone.id) }
        let others = RecordKind.allCases.filter { $0.folder != nil && !kinds.contains($0) }
        guard let other = try self.hits(prefix, among: others).first else {
            throw BoardError(.notFound, "no \(names) '\(prefix)'")
        }
        throw BoardError(.notFound, "'\(prefix)' is a \(other.kind.rawValue), not a \(names)")
    }

    /// All records of some kinds whose ids begin so.
    private func hits(
        _ prefix: String, among kinds: [RecordKind]
    ) throws -> [(kind: RecordKind, id: String)] {
        try kinds.flatMap { kind -> [(kind: RecordKind, id: String)] in
            guard prefix.utf8.count != 16 else {
                return try entry(at: kind.path(of: prefix)) == nil ? [] : [(kind, prefix)]
            }
            return try prefix.isEmpty
                ? [] : ids(of: kind).filter { $0.hasPrefix(prefix) }.map { (kind, $0) }
        }
    }

    /// Whether a record was deleted; one that cannot be read was not.
    private func isDeleted(_ hit: (kind: RecordKind, id: String)) throws -> Bool {
        do {
            return try record(hit.kind, hit.id)?.isHidden ?? false
        } catch is BoardError {
            return false
        }
    }
}

extension BoardError {
    /// There is no such record.
    static func missing(_ kind: RecordKind, _ id: String) -> BoardError {
        BoardError(.notFound, "no \(kind.rawValue) '\(id.prefix(6))'")
    }

    /// There was such a record.
    static func deleted(_ kind: RecordKind, _ id: String) -> BoardError {
        BoardError(
            .notFound, "\(kind.rawValue) \(id.prefix(6)) was deleted",
            hint: "git draft log \(id.prefix(6))")
    }
}

// MARK: - Events

extension Snapshot {
    /// Returns the events after a Lamport time that fit, in the order in which they were made.
    ///
    /// An event that cannot be read is an error: the trail has no holes.
    public func events(
        after lamport: Int64 = 0, where fits: (Event) -> Bool = { _ in true }
    ) throws -> [Event] {
        var events: [Event] = []
        for path in try eventFolders(after: lamport) {
            for file in try repository.tree(path) where file.name.hasSuffix(".json") {
                let blob = try repository.readBlob(file.id, limit: JSON.maximumRecordSize)
                let event = try Event(stored: JSON(parsing: blob))
                if event.lamport > lamport, fits(event) { events.append(event) }
            }
        }
        return events.sorted { ($0.lamport, $0.replica, $0.n) < ($1.lamport, $1.replica, $1.n) }
    }

    func eventFolders(after lamport: Int64) throws -> [ObjectID] {
        guard let audit = try entry(at: "audit") else { return [] }
        let first = Event.folder(lamport: lamport).split(separator: "/")
        return try repository.tree(audit.id).flatMap { high -> [ObjectID] in
            guard high.name >= first[1] || high.name.utf8.count > first[1].utf8.count else {
                return []
            }
            return try repository.tree(high.id).compactMap { low in
                high.name == first[1] && low.name < first[2] ? nil : low.id
            }
        }
    }
}

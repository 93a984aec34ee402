internal import CGit2
internal import Glibc

/// Where the objects of a repository are.
///
/// Loose objects are read by ``LooseObject``, packed ones by libgit2, which never gets to see a
/// loose object that is damaged.
struct ObjectStore: ~Copyable {
    /// The object directories; new objects go to the first.
    let directories: [String]

    private let database: Handle
    private let packs: Handle

    private init(directories: [String], database: consuming Handle, packs: consuming Handle) {
        self.directories = directories
        self.database = database
        self.packs = packs
    }

    /// Opens the objects of a repository.
    ///
    /// - Parameters:
    ///   - repository: Whose objects they are.
    ///   - directories: Where they are; new ones go to the first.
    ///   - extra: Those of them that libgit2 does not find by itself.
    /// - Returns: The store.
    /// - Throws: ``GitError`` if they cannot be opened.
    static func open(
        _ repository: borrowing Handle, directories: [String], extra: [String]
    ) throws(GitError) -> ObjectStore {
        let owner = repository.pointer
        let database = try take("open the object database", free: git_odb_free) {
            git_repository_odb(&$0, owner)
        }
        let all = database.pointer
        for directory in extra {
            try check("use objects in '\(directory)'") {
                git_odb_add_disk_alternate(all, directory)
            }
        }
        let packs = try packs(in: directories)
        return ObjectStore(directories: directories, database: database, packs: packs)
    }

    /// Opens the packs as they are now.
    private static func packs(in directories: [String]) throws(GitError) -> Handle {
        let database = try take("open the packs", free: git_odb_free) { git_odb_new(&$0) }
        for directory in directories {
            var backend: OpaquePointer?
            try check("open the packs in '\(directory)'") {
                git_odb_backend_pack(&backend, directory)
            }
            try check("open the packs in '\(directory)'") {
                git_odb_add_backend(database.pointer, backend, 1)
            }
        }
        return database
    }
}

// MARK: - Reading

extension ObjectStore {
    /// Reads an object; `nil` if there is none.
    func read(_ id: ObjectID, limit: Int) throws(GitError) -> RawObject? {
        // A collection may move the object between the two kinds of store while we look.
        for _ in 0..<2 {
            var damage: GitError?
            for directory in directories {
                do throws(GitError) {
                    if let object = try LooseObject(id, in: directory).read(limit: limit) {
                        return object
                    }
                } catch {
                    damage = error
                }
            }
            if let object = try readPacked(id, from: packs.pointer, limit: limit) {
                return object
            }
            if let damage { throw damage }
        }
        // The packs that we have open may have been replaced by others.
        let fresh = try Self.packs(in: directories)
        return try readPacked(id, from: fresh.pointer, limit: limit)
    }

    private func readPacked(
        _ id: ObjectID, from packs: OpaquePointer, limit: Int
    ) throws(GitError) -> RawObject? {
        var raw = id.raw
        if limit < .max {
            guard let size = try packedSize(of: id, in: packs) else { return nil }
            guard size <= limit else {
                throw GitError(.tooLarge, "object \(id) has \(size) bytes, more than \(limit)")
            }
        }
        let found = try takeIfPresent("read object '\(id)'", free: git_odb_object_free) {
            git_odb_read(&$0, packs, &raw)
        }
        guard let found else { return nil }
        guard let kind = ObjectKind(git_odb_object_type(found.pointer)) else {
            throw GitError(.corrupt, "object \(id) is of an unknown kind")
        }
        let size = git_odb_object_size(found.pointer)
        let data = UnsafeRawBufferPointer(start: git_odb_object_data(found.pointer), count: size)
        return RawObject(kind: kind, bytes: Array(data))
    }

    /// How many bytes an object has; `nil` if there is none.
    func size(of id: ObjectID) throws(GitError) -> Int? {
        for directory in directories {
            if let size = try LooseObject(id, in: directory).size() { return size }
        }
        if let size = try packedSize(of: id, in: packs.pointer) { return size }
        let fresh = try Self.packs(in: directories)
        return try packedSize(of: id, in: fresh.pointer)
    }

    private func packedSize(
        of id: ObjectID, in packs: OpaquePointer
    ) throws(GitError) -> Int? {
        var raw = id.raw
        var size = 0
        var kind = GIT_OBJECT_INVALID
        let status = git_odb_read_header(&size, &kind, packs, &raw)
        guard status != GIT_ENOTFOUND.rawValue else { return nil }
        try check("read object '\(id)'") { status }
        return size
    }

    /// Whether there is such an object, whatever its state.
    func contains(_ id: ObjectID) -> Bool {
        if directories.contains(where: { LooseObject(id, in: $0).exists }) { return true }
        var raw = id.raw
        if git_odb_exists(packs.pointer, &raw) == 1 { return true }
        do throws(GitError) {
            let fresh = try Self.packs(in: directories)
            return git_odb_exists(fresh.pointer, &raw) == 1
        } catch {
            return false
        }
    }
}

// MARK: - Writing

extension ObjectStore {
    /// Writes an object, or marks it as fresh if it is there.
    func write(_ kind: ObjectKind, _ bytes: [UInt8]) throws(GitError) -> ObjectID {
        let id = try name(kind, bytes)
        repair(id)
        return try write(kind, bytes, to: database.pointer)
    }

    private func name(_ kind: ObjectKind, _ bytes: [UInt8]) throws(GitError) -> ObjectID {
        var raw = git_oid()
        try check("name a \(kind)") {
            bytes.withUnsafeBytes { git_odb_hash(&raw, $0.baseAddress, $0.count, kind.raw) }
        }
        return ObjectID(raw)
    }

    /// Writes an object, again if its folder went away: a collection removes those that are empty
    /// at any moment, also between the making of one and the renaming of a file into it.
    private func write(
        _ kind: ObjectKind, _ bytes: [UInt8], to database: OpaquePointer
    ) throws(GitError) -> ObjectID {
        var raw = git_oid()
        var left = 20
        while true {
            do throws(GitError) {
                try check("write a \(kind)") {
                    bytes.withUnsafeBytes {
                        git_odb_write(&raw, database, $0.baseAddress, $0.count, kind.raw)
                    }
                }
                return ObjectID(raw)
            } catch {
                left -= 1
                guard left > 0, error.reason?.hasSuffix(Self.noSuchFile) == true else {
                    throw error
                }
            }
        }
    }

    /// How libgit2 ends a message about something that is not there.
    private static let noSuchFile = String(cString: strerror(ENOENT))

    /// Removes a damaged file that stands where a good one is about to be written.
    private func repair(_ id: ObjectID) {
        let file = LooseObject(id, in: directories[0])
        guard file.exists else { return }
        do throws(GitError) {
            _ = try file.read(limit: .max)
        } catch {
            guard error.code == .truncated || error.code == .corrupt else { return }
            _ = unlink(file.path)
        }
    }

    /// Writes again what a garbage collection took away; returns how many objects that were.
    ///
    /// Looks at the disk, not at what libgit2 remembers: a pack that is open can be read long after
    /// it was deleted.
    func restore(_ objects: [WriteJournal.Entry]) throws(GitError) -> Int {
        let suspects = objects.filter { entry in
            !directories.contains { LooseObject(entry.id, in: $0).exists }
        }
        guard !suspects.isEmpty else { return 0 }
        let packs = try Self.packs(in: directories)
        var count = 0
        for entry in suspects {
            var raw = entry.id.raw
            guard git_odb_exists(packs.pointer, &raw) == 0 else { continue }
            let loose = try looseOnly()
            _ = try write(entry.kind, entry.bytes, to: loose.pointer)
            count += 1
        }
        return count
    }

    private func looseOnly() throws(GitError) -> Handle {
        let loose = try take("open the loose objects", free: git_odb_free) { git_odb_new(&$0) }
        var backend: OpaquePointer?
        try check("open the loose objects") {
            git_odb_backend_loose(&backend, directories[0], -1, 0, 0, 0)
        }
        try check("open the loose objects") { git_odb_add_backend(loose.pointer, backend, 1) }
        return loose
    }
}

internal import Synchronization

// MARK: - Blobs

extension Repository {
    /// Writes a blob and returns its name.
    ///
    /// - Parameters:
    ///   - contents: Its bytes.
    ///   - journal: Where to remember it until it is acknowledged.
    /// - Returns: Its name.
    /// - Throws: ``GitError`` if the disk is full or may not be written.
    public func write(
        blob contents: some Sequence<UInt8>, journal: WriteJournal? = nil
    ) throws(GitError) -> ObjectID {
        try write(.blob, Array(contents), journal: journal)
    }

    /// Returns the contents of a blob.
    ///
    /// - Parameters:
    ///   - id: Its name.
    ///   - limit: How many bytes it may have; nothing is read if it has more.
    /// - Returns: Its bytes.
    /// - Throws: ``GitError`` with code ``GitError/Code/notFound``,
    ///   ``GitError/Code/truncated``, ``GitError/Code/corrupt`` or
    ///   ``GitError/Code/tooLarge``.
    public func readBlob(_ id: ObjectID, limit: Int = .max) throws(GitError) -> [UInt8] {
        try read(.blob, id, limit: limit)
    }

    /// Returns how many bytes an object has, without reading them; `nil` if there is none.
    func size(of id: ObjectID) throws(GitError) -> Int? {
        try state.withLock { (state) throws(GitError) in try state.objects.size(of: id) }
    }

    /// Whether there is an object of that name; it may still turn out to be damaged.
    public func contains(_ id: ObjectID) -> Bool {
        state.withLock { $0.objects.contains(id) }
    }

    /// Returns what an object is; `nil` if there is none of that name.
    public func kind(of id: ObjectID) throws(GitError) -> ObjectKind? {
        try state.withLock { (state) throws(GitError) in
            try state.objects.read(id, limit: .max)?.kind
        }
    }
}

// MARK: - Any object

extension Repository {
    func write(
        _ kind: ObjectKind, _ bytes: [UInt8], journal: WriteJournal?
    ) throws(GitError) -> ObjectID {
        let id = try state.withLock { (state) throws(GitError) in
            try state.objects.write(kind, bytes)
        }
        journal?.record(id, kind, bytes)
        return id
    }

    func read(
        _ kind: ObjectKind, _ id: ObjectID, limit: Int = .max
    ) throws(GitError) -> [UInt8] {
        let object = try state.withLock { (state) throws(GitError) in
            try state.objects.read(id, limit: limit)
        }
        guard let object else { throw missing(kind, id) }
        guard object.kind == kind else {
            throw GitError(
                code: .corrupt, action: "read \(kind) '\(id)'", reason: "it is a \(object.kind)")
        }
        return object.bytes
    }

    private func missing(_ kind: ObjectKind, _ id: ObjectID) -> GitError {
        let isPromised = isPartialClone
        return GitError(
            code: .notFound, action: "read \(kind) '\(id)'",
            reason: isPromised
                ? "object not found; this is a partial clone, which may lack it"
                : "object not found",
            hint: isPromised ? completingCommand : nil)
    }
}

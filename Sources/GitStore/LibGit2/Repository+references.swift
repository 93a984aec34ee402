internal import CGit2
internal import Synchronization

/// A reference and what it points at.
public struct Reference: Hashable, Sendable {
    /// The full name, such as `refs/heads/main`.
    public let name: String

    /// What it points at.
    public let id: ObjectID

    /// Creates a reference; nothing is stored.
    public init(name: String, id: ObjectID) {
        self.name = name
        self.id = id
    }
}

// MARK: - Reading

extension Repository {
    /// Returns what a reference points at, or `nil` if there is none of that name.
    ///
    /// Symbolic references are followed, except ours, which never are symbolic.
    ///
    /// - Throws: ``GitError`` with code ``GitError/Code/corrupt`` if its file is damaged, all
    ///   zeros, or a draft reference that is symbolic.
    public func target(of name: String) throws(GitError) -> ObjectID? {
        try state.withLock { (state) throws(GitError) in
            try Self.target(of: name, in: state.repository.pointer)
        }
    }

    private static func target(
        of name: String, in repository: OpaquePointer
    ) throws(GitError) -> ObjectID? {
        let action = "look up reference '\(name)'"
        let found: Handle?
        do throws(GitError) {
            found = try takeIfPresent(action, free: git_reference_free) {
                git_reference_lookup(&$0, repository, name)
            }
        } catch {
            guard error.code.rawValue == GIT_ERROR.rawValue else { throw error }
            throw GitError(code: .corrupt, action: action, reason: error.reason)
        }
        guard let found else { return nil }
        var raw = git_oid()
        if git_reference_type(found.pointer) == GIT_REFERENCE_SYMBOLIC {
            guard !isOurs(name) else {
                throw GitError(code: .corrupt, action: action, reason: "it is symbolic")
            }
            let status = git_reference_name_to_id(&raw, repository, name)
            guard status != GIT_ENOTFOUND.rawValue else { return nil }
            try check(action) { status }
        } else if let target = git_reference_target(found.pointer) {
            raw = target.pointee
        }
        let id = ObjectID(raw)
        guard !id.isZero else {
            throw GitError(code: .corrupt, action: action, reason: "it is all zeros")
        }
        return id
    }

    /// Whether a reference of ours has a reflog: those that are shared do.
    ///
    /// The others come and go with a job; a log that outlived its reference would stop git gc.
    private static func hasLog(_ name: String) -> Bool { name.hasPrefix("refs/draft/") }

    /// Whether a reference is one that only git-draft writes.
    private static func isOurs(_ name: String) -> Bool {
        ["refs/draft/", "refs/draft-local/", "refs/draft-remotes/"].contains {
            name.utf8.starts(with: $0.utf8)
        }
    }

    /// Returns the references whose full names begin with a prefix, sorted by bytes.
    ///
    /// - Parameter prefix: Such as `refs/heads/`.
    /// - Returns: All of them; symbolic ones with what they lead to.
    /// - Throws: ``GitError`` with code ``GitError/Code/corrupt`` if one is damaged.
    public func references(under prefix: String) throws(GitError) -> [Reference] {
        try state.withLock { (state) throws(GitError) in
            let repository = state.repository.pointer
            var names: [String] = []
            let iterator = try take(
                "list references under '\(prefix)'", free: git_reference_iterator_free
            ) {
                git_reference_iterator_glob_new(&$0, repository, "\(prefix)*")
            }
            var name: UnsafePointer<CChar>?
            while true {
                let status = git_reference_next_name(&name, iterator.pointer)
                guard status != GIT_ITEROVER.rawValue else { break }
                try check("list references under '\(prefix)'") { status }
                if let name { names.append(String(cString: name)) }
            }
            names.sort { $0.utf8.lexicographicallyPrecedes($1.utf8) }
            var result: [Reference] = []
            for name in names {
                guard let id = try Self.target(of: name, in: repository) else { continue }
                result.append(Reference(name: name, id: id))
            }
            return result
        }
    }

    /// Returns the local branches, named without `refs/heads/`, sorted by bytes.
    public func branches() throws(GitError) -> [Reference] {
        let prefix = "refs/heads/"
        return try references(under: prefix).map {
            Reference(name: String($0.name.utf8.dropFirst(prefix.utf8.count)) ?? "", id: $0.id)
        }
    }
}

// MARK: - HEAD

extension Repository {
    /// Returns the branch that is checked out here, without `refs/heads/`; it may be unborn.
    ///
    /// `nil` if `HEAD` is detached.
    public func headBranch() throws(GitError) -> String? {
        guard let target = try headTarget() else { return nil }
        let prefix = "refs/heads/"
        guard target.utf8.starts(with: prefix.utf8) else { return nil }
        return String(target.utf8.dropFirst(prefix.utf8.count))
    }

    /// Returns the commit that is checked out here; `nil` if the branch is unborn.
    public func headCommit() throws(GitError) -> ObjectID? {
        if let target = try headTarget() { return try self.target(of: target) }
        guard isSplit else { return try target(of: "HEAD") }
        return Discovery.firstLine(of: "\(gitDirectory)/HEAD").flatMap { ObjectID(hex: $0) }
    }

    /// Whether the branch that is checked out here has no commit yet.
    public func isHeadUnborn() throws(GitError) -> Bool {
        try headCommit() == nil
    }

    /// Whether the environment, not the repository, says what is shared.
    private var isSplit: Bool { Discovery.common(of: gitDirectory) != commonDirectory }

    private func headTarget() throws(GitError) -> String? {
        if isSplit {
            let line = Discovery.firstLine(of: "\(gitDirectory)/HEAD") ?? ""
            return line.hasPrefix("ref: ") ? String(line.dropFirst(5)) : nil
        }
        return try state.withLock { (state) throws(GitError) in
            let repository = state.repository.pointer
            let head = try take("look up HEAD", free: git_reference_free) {
                git_reference_lookup(&$0, repository, "HEAD")
            }
            return git_reference_symbolic_target(head.pointer).map { String(cString: $0) }
        }
    }
}

// MARK: - Moving

extension Repository {
    /// Points a reference at an object, provided that it has not moved meanwhile.
    ///
    /// The update is one compare-and-swap: of two writers that saw the same `old`,
    /// exactly one succeeds. A lock that git itself holds for a moment is waited for.
    ///
    /// - Parameters:
    ///   - name: The full name, such as `refs/draft/board`.
    ///   - new: What it is to point at; must exist and be whole.
    ///   - old: What it points at now; `nil` if it is to be created.
    ///   - message: What the reflog is to say; one line. Our references always have one.
    /// - Throws: ``GitError`` with code ``GitError/Code/modified`` or
    ///   ``GitError/Code/exists`` if it moved, ``GitError/Code/locked`` if it is locked.
    public func move(
        _ name: String, to new: ObjectID, from old: ObjectID?, reflog message: String = "draft"
    ) throws(GitError) {
        let action = "update reference '\(name)'"
        let identity = self.identity(.committer)
        try retrying(name) { () throws(GitError) in
            try state.withLock { (state) throws(GitError) in
                try state.refreshDurability()
                // libgit2 looks at the object itself, and would not return from a truncated one.
                guard try state.objects.read(new, limit: .max) != nil else {
                    throw GitError(
                        code: .notFound, action: action, reason: "object \(new) is missing")
                }
                let repository = state.repository.pointer
                if state.reflog == nil {
                    state.reflog = try Reflog(of: repository, identity: identity)
                }
                if Self.hasLog(name) {
                    try check(action) { git_reference_ensure_log(repository, name) }
                }
                try Self.swap(name, to: new, from: old, message: message, in: repository)
                if Self.hasLog(name), let reflog = state.reflog, !reflog.isKeptByLibrary {
                    let path = "\(commonDirectory)/logs/\(name)"
                    // The reference has moved; a lost line of history must not deny that.
                    try? reflog.append(old ?? .zero, new, message, to: path)
                }
            }
        }
    }

    private static func swap(
        _ name: String, to new: ObjectID, from old: ObjectID?, message: String,
        in repository: OpaquePointer
    ) throws(GitError) {
        var new = new.raw
        // Zeros stand for "must not exist"; `git_reference_create` would look before it locks.
        var expected = (old ?? .zero).raw
        do throws(GitError) {
            _ = try take("update reference '\(name)'", free: git_reference_free) {
                git_reference_create_matching(
                    &$0, repository, name, &new, 1, &expected, message)
            }
        } catch {
            switch error.code {
            case .modified where old == nil:
                throw GitError(
                    code: .exists, action: error.action, reason: "it exists already")
            case .notFound where old != nil:
                throw GitError(
                    code: .modified, action: error.action, reason: "it was deleted meanwhile")
            default: throw error
            }
        }
    }

    /// Deletes a reference and its reflog, provided that it has not moved meanwhile.
    ///
    /// - Throws: ``GitError`` with code ``GitError/Code/modified`` if it moved or is gone.
    public func delete(_ name: String, expecting old: ObjectID) throws(GitError) {
        let action = "delete reference '\(name)'"
        try retrying(name) { () throws(GitError) in
            try state.withLock { (state) throws(GitError) in
                try state.refreshDurability()
                let repository = state.repository.pointer
                let found = try takeIfPresent(action, free: git_reference_free) {
                    git_reference_lookup(&$0, repository, name)
                }
                guard let found, let target = git_reference_target(found.pointer),
                    ObjectID(target.pointee) == old
                else {
                    throw GitError(
                        code: .modified, action: action,
                        reason: "it does not point at \(old) any more")
                }
                try check(action) { git_reference_delete(found.pointer) }
            }
        }
    }

    /// Tries again for half a second what fails because a reference is locked.
    ///
    /// A lock that outlives that on one of our references, and that nobody holds, was left by
    /// a process that was killed: it goes.
    private func retrying(
        _ name: String, _ body: () throws(GitError) -> Void
    ) throws(GitError) {
        var backoff = Backoff(waiting: .milliseconds(500))
        var hasRecovered = false
        while true {
            do throws(GitError) {
                return try body()
            } catch {
                guard error.code == .locked else { throw error }
                if backoff.pause() { continue }
                guard Self.isOurs(name), !hasRecovered else { throw error }
                hasRecovered = true
                try? makeDirectory("\(commonDirectory)/draft")
                let lock = try FileLock("\(commonDirectory)/draft/stale-lock")
                defer { extendLifetime(lock) }
                _ = try recoverStaleLock(ref: name)
            }
        }
    }
}

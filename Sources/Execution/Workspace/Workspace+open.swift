public import GitStore
internal import Synchronization

extension Workspace {
    /// Makes or takes up a workspace, whose files are then those of the start commit.
    ///
    /// What an earlier job left in the directory is kept under a reference of
    /// that job first. The same job finds its ignored files again; another does not.
    ///
    /// - Parameters:
    ///   - name: The name of the directory.
    ///   - job: The id of the job.
    ///   - origin: What it is made from.
    /// - Returns: The workspace; its agent's git directory is yet to be made.
    /// - Throws: ``WorkspaceError`` if the place is taken by something that is not
    ///   ours, or the repository uses what is not supported.
    public static func open(
        name: String, job: String, origin: WorkspaceOrigin
    ) throws -> Workspace {
        for word in [name, job] where !isPlain(word) {
            throw WorkspaceError(
                .place, "open workspace '\(word)'",
                reason: "its name has other characters than letters, digits, '-', '_' and '.'")
        }
        if origin.repository.isPartialClone {
            throw WorkspaceError(
                .unsupported, "use the repository", reason: "this is a partial clone",
                hint: origin.repository.completingCommand)
        }
        let key = key(name: name, job: job, origin: origin)
        let workspace = try Workspace(name: name, key: key, origin: origin)
        // First of all: from here on a reference holds what the job needs.
        try workspace.holdStart()
        let root = try openRoot(origin, making: true)
        if origin.repository.mainWorkDirectory != nil {
            try ExcludeFile.complete(origin.repository)
        }
        let isSame = try workspace.vacate(root)
        workspace.state.withLock { $0.isNew = !isSame }
        try workspace.record()
        if !isSame { try workspace.makeControl() }
        CrashPoint.workspaceHalfMade.reached(in: origin.environment)
        try workspace.checkStart()
        _ = try root.making(name)
        try workspace.restore(to: origin.start, isFresh: !isSame)
        if !origin.isCheckoutOnly {
            try workspace.moveBranch(
                to: origin.start, expecting: origin.repository.target(of: workspace.reference),
                workspace.rescuer)
        }
        return workspace
    }

    /// Points the job's reference at the start commit, unless it has snapshots.
    private func holdStart() throws {
        let repository = origin.repository
        guard try repository.target(of: reference) == nil else { return }
        try repository.move(reference, to: origin.start, from: nil)
    }

    /// Makes the controller's git directory anew.
    func makeControl() throws {
        let job = try jobFolder()
        try job.remove("control.git")
        let control = try job.making("control.git", mode: 0o700)
        _ = try control.making("empty", mode: 0o700)
        try layout.lay(
            in: control, head: "refs/heads/none", isBare: true, settings: PrivateGit.sparing)
        state.withLock { $0.tree = nil }
    }
}

// MARK: - What is in the way

extension Workspace {
    /// Where the files went that were in the way and could not be kept, if there were any.
    var left: String? { state.withLock { $0.left } }

    /// Makes room for the job.
    ///
    /// - Returns: Whether the directory is the job's own, and as it was.
    private func vacate(_ root: borrowing Folder) throws -> Bool {
        let action = "open workspace '\(path)'"
        switch root.kind(name) {
        case .missing: return false
        case .folder: break
        default:
            throw WorkspaceError(
                .occupied, action, reason: "it is not a directory", hint: "rm '\(path)'")
        }
        guard try Mounts.points(within: path).isEmpty else {
            throw WorkspaceError(.occupied, action, reason: "something is mounted there")
        }
        let work = try root.folder(name.utf8)
        guard let owner = try Self.owner(of: name, at: path, in: origin.repository) else {
            guard try work.names().isEmpty else {
                throw WorkspaceError(
                    .occupied, action, reason: "it is not empty, and not a workspace of ours",
                    hint: "mv '\(path)' '\(path).old'")
            }
            return false
        }
        let earlier = try Workspace(name: name, key: owner, origin: origin)
        let left = origin.isCheckoutOnly ? [] : Self.rescue(earlier)
        if owner == key, left.isEmpty, !origin.isCheckoutOnly {
            return try jobFolder().kind("control.git") == .folder
        }
        if left.isEmpty {
            try work.empty()
            // Nothing leads there any more, and all that was in them is kept.
            if owner != key, !origin.isCheckoutOnly { try earlier.removePrivateGit() }
        } else {
            // Beside that of an earlier try of the same job, which may have left something else.
            guard let aside = root.moveAside(name.utf8, to: root, as: Self.aside(name, owner))
            else {
                throw WorkspaceError(
                    .occupied, action, reason: "it cannot be moved out of the way")
            }
            state.withLock { $0.left = "\(origin.root)/\(aside)" }
        }
        return false
    }

    /// Keeps what an earlier job left; returns what could not be kept.
    private static func rescue(_ earlier: Workspace) -> [String] {
        do {
            return try earlier.rescue()
        } catch {
            return ["\(error)"]
        }
    }

    /// Returns the job that a directory was made for, as we wrote it down.
    static func owner(
        of name: String, at path: String, in repository: Repository
    ) throws -> String? {
        let places = try draftFolder(repository).making("places", mode: 0o700)
        let lines = try (places.read(name, limit: 1 << 16) ?? []).split(separator: 10)
            .map { String(decoding: $0, as: UTF8.self) }
        guard lines.count == 2, lines[1] == path, isPlain(lines[0]) else { return nil }
        return lines[0]
    }

    /// Writes down which job the directory is for.
    func record() throws {
        let places = try Self.draftFolder(origin.repository).making("places", mode: 0o700)
        try places.replace(name, Array("\(key)\n\(path)\n".utf8), mode: 0o600)
    }
}

// MARK: - Going back

extension Workspace {
    /// Makes the files those of a commit; ignored ones stay.
    ///
    /// - Parameter commit: The commit, or a tree.
    /// - Throws: ``WorkspaceError`` if something is in the way that would be lost.
    public func restore(to commit: ObjectID) throws {
        try restore(to: commit, isFresh: false)
    }

    /// Whether the directory was taken up with nothing in it but the files of a commit.
    func isFresh(at commit: ObjectID) throws -> Bool {
        try state.withLock { $0.isNew } && tree(of: origin.start) == tree(of: commit)
    }

    /// Makes the files those of a commit, and nothing else: ignored ones go, too.
    func restoreAnew(to commit: ObjectID) throws {
        try folder().empty(keeping: [Array(".git".utf8), Array(".draft".utf8)])
        try restore(to: commit, isFresh: true)
    }

    /// Makes the files those of the start commit; what is new stays, ignored or not.
    func restoreStart() throws { try restore(to: origin.start, isFresh: true) }

    private func restore(to commit: ObjectID, isFresh: Bool) throws {
        try unlockIndex()
        try screen()
        let wanted = try tree(of: commit)
        state.withLock { $0.tree = nil }
        do {
            _ = try control(["read-tree", "--reset", "-u", "\(wanted)"])
        } catch ExecutionError.Code.failed {
            // Something that the agent left is in the way of a tracked file.
            try setAside()
            _ = try control(["read-tree", "--empty"])
            _ = try control(["read-tree", "--reset", "-u", "\(wanted)"])
        }
        defer { state.withLock { $0.tree = wanted } }
        guard !isFresh else { return }
        let extra = try control(["ls-files", "-z", "-o", "--exclude-standard"])
        let work = try folder()
        for path in extra.bytes.split(separator: 0) { try clear(path, in: work) }
    }

    /// Gives the directory another name, and makes an empty one.
    private func setAside() throws {
        let root = try Self.openRoot(origin, making: true)
        guard root.moveAside(name.utf8, to: root, as: Self.aside(name, key)) != nil else {
            throw WorkspaceError(
                .occupied, "restore '\(path)'", reason: "it cannot be moved out of the way")
        }
        _ = try root.making(name)
        if try jobFolder().kind("agent.git") == .folder { try link() }
    }

    /// Removes a file that is not tracked; a nested repository is only moved away.
    private func clear(_ path: ArraySlice<UInt8>, in work: borrowing Folder) throws {
        let slash = UInt8(ascii: "/")
        let parts = path.split(separator: slash).map { String(decoding: $0, as: UTF8.self) }
        guard let last = path.split(separator: slash).last, parts.first != ".draft" else { return }
        let parent = try work.opening(bytes: path.split(separator: slash).dropLast())
        if path.last != slash {
            try parent.remove(last)
            return work.prune(path.split(separator: slash).dropLast())
        }
        guard parent.moveAside(last, to: try jobFolder(), as: "displaced") != nil else {
            throw WorkspaceError(
                .occupied, "restore '\(self.path)'",
                reason: "'\(parts.joined(separator: "/"))' is a repository of its own")
        }
    }
}

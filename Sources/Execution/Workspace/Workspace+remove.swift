internal import GitStore
internal import Synchronization

extension Workspace {
    /// Takes up a workspace that was made before, without touching it.
    ///
    /// - Returns: `nil` if no such directory was written down.
    public static func existing(name: String, origin: WorkspaceOrigin) throws -> Workspace? {
        guard isPlain(name) else { return nil }
        let path = "\(origin.root)/\(name)"
        guard let key = try owner(of: name, at: path, in: origin.repository) else { return nil }
        return try Workspace(name: name, key: key, origin: origin)
    }

    /// Removes the directory and the private git directories.
    ///
    /// What no reference keeps is kept first; what cannot be kept, such as a
    /// repository of its own, makes the removal fail with nothing removed. Only
    /// the recorded directory is removed, and no link is followed.
    ///
    /// - Parameter isForced: Whether it goes with what cannot be kept, such as what filled the disk.
    /// - Throws: ``WorkspaceError`` if it cannot be removed, or not without a loss.
    public func remove(isForced: Bool = false) throws {
        let action = "remove workspace '\(path)'"
        let root = try Self.openRoot(origin, making: true)
        switch root.kind(name) {
        case .missing: break
        case .folder:
            try checkRemoval(action, isForced)
            try root.remove(name)
        default:
            throw WorkspaceError(
                .place, action, reason: "it is not a directory", hint: "rm '\(path)'")
        }
        let job = try jobFolder()
        try job.remove("agent.git")
        try job.remove("control.git")
        try Self.draftFolder(origin.repository).making("places", mode: 0o700).remove(name)
        state.withLock { $0 = State() }
        guard origin.isCheckoutOnly else { return }
        try Self.draftFolder(origin.repository).folder("jobs".utf8).remove(key)
        if let held = try origin.repository.target(of: reference) {
            try origin.repository.delete(reference, expecting: held)
        }
    }

    private func checkRemoval(_ action: String, _ isForced: Bool) throws {
        guard try Self.owner(of: name, at: path, in: origin.repository) == key else {
            throw WorkspaceError(.place, action, reason: "it is not the workspace of job '\(key)'")
        }
        if let point = try Mounts.points(within: path).first {
            throw WorkspaceError(
                .occupied, action, reason: "'\(point)' is mounted there", hint: "umount '\(point)'")
        }
        guard !origin.isCheckoutOnly else { return }
        guard try folder().kind(".git") != .folder else {
            throw WorkspaceError(
                .unreachable, action, reason: "its '.git' is a repository of its own",
                hint: "mv '\(path)/.git' <directory>")
        }
        let left = isForced ? (try? rescue()) ?? [] : try rescue()
        guard let first = left.first, !isForced else { return }
        throw WorkspaceError(
            .unreachable, action, reason: "'\(first)' cannot be kept in the repository",
            hint: "mv '\(path)/\(first)' <directory>")
    }
}

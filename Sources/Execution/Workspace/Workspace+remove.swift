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
        try removePrivateGit()
        try Self.draftFolder(origin.repository).making("places", mode: 0o700).remove(name)
        state.withLock { $0 = State() }
        guard origin.isCheckoutOnly else { return }
        try Self.draftFolder(origin.repository).folder("jobs".utf8).remove(key)
        if let held = try origin.repository.target(of: reference) {
            try origin.repository.delete(reference, expecting: held)
        }
    }

    /// Removes the git directories of the job: the agent's and the controller's.
    func removePrivateGit() throws {
        let job = try jobFolder()
        try job.remove("agent.git")
        try job.remove("control.git")
    }

    /// Removes what earlier jobs left in the way of the next, and could not be kept.
    ///
    /// - Parameters:
    ///   - name: The name of their workspace.
    ///   - jobs: Their ids.
    ///   - origin: What it is made from.
    /// - Throws: ``WorkspaceError`` if something cannot be removed.
    static func removeLeft(name: String, jobs: [String], origin: WorkspaceOrigin) throws {
        guard isPlain(name), let root = try? openRoot(origin, making: false) else { return }
        for entry in try root.entries() where entry.isFolder {
            let found = String(decoding: entry.name, as: UTF8.self)
            let isTheirs = jobs.contains { job in
                let aside = aside(name, job)
                let more = found.utf8.dropFirst(aside.utf8.count)
                let isNumbered = more.first == 0x2d && more.dropFirst().allSatisfy(Self.isDigit)
                return found.utf8.starts(with: aside.utf8) && (more.isEmpty || isNumbered)
            }
            guard isTheirs, try Mounts.points(within: "\(origin.root)/\(found)").isEmpty else {
                continue
            }
            try root.remove(entry.name)
        }
    }

    private static func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }

    /// The name that a directory gets which is in the way of another job; a number may follow.
    static func aside(_ name: String, _ key: String) -> String { "\(name).left-\(key)" }

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
        // What is wrong with its git directory is a sentence; there is no file of that name.
        let isFile = !first.utf8.starts(with: Self.gitProblem.utf8)
        throw WorkspaceError(
            .unreachable, action, reason: "'\(first)' cannot be kept in the repository",
            hint: isFile ? "mv \("\(path)/\(first)".quoted) <directory>" : nil)
    }
}

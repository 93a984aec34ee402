internal import GitStore
internal import Model
internal import Synchronization

/// Reading what a person has in a work tree.
extension TakenWorktree {
    /// Stores what the person has as a commit, and points the job's reference at it.
    ///
    /// It follows what is checked out, and is that very commit if nothing else is there. No
    /// file of the person's changes, nor their branch and their index.
    ///
    /// - Parameter message: What a new commit is to say.
    /// - Returns: What was stored.
    /// - Throws: What git says against the files; nothing is changed then.
    func keep(_ message: String) throws -> WorkspaceSnapshot {
        let repository = context.repository
        let head = try head()
        let tip = try head.commit ?? repository.target(of: branch) ?? workspace.origin.start
        let captured = try capture(on: tip)
        var commit = tip
        if try captured.tree != workspace.tree(of: tip) {
            commit = try workspace.controlRepository().writeCommit(
                tree: captured.tree, parents: [tip], author: workspace.rescuer,
                committer: Workspace.committer(workspace.rescuer), message: message)
        }
        let current = try repository.target(of: workspace.reference)
        var beside: [ObjectID] = []
        if let last = try repository.target(of: branch), try !isReached(last, from: tip) {
            beside.append(last)
        }
        if current != commit || !beside.isEmpty {
            let isFollowed = try current.map { try isReached($0, from: tip) } ?? true
            try workspace.store(
                current == commit ? nil : commit, beside: beside,
                previous: isFollowed ? current : nil, workspace.rescuer)
        }
        CrashPoint.snapshotWritten.reached(in: context.environment)
        return WorkspaceSnapshot(
            commit: commit, tree: captured.tree, skipped: captured.omitted + captured.odd,
            gitlinks: try gitlinks(), strays: beside, isEmpty: commit == tip)
    }

    /// The repositories in it that the files refer to, whose own files are kept by nothing.
    private func gitlinks() throws -> [String] {
        try workspace.control(["ls-files", "-z", "-s"]).bytes.split(separator: 0)
            .filter { $0.starts(with: "160000 ".utf8) }
            .map { String(decoding: $0.drop { $0 != 9 }.dropFirst(), as: UTF8.self) }
    }

    /// The files as a tree; those that git ignores only if the person added them.
    private func capture(on tip: ObjectID) throws -> Capture {
        if try workspace.jobFolder().kind("control.git") != .folder { try workspace.makeControl() }
        try workspace.unlockIndex()
        _ = try workspace.control(["read-tree", "--reset", "\(tip)"])
        workspace.state.withLock { $0.tree = nil }
        guard let directory = gitDirectory,
            try Folder(trusted: directory).kind("index") == .file
        else { return try workspace.capture() }
        let added = try workspace.control(
            ["ls-files", "-z", "-c", "-i", "--exclude-standard"],
            environment: ["GIT_INDEX_FILE": "\(directory)/index"])
        return try workspace.capture(beside: added.bytes.split(separator: 0).map(Array.init))
    }

    private func isReached(_ commit: ObjectID, from tip: ObjectID) throws -> Bool {
        try context.git.isAncestor(commit, of: tip)
    }
}

extension JobContext {
    /// The user's git, for questions about commits.
    var git: LandingGit {
        LandingGit(GitProgram(environment: environment), repository: repository)
    }
}

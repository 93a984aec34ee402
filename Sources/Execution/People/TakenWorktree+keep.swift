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
        let tip =
            try head.commit ?? repository.target(of: branch) ?? lastCommit
            ?? workspace.origin.start
        let captured = try capture(on: tip)
        try workspace.checkFilters(
            in: captured.tree, gitDirectory: gitDirectory, "store the files of '\(path)'")
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
            commit: commit, tree: captured.tree,
            skipped: captured.omitted + captured.special + captured.odd,
            gitlinks: try gitlinks(), strays: beside, isEmpty: commit == tip)
    }

    /// The repositories in it that the files refer to, whose own files are kept by nothing.
    func gitlinks() throws -> [String] {
        try workspace.control(["ls-files", "-z", "-s"]).bytes.split(separator: 0)
            .filter { $0.starts(with: "160000 ".utf8) }
            .map { String(decoding: $0.drop { $0 != 9 }.dropFirst(), as: UTF8.self) }
    }

    /// The files as a tree; those that git ignores only if the person added them.
    func capture(on tip: ObjectID) throws -> Capture {
        if try workspace.jobFolder().kind("control.git") != .folder { try workspace.makeControl() }
        try workspace.unlockIndex()
        _ = try workspace.control(["read-tree", "--reset", "\(tip)"])
        workspace.state.withLock { $0.tree = nil }
        guard let directory = gitDirectory,
            try Folder(trusted: directory).kind("index") == .file
        else { return try workspace.capture() }
        let pinned = try pinned(directory)
        let added = try list(
            [
                "-c", "-i", "--exclude-per-directory=.gitignore",
                "--exclude-from=\(workspace.files.controlGit)/info/exclude",
            ], directory)
        return try workspace.capture(beside: added, pinning: pinned)
    }

    /// Brings into our index what the person's git takes from theirs, whatever is there.
    ///
    /// - Returns: The paths.
    private func pinned(_ directory: String) throws -> Set<[UInt8]> {
        var paths: Set<[UInt8]> = []
        var entries: [UInt8] = []
        for line in try list(["-s", "-v"], directory) {
            // A small letter stands for "assume unchanged", an S for "skip work tree".
            guard let tag = line.first, tag == UInt8(ascii: "S") || (0x61...0x7a).contains(tag),
                let tab = line.firstIndex(of: 9)
            else { continue }
            paths.insert(Array(line[(tab + 1)...]))
            entries += line.dropFirst(2) + [0]
        }
        if !entries.isEmpty {
            _ = try workspace.control(["update-index", "-z", "--index-info"], input: entries)
        }
        return paths
    }

    /// What the person's index has; their settings decide what is in a sparse checkout.
    ///
    /// Within the work tree, git sees which files are there although they need not be.
    private func list(_ options: [String], _ directory: String) throws -> [[UInt8]] {
        try workspace.control(
            ["ls-files", "-z"] + options, environment: ["GIT_DIR": directory],
            isWithin: true
        ).bytes.split(separator: 0).map(Array.init)
    }

    func isReached(_ commit: ObjectID, from tip: ObjectID) throws -> Bool {
        try context.git.isAncestor(commit, of: tip)
    }
}

extension JobContext {
    /// The user's git, for questions about commits.
    var git: LandingGit {
        LandingGit(GitProgram(environment: environment), repository: repository)
    }
}

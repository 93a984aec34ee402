public import GitStore
internal import Glibc

extension Workspace {
    /// Stores the files and the agent's commits, and moves the job's references.
    ///
    /// No process of the agent may be running.
    ///
    /// - Parameters:
    ///   - number: The number of the iteration.
    ///   - job: The id of the job, for the commit's subject.
    ///   - author: Who ran the ticket, and when.
    ///   - previous: The commit that the agent started from.
    /// - Returns: What was stored.
    /// - Throws: ``ExecutionError`` if git refuses what the agent wrote; nothing is lost then.
    public func snapshot(
        number: Int, job: String, author: Signature, previous: ObjectID
    ) throws -> WorkspaceSnapshot {
        let captured = try capture(screens: true)
        let harvest = harvest(previous: previous)
        let before = try tree(of: previous)
        let isEmpty = captured.tree == before
        var commit = previous
        if !isEmpty || harvest.parent != nil {
            commit = try controlRepository().writeCommit(
                tree: captured.tree, parents: [harvest.parent ?? previous], author: author,
                committer: Self.committer(author), message: "snapshot \(number) of job \(job)")
        }
        let isNew = commit != previous
        let links = try harvest.parent.map { try gitlinks(from: previous, to: $0) } ?? []
        try store(isNew ? commit : nil, beside: harvest.strays, previous: previous, author)
        if isNew { try moveBranch(to: commit, expecting: previous, author) }
        return WorkspaceSnapshot(
            commit: commit, tree: captured.tree,
            skipped: captured.screened + captured.omitted + captured.special + captured.odd
                + harvest.problems,
            gitlinks: links,
            strays: harvest.strays, isEmpty: isEmpty)
    }

    /// Who makes the commits that nobody asked for by hand.
    static func committer(_ author: Signature) -> Signature {
        Signature(
            name: "git-draft", email: "git-draft@localhost", seconds: author.seconds,
            offset: author.offset)
    }

    /// The paths that became links to other repositories between two commits.
    private func gitlinks(from old: ObjectID, to new: ObjectID) throws -> [String] {
        let listing = try controlObjects(
            ["diff-tree", "-r", "-z", "--raw", "--no-renames", "\(old)", "\(new)"])
        return RawChange.parse(listing.bytes).changes.filter(\.isGitlink).map(\.path)
    }
}

extension ExecutionError {
    /// Whether git refuses what was written, and will however often it is asked.
    ///
    /// That is a file that it cannot read as it is told to, one that would mislead another git
    /// and that its check of objects names, or one that it breaks on, or needs too much memory for;
    /// or more files than anybody wants to hear of.
    var isAboutContents: Bool {
        switch code {
        case .memory, .outputLimit: true
        case .failed:
            ["ls-files", "update-index"].contains(where: action.contains)
                || action.hasSuffix("git fetch'") && reason.hasPrefix("object ")
                || Self.crashes.contains(where: { status == 128 + $0 })
        default: false
        }
    }

    /// The signals that git, or the kernel short of memory, ends it with.
    private static let crashes = [SIGABRT, SIGBUS, SIGFPE, SIGILL, SIGKILL, SIGSEGV]
}

// MARK: - Keeping

extension Workspace {
    /// Brings commits into the user's repository, where references keep them.
    ///
    /// - Parameters:
    ///   - snapshot: What the job's reference is to point at, if it is to move.
    ///   - strays: What else is to be kept.
    ///   - previous: What the job's reference should point at now.
    ///   - author: The time of it.
    /// - Throws: ``WorkspaceError`` with code ``WorkspaceError/Code/moved`` if somebody interferes.
    func store(
        _ snapshot: ObjectID?, beside strays: [ObjectID], previous: ObjectID?, _ author: Signature
    ) throws {
        var kept = strays
        if snapshot != nil, let current = try origin.repository.target(of: reference),
            current != previous
        {
            // An earlier snapshot is taken up again: the later ones stay.
            kept.append(current)
        }
        guard snapshot != nil || !kept.isEmpty else { return }
        var known: [String: ObjectID] = [:]
        var specs: [String] = []
        if let snapshot {
            known["snapshot"] = snapshot
            specs.append("+refs/snapshot:\(reference)")
        }
        if !kept.isEmpty {
            known["kept"] = try chain(kept, in: controlRepository(), author)
            specs.append("refs/kept:\(keptReference)")
        }
        try forgetReferences(but: known)
        _ = try user(
            [
                "-c", "fetch.fsckObjects=true", "-c", "fetch.writeCommitGraph=false",
                "-c", "core.bigFileThreshold=\(PrivateGit.largest)",
                "-c", "protocol.file.allow=always", "fetch", "--quiet", "--no-tags",
                "--no-write-fetch-head", "--no-auto-maintenance", "--no-recurse-submodules",
                "--no-prune", "--no-prune-tags", files.controlGit,
            ] + specs)
        for (name, expected) in [(reference, snapshot), (keptReference, known["kept"])] {
            guard let expected, try origin.repository.target(of: name) != expected else { continue }
            throw WorkspaceError(
                .moved, "store a snapshot", reason: "'\(name)' was moved by another process")
        }
    }

    /// Adds commits to the chain that keeps them, and returns its new end.
    private func chain(
        _ ids: [ObjectID], in repository: Repository, _ author: Signature
    ) throws -> ObjectID {
        let old = try origin.repository.target(of: keptReference)
        let signature = Self.committer(author)
        return try repository.writeCommit(
            tree: repository.write(tree: []), parents: [old].compactMap(\.self) + ids,
            author: signature, committer: signature, message: "keep what job \(key) left behind")
    }

    /// Keeps commits that are in the user's repository already.
    func keep(_ ids: [ObjectID], _ author: Signature) throws {
        let old = try origin.repository.target(of: keptReference)
        let new = try chain(ids, in: origin.repository, author)
        try origin.repository.move(keptReference, to: new, from: old)
    }

    /// Moves the ticket's branch, and keeps what it pointed at if that is a surprise.
    ///
    /// What only lays out a commit has no branch.
    func moveBranch(
        to commit: ObjectID, expecting previous: ObjectID?, _ author: Signature
    ) throws {
        guard !origin.isCheckoutOnly else { return }
        let old = try origin.repository.target(of: origin.branch)
        guard old != commit else { return }
        if let old, old != previous, old != origin.baseCommit { try keep([old], author) }
        try origin.repository.move(
            origin.branch, to: commit, from: old, reflog: "draft: job \(key)")
    }

    /// The signature of what is done without being asked.
    var rescuer: Signature {
        Signature(name: origin.name, email: origin.email, seconds: origin.seconds)
    }

    /// Keeps whatever is in the directory and in the agent's git directory.
    ///
    /// - Returns: What could not be kept.
    func rescue() throws -> [String] {
        let tip = try origin.repository.target(of: reference)
        let job = try jobFolder()
        var hasIndex = false
        if job.kind("control.git") == .folder {
            hasIndex = try job.folder("control.git".utf8).kind("index") == .file
        }
        if !hasIndex {
            try makeControl()
            _ = try control(["read-tree", "--reset", "\(tip ?? origin.start)"])
        }
        try unlockIndex()
        let before: ObjectID
        if let tip { before = try tree(of: tip) } else { before = try writeTree() }
        let captured = try capture(screens: true)
        let harvest = harvest(previous: tip ?? origin.start)
        var left = harvest.strays + [harvest.parent].compactMap(\.self)
        if captured.tree != before {
            left.append(
                try controlRepository().writeCommit(
                    tree: captured.tree, parents: [tip].compactMap(\.self), author: rescuer,
                    committer: Self.committer(rescuer),
                    message: "rescue what job \(key) left behind"))
        }
        try store(nil, beside: left, previous: tip, rescuer)
        return captured.omitted + harvest.problems
    }
}

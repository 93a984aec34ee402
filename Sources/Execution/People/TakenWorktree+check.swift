internal import GitStore
internal import Model

/// What in a work tree is nowhere else: then it is not removed.
extension TakenWorktree {
    /// Refuses to remove it if it holds anything that was not submitted or given back.
    ///
    /// - Parameter job: The job that it is for.
    /// - Throws: ``WorkspaceError`` that says what that is.
    func checkSubmitted(by job: Job) throws {
        guard isPresent, !isHalfMade else { return }
        let stash = "git -C '\(path)' stash --include-untracked"
        if let unfinished {
            throw unreachable(
                "a \(unfinished) is going on in it", "git -C '\(path)' \(unfinished) --abort")
        }
        let stored = job.iterations.last { !($0["snapshot"] ?? .null).isNull }
        let start = job.record.value("invocation")["start"]?.string
        guard let last = (stored?["snapshot"]?.string ?? start).flatMap({ ObjectID(hex: $0) }),
            context.repository.contains(last)
        else { throw unreachable("what was submitted is not in this clone", stash) }
        let head = try head()
        let tree = try capture(on: head.commit ?? last).tree
        let known = try [last, head.commit].compactMap { try $0.map(workspace.tree) }
        guard known.contains(tree) else {
            throw unreachable("it has changes that were not submitted", stash)
        }
        try checkIndex(beside: [last])
        for tip in try [head.commit, context.repository.target(of: branch)].compactMap(\.self)
        where try !isReached(tip, from: last) {
            // The files are kept by now, and the branch is when its directory has gone.
            throw unreachable(
                "it has commits that were not submitted",
                head.branch == nil
                    ? "git -C '\(path)' switch -c <name>" : "git worktree remove --force '\(path)'")
        }
    }

    /// Refuses to remove it if its index holds what no commit does.
    ///
    /// - Parameter commits: What is kept, besides what is checked out.
    /// - Throws: ``WorkspaceError`` that names the first such file.
    func checkIndex(beside commits: [ObjectID]) throws {
        guard let directory = gitDirectory,
            try Folder(trusted: directory).kind("index") == .file
        else { return }
        var staged: Set<[UInt8]>?
        for commit in try commits + [head().commit].compactMap(\.self) {
            let listed = try workspace.control(
                ["diff-index", "--cached", "-z", "--name-only", "--diff-filter=d", "\(commit)"],
                environment: ["GIT_INDEX_FILE": "\(directory)/index"])
            let paths = Set(listed.bytes.split(separator: 0).map(Array.init))
            staged = staged?.intersection(paths) ?? paths
        }
        guard let first = staged?.min(by: { $0.lexicographicallyPrecedes($1) }) else { return }
        throw unreachable(
            "'\(String(decoding: first, as: UTF8.self))' is staged as it is nowhere else",
            "git -C '\(path)' stash --include-untracked")
    }

    /// Keeps the commits that only its reflogs name, since these go with it.
    func keepForgotten() throws {
        guard let directory = gitDirectory else { return }
        let common = context.repository.commonDirectory
        let named = ["\(directory)/logs/HEAD", "\(common)/logs/\(branch)"]
            .flatMap(Self.commits)
        let there = Set(named).filter(context.repository.contains)
        guard !there.isEmpty else { return }
        let listed = try workspace.user(
            ["rev-list"] + there.map { "\($0)" }.sorted() + ["--not", "--all"])
        let lost = listed.text.split(separator: "\n").compactMap { ObjectID(hex: String($0)) }
        let tips = lost.filter(there.contains)
        if !tips.isEmpty { try workspace.keep(tips, workspace.rescuer) }
    }

    private func unreachable(_ reason: String, _ hint: String) -> WorkspaceError {
        WorkspaceError(.unreachable, "remove '\(path)'", reason: reason, hint: hint)
    }
}

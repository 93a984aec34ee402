internal import FoundationEssentials
internal import GitStore
internal import Model
internal import Synchronization

/// Making a work tree for a person, and putting it away.
extension TakenWorktree {
    /// Where a person's work starts from.
    struct Start {
        /// The commit that the files are to be as.
        var files: ObjectID

        /// The commit that the branch points at; the files' own, unless that holds a secret.
        var head: ObjectID
    }

    /// Makes a work tree.
    ///
    /// Whatever dies on the way leaves something that says that it is half made.
    ///
    /// - Parameters:
    ///   - context: What jobs need of the world.
    ///   - ticket: The ticket that is worked on.
    ///   - job: The job that it is for.
    ///   - base: The commit that the result is compared with.
    ///   - start: Where the work starts from.
    /// - Returns: The work tree, ready for the person.
    /// - Throws: ``WorkspaceError`` if something is in the way.
    static func make(
        _ context: JobContext, _ ticket: Ticket, job: String, base: ObjectID, start: Start
    ) throws -> TakenWorktree {
        let repository = context.repository
        let root = context.workspaceRoot
        let name = try freeName(ticket, context, root)
        let half = try TakenWorktree(
            context, ticket, name: name, job: job, root: root, base: base, start: start.files,
            isHalfMade: true)
        if repository.isPartialClone {
            throw WorkspaceError(
                .unsupported, "make '\(half.path)'", reason: "this is a partial clone",
                hint: repository.completingCommand)
        }
        let workspace = half.workspace
        if try repository.target(of: workspace.reference) == nil {
            try repository.move(workspace.reference, to: start.files, from: nil)
        }
        if repository.mainWorkDirectory != nil { try ExcludeFile.complete(repository) }
        try workspace.makeControl()
        try workspace.checkStart()
        try half.placeBranch(start.head)
        try half.record(isHalfMade: true)
        let folder = try Workspace.openRoot(workspace.origin, making: true)
        _ = try folder.making(name)
        _ = try workspace.user([
            "-c", "core.hooksPath=/dev/null", "worktree", "add", "--quiet", "--no-checkout", "--",
            half.path, "take/\(ticket.id)",
        ])
        CrashPoint.workspaceHalfMade.reached(in: context.environment)
        try half.layFiles(start)
        let made = try half.adopted(by: job)
        try made.record()
        return made
    }

    /// Lays out the files, and tells the user's git that they are as it expects.
    private func layFiles(_ start: Start) throws {
        _ = try workspace.control(["read-tree", "--reset", "-u", "\(start.files)"])
        guard let directory = gitDirectory,
            let index = try workspace.jobFolder().folder("control.git".utf8)
                .read("index", limit: 1 << 30)
        else {
            throw WorkspaceError(.place, "make '\(path)'", reason: "it was removed meanwhile")
        }
        try Folder(trusted: directory).replace("index", index)
    }

    /// A name for the directory that nothing has.
    private static func freeName(
        _ ticket: Ticket, _ context: JobContext, _ root: String
    ) throws -> String {
        let probe = try TakenWorktree(context, ticket, name: "probe", job: "probe", root: root)
        let folder = try Workspace.openRoot(probe.workspace.origin, making: true)
        let plain = prefix + ticket.id
        for name in [plain] + (2...99).map({ "\(plain)-\($0)" })
        where folder.kind(name) == .missing {
            return name
        }
        throw WorkspaceError(
            .occupied, "make a work tree for ticket \(ticket.id.prefix(6))",
            reason: "'\(root)' holds too many of them", hint: "git worktree list")
    }

    /// Points the branch at a commit; what it pointed at is kept.
    private func placeBranch(_ head: ObjectID) throws {
        let repository = context.repository
        if try repository.target(of: "refs/heads/take") != nil {
            throw WorkspaceError(
                .occupied, "make branch 'take/\(ticket.id)'",
                reason: "there is a branch 'take'", hint: "git branch -m take <name>")
        }
        if let other = try worktree(on: branch) {
            throw WorkspaceError(
                .occupied, "make a work tree on 'take/\(ticket.id)'",
                reason: "that branch is checked out in '\(other)'",
                hint: "git -C '\(other)' switch --detach")
        }
        let old = try repository.target(of: branch)
        guard old != head else { return }
        if let old { try workspace.keep([old], workspace.rescuer) }
        try repository.move(branch, to: head, from: old, reflog: "draft: take")
    }

    /// The work tree that has a branch checked out, if it is still there.
    private func worktree(on branch: String) throws -> String? {
        let listing = try workspace.user(["worktree", "list", "--porcelain"]).text
        for entry in listing.split(separator: "\n\n") {
            let lines = entry.split(separator: "\n")
            guard lines.contains("branch \(branch)"), let first = lines.first,
                first.hasPrefix("worktree ")
            else { continue }
            let place = String(first.dropFirst("worktree ".count))
            guard FileManager.default.fileExists(atPath: "\(place)/.git") else {
                // Its directory was removed: only git's memory of it is left.
                _ = try workspace.user(["worktree", "remove", "--force", "--", place])
                continue
            }
            return place
        }
        return nil
    }
}

// MARK: - Putting it away

extension TakenWorktree {
    /// Removes the directory, once all that it holds is kept; what git ignores is not.
    ///
    /// Until ``forget()`` it is written down that it was there.
    ///
    /// - Throws: ``WorkspaceError`` if something of it cannot be kept; nothing is removed then.
    func putAway() throws {
        if isPresent, !isHalfMade {
            let snapshot = try keep("rescue what was left of job \(job)")
            if let first = (snapshot.skipped + snapshot.gitlinks).first {
                throw WorkspaceError(
                    .unreachable, "remove '\(path)'",
                    reason: "'\(first)' cannot be kept in the repository",
                    hint: "mv \("\(path)/\(first)".quoted) <directory>")
            }
            try checkIndex(beside: [snapshot.commit])
            try keepForgotten()
        }
        try remove()
    }

    /// Removes the directory, and git's memory of it.
    private func remove() throws {
        let action = "remove '\(path)'"
        guard !isMoved else {
            throw WorkspaceError(
                .unreachable, action, reason: "it was moved there",
                hint: "git worktree remove --force '\(path)'")
        }
        let folder = try Workspace.openRoot(workspace.origin, making: true)
        if let directory = gitDirectory {
            guard !FileManager.default.fileExists(atPath: "\(directory)/locked") else {
                throw WorkspaceError(
                    .occupied, action, reason: "the work tree is locked",
                    hint: "git worktree unlock '\(path)'")
            }
            guard !FileManager.default.fileExists(atPath: "\(directory)/modules") else {
                throw WorkspaceError(
                    .unreachable, action, reason: "it has submodules of its own",
                    hint: "git worktree move '\(path)' <directory>")
            }
            guard !Self.isSame(directory, context.repository.gitDirectory) else {
                throw WorkspaceError(
                    .occupied, action, reason: "you are in it",
                    hint: "cd '\(context.repository.mainWorkDirectory ?? "/")'")
            }
        }
        switch folder.kind(workspace.name) {
        case .missing: break
        case .folder where try isPresent || isHalfMade && !hasGit:
            if let point = try Mounts.points(within: path).first {
                throw WorkspaceError(
                    .occupied, action, reason: "'\(point)' is mounted there",
                    hint: "umount '\(point)'")
            }
            try folder.remove(workspace.name)
        default:
            throw WorkspaceError(
                .place, action, reason: "it is not the work tree that we made",
                hint: "mv '\(path)' '\(path).old'")
        }
        // Nothing is there any more: this forgets it, and fails if that is so already.
        _ = try? workspace.user(["worktree", "remove", "--force", "--", path])
        try workspace.jobFolder().remove("control.git")
    }

    /// Whether anything says that it belongs to a repository, be it ours or another.
    private var hasGit: Bool {
        get throws { try workspace.folder().kind(".git") != .missing }
    }

    /// Forgets a directory that is not there any more.
    func forget() throws {
        try Workspace.draftFolder(context.repository).making("places", mode: 0o700)
            .remove(recordName)
    }
}

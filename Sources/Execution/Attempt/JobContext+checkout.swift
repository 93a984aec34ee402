internal import FoundationEssentials
public import GitStore
public import Model

/// Fresh checkouts for judging trees.
extension JobContext {
    /// The directory that holds all workspaces.
    public var workspaceRoot: String {
        WorkspaceRoot.path(repository, repository.configuration, home: environment["HOME"])
    }

    /// The branch of a ticket, as a full reference.
    public func branch(of ticket: Ticket) -> String {
        let prefix = repository.configuration.string("draft.branchPrefix") ?? "goal"
        return "refs/heads/\(prefix)/\(ticket.goalID)/ticket/\(ticket.id)"
    }

    /// Describes a workspace of a job.
    public func origin(
        base: ObjectID, start: ObjectID, branch: String, isCheckoutOnly: Bool = false
    ) throws -> WorkspaceOrigin {
        let identity = repository.identity()
        return WorkspaceOrigin(
            repository: repository, environment: environment, root: workspaceRoot,
            name: identity?.name ?? "git-draft",
            email: identity?.email ?? "git-draft@localhost",
            baseBranch: "refs/heads/\(try board.snapshot().board().baseBranch)", baseCommit: base,
            start: start, branch: branch, isCheckoutOnly: isCheckoutOnly,
            seconds: board.context.now().milliseconds / 1000)
    }

    /// What judges trees in fresh checkouts.
    ///
    /// - Parameters:
    ///   - stop: Ends it early.
    ///   - limit: How long the commands may take for one tree, in seconds.
    /// - Returns: The judge.
    public func validation(stop: StopSignal?, limit: Int) -> TreeValidation {
        var validation = TreeValidation(
            repository: repository,
            runners: { job, policy in
                let files = JobFiles(commonDirectory: repository.commonDirectory, job: job)
                return ValidationRunner(
                    sandbox: try sandbox(policy), cell: checkoutCell(files, job: job, policy),
                    redactor: redactor,
                    environment: jobEnvironment(
                        files, job: job, ticket: nil, goal: nil, policy),
                    stop: stop, deadline: .now + .seconds(limit))
            }, checkout: { try checkout($0, job: $1, $2) })
        validation.guarded = { try watching($0, $1) }
        validation.keep = { job, log in
            guard let month = try board.snapshot().view(Job.self, job)?.month else { return nil }
            return try board.keep([EvidenceFile(.validation, log)], of: job, month: month).first
        }
        return validation
    }

    /// What the commands see that judge a fresh checkout, whose place is told with them.
    private func checkoutCell(_ files: JobFiles, job: String, _ policy: Policy) -> Cell {
        let key = "\(job).\(Self.checkoutPrefix)\(job)"
        let own = JobFiles(commonDirectory: repository.commonDirectory, job: key)
        return cell("", own.agentGit, files, policy, .validation)
    }

    private func checkout(
        _ commit: ObjectID, job: String, _ body: (String) throws -> [Verdict]
    ) throws -> [Verdict] {
        try checkingOut(commit, job: job) { try body($0.path) }
    }

    /// Lends a fresh checkout of a commit, and removes it again.
    func checkingOut<Result>(
        _ commit: ObjectID, job: String, _ body: (Workspace) throws -> Result
    ) throws -> Result {
        let files = JobFiles(commonDirectory: repository.commonDirectory, job: job)
        try repository.makeDirectory(files.directory)
        guard let lock = try Slot(files.checkout) else {
            throw BoardError(.conflict, "job \(job.prefix(6)) has a checkout already")
        }
        defer { withExtendedLifetime(lock) {} }
        let workspace = try Workspace.open(
            name: Self.checkoutPrefix + job, job: job, origin: checkoutOrigin(commit))
        // From here on a reference tells whoever cleans up that there is something.
        do {
            try repository.makeDirectory(files.temporary)
            try repository.makeDirectory(files.forChecks.temporary)
            try workspace.renewAgentGit(head: commit)
            let result = try body(workspace)
            // What cannot be removed now is in nobody's way; the verdict stands.
            try? removeCheckout(workspace, of: job)
            return result
        } catch {
            try? removeCheckout(workspace, of: job)
            throw error
        }
    }

    /// What the names of checkouts beside the agent's directory begin with.
    private static let checkoutPrefix = "check-"

    private func checkoutOrigin(_ commit: ObjectID) throws -> WorkspaceOrigin {
        try origin(base: commit, start: commit, branch: "refs/heads/none", isCheckoutOnly: true)
    }

    /// Removes a checkout, and the folder of a job that is on no list, such as a landing's.
    private func removeCheckout(_ workspace: Workspace, of job: String) throws {
        let files = JobFiles(commonDirectory: repository.commonDirectory, job: job)
        // First, as long as the reference of the checkout says that it is there.
        try? Folder(trusted: files.directory).remove(JobFiles.temporaryFolder)
        files.removeChecks()
        try workspace.remove()
        let isListed = try Leases(board: board).entries().contains { $0.job == job }
        guard !isListed, let slash = files.directory.utf8.lastIndex(of: UInt8(ascii: "/")) else {
            return
        }
        try? Folder(trusted: String(files.directory[..<slash])).remove(job)
    }

    /// Removes the checkouts of processes that died.
    ///
    /// Those of a job that goes on are its own: what runs for it must not be swept away.
    ///
    /// - Throws: What stands in the way; the rest is as it was then.
    public func removeDeadCheckouts() throws {
        let prefix = "refs/draft-local/"
        for held in try repository.references(under: prefix) {
            let key = String(held.name.dropFirst(prefix.count))
            let parts = key.split(separator: ".", maxSplits: 1).map(String.init)
            guard parts.count == 2, parts[1] == Self.checkoutPrefix + parts[0] else { continue }
            let job = parts[0]
            let files = JobFiles(commonDirectory: repository.commonDirectory, job: job)
            try repository.makeDirectory(files.directory)
            guard let lock = try Slot(files.checkout), let launch = try Slot(files.launch),
                let own = try Slot(files.lock)
            else { continue }
            try withExtendedLifetime((lock, launch, own)) {
                try files.sweep()
                let origin = try checkoutOrigin(held.id)
                let workspace = try Workspace(name: parts[1], key: key, origin: origin)
                try workspace.record()
                try removeCheckout(workspace, of: job)
            }
        }
    }
}

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
        TreeValidation(
            repository: repository,
            runners: { job in
                let files = JobFiles(commonDirectory: repository.commonDirectory, job: job)
                return ValidationRunner(
                    sandbox: sandbox, redactor: redactor,
                    environment: jobEnvironment(files, job: job, ticket: nil, goal: nil),
                    stop: stop, deadline: .now + .seconds(limit))
            }, checkout: { try checkout($0, job: $1, $2) })
    }

    private func checkout(
        _ commit: ObjectID, job: String, _ body: (String) throws -> [Verdict]
    ) throws -> [Verdict] {
        let files = JobFiles(commonDirectory: repository.commonDirectory, job: job)
        try repository.makeDirectory(files.temporary)
        let origin = try origin(
            base: commit, start: commit, branch: "refs/heads/none", isCheckoutOnly: true)
        let workspace = try Workspace.open(name: "check-\(job)", job: job, origin: origin)
        defer { JobFiles.removeTemporary(files) }
        do {
            try workspace.renewAgentGit(head: commit)
            let verdicts = try body(workspace.path)
            // What cannot be removed now is in nobody's way; the verdict stands.
            try? workspace.remove()
            return verdicts
        } catch {
            try? workspace.remove()
            throw error
        }
    }
}

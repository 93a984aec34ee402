internal import FoundationEssentials
public import GitStore
public import Model

/// The directory in which a ticket is worked on, by an agent or a person.
public struct WorkPlace: Sendable {
    /// The directory.
    public let path: String
    /// The job that it is for.
    public let job: String
    /// The full name of the branch that the work is on.
    public let branch: String

    /// Finds it; `nil` if there is none.
    ///
    /// - Parameters:
    ///   - ticket: The ticket.
    ///   - job: The job whose directory is wanted; `nil` for whoever has or had it last.
    ///   - snapshot: The board.
    ///   - context: What jobs need of the world.
    /// - Throws: What the board throws.
    public init?(
        of ticket: Ticket, _ job: Job?, in snapshot: Snapshot, _ context: JobContext
    ) throws {
        let jobs = try snapshot.list(Job.self).filter { $0.ticketID == ticket.id }
            .sorted { ($0.createdAt ?? .distantPast) > ($1.createdAt ?? .distantPast) }
        if let holder = try job ?? Job.person(with: ticket, in: snapshot), holder.isPersons {
            guard let worktree = try TakenWorktree.of(holder, ticket, context),
                worktree.isPresent
            else { return nil }
            self.init(worktree)
            return
        }
        for candidate in job.map({ [$0] }) ?? jobs {
            if let worktree = try TakenWorktree.of(candidate, ticket, context),
                worktree.isPresent
            {
                self.init(worktree)
                return
            }
            let path = "\(context.workspaceRoot)/\(ticket.id)"
            if try Workspace.owner(of: ticket.id, at: path, in: context.repository)
                == candidate.id, FileManager.default.fileExists(atPath: path)
            {
                self.init(path: path, job: candidate.id, branch: context.branch(of: ticket))
                return
            }
        }
        return nil
    }

    private init(_ worktree: TakenWorktree) {
        self.init(path: worktree.path, job: worktree.job, branch: worktree.branch)
    }

    private init(path: String, job: String, branch: String) {
        (self.path, self.job, self.branch) = (path, job, branch)
    }
}

internal import FoundationEssentials
internal import GitStore
public import Model

/// Puts away what a ticket needed while it was worked on.
public struct TicketCleanup {
    private let context: JobContext

    /// Creates it.
    public init(_ context: JobContext) { self.context = context }

    /// Puts away what killed landings left of tickets that are done, and what no commit can hold.
    ///
    /// - Throws: What stands in the way; the rest is as it was then.
    public func cleanFinished() throws {
        try cleanLeft()
        let places = context.repository.commonDirectory + "/draft/places"
        let names = (try? FileManager.default.contentsOfDirectory(atPath: places)) ?? []
        guard !names.isEmpty else { return }
        let snapshot = try context.board.snapshot()
        for name in names.sorted() {
            // An agent's directory has the ticket's name, a person's has that within its own.
            let isPersons = name.hasPrefix(TakenWorktree.prefix)
            let id = isPersons ? name.split(separator: "-").dropFirst().first : name[...]
            guard let id, let ticket = try snapshot.view(Ticket.self, String(id)),
                ticket.state == .done,
                !ticket.record.landings.isEmpty
            else { continue }
            // What of a person's cannot be kept stays, and keeps nobody else's.
            if isPersons { try? cleanTaken(ticket) } else { try clean(ticket) }
        }
    }

    /// Removes the workspace and the branch of a ticket, once every commit is kept elsewhere.
    ///
    /// - Throws: What stands in the way; the rest is as it was then.
    public func clean(_ ticket: Ticket) throws {
        let repository = context.repository
        let name = context.branch(of: ticket)
        let tip = try repository.target(of: name)
        let jobs = try context.board.snapshot().list(Job.self)
            .filter { $0.ticketID == ticket.id }
        guard
            let last = jobs.max(by: {
                ($0.createdAt ?? .distantPast) < ($1.createdAt ?? .distantPast)
            }), jobs.allSatisfy({ $0.status.isTerminal })
        else { return }
        let now = context.board.context.now().milliseconds / 1000
        if let tip {
            try Attempts(repository).fold(
                job: last.id, month: last.month, snapshots: [tip], at: now)
        }
        if let base = last.baseCommit.flatMap({ ObjectID(hex: $0) }) {
            let origin = try context.origin(base: base, start: tip ?? base, branch: name)
            try Workspace.existing(name: ticket.id, origin: origin)?.remove()
        }
        if let tip { try repository.delete(name, expecting: tip) }
        try removeLeft(of: ticket, jobs)
        try cleanTaken(ticket)
    }

    /// Removes what tries left that git cannot store, once their tickets are over.
    private func cleanLeft() throws {
        let root = context.workspaceRoot
        let names = (try? FileManager.default.contentsOfDirectory(atPath: root)) ?? []
        let ids = names.compactMap { name -> String? in
            let parts = name.split(separator: ".", maxSplits: 1)
            guard parts.count == 2, parts[1].hasPrefix("left-") else { return nil }
            return String(parts[0])
        }
        guard !ids.isEmpty else { return }
        let snapshot = try context.board.snapshot()
        for id in Set(ids).sorted() {
            guard let ticket = try snapshot.view(Ticket.self, id),
                [.done, .abandoned].contains(ticket.state)
            else { continue }
            try removeLeft(of: ticket, snapshot.list(Job.self).filter { $0.ticketID == id })
        }
    }

    private func removeLeft(of ticket: Ticket, _ jobs: [Job]) throws {
        guard jobs.allSatisfy({ $0.status.isTerminal }) else { return }
        let origin = try context.origin(
            base: .emptyTree, start: .emptyTree, branch: context.branch(of: ticket))
        try Workspace.removeLeft(name: ticket.id, jobs: jobs.map(\.id), origin: origin)
    }

    /// Removes what a person worked in, once all of it is kept elsewhere.
    private func cleanTaken(_ ticket: Ticket) throws {
        let repository = context.repository
        let snapshot = try context.board.snapshot()
        let jobs = try snapshot.list(Job.self).filter { $0.ticketID == ticket.id }
        guard jobs.allSatisfy({ $0.status.isTerminal }) else { return }
        let worktrees = try TakenWorktree.all(of: ticket, context)
        for worktree in worktrees {
            let job = try snapshot.view(Job.self, worktree.job)
            if let job { try worktree.checkSubmitted(by: job) }
            try worktree.putAway()
            if let job { try Recovery(context).fold(job) }
        }
        let branch = TakenWorktree.branch(of: ticket.id)
        let last = jobs.max { ($0.createdAt ?? .distantPast) < ($1.createdAt ?? .distantPast) }
        if let last, let tip = try repository.target(of: branch) {
            try Attempts(repository).fold(
                job: last.id, month: last.month, snapshots: [tip],
                at: context.board.context.now().milliseconds / 1000)
            try repository.delete(branch, expecting: tip)
        }
        for worktree in worktrees { try worktree.forget() }
    }
}

internal import GitStore
internal import Model

/// Landing where the local branch decides.
extension Lander {
    /// Moves the base and everything that follows it; `nil` if it moved meanwhile.
    func landLocally(_ landing: Landing, as actor: Actor) throws -> LandOutcome? {
        let repository = board.repository
        let target = landing.target
        // Validation took its time.
        guard try repository.target(of: target.reference) == target.base else { return nil }
        let worktrees = BaseWorktrees(git: git, reference: target.reference)
        let followers = try worktrees.all()
        try worktrees.check(followers, from: target.base, to: landing.commit)
        try checkStop()
        do {
            try moveBase(target, from: target.base, to: landing.commit, Self.reflog(landing))
        } catch {
            switch error {
            case GitError.Code.modified, GitError.Code.exists: return nil
            default: throw error
            }
        }
        landing.job.hasMoved = true
        CrashPoint.baseMoved.reached(in: git.environment)
        do {
            try worktrees.move(followers, from: target.base, to: landing.commit)
        } catch {
            // Somebody changed a file between the check and the move: as if nothing had been.
            try moveBase(target, from: landing.commit, to: target.base, "land: taken back")
            landing.job.hasMoved = false
            throw error
        }
        try board.transact(as: actor, isDurable: true) { transaction in
            try recordLanding(
                of: landing.commit, ticket: landing.candidate.ticket.id, job: landing.job.id,
                remote: nil, in: transaction)
        }
        return .landed(landing.commit, notes: [])
    }

    /// Points the base branch elsewhere, provided that it has not moved meanwhile.
    func moveBase(
        _ target: Target, from old: ObjectID, to new: ObjectID, _ message: String
    ) throws {
        try board.repository.durably {
            try board.repository.move(target.reference, to: new, from: old, reflog: message)
        }
    }

    static func reflog(_ landing: Landing) -> String {
        let ticket = landing.candidate.ticket
        return "draft: land \(ticket.id.prefix(6)) \(ticket.title)"
    }
}

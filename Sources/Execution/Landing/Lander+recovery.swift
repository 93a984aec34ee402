internal import GitStore
internal import Model

/// Finishing or undoing what killed processes had begun; the caller holds the lock.
extension Lander {
    /// Looks at every commit that a landing keeps.
    ///
    /// Offline the fate of what was pushed stays unknown.
    func recoverAll(as actor: Actor, isOffline: Bool = false) throws -> [RecoveredLanding] {
        let kept = try board.repository.references(under: Self.keepPrefix)
        guard !kept.isEmpty else { return [] }
        return try kept.compactMap { reference in
            let job = String(reference.name.dropFirst(Self.keepPrefix.count))
            let recovered = try recover(reference.id, job: job, as: actor, isOffline)
            if recovered?.fate != .unknown {
                try board.repository.delete(reference.name, expecting: reference.id)
            }
            return recovered
        }
    }

    private func recover(
        _ commit: ObjectID, job: String, as actor: Actor, _ isOffline: Bool
    ) throws -> RecoveredLanding? {
        let made = try board.repository.readCommit(commit)
        let snapshot = try board.snapshot()
        let known = try snapshot.view(Job.self, job)?.ticketID
        guard let ticket = known ?? made.trailer("Draft-Ticket"), let base = made.parents.first
        else { return nil }
        func result(_ fate: RecoveredLanding.Fate, _ notes: [String] = []) -> RecoveredLanding {
            RecoveredLanding(ticket: ticket, commit: commit, fate: fate, notes: notes)
        }
        let branch = try snapshot.board().baseBranch
        let local = try board.repository.target(of: "refs/heads/\(branch)")
        if local != nil { try removeStaleLock(of: "refs/heads/\(branch)", for: commit) }
        let target = Target(branch: branch, local: local, upstream: nil, base: base)
        let pending = try board.pending().first { entry in
            try entry.name == ticket && lands(commit, ticket, entry.commit)
        }
        if let pending {
            if isOffline { return result(.unknown) }
            let fate = try settle(pending.commit, commit, ticket, target, as: actor)
            if fate == .undone { try close(job, .crashed, Self.died, as: actor) }
            guard fate == .completed else { return result(fate) }
            return result(.completed, follow(commit, target))
        }
        let isInBase = try local.map { try git.isAncestor(commit, of: $0) } ?? false
        let isRecorded = try lands(commit, ticket, snapshot.commit)
        guard isInBase || isRecorded else {
            try close(job, .crashed, Self.died, as: actor)
            return result(.undone)
        }
        let notes =
            local == commit
            ? finishMove(target, to: commit) : isInBase ? [] : follow(commit, target)
        if !isRecorded {
            try board.transact(as: actor, isDurable: true) { transaction in
                try recordLanding(
                    of: commit, ticket: ticket, job: job, remote: nil, in: transaction)
            }
        }
        return result(.completed, notes)
    }

    /// Removes the lock of the base branch that a landing left which was killed moving it.
    ///
    /// Such a lock names what was to land, or nothing yet. One that git has for longer than a
    /// moment names something else, or is open.
    private func removeStaleLock(of reference: String, for commit: ObjectID) throws {
        let path = "\(board.repository.commonDirectory)/\(reference).lock"
        guard let bytes = JobFiles.contents(path, limit: 128),
            "\(commit)\n".utf8.starts(with: bytes)
        else { return }
        _ = try board.repository.recoverStaleLock(ref: reference, quiet: .seconds(1))
    }

    private static let died = "the process of the landing died"

    /// Whether a commit of the board says that a ticket landed as this commit.
    private func lands(_ commit: ObjectID, _ ticket: String, _ tip: ObjectID) throws -> Bool {
        let record = try board.snapshot(at: tip).record(.ticket, ticket)
        return record?.landings.contains { $0.commit == "\(commit)" } ?? false
    }

    /// Finds out what a remote did with a landing that waits for its fate.
    private func settle(
        _ pending: ObjectID, _ commit: ObjectID, _ ticket: String, _ target: Target,
        as actor: Actor
    ) throws -> RecoveredLanding.Fate {
        let record = try board.snapshot(at: pending).record(.ticket, ticket)
        let landing = record?.landings.first { $0.commit == "\(commit)" }
        let settings = try board.repository.reloadConfiguration()
        guard let remote = landing?.group.value["remote"]?.string,
            let found = settings.upstream(of: target.branch), found.remote == remote
        else { return .unknown }
        let upstream = Upstream(remote: remote, reference: found.ref, git: git)
        // Meanwhile somebody may have decided otherwise.
        let now = try board.snapshot()
        let isWanted =
            (try? LandingCandidate(now.require(Ticket.self, ticket), in: now, by: actor)) != nil
        switch try ask(upstream, about: commit, pending, isWanted: isWanted) {
        case .accepted:
            try board.settle(ticket, won: true)
            return .completed
        case .raced, .refused:
            try board.settle(ticket, won: false)
            return .undone
        case .unknown: return .unknown
        }
    }

    /// Moves the work trees that a kill left behind the base.
    private func finishMove(_ target: Target, to commit: ObjectID) -> [String] {
        let worktrees = BaseWorktrees(git: git, reference: target.reference)
        do {
            return try worktrees.all().compactMap { worktree in
                try worktrees.finish(worktree, from: target.base, to: commit)
            }
        } catch {
            return ["the work trees of '\(target.branch)' were not looked at: \(error)"]
        }
    }
}

extension BaseWorktrees {
    /// Completes a move that may have been begun; returns why it cannot be.
    ///
    /// A kill between the files and the index leaves files that are new already
    /// and an index that calls them changed: such files are entered first.
    func finish(
        _ worktree: Worktree, from old: ObjectID, to new: ObjectID
    ) throws -> String? {
        try enterFinished(worktree, old, new)
        do {
            try check([worktree], from: old, to: new)
            try move([worktree], from: old, to: new)
            return nil
        } catch let refusal as LandRefusal {
            let names = refusal.files.joined(separator: ", ")
            return "\(refusal.reason)\(names.isEmpty ? "" : ": \(names)")"
        }
    }
}

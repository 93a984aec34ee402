internal import GitStore
internal import Model

/// Landing where a remote decides: base and board are pushed together, or not at all.
extension Lander {
    /// Pushes a landing; `nil` if something moved there meanwhile.
    func landRemotely(_ landing: Landing, as actor: Actor) throws -> LandOutcome? {
        guard let upstream = landing.target.upstream else { return nil }
        let id = landing.candidate.ticket.id
        // Validation took its time.
        let tips = try upstream.fetch()
        guard tips.base == landing.target.base else { return nil }
        try checkBoard(tips, of: upstream.remote)
        try checkWorktrees(landing)
        try checkStop()
        let pending = try board.prepare(id, as: actor) { transaction in
            let ticket = try transaction.require(Ticket.self, id)
            try Self.checkUnchanged(landing.candidate, ticket, transaction)
            _ = try Self.open(landing.job, transaction)
            try recordLanding(
                of: landing.commit, ticket: id, job: landing.job.id, remote: upstream.remote,
                in: transaction)
        }
        progress("pushing to '\(upstream.remote)'…")
        switch offer(landing.commit, with: pending.commit, to: upstream, expecting: tips) {
        case .accepted:
            landing.job.hasMoved = true
            try board.settle(id, won: true)
            return .landed(landing.commit, notes: follow(landing.commit, landing.target))
        case .raced:
            try board.settle(id, won: false)
            return nil
        case .refused(let reason):
            try board.settle(id, won: false)
            throw LandRefusal(
                "'\(upstream.remote)' refused the landing: \(reason)",
                hint: "git push \(upstream.remote.quoted) \(landing.commit):refs/heads/"
                    + "ticket-\(id.prefix(6))")
        case .unknown(let reason):
            progress("no answer from '\(upstream.remote)': \(reason)")
            throw UnknownResult()
        }
    }

    /// Pushes, and asks what became of it should the answer be lost.
    private func offer(
        _ commit: ObjectID, with pending: ObjectID, to upstream: Upstream,
        expecting tips: Upstream.Tips
    ) -> Upstream.Answer {
        do {
            let answer = try upstream.push(commit, board: pending, expecting: tips)
            guard case .unknown = answer else { return answer }
            return try ask(upstream, about: commit, pending, isWanted: true)
        } catch {
            // Whatever it is, the push may have been on its way.
            return .unknown("\(error)")
        }
    }

    /// Finds out what became of a push whose answer was lost.
    ///
    /// - Parameters:
    ///   - upstream: Where it was pushed.
    ///   - commit: The commit that was to land.
    ///   - pending: The commit of the board that tells of it.
    ///   - isWanted: Whether to push again if it did not arrive and still could.
    /// - Returns: What became of it.
    /// - Throws: What reading the board throws.
    func ask(
        _ upstream: Upstream, about commit: ObjectID, _ pending: ObjectID, isWanted: Bool
    ) throws -> Upstream.Answer {
        var last = Upstream.Answer.unknown("no answer")
        for _ in 0..<3 {
            let tips: Upstream.Tips
            do {
                tips = try upstream.fetch()
            } catch let error as ExecutionError {
                return .unknown(error.reason)
            }
            if try git.isAncestor(commit, of: tips.base) { return .accepted }
            let parent = try board.repository.readCommit(commit).parents.first
            let knowsBoard = try tips.board.map { try board.descends(pending, from: $0) } ?? true
            guard isWanted, parent == tips.base, knowsBoard else { return .raced }
            last = try upstream.push(commit, board: pending, expecting: tips)
            switch last {
            case .accepted, .refused: return last
            case .raced, .unknown: try Self.pause()
            }
        }
        return last
    }

    /// Has the local base follow what a remote accepted; returns what could not follow.
    func follow(_ commit: ObjectID, _ target: Target) -> [String] {
        guard let local = target.local, local != commit else { return [] }
        let worktrees = BaseWorktrees(git: git, reference: target.reference)
        do {
            guard try git.isAncestor(local, of: commit) else { return [] }
            let followers = try worktrees.all()
            try worktrees.check(followers, from: local, to: commit)
            try moveBase(target, from: local, to: commit, "draft: land")
            do {
                try worktrees.move(followers, from: local, to: commit)
            } catch {
                // The branch never moves without the files: it can follow when these can.
                try moveBase(target, from: commit, to: local, "draft: land taken back")
                throw error
            }
            return []
        } catch {
            let files = (error as? LandRefusal)?.files ?? []
            let names = files.isEmpty ? "" : ": \(files.joined(separator: ", "))"
            return ["'\(target.branch)' stays behind here, for \(error)\(names)"]
        }
    }
}

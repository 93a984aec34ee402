public import Model

/// A commit of the board that must win on a remote before it is true here.
///
/// While its fate is unknown its Lamport time is taken, and a reference keeps it.
extension Board {
    static let pendingPrefix = "refs/draft-local/pending/"

    /// Makes the commit of a transaction, and keeps it beside the board.
    ///
    /// - Parameters:
    ///   - name: What is pending, such as a ticket's id; one at a time.
    ///   - actor: Who acts.
    ///   - body: Checks the preconditions and writes.
    /// - Returns: The commit, the board that it builds on, and what `body` returns.
    /// - Throws: What `body` throws, and then nothing is changed.
    public func prepare<Result>(
        _ name: String, as actor: Actor, _ body: (Transaction) throws -> Result
    ) throws -> (commit: ObjectID, before: Snapshot, result: Result) {
        try locked {
            let before = try snapshot()
            try checkFormat(before)
            let pending = try pending()
            let transaction = Transaction(
                before: before, actor: actor, replica: try replica(),
                lamport: try nextTime(before, pending), context: context)
            transaction.awaited = Set(pending.map(\.name)).subtracting([name])
            let result = try body(transaction)
            return try repository.durably(true) {
                let journal = WriteJournal()
                let commit = try write(transaction, journal)
                let reference = Self.pendingPrefix + name
                let old = try repository.target(of: reference)
                try repository.move(reference, to: commit, from: old, reflog: "pending \(name)")
                try repository.acknowledge(journal)
                return (commit, before, result)
            }
        }
    }

    /// Ends what ``prepare(_:as:_:)`` began: it won, and is true here; or it did not.
    public func settle(_ name: String, won: Bool) throws {
        try locked {
            let reference = Self.pendingPrefix + name
            guard let commit = try repository.target(of: reference) else { return }
            if won { try adopt(commit) }
            try repository.delete(reference, expecting: commit)
        }
    }

    /// The commits that wait for their fate, by name.
    public func pending() throws -> [(name: String, commit: ObjectID)] {
        try repository.references(under: Self.pendingPrefix).map {
            (String($0.name.dropFirst(Self.pendingPrefix.count)), $0.id)
        }
    }

    /// What is said of a landing whose fate only the remote knows.
    ///
    /// - Parameter ticket: The ticket that was to land.
    /// - Returns: The error, whose hint is what finds it out.
    public static func unknownLanding(of ticket: String) -> BoardError {
        BoardError(
            .conflict,
            "it is unknown whether the remote took the landing of \(ticket.prefix(6))",
            hint: "git draft land \(ticket.prefix(6))")
    }

    /// Makes the board hold what a commit holds; the caller holds the lock.
    private func adopt(_ commit: ObjectID) throws {
        let tip = try snapshot().commit
        guard try !descends(tip, from: commit) else { return }
        try repository.durably(true) {
            let journal = WriteJournal()
            let isForward = try descends(commit, from: tip)
            let target = isForward ? commit : try merge(tip, commit, journal)
            try move(to: target, from: tip, message: "merge")
            try repository.acknowledge(journal)
        }
    }

    /// Whether a commit of the board is another, or follows it.
    public func descends(_ commit: ObjectID, from ancestor: ObjectID) throws -> Bool {
        let least = try Snapshot(commit: ancestor, in: repository).lamport
        var seen: Set<ObjectID> = [commit]
        var queue = [commit]
        while let next = queue.popLast() {
            if next == ancestor { return true }
            guard try Snapshot(commit: next, in: repository).lamport >= least else { continue }
            for parent in try repository.readCommit(next).parents
            where seen.insert(parent).inserted { queue.append(parent) }
        }
        return false
    }

    /// The Lamport time of the next transaction: after the parent and all that is pending.
    func nextTime(
        _ before: Snapshot, _ pending: [(name: String, commit: ObjectID)]
    ) throws -> Int64 {
        let mine = try pending.map { try Snapshot(commit: $0.commit, in: repository).lamport }
        let (next, isOver) = max(before.lamport, mine.max() ?? 0).addingReportingOverflow(1)
        guard !isOver else {
            throw BoardError(.damaged, "commit '\(before.commit)' leaves no time for another")
        }
        return next
    }
}

public import Model

/// Everything the project keeps about one repository, under `refs/draft/board`.
///
/// Any number of processes may write at once: they queue on a kernel lock in the common git
/// directory, held for milliseconds, and each still compares and swaps the one reference.
public final class Board: Sendable {
    /// The reference of the board.
    public static let reference = "refs/draft/board"

    /// The repository that holds it.
    public let repository: Repository

    /// What it needs of the world.
    public let context: BoardContext

    /// Opens the board of a repository, whether it exists already or not.
    public init(repository: Repository, context: BoardContext) {
        self.repository = repository
        self.context = context
    }

    /// The directory of our own files, inside the common git directory.
    public var privateDirectory: String { repository.commonDirectory + "/draft" }

    /// Returns the board as it is now, or `nil` if there is none.
    public func snapshotIfAny() throws -> Snapshot? {
        try whole {
            guard let tip = try repository.target(of: Self.reference) else { return nil }
            let snapshot = try Snapshot(commit: tip, in: repository)
            _ = try snapshot.board()
            return snapshot
        }
    }

    /// Reads the tip again for a while if something of it is missing.
    ///
    /// A `git gc --prune=now` may take what a writer has just pointed the reference at; the
    /// writer puts it back before it says that it is done.
    private func whole<Result>(_ read: () throws -> Result) throws -> Result {
        var backoff = Backoff(waiting: .seconds(5))
        while true {
            do {
                return try read()
            } catch let error as GitError {
                guard error.code == .notFound, backoff.pause() else { throw error }
            }
        }
    }

    /// Returns the board as it is now.
    ///
    /// - Throws: ``BoardError`` with code ``BoardError/Code/noBoard`` if there is none.
    public func snapshot() throws -> Snapshot {
        guard let snapshot = try snapshotIfAny() else { throw Self.missing }
        let least = try snapshot.board().minReader
        guard least <= RecordFormat.schema else {
            throw BoardError(
                .unsupported,
                "the board wants readers of format \(least); this git-draft reads format "
                    + "\(RecordFormat.schema)")
        }
        return snapshot
    }

    /// Returns the board as a commit left it.
    public func snapshot(at commit: ObjectID) throws -> Snapshot {
        try Snapshot(commit: commit, in: repository)
    }

    static let missing = BoardError(
        .noBoard, "this repository has no board", hint: "git draft init")
}

// MARK: - Writing

extension Board {
    /// How long a writer waits for the others.
    static let patience = Duration.seconds(120)

    /// How often a transaction runs anew because the reference moved.
    static let attempts = 64

    /// Runs a transaction; what it returns is stored once this returns.
    ///
    /// - Parameters:
    ///   - actor: Who acts.
    ///   - isDurable: Whether to flush it to the disk before returning.
    ///   - body: Checks the preconditions and writes; it may run more than once.
    /// - Returns: What `body` returns.
    /// - Throws: What `body` throws, and then nothing is changed; ``BoardError`` with code
    ///   ``BoardError/Code/conflict`` if the others did not let us in.
    @discardableResult
    public func transact<Result>(
        as actor: Actor, isDurable: Bool = false, _ body: (Transaction) throws -> Result
    ) throws -> Result {
        try locked {
            try attempt(as: actor, isDurable: isDurable, body)
        }
    }

    private func attempt<Result>(
        as actor: Actor, isDurable: Bool, _ body: (Transaction) throws -> Result
    ) throws -> Result {
        var collected = 0
        for _ in 0..<Self.attempts {
            let before = try snapshot()
            try checkFormat(before)
            let pending = try pending()
            let transaction = Transaction(
                before: before, actor: actor, replica: try replica(),
                lamport: try nextTime(before, pending), context: context)
            transaction.awaited = Set(pending.map(\.name))
            let result = try body(transaction)
            guard !transaction.isEmpty else { return result }
            let isDurable = isDurable || context.isDurable
            do {
                if try store(transaction, isDurable: isDurable) { return result }
            } catch let error as GitError {
                // A collection that began meanwhile may take what no reference holds yet.
                guard error.code == .notFound || error.code == .system, collected < 3 else {
                    throw error
                }
                collected += 1
            }
        }
        throw BoardError(.conflict, "the board keeps moving", hint: "try again")
    }

    /// Does something as the only writer of this clone.
    func locked<Result>(_ body: () throws -> Result) throws -> Result {
        try repository.makeDirectory(privateDirectory)
        do {
            let lock = try HeldLock(privateDirectory + "/lock", waiting: Self.patience)
            return try withExtendedLifetime(lock) { try body() }
        } catch GitError.Code.locked {
            throw BoardError(
                .conflict, "the board is locked, or git gc has been running for long",
                hint: "try again")
        }
    }

    /// Does something to another of our references as the only writer of this clone.
    public func exclusively<Result>(_ body: (_ replica: String) throws -> Result) throws -> Result {
        try locked { try body(try replica()) }
    }

    /// Refuses to write what a newer version has reserved for itself.
    func checkFormat(_ snapshot: Snapshot) throws {
        let least = try snapshot.board().minWriter
        guard least <= RecordFormat.schema else {
            throw BoardError(
                .unsupported,
                "the board wants writers of format \(least); this git-draft writes format "
                    + "\(RecordFormat.schema)")
        }
    }

    func store(_ transaction: Transaction, isDurable: Bool) throws -> Bool {
        try repository.durably(isDurable) {
            let journal = WriteJournal()
            let commit = try write(transaction, journal)
            do {
                let before = transaction.before
                try move(
                    to: commit, from: before.isEmpty ? nil : before.commit,
                    message: transaction.commitMessage)
            } catch GitError.Code.modified {
                return false
            } catch GitError.Code.exists {
                return false
            }
            try repository.acknowledge(journal)
            return true
        }
    }

    /// Moves the reference.
    func move(to commit: ObjectID, from old: ObjectID?, message: String) throws {
        let line = message.split(separator: "\n").first.map(String.init) ?? ""
        do throws(GitError) {
            try repository.move(Self.reference, to: commit, from: old, reflog: line)
        } catch {
            throw error.code == .locked ? Self.busy : error
        }
    }

    static let busy = BoardError(
        .conflict, "another program holds the lock of '\(reference)'; try again")

    func write(_ transaction: Transaction, _ journal: WriteJournal) throws -> ObjectID {
        try repository.awaitGarbageCollection()
        try keepPayloads(of: transaction)
        let files = try transaction.files()
        let changes = try files.enumerated().map { index, file in
            transaction.progress?(index, files.count)
            return (
                file.path, Optional(try repository.write(blob: file.contents, journal: journal))
            )
        }
        let tree = try repository.updating(
            tree: transaction.before.tree, with: changes, journal: journal)
        let signature = Signature(transaction.actor, at: transaction.now)
        return try repository.writeCommit(
            tree: tree,
            parents: transaction.before.isEmpty ? [] : [transaction.before.commit],
            author: signature,
            committer: signature, message: transaction.commitMessage, journal: journal)
    }
}

extension Signature {
    /// The signature of whoever acts, at a time.
    init(_ actor: Actor, at time: Timestamp) {
        let prefix = "git:"
        let email = actor.id.hasPrefix(prefix) ? String(actor.id.dropFirst(prefix.count)) : nil
        self.init(
            name: actor.name, email: email ?? "git-draft@localhost",
            seconds: time.milliseconds / 1000, offset: 0)
    }
}

/// A kernel lock that lives as long as a reference to it.
final class HeldLock {
    private let lock: FileLock

    init(_ path: String, waiting limit: Duration) throws(GitError) {
        lock = try FileLock(path, waiting: limit)
    }
}

public import GitStore

/// The chain of commits that keeps the snapshots of a month's jobs.
public struct Attempts: Sendable {
    private let repository: Repository

    /// How often a lost race is run again.
    private static let tries = 50

    /// Creates the view of a repository's chains.
    public init(_ repository: Repository) { self.repository = repository }

    /// The reference to the chain of a month.
    ///
    /// - Parameter month: The month in which the job was created, as `2026-01`.
    /// - Returns: The full name.
    public static func reference(month: String) -> String { "refs/draft/attempts/\(month)" }

    /// Adds the snapshots of a job to the chain of a month.
    ///
    /// - Parameters:
    ///   - job: The id of the job.
    ///   - month: The month in which it was created, as `2026-01`.
    ///   - snapshots: The commits; each keeps those before it.
    ///   - seconds: The time that the chain's commits bear.
    /// - Returns: The end of the chain; `nil` if there is none and nothing to keep.
    /// - Throws: ``WorkspaceError`` with code ``WorkspaceError/Code/moved`` if every race is lost.
    @discardableResult
    public func fold(
        job: String, month: String, snapshots: [ObjectID], at seconds: Int64
    ) throws -> ObjectID? {
        let name = Self.reference(month: month)
        for _ in 0..<Self.tries {
            let tip = try repository.target(of: name)
            let end = try extend(tip, by: snapshots, job: job, at: seconds)
            guard let end, end != tip else { return tip }
            if try move(name, to: end, from: tip, job: job) { return end }
        }
        throw WorkspaceError(
            .moved, "keep the snapshots of job '\(job)'", reason: "others write all the time")
    }

    /// Adds all that a live job's references hold, and deletes these.
    ///
    /// - Returns: The end of the chain.
    @discardableResult
    public func close(job: String, month: String, at seconds: Int64) throws -> ObjectID? {
        var held: [Reference] = []
        for name in [Workspace.reference(job), Workspace.keptReference(job)] {
            guard let id = try repository.target(of: name) else { continue }
            held.append(Reference(name: name, id: id))
        }
        let end = try fold(job: job, month: month, snapshots: held.map(\.id), at: seconds)
        for reference in held { try repository.delete(reference.name, expecting: reference.id) }
        return end
    }

    /// Returns the end of the chain once it keeps the snapshots.
    private func extend(
        _ tip: ObjectID?, by snapshots: [ObjectID], job: String, at seconds: Int64
    ) throws -> ObjectID? {
        var end = tip
        for snapshot in snapshots where try !isLinked(snapshot, from: tip) {
            end = try link(snapshot, to: end, job: job, at: seconds)
        }
        return end
    }

    /// Moves the reference; `false` if somebody else was faster.
    private func move(
        _ name: String, to end: ObjectID, from tip: ObjectID?, job: String
    ) throws -> Bool {
        do {
            try repository.move(name, to: end, from: tip, reflog: "draft: job \(job)")
            return true
        } catch {
            guard error.code == .modified || error.code == .exists else { throw error }
            return false
        }
    }

    private func link(
        _ snapshot: ObjectID, to tip: ObjectID?, job: String, at seconds: Int64
    ) throws -> ObjectID {
        let person = Signature(name: "git-draft", email: "git-draft@localhost", seconds: seconds)
        return try repository.writeCommit(
            tree: repository.write(tree: []), parents: [tip].compactMap(\.self) + [snapshot],
            author: person, committer: person, message: "keep the snapshots of job \(job)")
    }

    /// Whether one of the chain's last commits keeps a snapshot already.
    private func isLinked(_ snapshot: ObjectID, from tip: ObjectID?) throws -> Bool {
        var next = tip
        for _ in 0..<100 {
            guard let id = next else { return false }
            let commit = try repository.readCommit(id)
            guard commit.tree == .emptyTree else { return false }
            if commit.parents.contains(snapshot) { return true }
            next = commit.parents.count > 1 ? commit.parents.first : nil
        }
        return false
    }
}

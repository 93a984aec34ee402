internal import GitStore
internal import Model

/// Where the work of a job starts from, and with which counters.
struct Beginning {
    /// The commit that the result is compared with.
    let base: ObjectID
    /// The commit that the workspace starts as.
    var start: ObjectID
    /// The commit that the first snapshot follows: the start, or what was before a secret.
    var head: ObjectID
    /// The tree that counts as no change after the first turn.
    let unchanged: ObjectID
    /// The counters that go on.
    var counters: (iterations: Int64, fullRuns: Int64, runtime: Int64)

    /// - A job that goes on after an answer starts at its own last snapshot.
    /// - One that takes over from a job that died has its counters from the beginning.
    /// - A rework starts at the revision that was sent back, on the same base.
    /// - Anything else starts where the job says, else at the base.
    init(_ job: Job, _ ticket: Ticket, _ snapshot: Snapshot, _ context: JobContext) throws {
        let repository = context.repository
        guard let base = job.baseCommit.flatMap({ ObjectID(hex: $0) }) else {
            throw BoardError(.damaged, "job \(job.id.prefix(6)) has no base commit")
        }
        self.base = base
        let last = try snapshot.list(Revision.self).filter { $0.ticketID == ticket.id }
            .max { $0.number < $1.number }
        let isFresh = job.record.value("invocation")["fresh"]?.bool ?? false
        unchanged = try repository.readCommit(
            isFresh ? base : last.flatMap { ObjectID(hex: $0.headCommit) } ?? base
        ).tree
        counters = job.counters
        start = base
        if job.counters.iterations > 0 || job.startedAt != nil,
            let own = try Self.tip(of: job, repository)
        {
            start = own
        } else if let from = job.record.value("invocation")["start"]?.string,
            let commit = ObjectID(hex: from)
        {
            start = commit
        }
        head = try SecretScan(context).clean(start, since: base)
    }

    /// The last snapshot of a job; where it started if it came to none.
    static func tip(of job: Job, _ repository: Repository) throws -> ObjectID? {
        if let live = try repository.target(of: "refs/draft-local/\(job.id)") { return live }
        let last = job.iterations.last { !($0["snapshot"] ?? .null).isNull }
        let start = job.record.value("invocation")["start"]?.string
        let commit = (last?["snapshot"]?.string ?? start).flatMap { ObjectID(hex: $0) }
        return commit.flatMap { repository.contains($0) ? $0 : nil }
    }
}

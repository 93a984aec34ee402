import GitStore
import Model
import Porcelain

/// What belongs to a ticket.
struct TicketRelations {
    /// Its jobs, earliest first.
    let jobs: [Job]
    /// Its revisions, by number.
    let revisions: [Revision]
    /// The reviews of its revisions, earliest first.
    let reviews: [Review]
    /// The comments on it and on its revisions, earliest first.
    let comments: [ReviewComment]
    /// The questions about it, earliest first.
    let questions: [Question]

    /// Finds what belongs to a ticket.
    init(of ticket: String, in snapshot: Snapshot) throws {
        jobs = try snapshot.list(Job.self).filter { $0.ticketID == ticket }.byAge()
        revisions = try snapshot.list(Revision.self).filter { $0.ticketID == ticket }
            .sorted { $0.number < $1.number }
        let numbered = Set(revisions.map(\.id))
        reviews = try snapshot.list(Review.self)
            .filter { numbered.contains($0.revisionID) }.byAge()
        comments = try snapshot.list(ReviewComment.self).filter {
            $0.ticketID == ticket || $0.revisionID.map(numbered.contains) ?? false
        }.byAge()
        questions = try snapshot.list(Question.self).filter { $0.ticketID == ticket }.byAge()
    }

    /// The ids of all of it.
    var ids: [String] {
        jobs.map(\.id) + revisions.map(\.id) + reviews.map(\.id) + comments.map(\.id)
            + questions.map(\.id)
    }
}

extension Sequence where Element: RecordView {
    /// The records, earliest first by their writers' clocks.
    func byAge() -> [Element] {
        sorted { left, right in
            let times = (left.createdAt?.milliseconds ?? 0, right.createdAt?.milliseconds ?? 0)
            return times.0 == times.1 ? left.id < right.id : times.0 < times.1
        }
    }
}

extension Revision {
    /// How large the change is, such as `3 files, +10 −2`.
    var size: String {
        func number(_ field: String) -> Int64 { record.value(field).integer ?? 0 }
        let files = number("files")
        return "\(files) file\(files == 1 ? "" : "s"), "
            + "+\(number("insertions")) −\(number("deletions"))"
    }
}

extension Job {
    /// The iteration that it is at, such as `iteration 2 of 5`.
    var turn: String? {
        let count = max(counters.iterations, Int64(iterations.count))
        guard count > 0 else { return nil }
        let limits = record.value("limits")
        let most = limits["max_iterations"]?.integer ?? limits["iterations"]?.integer
        return "iteration \(count)" + (most.map { " of \($0)" } ?? "")
    }

    /// How long it ran, or has been running.
    func elapsed(now: Timestamp) -> String? {
        startedAt.map { elapsedTime((finishedAt ?? now).milliseconds(since: $0)) }
    }
}

public import GitStore
public import Model

/// Where a person's work on a ticket starts from.
struct TakenStart: Hashable {
    /// The commit that the result is compared with.
    let base: ObjectID

    /// The commit that the files are to be as.
    let commit: ObjectID

    /// The last job that worked on the ticket, if the work goes on from there.
    let last: String?

    /// The last revision if nobody has worked since, else the last snapshot, else the base.
    init(
        _ jobs: [Job], _ revisions: [Revision], _ today: ObjectID, isFresh: Bool, ticket: Ticket,
        _ context: JobContext
    ) throws {
        let worked = jobs.last { $0.jobKind == .execute }
        guard !isFresh else {
            (base, commit, last) = (today, today, nil)
            return
        }
        let revision = revisions.filter { $0.findings == nil }.max { $0.number < $1.number }
        var found: (base: String?, commit: ObjectID?) = (nil, nil)
        if let revision, worked == nil || revision.jobID == worked?.id {
            found = (revision.baseCommit, ObjectID(hex: revision.headCommit))
            try Self.check(found.commit, ticket, context)
        } else if let worked {
            found = (worked.baseCommit, try Beginning.tip(of: worked, context.repository))
            let stored = worked.iterations.last { !($0["snapshot"] ?? .null).isNull }
            if found.commit == nil {
                let hex = stored?["snapshot"]?.string
                try Self.check(hex.flatMap { ObjectID(hex: $0) }, ticket, context)
            }
        }
        guard let old = found.base.flatMap({ ObjectID(hex: $0) }), let tip = found.commit,
            tip != old || worked?.isPersons == true, context.repository.contains(old)
        else {
            (base, commit, last) = (today, today, nil)
            return
        }
        (base, commit, last) = (old, tip, worked?.id)
    }

    /// Refuses to begin anew only because the work is in another clone.
    private static func check(
        _ commit: ObjectID?, _ ticket: Ticket, _ context: JobContext
    ) throws {
        guard let commit, !context.repository.contains(commit) else { return }
        throw AdmissionError(
            "the work on ticket \(ticket.id.prefix(6)) so far is not in this clone; the one "
                + "that made it has it",
            hint: "git draft take --fresh \(ticket.id.prefix(6))")
    }
}

extension Transaction {
    /// Refuses what would take a ticket away from the person who has it.
    ///
    /// - Throws: ``AdmissionError`` that says who has it.
    public func refuseTaken(_ ticket: Ticket) throws {
        guard let id = ticket.jobID, [.executing, .verifying].contains(ticket.state) else { return }
        let job = try require(Job.self, id)
        guard job.isPersons, !job.status.isTerminal else { return }
        throw AdmissionError.taken(ticket, by: job, isElsewhere: job.replica != replica)
    }
}

extension AdmissionError {
    /// A person has the ticket.
    static func taken(_ ticket: Ticket, by job: Job, isElsewhere: Bool) -> AdmissionError {
        let name = ticket.id.prefix(6)
        let who = job.person ?? "a person"
        return AdmissionError(
            "ticket \(name) is taken by \(who)" + (isElsewhere ? " in another clone" : ""),
            hint: isElsewhere
                ? "git draft cancel \(name)"
                : "git draft submit \(name); git draft cancel \(name)", isBusy: true)
    }
}

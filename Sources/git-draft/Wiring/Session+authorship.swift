import Execution
import GitStore
import Model
import Porcelain

extension Session {
    /// Why nothing about a ticket is decided without a person; `nil` if nothing stands against it.
    ///
    /// - Parameters:
    ///   - ticket: The ticket.
    ///   - acceptsPlans: Whether what an agent planned for a member of this clone may pass.
    /// - Returns: A sentence that names the texts and who wrote them, safe to show.
    /// - Throws: ``BoardError`` if the board cannot be read.
    func objection(to ticket: Ticket, acceptsPlans: Bool = false) throws -> String? {
        let policy = try PolicyLoader(self).current().policy.policy
        let authorship = try Authorship(
            ticket, in: board.snapshot(), members: Members(repository, policy))
        let foreign = authorship.passages.filter {
            !$0.isTrusted && !(acceptsPlans && $0.isPlanned)
        }
        guard !foreign.isEmpty else { return nil }
        var texts: [String] = []
        for passage in foreign {
            let text = "\(passage.path) by \(escaped(passage.author ?? "nobody known"))"
            if !texts.contains(where: { $0.utf8.elementsEqual(text.utf8) }) { texts.append(text) }
        }
        return "ticket \(sentenceName(ticket.id)) holds text of others "
            + "(\(Reason.untrustedInput.rawValue)): \(texts.joined(separator: ", "))"
    }

    /// Why nothing accepts a proposed ticket by itself that an agent planned; `nil` if nothing
    /// of the user's changed while it did.
    func doubt(about ticket: Ticket) throws -> String? {
        let job = try board.snapshot().list(Model.Job.self).first { job in
            job.jobKind == .plan && job.reason == Reason.tripwire.rawValue
                && job.planned.contains { $0.utf8.elementsEqual(ticket.id.utf8) }
        }
        return job.map {
            "ticket \(sentenceName(ticket.id)) is of a plan that is quarantined "
                + "(\(Reason.tripwire.rawValue)): \(escaped($0.grave))"
        }
    }
}

extension Model.Job {
    /// The tickets that a job made which planned a goal.
    var planned: [String] {
        (record.value("machine_summary")["created"]?.array ?? []).compactMap(\.string)
    }
}

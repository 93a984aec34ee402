internal import GitStore
internal import Model

/// An approved revision, with everything that its landing needs to know.
struct LandingCandidate {
    let ticket: Ticket
    let revision: Revision
    let approval: Review
    let job: Job?
    let goal: Goal?

    /// Finds the approved revision of a ticket.
    ///
    /// - Throws: ``LandRefusal`` if there is none that could land.
    init(_ ticket: Ticket, in snapshot: Snapshot, by actor: Actor) throws {
        self.ticket = ticket
        let name = "ticket \(ticket.id.prefix(6))"
        guard ticket.state == .needsHuman else {
            throw LandRefusal(
                "\(name) is \(ticket.state.word); only what waits for a person can land",
                hint: "git draft ticket show \(ticket.id.prefix(6))")
        }
        try ticket.state.checkMove(to: .done, by: actor.type)
        let revisions = try snapshot.list(Revision.self).filter { $0.ticketID == ticket.id }
        guard let revision = revisions.max(by: { $0.number < $1.number }) else {
            throw LandRefusal(
                "\(name) has no revision", hint: "git draft run \(ticket.id.prefix(6))")
        }
        self.revision = revision
        let word = "revision \(revision.number) of \(name)"
        let review = "git draft review \(ticket.id.prefix(6)) --approve"
        guard revision.status == .approved else {
            throw LandRefusal(
                "\(word) is \(revision.status.word), not approved",
                hint: revision.status == .open ? review : "git draft run \(ticket.id.prefix(6))")
        }
        guard revision.findings == nil else {
            throw LandRefusal("\(word) is findings, which never land")
        }
        let reviews = try snapshot.list(Review.self).filter {
            $0.revisionID == revision.id && $0.decision == "approved"
        }
        guard let approval = reviews.max(by: { $0.record.created < $1.record.created }) else {
            throw LandRefusal("no review approves \(word)", hint: review)
        }
        guard approval.headCommit == revision.headCommit else {
            throw LandRefusal("\(word) is not the commit that was approved", hint: review)
        }
        guard revision.changes.isEmpty || approval.isDespiteChanges else {
            throw LandRefusal(
                "\(word) is quarantined: \(revision.changes.joined(separator: ", ")) while its job "
                    + "ran", hint: "\(review) --despite-changes")
        }
        self.approval = approval
        let waitsFor = try snapshot.openBlockers(of: ticket).map(\.id).sorted()
        guard waitsFor.isEmpty else {
            let names = waitsFor.map { String($0.prefix(6)) }
            throw LandRefusal(
                "\(name) waits for \(names.joined(separator: ", "))",
                hint: "git draft land \(names.joined(separator: " "))")
        }
        goal = try snapshot.view(Goal.self, ticket.goalID)
        job = try revision.jobID.flatMap { try snapshot.view(Job.self, $0) }
    }

    /// Checks that the policy in force is the one under which it was approved.
    func check(policy: Policy) throws {
        guard approval.policyHash == policy.policyHash else {
            throw LandRefusal(
                "revision \(revision.number) of ticket \(ticket.id.prefix(6)) was approved under "
                    + "another policy; review it again",
                hint: "git draft review \(ticket.id.prefix(6)) --approve")
        }
    }

    /// The commands by which the ticket is validated besides the repository's.
    var extraCommands: [ValidationCommand] {
        ticket.validation.map { ValidationCommand(command: $0) }
    }

    /// Whoever ran or took the ticket; `nil` if that is not known by an address.
    var author: (name: String, email: String)? {
        let prefix = "git:"
        guard let job, let invoker = job.invoker, invoker.hasPrefix(prefix) else { return nil }
        let email = String(invoker.dropFirst(prefix.count))
        let local = email.split(separator: "@").first.map(String.init) ?? email
        let name = job.record.value("invocation")["name"]?.string ?? local
        return (name.isEmpty ? local : name, email)
    }

    /// The agent that did the work, such as `claude 2.1`; `nil` for a person.
    var agent: String? {
        guard let job, let name = job.agentName else { return nil }
        let version = job.record.value("agent")["version"]?.string
        return version.map { "\(name) \($0)" } ?? name
    }
}

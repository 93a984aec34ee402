internal import GitStore
internal import Model

/// What speaks against a job: the ticket, the person, or the branch.
extension Admission {
    /// Refuses a ticket that is not planned, or waits for others.
    func check(_ ticket: Ticket, _ transaction: Transaction) throws {
        let name = ticket.id.prefix(6)
        switch ticket.state {
        case .planned: break
        case .proposed:
            throw AdmissionError(
                "ticket \(name) is only proposed", hint: "git draft accept \(name)")
        case .needsHuman:
            throw AdmissionError(
                "ticket \(name) waits for a person", hint: "git draft review \(name)")
        case .blocked:
            throw AdmissionError(
                "ticket \(name) is blocked"
                    + (ticket.reason.map { " (\($0))" } ?? ""), hint: "git draft retry \(name)")
        case .abandoned:
            throw AdmissionError(
                "ticket \(name) is abandoned", hint: "git draft ticket move \(name) planned")
        case .executing, .verifying:
            throw AdmissionError(
                "ticket \(name) is being worked on", hint: "git draft ticket show \(name)",
                isBusy: true)
        case .done:
            throw AdmissionError("ticket \(name) is done", hint: "git draft retry \(name)")
        case .unknown:
            throw AdmissionError(
                "ticket \(name) is \(ticket.state)", hint: "git draft ticket show \(name)")
        }
        let open = try transaction.before.openBlockers(of: ticket)
        guard open.isEmpty else {
            let names = open.map { "\($0.id.prefix(6)) (\($0.state))" }.joined(separator: ", ")
            // One that nobody wants any more never ends the waiting.
            let given = open.first { $0.state == .abandoned }
            let unblock = given.map { "git draft ticket unblock \(name) --by \($0.id.prefix(6))" }
            throw AdmissionError(
                "ticket \(name) waits for \(names)",
                hint: unblock ?? open.first.map { "git draft run \($0.id.prefix(6))" })
        }
    }

    /// Refuses a person whom the policy does not list; an empty list allows everybody.
    func checkInvoker(_ policy: Policy) throws {
        let allowed = policy.access.invokers
        let names = [invoker.id, String(invoker.id.dropFirst("git:".count))]
        guard !allowed.isEmpty, !allowed.contains(where: names.contains) else { return }
        throw AdmissionError("'\(names[1])' may not start jobs here, by 'policy.invokers'")
    }

    /// Refuses a branch that takes approved work only: what is not yet approved is elsewhere.
    func checkBranch(_ reference: String, _ policy: Policy) throws {
        let name = reference.dropFirst("refs/heads/".utf8.count)
        let isProtected = policy.access.protectedBranches.contains {
            $0.utf8.elementsEqual(name.utf8)
        }
        guard isProtected else { return }
        throw AdmissionError("no job works on '\(name)', by 'policy.protected_branches'")
    }
}

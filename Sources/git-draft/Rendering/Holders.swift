import Execution
import GitStore
import Model

extension Snapshot {
    /// The people who have taken some of these tickets, by the ticket's id.
    ///
    /// A job that cannot be read says nothing about whose ticket it is.
    func holders(of tickets: some Sequence<Ticket>) -> [String: String] {
        var holders: [String: String] = [:]
        for ticket in tickets {
            holders[ticket.id] = (try? Job.person(with: ticket, in: self))?.person
        }
        return holders
    }

    /// What keeps the jobs of these tickets apart from the machine, by the ticket's id.
    ///
    /// Of what is over, and of a ticket that stands where no job put it, there is none.
    func sandboxes(of tickets: some Sequence<Ticket>) -> [String: String] {
        let states: Set<TicketState> = [.executing, .verifying, .needsHuman, .blocked]
        var sandboxes: [String: String] = [:]
        for ticket in tickets where states.contains(ticket.state) {
            guard let id = ticket.jobID else { continue }
            sandboxes[ticket.id] = (try? view(Model.Job.self, id))?.sandbox
        }
        return sandboxes
    }
}

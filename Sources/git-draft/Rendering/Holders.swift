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
}

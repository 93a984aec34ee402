import GitStore
import Model
import Porcelain

extension Snapshot {
    /// The id of the ticket that a prefix names.
    func ticketID(_ prefix: String) throws -> String {
        try resolve(prefix, among: [.ticket]).id
    }

    /// The id of the goal that a prefix names; `inbox` is the goal of tickets without one.
    func goalID(_ prefix: String) throws -> String {
        if prefix == "inbox" { return try board().inboxGoalID }
        return try resolve(prefix, among: [.goal]).id
    }

    /// The goal that a prefix names.
    func goal(_ prefix: String) throws -> Model.Goal {
        try require(Model.Goal.self, try goalID(prefix))
    }

    /// The tickets of a goal that are not deleted.
    func tickets(of goal: String) throws -> [Ticket] {
        try list(Ticket.self).filter { $0.goalID == goal }
    }
}

extension Transaction {
    /// The ticket that a prefix names.
    func ticket(_ prefix: String) throws -> Ticket {
        try require(Ticket.self, try before.ticketID(prefix))
    }

    /// The goal that a prefix names.
    func goal(_ prefix: String) throws -> Model.Goal {
        try require(Model.Goal.self, try before.goalID(prefix))
    }

    /// Deletes a record: hides it for as long as nobody has changed it unseen.
    func delete(_ view: some RecordView, as type: EventType) throws {
        try write(
            view.record, [RecordFormat.tombstone: .string(view.record.digest)], as: type)
    }
}

/// A text and the same one between quotes, safe to show.
func quoted(_ text: String) -> String { "'\(escaped(text))'" }

/// The words, two a pair, with a plural where there is not one: `1 ticket`, `2 tickets`.
func counted(_ count: Int, _ noun: String) -> String {
    "\(count) \(noun)\(count == 1 ? "" : "s")"
}

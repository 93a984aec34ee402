/// What the embedded agent does, ticket by ticket and turn by turn.
public struct ReplayScript: Equatable, Sendable {
    /// The tickets in the order of the file.
    public var tickets: [ReplayTicket]

    /// Creates a script.
    public init(tickets: [ReplayTicket]) {
        self.tickets = tickets
    }

    /// The steps of a turn, counted from 0 over all jobs of the ticket.
    ///
    /// Titles are compared byte by byte. Without a list left there are none,
    /// hence no change.
    public func steps(for title: String, turn: Int) -> [ReplayStep] {
        let ticket = tickets.first { $0.title.utf8.elementsEqual(title.utf8) }
        guard let turns = ticket?.turns, turns.indices.contains(turn) else { return [] }
        return turns[turn]
    }
}

/// What the embedded agent does on one ticket.
public struct ReplayTicket: Equatable, Sendable {
    /// The exact title of the ticket.
    public var title: String

    /// The steps of each turn.
    public var turns: [[ReplayStep]]

    /// Creates the turns of a ticket.
    public init(title: String, turns: [[ReplayStep]]) {
        self.title = title
        self.turns = turns
    }
}

/// One thing that the embedded agent does; paths are relative to its worktree.
public enum ReplayStep: Equatable, Sendable {
    /// Writes a file, with the directories that it needs.
    case write(path: String, text: String)

    /// Replaces a text that is in a file.
    case edit(path: String, find: String, replace: String)

    /// Deletes a file.
    case delete(path: String)

    /// Runs a command by `sh -c`.
    case run(String)

    /// Commits everything with a message.
    case commit(message: String)

    /// Prints a text.
    case say(String)

    /// Asks a person and ends.
    case ask(text: String, choices: [String], freeform: Bool)

    /// Ends with an exit status, from 1 to 255.
    case fail(Int32)

    /// Does nothing for so many milliseconds.
    case sleep(milliseconds: Int)

    /// Does nothing for ever.
    case hang

    /// Ignores a signal from here on.
    case ignore(ReplaySignal)
}

/// A signal that the embedded agent can be told to ignore.
public enum ReplaySignal: String, CaseIterable, Sendable {
    /// SIGTERM.
    case term = "TERM"

    /// SIGINT.
    case interrupt = "INT"

    /// SIGHUP.
    case hangup = "HUP"
}

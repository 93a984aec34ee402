/// Where a ticket stands.
public enum TicketState: OpenEnum {
    /// Somebody or something thinks that it should be done.
    case proposed
    /// A person wants it done.
    case planned
    /// An agent or a person is at it.
    case executing
    /// The full validation of a green iteration runs.
    case verifying
    /// It waits for a person: a review or an answer.
    case needsHuman
    /// It cannot go on by itself.
    case blocked
    /// It landed, or its findings were approved.
    case done
    /// Nobody wants it any more.
    case abandoned
    /// A state of a newer version.
    case unknown(String)

    /// The states, in the order of the board's columns.
    public static let known: [TicketState] = [
        .proposed, .planned, .executing, .verifying, .needsHuman, .blocked, .done, .abandoned,
    ]

    /// The word, as it is stored.
    public var word: String {
        switch self {
        case .proposed: "proposed"
        case .planned: "planned"
        case .executing: "executing"
        case .verifying: "verifying"
        case .needsHuman: "needs_human"
        case .blocked: "blocked"
        case .done: "done"
        case .abandoned: "abandoned"
        case .unknown(let word): word
        }
    }

    /// The states that may follow, by anybody.
    public var successors: [TicketState] { Self.moves.filter { $0.from == self }.map(\.to) }

    /// One row of the state table: a move, and who may make it.
    public struct Move: Sendable {
        /// The states before and after.
        public let from: TicketState, to: TicketState

        /// Who may make the move.
        public let actors: Set<ActorType>
    }

    /// The state table and the permission table in one; everything else is refused.
    public static let moves: [Move] = [
        move(.proposed, .planned, .human),
        move(.proposed, .abandoned, .human),
        move(.planned, .proposed, .human),
        move(.planned, .executing, .human, .executor),
        move(.planned, .blocked, .human, .executor, .system),
        move(.planned, .abandoned, .human),
        move(.executing, .verifying, .executor),
        move(.executing, .needsHuman, .human, .executor),
        move(.executing, .blocked, .human, .executor, .system),
        move(.executing, .planned, .human, .executor, .system),
        move(.executing, .abandoned, .human),
        move(.verifying, .executing, .executor),
        move(.verifying, .needsHuman, .human, .executor),
        move(.verifying, .blocked, .human, .executor, .system),
        move(.verifying, .planned, .human, .executor, .system),
        move(.verifying, .done, .system),
        move(.needsHuman, .executing, .human, .executor),
        move(.needsHuman, .planned, .human),
        move(.needsHuman, .blocked, .human, .executor, .system),
        move(.needsHuman, .done, .human, .system),
        move(.needsHuman, .abandoned, .human),
        move(.blocked, .planned, .human, .system),
        move(.blocked, .executing, .human, .executor),
        move(.blocked, .abandoned, .human),
        move(.done, .executing, .human),
        move(.abandoned, .planned, .human),
    ]

    private static func move(
        _ from: TicketState, _ to: TicketState, _ actors: ActorType...
    ) -> Move {
        Move(from: from, to: to, actors: Set(actors))
    }

    /// Checks a move against both tables.
    ///
    /// - Throws: ``LifecycleError`` that names both states.
    public func checkMove(to next: TicketState, by actor: ActorType) throws(LifecycleError) {
        guard let move = Self.moves.first(where: { $0.from == self && $0.to == next }) else {
            throw LifecycleError(code: .invalidTransition, from: word, to: next.word)
        }
        guard move.actors.contains(actor) else {
            throw LifecycleError(
                code: .notPermitted, from: word, to: next.word, actor: actor)
        }
    }
}

/// A move that the tables of the life cycles do not allow.
public struct LifecycleError: Error, Hashable, Sendable {
    /// What is wrong with the move.
    public let code: Code

    /// The states before and after.
    public let from: String, to: String

    /// Who wanted to make it, if that is what is wrong.
    public let actor: ActorType?

    /// Creates an error.
    public init(code: Code, from: String, to: String, actor: ActorType? = nil) {
        self.code = code
        self.from = from
        self.to = to
        self.actor = actor
    }

    /// What is wrong with a move.
    public enum Code: String, Sendable {
        /// There is no such move.
        case invalidTransition = "invalid_state_transition"
        /// There is, but not for this actor.
        case notPermitted = "not_permitted"
    }
}

extension LifecycleError: CustomStringConvertible {
    /// One line for people.
    public var description: String {
        switch code {
        case .invalidTransition: "cannot go from \(from) to \(to) (\(code.rawValue))"
        case .notPermitted:
            "cannot go from \(from) to \(to), which is not for "
                + (actor.map { "the \($0.word)" } ?? "this actor") + " (\(code.rawValue))"
        }
    }
}

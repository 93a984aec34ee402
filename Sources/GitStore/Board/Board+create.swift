public import Model

/// What a new board is told about its repository.
public struct NewBoard: Sendable {
    /// The name of the project.
    public var name: String
    /// The branch that results land on.
    public var baseBranch: String
    /// The remote that decides about claims.
    public var claimRemote: String?

    /// Creates a description.
    public init(name: String, baseBranch: String, claimRemote: String?) {
        self.name = name
        self.baseBranch = baseBranch
        self.claimRemote = claimRemote
    }
}

extension Board {
    /// The title of the goal that owns tickets without one.
    public static let inboxTitle = "inbox"

    /// Makes the board, unless there is one; returns whether it made it.
    public func create(_ new: NewBoard, as actor: Actor) throws -> Bool {
        try locked {
            guard try snapshotIfAny() == nil else { return false }
            let transaction = Transaction(
                before: Snapshot(emptyIn: repository), actor: actor, replica: try replica(),
                lamport: 1, context: context)
            transaction.message = "board: created for '\(new.name)'"
            let inbox = transaction.newID()
            try transaction.create(
                .board, id: transaction.newID(),
                [
                    "name": .string(new.name), "base_branch": .string(new.baseBranch),
                    "claim_remote": JSON(new.claimRemote), "inbox_goal_id": .string(inbox),
                ], as: .boardCreated)
            try transaction.create(
                .goal, id: inbox,
                [
                    "title": .string(Self.inboxTitle), "created_by": .string(actor.id),
                    "description": "Tickets that belong to no other goal.",
                ], as: .goalCreated)
            guard try store(transaction, isDurable: true) else {
                throw BoardError(
                    .conflict, "another program made a board meanwhile", hint: "try again")
            }
            return true
        }
    }

    /// Adopts the board that a remote held when it was last fetched, if there is one.
    ///
    /// - Parameter tracking: The reference that holds what was fetched.
    /// - Returns: Whether it adopted one.
    /// - Throws: ``BoardError`` if what was fetched is no board.
    public func join(tracking: String) throws -> Bool {
        try locked {
            guard try repository.target(of: Self.reference) == nil,
                let tip = try repository.target(of: tracking)
            else { return false }
            _ = try Snapshot(commit: tip, in: repository).board()
            try move(to: tip, from: nil, message: "joined \(tracking)")
            return true
        }
    }
}

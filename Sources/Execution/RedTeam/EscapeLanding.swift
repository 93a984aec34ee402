internal import GitStore
internal import Model

/// The landing of what an attempt left, which somebody approved without a look at it.
struct EscapeLanding {
    private let stage: EscapeStage
    private let person = Actor.person(name: "Ann", email: "ann@example.com")

    /// Describes a landing.
    init(_ stage: EscapeStage) { self.stage = stage }

    /// Lands a snapshot in the user's repository, on a base that has moved meanwhile.
    ///
    /// - Parameter snapshot: What the job left; `nil` if it could not be stored.
    /// - Returns: Why it did not land; `nil` if it did.
    /// - Throws: What the board or git throws.
    func land(_ snapshot: WorkspaceSnapshot?) throws -> String? {
        guard let snapshot else { return "what it left could not be stored" }
        try moveBase()
        let repository = try Repository(containing: place, environment: stage.environment)
        let board = Board(
            repository: repository,
            context: BoardContext(
                now: { Timestamp(milliseconds: 1_700_000_002_000) },
                newID: {
                    var generator = SystemRandomNumberGenerator()
                    return Crockford.id(using: &generator)
                }, redactor: Redactor(values: [])))
        _ = try board.create(
            NewBoard(name: "redteam", baseBranch: "main", claimRemote: nil), as: person)
        let policy = Policy.builtIn(cores: 1)
        let ticket = try approve(snapshot, policy, on: board)
        switch try lander(board, policy).land(ticket, as: person) {
        case .landed: return nil
        case .refused(let refusal): return "\(refusal)"
        case .conflict(let files): return "it conflicts in \(files.joined(separator: ", "))"
        case .red: return "what validates it failed"
        case .canceled: return "it was stopped"
        }
    }

    private var place: String { "\(stage.directory)/repo" }

    /// The script by which somebody changes a file that the attempt may have changed, too.
    static let change = "sed -i '9s/.*/nine/' long; git commit -qm base long"

    private func moveBase() throws {
        var command = ChildCommand(
            ["sh", "-c", Self.change], environment: stage.environment, directory: place)
        command.killsDescendants = false
        guard try ChildProcess.run(command).isSuccess else {
            throw ExecutionError(.failed, "move the base", reason: "git failed")
        }
    }

    /// Makes a ticket whose one revision is approved; returns its id.
    private func approve(
        _ snapshot: WorkspaceSnapshot, _ policy: Policy, on board: Board
    ) throws -> String {
        try board.transact(as: person) { transaction in
            let ticket = try transaction.createTicket(NewTicket(title: "Do it"), state: .planned)
            try transaction.move(
                try transaction.move(ticket, to: .executing), to: .needsHuman)
            let revision = transaction.newID()
            try transaction.create(
                .revision, id: revision,
                [
                    "ticket_id": .string(ticket.id), "number": 1,
                    "base_commit": .string("\(stage.base)"),
                    "head_commit": .string("\(snapshot.commit)"), "status": "approved",
                ], as: .revisionOpened)
            try transaction.create(
                .review,
                [
                    "revision_id": .string(revision), "decision": "approved",
                    "head_commit": .string("\(snapshot.commit)"),
                    "policy_hash": .string(policy.policyHash), "author": .string(person.id),
                ], as: .reviewGiven)
            return ticket.id
        }
    }

    /// What lands; no command judges the result, which would only run what the attempt wrote.
    private func lander(_ board: Board, _ policy: Policy) -> Lander {
        let cell = Cell(workspace: place, phase: .validation)
        let runner = ValidationRunner(
            sandbox: NoSandbox(), cell: cell, redactor: Redactor(values: []), environment: [:],
            stop: nil, deadline: nil)
        let validation = TreeValidation(
            repository: board.repository, runners: { _, _ in runner }, checkout: { _, _, _ in [] })
        return Lander(
            board: board, git: GitProgram(environment: stage.environment),
            validation: validation, committer: Identity(name: "Ann", email: "ann@example.com"),
            policy: { _ in policy })
    }
}

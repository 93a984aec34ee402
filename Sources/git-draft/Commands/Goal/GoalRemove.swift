import GitStore
import Model
import Porcelain

/// `git draft goal rm`.
struct GoalRemove: Command {
    static let help = Help(
        "Delete a goal", verb: "rm",
        description: """
            Refused while the goal owns tickets that are neither done nor abandoned. What was \
            done for it stays in the log.
            """)

    @Argument("which goal") var goal: String
    @Options var output: OutputOptions

    func run(in context: Context) async throws {
        let session = try Session(context)
        let goal = try session.board.transact(as: session.decider()) { transaction in
            let goal = try transaction.goal(self.goal)
            guard try goal.id != transaction.before.board().inboxGoalID else {
                throw CommandError("the inbox cannot be deleted: tickets without a goal are there")
            }
            let open = try transaction.list(Ticket.self).filter {
                $0.goalID == goal.id && $0.state != .done && $0.state != .abandoned
            }
            guard let first = open.inOrder().first else {
                try transaction.delete(goal, as: .goalDeleted)
                return goal
            }
            let name = sentenceName(first.id)
            throw CommandError(
                "goal \(sentenceName(goal.id)) owns \(counted(open.count, "open ticket"))",
                hint: first.state == .proposed
                    ? "git draft reject \(name)" : "git draft ticket move \(name) abandoned")
        }
        try session.report(goal, output, "deleted \(goal.sentence)")
    }
}

import GitStore
import Model
import Porcelain

/// `git draft goal progress`.
struct GoalProgress: Command {
    static let help = Help(
        "Show how far a goal is", verb: "progress",
        description: """
            Counts the tickets of a goal by state, and adds up what its jobs have cost. \
            Abandoned tickets do not count.
            """)

    @Argument("which goal") var goal: String
    @Options var past: PastOptions
    @Options var output: ViewOptions

    func run(in context: Context) async throws {
        let session = try Session(context, color: output.look.color)
        let snapshot = try session.snapshot(at: past.at)
        let goal = try snapshot.goal(goal)
        let all = try snapshot.list(Ticket.self)
        let ready = all.ready().filter { $0.goalID == goal.id }
        let progress = Progress(all.filter { $0.goalID == goal.id })
        let cost = try snapshot.list(Job.self).filter { $0.goalID == goal.id }
            .compactMap { $0.record.value("usage")["cost"]?.integer }.reduce(0, &+)
        if output.quiet { return try session.printIDs([goal.id]) }
        guard !output.json else {
            return try session.printJSON([
                "schema": .integer(RecordFormat.schema), "goal": goal.shown,
                "total": .integer(Int64(progress.total)), "done": .integer(Int64(progress.done)),
                "ready": .integer(Int64(ready.count)), "cost": .integer(cost),
                "states": .object(
                    JSONObject(progress.states.map { ($0.state.word, .integer(Int64($0.count))) })),
            ])
        }
        try session.terminal.write(
            text(goal, progress, ready: ready.count, cost: cost, session.terminal))
    }

    private func text(
        _ goal: Model.Goal, _ progress: Progress, ready: Int, cost: Int64, _ terminal: Terminal
    ) -> String {
        let width = 30
        let full = progress.percent * width / 100
        let bar = String(repeating: "█", count: full) + String(repeating: "░", count: width - full)
        var text = terminal.styled(escaped(goal.title), .bold) + "\n"
        text += "\(terminal.styled(bar, .green)) \(progress.done) of \(progress.total)"
        text += " done (\(progress.percent) %)\n"
        var table = Table(columns: [.init(""), .init("", .right)])
        for (state, count) in progress.states where count > 0 {
            table.add([Cell(state.word, state.style), Cell("\(count)")])
        }
        text += table.rendered(for: terminal)
        if ready > 0 { text += "\(counted(ready, "ticket")) could run now\n" }
        if cost > 0 { text += "\(money(cost)) spent\n" }
        return text
    }
}

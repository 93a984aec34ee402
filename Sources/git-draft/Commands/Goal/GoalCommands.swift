import Porcelain

/// `git draft goal`.
struct GoalCommands: CommandGroup {
    static let help = Help("Work on goals", verb: "goal", group: "Goals and tickets")
    static let subcommands: [any Command.Type] = [
        GoalNew.self, GoalList.self, GoalShow.self, GoalEdit.self, GoalProgress.self,
        GoalGraph.self, GoalRemove.self, GoalRun.self,
    ]
}

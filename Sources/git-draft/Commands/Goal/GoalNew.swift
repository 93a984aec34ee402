import GitStore
import Model
import Porcelain

/// `git draft goal new`.
struct GoalNew: Command {
    static let help = Help(
        "Create a goal", verb: "new",
        description: """
            A goal is an outcome that you want; it owns tickets. Its description may come from \
            a file, or from standard input with `-F -`.
            """)

    @Argument("what is wanted, in a line") var title: String
    @Option("--description", value: "text", help: "say more about it") var text: String?
    @Option("-F", "--file", help: "take the description from <file>") var file: String?
    @Option("--priority", help: "set how soon it is wanted") var priority: Priority?
    @Option("--label", help: "give it a <label>") var labels: [String]
    @Options var output: OutputOptions

    func validate() throws {
        if text != nil, file != nil { throw UsageError("--description and -F exclude each other") }
        try checkWords(labels, "--label")
    }

    func run(in context: Context) async throws {
        let session = try Session(context)
        let description = try file.map { try context.readText($0) } ?? text ?? ""
        var groups = JSONObject()
        if let priority { groups["priority"] = .integer(priority.value) }
        for label in labels { groups["labels/\(session.redactor.redact(label))"] = true }
        let goal = try session.board.transact(as: session.decider()) { transaction in
            let goal = try transaction.createGoal(title: title, description: description)
            guard !groups.isEmpty else { return goal }
            return Model.Goal(
                try transaction.write(goal.record, groups, as: .goalCreated))
        }
        try session.report(goal, output, "created \(goal.sentence)")
    }
}

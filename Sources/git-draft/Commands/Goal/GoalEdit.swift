import GitStore
import Model
import Porcelain

/// `git draft goal edit`.
struct GoalEdit: Command {
    static let help = Help(
        "Change a goal", verb: "edit",
        description: "What is not mentioned stays as it is. Labels are added and removed.")

    @Argument("which goal") var goal: String
    @Option("--title", value: "text", help: "say in a line what is wanted") var title: String?
    @Option("--description", value: "text", help: "say more about it") var text: String?
    @Option("-F", "--file", help: "take the description from <file>") var file: String?
    @Option("--priority", help: "set how soon it is wanted") var priority: Priority?
    @Option("--status", help: "say whether it is still wanted") var status: GoalStatus?
    @Option("--label", help: "give it a <label>") var labels: [String]
    @Option("--unlabel", value: "label", help: "take a <label> away") var unlabels: [String]
    @Options var output: OutputOptions

    func validate() throws {
        if text != nil, file != nil { throw UsageError("--description and -F exclude each other") }
        try checkWords(labels, "--label")
        let isEmpty = title == nil && text == nil && file == nil && priority == nil
        if isEmpty, status == nil, labels.isEmpty, unlabels.isEmpty {
            throw UsageError("nothing to change")
        }
    }

    func run(in context: Context) async throws {
        let session = try Session(context)
        let description = try file.map { try context.readText($0) } ?? text
        let goal = try session.board.transact(as: session.decider()) { transaction in
            let goal = try transaction.goal(self.goal)
            if let title { try transaction.checkTitle(title) }
            var groups = JSONObject()
            if let title { groups["title"] = .string(title) }
            if let description { groups["description"] = .string(description) }
            if let priority { groups["priority"] = .integer(priority.value) }
            if let status { groups["status"] = .string(status.rawValue) }
            for label in labels { groups["labels/\(session.redactor.redact(label))"] = true }
            // What was never there leaves no trace.
            for label in unlabels where goal.record.holds(label, in: "labels") {
                groups["labels/\(label)"] = false
            }
            let details = EventDetails(
                from: status == nil ? nil : goal.status, to: status?.rawValue)
            return Model.Goal(try transaction.write(goal.record, groups, as: .goalEdited, details))
        }
        try session.report(goal, output, "changed \(goal.sentence)")
    }
}

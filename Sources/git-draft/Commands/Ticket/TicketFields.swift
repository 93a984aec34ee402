import GitStore
import Model
import Porcelain

/// What a ticket says besides its title, when it is made and when it is changed.
struct TicketFields: OptionGroup {
    @Option("--description", value: "text", help: "say more about it") var text: String?
    @Option("-F", "--file", help: "take the description from <file>") var file: String?
    @Option("--priority", help: "set how soon it is wanted") var priority: Priority?
    @Option("--label", help: "give it a <label>") var labels: [String]
    @Option("--type", help: "set the <type> of the task, such as code") var taskType: String?
    @Option("--mode", help: "ask for a change, or for findings only") var mode: Mode?
    @Option("--accept", value: "text", help: "say what must hold when it is done")
    var criteria: [String]
    @Option("--verify", value: "command", help: "validate it with <command>, too")
    var commands: [String]
    @Option("--blocked-by", value: "ticket", help: "do <ticket> first") var blockedBy: [String]
    @Option("--touches", value: "path", help: "expect it to change <path>") var paths: [String]

    func validate() throws {
        if text != nil, file != nil { throw UsageError("--description and -F exclude each other") }
        try checkWords(labels, "--label")
        try checkWords(paths, "--touches")
        if let taskType { try checkWords([taskType], "--type") }
    }

    /// Whether none was given.
    var isEmpty: Bool {
        text == nil && file == nil && priority == nil && labels.isEmpty && taskType == nil
            && mode == nil && criteria.isEmpty && commands.isEmpty && blockedBy.isEmpty
            && paths.isEmpty
    }

    /// The description that was given, from wherever.
    func description(in context: Context) throws -> String? {
        try file.map { try context.readText($0) } ?? text
    }

    /// Fills in a new ticket, but for its description, goal and blockers.
    func fill(_ new: inout NewTicket, _ redactor: Redactor) {
        if let priority { new.priority = priority.value }
        if let taskType { new.taskType = taskType }
        if let mode { new.mode = mode.rawValue }
        new.labels = labels.map(redactor.redact)
        new.touches = paths.map(redactor.redact)
        new.acceptanceCriteria = criteria.filter { !$0.isEmpty }
        new.validation = commands.filter { !$0.isEmpty }
    }

    /// The groups that change a ticket, but for its description and blockers.
    ///
    /// Criteria and commands replace those that are there; an empty one alone clears them.
    func changes(_ redactor: Redactor) -> JSONObject {
        var groups = JSONObject()
        if let priority { groups["priority"] = .integer(priority.value) }
        if let taskType { groups["task_type"] = .string(taskType) }
        if let mode { groups["mode"] = .string(mode.rawValue) }
        for label in labels { groups["labels/\(redactor.redact(label))"] = true }
        for path in paths { groups["touches/\(redactor.redact(path))"] = true }
        if !criteria.isEmpty {
            groups["acceptance_criteria"] = NewTicket.criteria(criteria.filter { !$0.isEmpty })
        }
        if !commands.isEmpty { groups["validation"] = JSON(commands.filter { !$0.isEmpty }) }
        return groups
    }
}

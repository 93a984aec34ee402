public import Model

/// Reads plans: what a person's file or an agent's answer wants to be tickets.
public enum PlanFile {
    /// The most tickets that an agent's answer may bring.
    public static let answerLimit = 10

    /// Reads a file in Markdown, YAML or JSON, told by its extension, else its content.
    ///
    /// - Throws: ``ConfigurationError`` with everything that is wrong.
    public static func parse(_ bytes: [UInt8], file: String) throws(ConfigurationError) -> Plan {
        let findings = Findings(file: file)
        let draft: PlanDraft
        switch format(of: bytes, file: file) {
        case .json:
            draft = PlanTree(findings: findings).read(try JSONTree.parse(bytes, file: file))
        case .yaml:
            draft = PlanTree(findings: findings).read(try YAMLTree.parse(bytes, file: file))
        case .markdown:
            let text = try Source.check(bytes, file: file, limit: JSONTree.maxBytes)
            draft = MarkdownPlan(findings: findings).read(text)
        }
        return try PlanResolution(findings: findings).resolve(draft)
    }

    /// Reads what an agent printed or wrote as its result, at most ten tickets of it.
    ///
    /// That is a JSON object with `tickets`: alone, in a fenced block, or within prose; the last
    /// such block counts. The other keys of a result, such as `status`, may stand beside
    /// `tickets`, and the list may be empty. Of two tickets of one title the first is kept.
    ///
    /// - Parameters:
    ///   - bytes: What the agent answered.
    ///   - file: What messages call it.
    ///   - existing: The titles of tickets that there are; a ticket may be blocked by them, too.
    /// - Returns: The plan.
    /// - Throws: ``ConfigurationError`` with everything that is wrong.
    public static func parseAnswer(
        _ bytes: [UInt8], file: String = "answer", existing: [String] = []
    ) throws(ConfigurationError) -> Plan {
        let text = try Source.check(bytes, file: file, limit: JSONTree.maxBytes)
        guard let found = AnswerJSON.find(in: text) else {
            throw refusal(file, "the answer holds no JSON object")
        }
        let root = try JSONTree.parse(found.bytes, file: file, firstLine: found.line)
        if case .mapping(let entries) = root.value,
            !entries.contains(where: { $0.key == "tickets" })
        {
            throw refusal(file, line: found.line, "the answer has no 'tickets'")
        }
        let findings = Findings(file: file)
        let draft = PlanTree(findings: findings, isResult: true).read(root)
        var plan = try PlanResolution(findings: findings, dropsTwins: true)
            .resolve(draft, existing: existing, mayBeEmpty: true)
        plan.cap(at: answerLimit)
        return plan
    }

    private static func refusal(
        _ file: String, line: Int = 1, _ message: String
    ) -> ConfigurationError {
        ConfigurationError([
            ConfigurationProblem(file: file, line: line, column: 1, message: message)
        ])
    }

    private enum Format {
        case json
        case yaml
        case markdown
    }

    private static func format(of bytes: [UInt8], file: String) -> Format {
        let name = file.lowercased()
        if [".md", ".markdown"].contains(where: name.hasSuffix) { return .markdown }
        if [".yaml", ".yml"].contains(where: name.hasSuffix) { return .yaml }
        if name.hasSuffix(".json") { return .json }
        let text = bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? bytes.dropFirst(3) : bytes[...]
        if text.first(where: { $0 > 0x20 }) == UInt8(ascii: "{") { return .json }
        let lines = text.split(separator: UInt8(ascii: "\n"))
        return lines.contains { $0.starts(with: "tickets:".utf8) } ? .yaml : .markdown
    }
}

/// A ticket as it was read, its blockers not yet found.
struct PlanItem {
    /// The ticket, without blockers.
    var ticket: PlannedTicket

    /// What must come first.
    var blockers: [PlanBlocker] = []

    /// Whether it is finished, hence no ticket any more.
    var isFinished = false
}

/// A reference from one ticket of a plan to another.
struct PlanBlocker {
    /// How the other ticket is meant.
    enum Target {
        /// By its place in the list, from 1, finished ones included.
        case number(Int)

        /// By its title.
        case title(String)

        /// By titles or numbers between commas, unless the whole is a title.
        case list(String)
    }

    /// The other ticket.
    var target: Target

    /// Where the reference stands.
    var place: Place
}

/// A plan as it was read.
struct PlanDraft {
    /// The tickets and what is finished, in the order of the text.
    var items: [PlanItem] = []

    /// What the reader left out.
    var notes: [String] = []
}

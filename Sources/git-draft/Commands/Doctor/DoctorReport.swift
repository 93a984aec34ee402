import Model
import Porcelain

/// What `git draft doctor` found, in the order in which it is shown.
struct DoctorReport {
    /// What a finding is about.
    enum Part: String, CaseIterable {
        /// The machine.
        case machine
        /// The repository and its board.
        case repository
        /// The agents.
        case agents
    }

    /// How bad a finding is.
    enum Level: String {
        /// As it should be.
        case good = "ok"
        /// Worth knowing.
        case note
        /// Something will not work as one may expect.
        case warning
        /// Something does not work.
        case problem
    }

    /// One finding.
    struct Finding {
        let level: Level
        let part: Part
        let name: String
        let text: String
        let hint: String?
        let details: JSONObject

        /// Whether it is the agent that works where nobody is named.
        var isDefault: Bool { details["default"]?.bool ?? false }
    }

    private(set) var findings: [Finding] = []

    /// Whether anything is wrong.
    var hasProblems: Bool { findings.contains { $0.level == .problem } }

    /// Takes down a finding.
    mutating func add(
        _ level: Level, in part: Part, _ name: String, _ text: String, hint: String? = nil,
        details: JSONObject = [:]
    ) {
        findings.append(
            Finding(
                level: level, part: part, name: name, text: text, hint: hint, details: details))
    }

    /// Takes down an error as the problem that it is.
    mutating func add(
        _ error: any Error, in part: Part, _ name: String, as level: Level = .problem
    ) {
        let complaint = Complaint(error, words: [])
        add(level, in: part, name, complaint.text, hint: complaint.advice)
    }

    /// Prints it.
    func show(on terminal: Terminal, json: Bool) throws {
        if json {
            let text = self.json.canonicalText
            return try terminal.write(terminal.outputIsTTY ? text.visibleJSON : text)
        }
        let parts = Part.allCases.filter { part in findings.contains { $0.part == part } }
        for (index, part) in parts.enumerated() {
            try terminal.writeLine((index > 0 ? "\n" : "") + terminal.styled(part.rawValue, .bold))
            for finding in findings where finding.part == part { try show(finding, on: terminal) }
        }
        let problems = findings.count { $0.level == .problem }
        let warnings = findings.count { $0.level == .warning }
        let counts = [
            problems > 0 ? counted(problems, "problem") : nil,
            warnings > 0 ? counted(warnings, "warning") : nil,
        ].compactMap(\.self)
        try terminal.writeLine("")
        try terminal.writeLine(counts.isEmpty ? "all is well" : counts.joined(separator: ", "))
    }

    private func show(_ finding: Finding, on terminal: Terminal) throws {
        let word = finding.level.rawValue
        let pad = String(repeating: " ", count: max(0, 9 - word.utf8.count))
        let mark = terminal.styled(word, finding.level.style) + pad
        let lines = finding.text.split(separator: "\n", omittingEmptySubsequences: false)
        for (index, line) in lines.enumerated() {
            let name = escaped(finding.name) + (finding.isDefault ? " (default)" : "")
            let head = index == 0 ? "  \(mark)\(name): " : "             "
            try terminal.writeLine(head + escaped(String(line)))
        }
        if let hint = finding.hint { try terminal.writeLine("           hint: \(escaped(hint))") }
    }

    private var json: JSON {
        [
            "schema": 1, "ok": .bool(!hasProblems),
            "checks": .array(
                findings.map { finding in
                    var object = finding.details
                    object["part"] = .string(finding.part.rawValue)
                    object["name"] = .string(finding.name)
                    object["level"] = .string(finding.level.rawValue)
                    object["text"] = .string(finding.text)
                    object["hint"] = JSON(finding.hint)
                    return .object(object)
                }),
        ]
    }
}

extension DoctorReport.Level {
    fileprivate var style: Style {
        switch self {
        case .good: .green
        case .note: .dim
        case .warning: .yellow
        case .problem: .red
        }
    }
}

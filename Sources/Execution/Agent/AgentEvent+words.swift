internal import Model

extension AgentEvent {
    /// The event as people follow it; `nil` for what they need not see.
    public var words: String? {
        switch self {
        case .session(_, let agent, let version, let model):
            return [agent, version, model].compactMap { $0 }.joined(separator: " ")
        case .message(let text): return text
        case .thinking: return nil
        case .tool(_, let name, let input):
            // What these do is told once it is done.
            guard !Self.told.contains(name) else { return nil }
            return "→ \(name) \(Self.short(input))"
        case .toolResult(_, let isGood, let output):
            return isGood || output.isEmpty ? nil : Self.indented(output)
        case .file(let path, let change):
            return "\(Self.past[change] ?? change) \(path)"
        case .command(let command, let exitCode, _):
            return "$ \(Self.line(command)) → \(exitCode.map { "exit \($0)" } ?? "no exit status")"
        case .question(let text, let choices):
            return "asks: \(text)"
                + (choices.isEmpty ? "" : " (\(choices.joined(separator: ", ")))")
        case .usage(let usage):
            let cost = usage.cost.map { ", $\(Money.dollars($0))" } ?? ""
            return "used \(usage.tokensIn) tokens in, \(usage.tokensOut) out\(cost)"
        case .rateLimit(let status, let resetsAt):
            guard status != "allowed" else { return nil }
            return "rate limit: \(status)" + (resetsAt.map { ", until \($0)" } ?? "")
        case .error(let message): return "error: \(message)"
        case .other(let raw): return raw.utf8.first == UInt8(ascii: "{") ? nil : raw
        }
    }

    /// Reads a line that an agent wrote of itself; `nil` if it says nothing we know.
    init?(_ line: JSON) {
        func text(_ key: String) -> String { line[key]?.string ?? "" }
        switch line["type"]?.string {
        case "session":
            self = .session(
                id: text("id"), agent: text("agent"), version: line["version"]?.string,
                model: line["model"]?.string)
        case "message": self = .message(text: text("text"))
        case "thinking": self = .thinking(text: text("text"))
        case "tool":
            self = .tool(id: text("id"), name: text("name"), input: line["input"] ?? .null)
        case "tool_result":
            self = .toolResult(
                id: text("id"), isGood: line["ok"]?.bool ?? true, output: text("output"))
        case "file": self = .file(path: text("path"), change: text("change"))
        case "command":
            self = .command(
                command: text("command"), exitCode: line["exit_code"]?.integer,
                milliseconds: line["duration"]?.integer)
        case "question":
            let choices = (line["choices"]?.array ?? []).compactMap(\.string)
            self = .question(text: text("text"), choices: choices)
        case "usage":
            let usage = AgentUsage(
                tokensIn: line["tokens_in"]?.integer ?? 0,
                tokensOut: line["tokens_out"]?.integer ?? 0, cost: line["cost"]?.integer)
            guard let plausible = usage.plausible else { return nil }
            self = .usage(plausible)
        case "rate_limit":
            self = .rateLimit(
                status: text("status"),
                resetsAt: line["resets_at"]?.string.flatMap { Timestamp($0) })
        case "error": self = .error(message: text("message"))
        default: return nil
        }
    }

    private static let told: Set = [
        "Bash", "Edit", "MultiEdit", "NotebookEdit", "Write", "shell",
    ]

    private static let past = ["add": "added", "delete": "deleted", "update": "edited"]

    /// The one member that says most, else all of them.
    private static func short(_ input: JSON) -> String {
        for key in ["command", "file_path", "path", "pattern", "query", "url", "description"] {
            if let text = input[key]?.string { return line(text) }
        }
        return line(input.line)
    }

    private static func line(_ text: String) -> String {
        Text.boundedHead(text.split { $0.isNewline }.joined(separator: " "), limit: 300)
    }

    private static func indented(_ text: String) -> String {
        let lines = text.split(omittingEmptySubsequences: false) { $0.isNewline }
        let shown = lines.prefix(10).map { "  \(Text.boundedHead(String($0), limit: 300))" }
        let rest = lines.count > 10 ? ["  [… \(lines.count - 10) lines …]"] : []
        return (shown + rest).joined(separator: "\n")
    }
}

import Model
import Porcelain

/// One line of a job's log as people read it.
///
/// Lines of the normalised form, one JSON object each, become sentences; all others are what
/// some program printed.
func agentLogLine(_ line: String, color: Bool) -> String {
    guard line.utf8.first == UInt8(ascii: "{"), let value = try? JSON(parsing: line),
        let type = value["type"]?.string, let time = value["t"]?.integer
    else { return sanitised(line, multiline: false) }
    let (text, style) = sentence(value, type)
    let clock = Style.dim.applied(to: elapsedTime(time).padded(to: 7), color: color)
    return "\(clock) " + style.applied(to: sanitised(text), color: color)
}

/// One line of a job's log for tools: an agent's as it was stored, others as what was printed.
func logLine(_ line: String) -> JSON {
    guard line.utf8.first == UInt8(ascii: "{"), let value = try? JSON(parsing: line),
        value["type"]?.string != nil, value["t"]?.integer != nil
    else { return ["type": "output", "text": .string(line)] }
    return value
}

private func sentence(_ value: JSON, _ type: String) -> (String, Style) {
    func text(_ key: String) -> String {
        switch value[key] {
        case nil, .null: ""
        case .string(let text): text
        case let other?: other.line
        }
    }
    switch type {
    case "session": return ("\(text("agent")) \(text("version")) \(text("model"))", .dim)
    case "message": return (text("text"), .plain)
    case "thinking": return (text("text"), .dim)
    case "tool": return ("→ \(text("name")) \(text("input"))", .cyan)
    case "tool_result":
        let isFine = value["ok"]?.bool != false
        return ("← \(text("output"))", isFine ? .dim : .red)
    case "file": return ("\(text("change")) \(text("path"))", .cyan)
    case "command":
        let status = value["exit_code"]?.integer ?? 0
        return ("$ \(text("command")) (exit \(status))", status == 0 ? .green : .red)
    case "question": return ("asks: \(text("text"))", .yellow)
    case "usage":
        let cost = value["cost"]?.integer.map { ", \(money($0))" } ?? ""
        return ("\(text("tokens_in")) tokens in, \(text("tokens_out")) out\(cost)", .dim)
    case "rate_limit": return ("rate limit \(text("status")), until \(text("resets_at"))", .yellow)
    case "error": return (text("message"), .red)
    case "end": return ("end: \(text("status"))", .bold)
    default: return (text("raw"), .plain)
    }
}

internal import Model

/// The normalised log of a turn: what the agent did or printed, and the lines it wrote itself.
struct AgentLog {
    private var splitter = LineSplitter(limit: 64 * 1024)
    private var lines: [UInt8] = []
    private let redactor: Redactor
    private let start = ContinuousClock.now

    /// The most that is kept, in bytes.
    private static let limit = 4 << 20

    /// The longest text of a line, in bytes.
    private static let textLimit = 16 << 10

    /// The types of lines that an agent may write itself.
    private static let types: Set = [
        "session", "message", "thinking", "tool", "tool_result", "file", "command", "question",
        "usage", "rate_limit", "error",
    ]

    init(redactor: Redactor) { self.redactor = redactor }

    /// Takes what a program printed, secrets taken out already.
    mutating func append(_ bytes: [UInt8]) {
        for line in splitter.append(bytes[...]) { add(line.text) }
    }

    /// Takes what an agent did.
    mutating func append(_ event: AgentEvent) {
        guard lines.count < Self.limit else { return }
        let redactor = redactor
        add(
            event.json(at: time).mapStrings {
                Text.boundedHeadAndTail(redactor.redact($0), limit: Self.textLimit)
            })
    }

    private var time: Int64 {
        let elapsed = start.duration(to: .now)
        return elapsed.components.seconds * 1000
            + elapsed.components.attoseconds / 1_000_000_000_000_000
    }

    private mutating func add(_ text: String) {
        guard lines.count < Self.limit else { return }
        add(["t": .integer(time), "type": "message", "text": .string(text)])
    }

    private mutating func add(_ line: JSON) { lines += Array((line.line + "\n").utf8) }

    /// The whole log; lines of the agent's own that say nothing we know are kept as `other`.
    mutating func finish(events: [UInt8], end: AgentTurn.End, at time: Int64) -> [UInt8] {
        if let last = splitter.finish() { add(last.text) }
        for line in events.split(separator: 10) where lines.count < Self.limit {
            let text = redactor.redact(String(decoding: line, as: UTF8.self))
            if var event = (try? JSON(parsing: text))?.object,
                let type = event["type"]?.string, Self.types.contains(type)
            {
                if event["t"]?.integer == nil { event["t"] = .integer(time) }
                add(.object(event))
            } else {
                add(["t": .integer(time), "type": "other", "raw": .string(text)])
            }
        }
        let status =
            switch end {
            case .inOrder: "done"
            case .failed: "failed"
            case .deadline: "deadline"
            case .stopped: "stopped"
            case .limit: "limit"
            }
        add(["t": .integer(time), "type": "end", "status": .string(status)])
        return lines
    }
}

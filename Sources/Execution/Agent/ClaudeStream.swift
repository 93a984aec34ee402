internal import Model

/// Reads `claude --output-format stream-json`.
public struct ClaudeStream: AgentStream {
    private let directory: String
    private let before: AgentUsage?
    private var refused: Set<String> = []
    private var calls: [String: Call] = [:]
    private var spent: [String: AgentUsage] = [:]
    private var limit: (status: String, resetsAt: Timestamp?)?
    private var lastError: String?
    private var result: JSON?
    private var found = AgentReport()

    /// What the answer to a call of a tool needs of it.
    private struct Call {
        let name: String
        let command: String?
        let path: String?
        let words: String
    }

    /// The most calls that are remembered until their answers, and the most denials.
    private static let callLimit = 1024

    /// The most messages of the model whose use is added up.
    private static let messageLimit = 16_384

    /// The longest command that is remembered, in bytes.
    private static let commandLimit = 16 << 10

    /// The longest path or name that is remembered, in bytes, and the longest name of a call.
    private static let (pathLimit, idLimit) = (4096, 256)

    /// Creates a reader.
    ///
    /// - Parameters:
    ///   - directory: Where the agent works; files in it are named without it.
    ///   - before: What the session had used when the turn began; `nil` for a new one.
    public init(directory: String, before: AgentUsage? = nil) {
        self.directory = directory
        self.before = before
    }

    /// Whether the result line was seen.
    public var isComplete: Bool { result != nil }

    /// What was seen so far.
    public var report: AgentReport {
        var report = found
        guard let result else {
            if !spent.isEmpty {
                report.usage = spent.values.reduce(AgentUsage()) { $0 + $1 }
            }
            return report
        }
        report.sessionUsage = Self.sessionUsage(result)
        report.usage =
            report.sessionUsage?.since(before) ?? result["usage"].flatMap(Self.usage)
        report.failure = failure(result)
        return report
    }

    /// Takes a line; returns what it means.
    public mutating func read(_ line: String) -> [AgentEvent] {
        guard line.utf8.contains(where: { $0 > 0x20 }) else { return [] }
        guard let value = AgentLine.json(line), let type = value["type"]?.string else {
            return [.other(raw: line)]
        }
        // The session of an agent within the agent is not ours.
        if found.session == nil { found.session = value["session_id"]?.string }
        switch type {
        case "system": return system(value, line)
        case "assistant": return assistant(value)
        case "user": return user(value)
        case "rate_limit_event": return rateLimit(value)
        case "result": return finish(value)
        default: return [.other(raw: line)]
        }
    }

    // MARK: - Lines

    private mutating func system(_ value: JSON, _ line: String) -> [AgentEvent] {
        switch value["subtype"]?.string {
        case "init":
            found.version = value["claude_code_version"]?.string
            found.model = value["model"]?.string
            return [
                .session(
                    id: found.session ?? "", agent: "claude", version: found.version,
                    model: found.model)
            ]
        case "api_retry":
            let attempt = value["attempt"]?.integer.map { " \($0)" } ?? ""
            let status = value["error_status"]?.integer.map { " (status \($0))" } ?? ""
            return [
                .error(message: "retry\(attempt): \(value["error"]?.string ?? "failed")\(status)")
            ]
        case "permission_denied": return []
        case "model_refusal_no_fallback":
            lastError = "refusal"
            return [.other(raw: line)]
        default: return [.other(raw: line)]
        }
    }

    private mutating func assistant(_ value: JSON) -> [AgentEvent] {
        let message = value["message"] ?? .null
        if let error = value["error"]?.string { lastError = error }
        if let id = message["id"]?.string, let usage = message["usage"].flatMap(Self.usage),
            spent[id] != nil || spent.count < Self.messageLimit, id.utf8.count <= Self.idLimit
        {
            spent[id] = usage
        }
        return (message["content"]?.array ?? []).compactMap { block in
            switch block["type"]?.string {
            case "text":
                guard let text = block["text"]?.string, !text.isEmpty else { return nil }
                if (value["parent_tool_use_id"] ?? .null).isNull { found.answer = text }
                return .message(text: text)
            case "thinking":
                return block["thinking"]?.string.flatMap { $0.isEmpty ? nil : .thinking(text: $0) }
            case "tool_use", "server_tool_use":
                guard let name = block["name"]?.string else { return nil }
                let id = block["id"]?.string ?? ""
                let input = block["input"] ?? .null
                remember(id, name, input)
                return .tool(id: id, name: name, input: input)
            default: return .other(raw: block.line)
            }
        }
    }

    /// Remembers a call until its answer, unless there are too many without one.
    private mutating func remember(_ id: String, _ name: String, _ input: JSON) {
        guard calls[id] != nil || calls.count < Self.callLimit, id.utf8.count <= Self.idLimit
        else { return }
        let path = input["file_path"]?.string ?? input["notebook_path"]?.string
        calls[id] = Call(
            name: Text.boundedHead(name, limit: Self.idLimit),
            command: input["command"]?.string.map {
                Text.boundedHeadAndTail($0, limit: Self.commandLimit)
            },
            path: path.map { Text.boundedHead($0, limit: Self.pathLimit) },
            words: named(name, input))
    }

    private mutating func user(_ value: JSON) -> [AgentEvent] {
        var events: [AgentEvent] = []
        for block in value["message"]?["content"]?.array ?? []
        where block["type"]?.string == "tool_result" {
            let id = block["tool_use_id"]?.string ?? ""
            let isGood = block["is_error"]?.bool != true
            let output = Self.text(block["content"] ?? .null)
            if let call = calls.removeValue(forKey: id) {
                let meta = (value["tool_result_meta"]?.array ?? [])
                    .first { $0["id"]?.string?.utf8.elementsEqual(id.utf8) ?? false }
                if (meta?["non_execution_kind"] ?? .null).isNull {
                    events += done(call, isGood, output, value["tool_use_result"])
                } else {
                    if refused.count < Self.callLimit { refused.insert(id) }
                    events.append(.error(message: "not allowed: \(call.words)"))
                }
            }
            events.append(.toolResult(id: id, isGood: isGood, output: output))
        }
        return events
    }

    /// What a call that was carried out did to the work tree.
    private func done(
        _ call: Call, _ isGood: Bool, _ output: String, _ detail: JSON?
    ) -> [AgentEvent] {
        switch call.name {
        case "Bash":
            guard let command = call.command else { return [] }
            return [
                .command(
                    command: command, exitCode: isGood ? 0 : Self.exitCode(output),
                    milliseconds: nil)
            ]
        case "Edit", "MultiEdit", "Write", "NotebookEdit":
            guard isGood, let path = call.path else { return [] }
            let isNew = detail?["type"]?.string == "create"
            return [.file(path: relative(path), change: isNew ? "add" : "update")]
        default: return []
        }
    }

    private mutating func rateLimit(_ value: JSON) -> [AgentEvent] {
        guard let info = value["rate_limit_info"], let status = info["status"]?.string else {
            return [.other(raw: value.line)]
        }
        let resetsAt = info["resetsAt"].flatMap(Self.time)
        limit = (status, resetsAt)
        return [.rateLimit(status: status, resetsAt: resetsAt)]
    }

    private mutating func finish(_ value: JSON) -> [AgentEvent] {
        result = value
        if let id = value["session_id"]?.string { found.session = id }
        if let text = value["result"]?.string, !text.isEmpty, value["is_error"]?.bool == false {
            found.answer = text
        }
        var events: [AgentEvent] = []
        for denial in value["permission_denials"]?.array ?? [] {
            let name = named(denial["tool_name"]?.string ?? "?", denial["tool_input"] ?? .null)
            if found.denied.count < Self.callLimit { found.denied.append(name) }
            if !refused.contains(denial["tool_use_id"]?.string ?? "") {
                events.append(.error(message: "not allowed: \(name)"))
            }
        }
        if let failure = failure(value) { events.append(.error(message: failure.message)) }
        if let usage = report.usage { events.append(.usage(usage)) }
        return events
    }

    /// A call of a tool in one line.
    private func named(_ tool: String, _ input: JSON) -> String {
        let detail =
            input["command"]?.string ?? input["file_path"]?.string.map(relative)
            ?? (input.isNull ? "" : input.line)
        let name = Text.boundedHead(tool, limit: Self.idLimit)
        return detail.isEmpty ? name : "\(name)(\(Text.boundedHead(detail, limit: 500)))"
    }

    // MARK: - The end

    /// Why a result is none; never by its subtype alone, which says success of failures, too.
    private func failure(_ result: JSON) -> AgentFailure? {
        let subtype = result["subtype"]?.string ?? ""
        let terminal = result["terminal_reason"]?.string ?? ""
        guard result["is_error"]?.bool != false || subtype != "success" else { return nil }
        let errors = (result["errors"]?.array ?? []).compactMap(\.string)
        let words =
            [result["result"]?.string, errors.joined(separator: "; "), terminal, subtype]
            .compactMap { $0 }.first { !$0.isEmpty } ?? "the agent failed"
        func failed(_ kind: AgentFailure.Kind, _ resetsAt: Timestamp? = nil) -> AgentFailure {
            AgentFailure(kind, words, resetsAt: resetsAt)
        }
        if subtype == "error_max_turns" || terminal == "max_turns" { return failed(.turns) }
        if subtype == "error_max_budget_usd" || terminal == "budget_exhausted" {
            return failed(.budget)
        }
        let status = result["api_error_status"]?.integer
        let isRejected = limit?.status == "rejected" && status == nil && lastError == nil
        if isRejected || status == 429 || lastError == "rate_limit" {
            return failed(.rateLimit, limit?.resetsAt ?? Self.reset(in: words))
        }
        if let time = Self.reset(in: words) { return failed(.rateLimit, time) }
        if status == 401 || status == 403 || lastError == "authentication_failed"
            || lastError == "billing_error"
        {
            return failed(.authentication)
        }
        if let status, status >= 500 { return failed(.overloaded) }
        if terminal == "prompt_too_long" { return failed(.tooLong) }
        if terminal.utf8.starts(with: "aborted".utf8) { return failed(.interrupted) }
        if result["stop_reason"]?.string == "refusal" || lastError == "refusal" {
            return failed(.refusal)
        }
        if lastError == "server_error" { return failed(.overloaded) }
        return failed(terminal == "api_error" ? .api : .other)
    }
}

// MARK: - Parts of lines

extension ClaudeStream {
    private static func usage(_ value: JSON) -> AgentUsage? {
        guard value["input_tokens"] != nil || value["output_tokens"] != nil else { return nil }
        return AgentUsage(
            tokensIn: sum(
                value, ["input_tokens", "cache_creation_input_tokens", "cache_read_input_tokens"]),
            tokensOut: sum(value, ["output_tokens"]))
    }

    /// What the session has cost so far, all its models and turns together.
    private static func sessionUsage(_ result: JSON) -> AgentUsage? {
        var total = AgentUsage()
        var isKnown = false
        for model in result["modelUsage"]?.object?.values ?? [] {
            isKnown = true
            let keys = ["inputTokens", "cacheReadInputTokens", "cacheCreationInputTokens"]
            total =
                total
                + AgentUsage(
                    tokensIn: sum(model, keys), tokensOut: sum(model, ["outputTokens"]))
        }
        switch result["total_cost_usd"] {
        case .integer(let dollars)?: total.cost = Money.micros("\(dollars)")
        case .number(let text)?: total.cost = Money.micros(text)
        default: break
        }
        return isKnown || total.cost != nil ? total : nil
    }

    private static func sum(_ value: JSON, _ keys: [String]) -> Int64 {
        keys.reduce(0) { sum, key in
            let (total, isLarge) = sum.addingReportingOverflow(
                AgentUsage.count(value[key]?.integer))
            return isLarge ? Int64.max : total
        }
    }

    /// The text of a tool's answer, which is a text or a list of blocks.
    private static func text(_ content: JSON) -> String {
        if let text = content.string { return text }
        return (content.array ?? []).compactMap { $0["text"]?.string }.joined(separator: "\n")
    }

    private static func exitCode(_ output: String) -> Int64? {
        let line = output.split(maxSplits: 1) { $0.isNewline }.first ?? ""
        let words = line.split(separator: " ")
        guard words.count == 3, words[0] == "Exit", words[1] == "code" else { return nil }
        return Int64(words[2])
    }

    /// A time in seconds or milliseconds since 1970, whole or not, also as a text.
    private static func time(_ value: JSON) -> Timestamp? {
        let text: String
        switch value {
        case .integer(let number): text = "\(number)"
        case .number(let number): text = number
        case .string(let number): text = number
        case .null, .bool, .array, .object: return nil
        }
        guard let number = Double(text), number >= 0 else { return nil }
        // As seconds that would be in the year 5138.
        let milliseconds = number < 100_000_000_000 ? number * 1000 : number
        guard milliseconds <= 253_402_300_799_000 else { return nil }
        return Timestamp(milliseconds: Int64(milliseconds))
    }

    /// The time after a bar that older versions end the sentence about a limit with.
    private static func reset(in text: String) -> Timestamp? {
        let parts = text.split(separator: "|")
        guard parts.count == 2, parts[0].hasSuffix("limit reached"), let seconds = Int64(parts[1])
        else { return nil }
        return time(.integer(seconds))
    }

    private func relative(_ path: String) -> String {
        let prefix = directory + "/"
        return path.utf8.starts(with: prefix.utf8)
            ? String(decoding: path.utf8.dropFirst(prefix.utf8.count), as: UTF8.self) : path
    }
}

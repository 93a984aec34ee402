internal import Model

/// What Codex did and said: the items of its turn.
extension CodexStream {
    /// Takes an item at one of its stages; returns `nil` if it says nothing we know.
    mutating func item(_ kind: String, _ item: JSON, _ stage: String) -> [AgentEvent]? {
        let isOver = stage == "item.completed"
        let id = item["id"]?.string ?? ""
        if stage == "item.started", Self.tools.contains(kind) { call(id) }
        switch kind {
        case "agent_message", "plan":
            guard isOver, let text = text(item["text"]) else { return isOver ? nil : [] }
            if kind == "agent_message" { said.answer = text }
            return [.message(text: text)]
        case "reasoning":
            guard isOver, let text = text(item["text"]) else { return isOver ? nil : [] }
            return [.thinking(text: text)]
        case "error":
            guard isOver, let message = text(item["message"]) else { return isOver ? nil : [] }
            return [.error(message: message)]
        case "command_execution": return command(id, item, stage)
        case "file_change": return isOver ? changes(id, item) : []
        case "todo_list": return todo(id, item, stage)
        case "mcp_tool_call", "collab_tool_call", "web_search":
            if isOver { take() }
            return tool(kind, id, item, stage)
        default: return nil
        }
    }

    /// The items that are calls of tools.
    private static let tools: Set = [
        "command_execution", "file_change", "mcp_tool_call", "collab_tool_call", "web_search",
    ]

    private mutating func command(_ id: String, _ item: JSON, _ stage: String) -> [AgentEvent]? {
        guard let line = text(item["command"]) else { return nil }
        let command = CodexCommand.inner(of: line)
        switch stage {
        case "item.started":
            begin(id)
            return [.tool(id: id, name: "shell", input: ["command": .string(command)])]
        case "item.completed": break
        default: return []
        }
        take()
        let output = text(item["aggregated_output"]) ?? ""
        let status = item["status"]?.string ?? ""
        let isGood = status == "completed"
        if status == "declined" { deny("shell") }
        if !isGood, output.hasPrefix("bwrap: ") {
            commands.unstarted = Text.boundedHead(Text.firstLine(output), limit: 400)
        } else if status != "declined" {
            commands.good += 1
        }
        let code = item["exit_code"]?.integer
        return [
            .command(command: command, exitCode: code, milliseconds: elapsed(id)),
            .toolResult(id: id, isGood: isGood, output: output),
        ]
    }

    private mutating func changes(_ id: String, _ item: JSON) -> [AgentEvent]? {
        guard let changes = item["changes"]?.array else { return nil }
        take()
        guard item["status"]?.string != "failed" else {
            return [.toolResult(id: id, isGood: false, output: "the patch does not apply")]
        }
        return changes.compactMap { change in
            guard let path = text(change["path"]) else { return nil }
            return .file(path: path, change: text(change["kind"]) ?? "update")
        }
    }

    private func todo(_ id: String, _ item: JSON, _ stage: String) -> [AgentEvent]? {
        guard let items = item["items"]?.array else { return nil }
        // It begins, changes step by step, and is repeated when the turn ends.
        guard stage != "item.completed" else { return [] }
        return [.tool(id: id, name: "todo_list", input: .array(items))]
    }

    private mutating func tool(
        _ kind: String, _ id: String, _ item: JSON, _ stage: String
    ) -> [AgentEvent] {
        let name: String
        let input: JSON
        switch kind {
        case "mcp_tool_call":
            name = "\(text(item["server"]) ?? "")/\(text(item["tool"]) ?? "")"
            input = item["arguments"] ?? .null
        case "collab_tool_call":
            name = "collab/\(text(item["tool"]) ?? "")"
            input = ["prompt": item["prompt"] ?? .null]
        default:
            name = "web_search"
            input = ["query": item["query"] ?? .null]
        }
        let call = AgentEvent.tool(id: id, name: name, input: input)
        switch stage {
        case "item.started":
            begin(id)
            return [call]
        case "item.completed": break
        default: return []
        }
        // A search is not always announced.
        let wasBegun = started.removeValue(forKey: id) != nil
        let (isGood, output) = outcome(item)
        let isDenied = !isGood && Self.denials.contains { output.contains($0) }
        if isDenied || item["status"]?.string == "declined" { deny(name) }
        return (wasBegun ? [] : [call]) + [.toolResult(id: id, isGood: isGood, output: output)]
    }

    /// How Codex says that it did not let a tool be called.
    private static let denials = ["requires approval", "user cancelled", "rejected by user"]

    private func outcome(_ item: JSON) -> (isGood: Bool, output: String) {
        if let message = text(item["error"]?["message"]) { return (false, message) }
        let contents = item["result"]?["content"]?.array ?? []
        let output = contents.compactMap { $0["text"]?.string ?? $0.line }
            .joined(separator: "\n")
        let status = item["status"]?.string ?? "completed"
        return (
            status == "completed", Text.boundedHeadAndTail(output, limit: Self.textLimit)
        )
    }

    private func text(_ value: JSON?) -> String? {
        value?.string.map { Text.boundedHeadAndTail($0, limit: Self.textLimit) }
    }
}

/// The commands that Codex runs.
enum CodexCommand {
    /// The line that a shell is told to run, as the model wrote it.
    ///
    /// - Parameter command: Such as `/bin/bash -lc 'swift test'`.
    /// - Returns: Such as `swift test`; what has another form as it is.
    static func inner(of command: String) -> String {
        for shell in ["/bin/bash", "/usr/bin/bash", "bash", "/bin/zsh", "/bin/sh", "sh"] {
            for option in ["-lc", "-c"] {
                let start = "\(shell) \(option) "
                guard command.hasPrefix(start) else { continue }
                let rest = Array(command.utf8.dropFirst(start.utf8.count))
                return unquoted(rest) ?? command
            }
        }
        return command
    }

    /// The one word that a shell makes of a text; `nil` if it makes more of it.
    private static func unquoted(_ bytes: [UInt8]) -> String? {
        var word: [UInt8] = []
        var quote: UInt8?
        var index = 0
        while index < bytes.count {
            let byte = bytes[index]
            index += 1
            switch (quote, byte) {
            case (nil, 0x27), (nil, 0x22): quote = byte
            case (.some(byte), _): quote = nil
            case (nil, 0x5c), (0x22, 0x5c):
                guard index < bytes.count else { return nil }
                let next = bytes[index]
                let isEscape = quote == nil || [0x22, 0x5c, 0x24, 0x60].contains(next)
                word += isEscape ? [next] : [byte, next]
                index += 1
            case (nil, 0x20), (nil, 0x09), (nil, 0x0a): return nil
            default: word.append(byte)
            }
        }
        return quote == nil ? Text.decode(word) : nil
    }
}

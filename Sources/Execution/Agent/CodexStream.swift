public import Model

/// Reads what `codex exec --json` prints about its turn.
///
/// The usage that it tells is that of the whole session, earlier turns included. What it does
/// not tell: its version, a price, and a command that its sandbox denied, of which there is no
/// line at all. So that a turn ended in order says nothing about what is done.
public struct CodexStream: AgentStream {
    private let clock: (@Sendable () -> Timestamp)?
    private let before: AgentUsage?
    let steps: Int?
    var said = AgentReport()
    private var ending: Ending?
    private var error: String?
    private var limit: AgentFailure?
    var started: [String: Timestamp] = [:]
    var taken = 0
    var isBeyond = false
    var commands = (good: 0, unstarted: "")

    private enum Ending {
        case completed
        case failed(String)
    }

    /// The longest text that is kept of one item, in bytes.
    static let textLimit = 256 << 10

    /// The most items whose beginning is remembered until their end, and the most denials.
    static let itemLimit = 1024

    /// The longest name of an item that is remembered, in bytes.
    static let idLimit = 256

    /// Creates it.
    ///
    /// - Parameters:
    ///   - model: The model that Codex was told to use; it does not say which one it does use.
    ///   - steps: How many tools it may call, for it knows no limit; `nil` is any number.
    ///   - before: What the session had used when the turn began; `nil` for a new one.
    ///   - now: Tells the time, by which "try again at 3:45 PM" counts; `nil` leaves it away.
    public init(
        model: String? = nil, steps: Int? = nil, before: AgentUsage? = nil,
        now: (@Sendable () -> Timestamp)? = nil
    ) {
        self.steps = steps
        clock = now
        self.before = before
        said.model = model
    }

    /// Whether the turn has ended, has taken too many steps, or waits for a rate limit to end.
    ///
    /// The last takes as long as the provider says, which may be hours without a line.
    public var isComplete: Bool { ending != nil || limit != nil || isSpent }

    /// Whether it calls another tool after as many as it may; a last word is none.
    public var isSpent: Bool { isBeyond }

    /// What the stream says of the turn.
    public var report: AgentReport {
        var report = said
        report.failure = failure
        return report
    }

    /// Takes a line, without its end; returns what it means.
    public mutating func read(_ line: String) -> [AgentEvent] {
        let isBlank = line.utf8.allSatisfy { $0 == 0x20 || $0 == 0x09 || $0 == 0x0d }
        guard !isBlank else { return [] }
        guard let json = AgentLine.json(line), let type = json["type"]?.string else {
            return [.other(raw: line)]
        }
        if type != "error" { limit = nil }
        return event(type, json) ?? [.other(raw: line)]
    }

    private mutating func event(_ type: String, _ json: JSON) -> [AgentEvent]? {
        switch type {
        case "thread.started":
            guard let id = json["thread_id"]?.string, !id.isEmpty else { return nil }
            said.session = id
            return [.session(id: id, agent: "codex", version: nil, model: said.model)]
        case "turn.started":
            ending = nil
            error = nil
            return []
        case "item.started", "item.updated", "item.completed":
            guard let item = json["item"], let kind = item["type"]?.string else { return nil }
            return self.item(kind, item, type)
        case "item.plan.delta": return []
        case "turn.completed":
            ending = .completed
            return completed(json["usage"])
        case "turn.failed":
            let message = json["error"]?["message"]?.string ?? "codex does not say why"
            ending = .failed(message)
            // The same has come as an error already.
            return message == error ? [] : [.error(message: CodexFailure.readable(message))]
        case "error":
            guard let message = json["message"]?.string else { return nil }
            return complained(message)
        default: return nil
        }
    }

    private mutating func completed(_ usage: JSON?) -> [AgentEvent] {
        guard let usage, let input = usage["input_tokens"]?.integer else { return [] }
        // Tokens read from the cache are among those read, those of reasoning among those written.
        let total = AgentUsage(
            tokensIn: AgentUsage.count(input),
            tokensOut: AgentUsage.count(usage["output_tokens"]?.integer))
        let used = total.since(before)
        said.sessionUsage = total
        said.usage = used
        return [.usage(used)]
    }

    /// Takes an error; it says by itself whether Codex tries again.
    private mutating func complained(_ message: String) -> [AgentEvent] {
        error = message
        limit = nil
        var events: [AgentEvent] = [.error(message: CodexFailure.readable(message))]
        let failure = CodexFailure.classify(message, now: clock?())
        guard failure.kind == .rateLimit else { return events }
        if message.hasPrefix("Reconnecting") {
            limit = failure
            limit?.message = CodexFailure.withoutTry(message)
        }
        events.append(.rateLimit(status: "rejected", resetsAt: failure.resetsAt))
        return events
    }

    private var failure: AgentFailure? {
        switch ending {
        case .completed: return silence
        case .failed(let message): return CodexFailure.classify(message, now: clock?())
        case nil: break
        }
        if let limit { return limit }
        if isSpent, let steps {
            return AgentFailure(.turns, "codex has called \(steps) tools, as many as it may")
        }
        if let error, !error.hasPrefix("Reconnecting") {
            return CodexFailure.classify(error, now: clock?())
        }
        // The process and its standard error know more.
        return nil
    }

    /// What is wrong with a turn that ended in order.
    private var silence: AgentFailure? {
        if commands.good == 0, !commands.unstarted.isEmpty {
            return AgentFailure(
                .other, "codex cannot start its sandbox here: \(commands.unstarted)")
        }
        // What the model refuses is a kind of content that Codex drops.
        guard said.answer == nil, taken == 0 else { return nil }
        return AgentFailure(.refusal, "codex ended its turn without a word; the model refuses")
    }

    /// The milliseconds since an item began.
    mutating func elapsed(_ id: String) -> Int64? {
        guard let begun = started.removeValue(forKey: id), let now = clock?() else { return nil }
        return max(0, now.milliseconds(since: begun))
    }

    /// Remembers when an item began.
    mutating func begin(_ id: String) {
        guard started.count < Self.itemLimit, id.utf8.count <= Self.idLimit else { return }
        started[id] = clock?() ?? .distantPast
    }

    /// Notes that a tool begins, if it is not one of those that run.
    mutating func call(_ id: String) {
        guard let steps, started[id] == nil else { return }
        if taken + started.count >= steps { isBeyond = true }
    }

    /// Notes that a tool has ended; not all say that they begin.
    mutating func take() {
        taken += 1
        if let steps, taken > steps { isBeyond = true }
    }

    /// Notes that a tool was not allowed.
    mutating func deny(_ name: String) {
        guard said.denied.count < Self.itemLimit else { return }
        said.denied.append(Text.boundedHead(name, limit: 4096))
    }
}

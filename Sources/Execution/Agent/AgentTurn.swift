internal import FoundationEssentials
internal import Model

/// One turn of an agent: the process, what it printed, and what it says of it.
public struct AgentTurn: Sendable {
    /// How it ended.
    public var end: End
    /// What it says of it, without secrets; `nil` if it wrote nothing.
    public var result: AgentResult?
    /// The status that the process exited with, if it exited by itself.
    public var exitCode: Int32?
    /// How long it took, in milliseconds.
    public var milliseconds: Int64
    /// What it printed, bounded and without secrets.
    public var output: [UInt8]
    /// The normalised log, as JSON Lines.
    public var log: [UInt8]

    /// How a turn may end.
    public enum End: Sendable, Equatable {
        /// In order: it is done, or asks.
        case inOrder
        /// It failed, with a sentence why.
        case failed(String)
        /// Its time was up.
        case deadline
        /// Somebody stopped it.
        case stopped
    }
}

/// Runs turns of an agent in a workspace.
struct AgentRunner {
    let launch: AgentLaunch
    let files: JobFiles
    let sandbox: any Sandbox
    let redactor: Redactor
    let environment: [String: String]
    let stop: StopSignal?

    /// The most that is kept of what an agent prints in a turn, in bytes.
    static let outputLimit = 4 << 20

    /// Runs one turn to its end, its deadline or a stop.
    func run(
        _ order: WorkOrder, deadline: ContinuousClock.Instant, onOutput: ([UInt8]) -> Void
    ) throws -> AgentTurn {
        let json = order.json.canonical
        try JobFiles.replace(files.workOrder, with: json)
        try JobFiles.remove(files.result)
        try JobFiles.replace(files.events, with: [])
        var child = ChildCommand(
            launch.arguments, environment: environment(order), directory: order.workspace,
            input: json)
        child.deadline = deadline
        child.mergesStreams = true
        var stream = RedactingStream(redactor)
        var kept = BoundedOutput(limit: Self.outputLimit)
        var log = AgentLog(redactor: redactor)
        func take(_ bytes: [UInt8]) {
            kept.append(bytes[...])
            log.append(bytes)
            onOutput(bytes)
        }
        let outcome: ChildOutcome
        do {
            outcome = try ChildProcess.run(
                sandbox.wrap(child, in: order.workspace), stop: stop,
                output: { _, bytes in take(stream.feed(Array(bytes))) })
        } catch let error as ExecutionError where Self.unstartable.contains(error.code) {
            return AgentTurn(
                end: .failed("\(error)"), milliseconds: 0, output: [],
                log: log.finish(events: [], end: .failed("\(error)"), at: 0))
        }
        take(stream.finish())
        let (end, result) = judge(outcome)
        let events = JobFiles.contents(files.events, limit: Self.outputLimit) ?? []
        for path in [files.result, files.events] { try JobFiles.remove(path) }
        return AgentTurn(
            end: end, result: result, exitCode: outcome.exitStatus,
            milliseconds: outcome.milliseconds, output: kept.bytes,
            log: log.finish(events: events, end: end, at: outcome.milliseconds))
    }

    /// The failures that are of the agent's settings, and come again whenever it is started.
    private static let unstartable: [ExecutionError.Code] = [
        .programNotFound, .notExecutable, .invalidArgument,
    ]

    private func environment(_ order: WorkOrder) -> [String: String] {
        var environment = environment
        environment["DRAFT_GOAL"] = order.goal.id
        environment["DRAFT_ITERATION"] = "\(order.iteration)"
        environment["DRAFT_WORK_ORDER"] = files.workOrder
        environment["DRAFT_RESULT"] = files.result
        environment["DRAFT_EVENTS"] = files.events
        for (name, value) in launch.environment { environment[name] = value }
        return environment
    }

    private func judge(_ outcome: ChildOutcome) -> (AgentTurn.End, AgentResult?) {
        switch outcome.cause {
        case .deadline: return (.deadline, nil)
        case .stop: return (.stopped, nil)
        case .itself: break
        }
        do {
            guard let bytes = JobFiles.contents(files.result, limit: AgentResult.limit + 1) else {
                guard outcome.isSuccess else { return (.failed(outcome.sentence), nil) }
                guard !JobFiles.isThere(files.result) else {
                    return (.failed("the agent's result is no ordinary file"), nil)
                }
                return (.inOrder, nil)
            }
            let result = try AgentResult(parsing: bytes) { redactor.redact($0) }
            if result.status == .failed {
                return (.failed(result.summary ?? "the agent says that it failed"), result)
            }
            guard outcome.isSuccess else { return (.failed(outcome.sentence), result) }
            return (.inOrder, result)
        } catch {
            return (.failed("\(error)"), nil)
        }
    }
}

extension ChildOutcome {
    /// The status that the process exited with, if it exited by itself.
    var exitStatus: Int32? {
        guard case .exited(let status) = end, cause == .itself else { return nil }
        return status
    }

    /// How it ended, for people.
    var sentence: String {
        switch end {
        case .exited(let status): "the agent exited with status \(status)"
        case .signaled(let signal): "signal \(signal) ended the agent"
        }
    }
}

/// The normalised log of a turn: what the agent printed, and the lines it wrote itself.
struct AgentLog {
    private var splitter = LineSplitter(limit: 64 * 1024)
    private var lines: [UInt8] = []
    private let redactor: Redactor
    private let start = ContinuousClock.now

    /// The most that is kept, in bytes.
    private static let limit = 4 << 20

    /// The types of lines that an agent may write itself.
    private static let types: Set = [
        "session", "message", "thinking", "tool", "tool_result", "file", "command", "question",
        "usage", "rate_limit", "error",
    ]

    init(redactor: Redactor) { self.redactor = redactor }

    mutating func append(_ bytes: [UInt8]) {
        for line in splitter.append(bytes[...]) { add(line.text) }
    }

    private mutating func add(_ text: String) {
        guard lines.count < Self.limit else { return }
        let elapsed = start.duration(to: .now)
        let time =
            elapsed.components.seconds * 1000
            + elapsed.components.attoseconds / 1_000_000_000_000_000
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
            }
        add(["t": .integer(time), "type": "end", "status": .string(status)])
        return lines
    }
}

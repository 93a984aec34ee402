public import Model

/// What comes from a running agent, on its way to the log, the evidence and whoever follows.
///
/// Nothing leaves here before secrets are taken out of it.
final class AgentReading {
    private var stream: (any AgentStream)?
    private let redactor: Redactor
    private let follow: ([UInt8]) -> Void
    private var splitter = LineSplitter(limit: AgentReading.lineLimit)
    private var plain: RedactingStream
    private var plainErrors: RedactingStream
    private var output = BoundedOutput(limit: AgentReading.outputLimit)
    private var errors = BoundedOutput(limit: 256 << 10)
    private var completedAt: ContinuousClock.Instant?
    var log: AgentLog

    /// The most that is kept of what an agent prints in a turn, in bytes.
    static let outputLimit = 4 << 20

    /// The longest line of a stream that is understood, in bytes.
    static let lineLimit = 8 << 20

    /// The most lines that are shown of what an agent writes of itself in a turn.
    static let shownEvents = 10_000

    /// How long an agent may take to end after its last word.
    static let patience = Duration.seconds(5)

    /// Begins to read.
    ///
    /// - Parameters:
    ///   - stream: Understands the agent; `nil` for a program that prints anything.
    ///   - redactor: Finds secrets.
    ///   - follow: Gets what people are to see.
    init(
        _ stream: (any AgentStream)?, redactor: Redactor, follow: @escaping ([UInt8]) -> Void
    ) {
        self.stream = stream
        self.redactor = redactor
        self.follow = follow
        plain = RedactingStream(redactor)
        plainErrors = RedactingStream(redactor)
        log = AgentLog(redactor: redactor)
    }

    /// Whether the agent had its last word, but does not end.
    var isLingering: Bool {
        (stream?.isSpent ?? false)
            || completedAt.map { $0.duration(to: .now) >= Self.patience } ?? false
    }

    /// Whether the stream says how the turn ended.
    var isComplete: Bool { stream?.isComplete ?? false }

    /// What was printed.
    var bytes: (output: [UInt8], errors: [UInt8]) { (output.bytes, errors.bytes) }

    /// The last line on standard error; `nil` if there is none.
    var lastError: String? {
        errors.text.split { $0.isNewline }.last { !$0.allSatisfy(\.isWhitespace) }
            .map { Text.boundedHead(String($0), limit: 500) }
    }

    /// What the stream says of the turn, without secrets.
    var report: AgentReport? {
        guard var report = stream?.report else { return nil }
        let redactor = redactor
        func clean(_ text: String) -> String { redactor.redact(text) }
        // What is none would be an option of the next command line.
        report.session = report.session.flatMap { AgentSession.isID($0) ? $0 : nil }
        report.usage = report.usage?.plausible
        report.sessionUsage = report.sessionUsage?.plausible
        report.version = report.version.map { Text.boundedHead(clean($0), limit: 200) }
        report.model = report.model.map { Text.boundedHead(clean($0), limit: 200) }
        report.answer = report.answer.map(clean)
        report.denied = report.denied.prefix(50).map {
            Text.boundedHead(clean($0), limit: 500)
        }
        if let failure = report.failure {
            report.failure?.message = Text.boundedHeadAndTail(clean(failure.message), limit: 4096)
        }
        return report
    }

    /// Takes what the agent wrote.
    func take(_ source: ChildStream, _ bytes: [UInt8]) {
        if source == .error { return complain(plainErrors.feed(bytes)) }
        guard stream != nil else { return pass(plain.feed(bytes)) }
        for line in splitter.append(bytes[...]) { read(line.text) }
    }

    /// Takes what is left when nothing more comes.
    func finish() {
        complain(plainErrors.finish())
        guard stream != nil else { return pass(plain.finish()) }
        if let last = splitter.finish() { read(last.text) }
    }

    /// Shows what the agent wrote of itself, once nobody writes there any more.
    func show(_ events: [UInt8]) {
        for line in events.split(separator: 10).prefix(Self.shownEvents) {
            let text = redactor.redact(Text.decode(line))
            guard let json = AgentLine.json(text), let words = AgentEvent(json)?.words else {
                continue
            }
            follow(Array((redactor.redact(words) + "\n").utf8))
        }
    }

    private func pass(_ bytes: [UInt8]) {
        output.append(bytes[...])
        log.append(bytes)
        follow(bytes)
    }

    private func complain(_ bytes: [UInt8]) {
        errors.append(bytes[...])
        follow(bytes)
    }

    private func read(_ line: String) {
        keep(line)
        for event in stream?.read(line) ?? [] {
            var event = event
            if case .usage(let usage) = event {
                guard let plausible = usage.plausible else { continue }
                event = .usage(plausible)
            }
            log.append(event)
            if let words = event.words {
                follow(Array((redactor.redact(words) + "\n").utf8))
            }
        }
        // An agent that only waits may go on after all.
        completedAt = isComplete ? completedAt ?? .now : nil
    }

    /// Keeps a line as it is, unless a text in it holds a secret however it is escaped.
    private func keep(_ line: String) {
        var kept = redactor.redact(line)
        if let json = AgentLine.json(line) {
            let clean = json.mapStrings(redactor.redact)
            if clean != json { kept = clean.line }
        }
        output.append(Array((kept + "\n").utf8)[...])
    }
}

/// A line of a stream.
public enum AgentLine {
    /// What a line holds, `nil` if it is not JSON or too long.
    public static func json(_ line: String) -> JSON? {
        guard line.utf8.contains(UInt8(ascii: "{")) else { return nil }
        return try? JSON(parsing: Array(line.utf8), limit: AgentReading.lineLimit)
    }
}

import GitStore
import Model
import Porcelain

/// `git draft logs`.
struct Logs: Command {
    static let help = Help(
        "Show what a job printed", group: "Look",
        description: """
            Shows the log of a job, or of the latest job of a ticket: what its set-up, its agent \
            and its validation printed. Control characters are shown, not obeyed. On a terminal \
            the lines of an agent are made readable; elsewhere they are as they were stored. \
            With `-f` the log is followed until the job ends. With `--at` the job is the one that \
            was the latest then.

            `--json` prints the lines under `lines`, or with `-f` one by one as they come: \
            `{"type": "output", "text": …}`. Under `events` stands what the agent did in the turns \
            that have ended, as it was stored: `{"t": …, "type": "message", "text": …}`.
            """)

    @Argument("what to read", value: "job|ticket") var subject: String
    @Flag("-f", "--follow", help: "go on until the job ends") var follow
    @Options var past: PastOptions
    @Options var output: ViewOptions

    private var json: Bool { output.json }

    func validate() throws {
        guard follow else { return }
        if past.at != nil { throw UsageError("--follow and --at exclude each other") }
        if output.quiet { throw UsageError("--follow and --quiet exclude each other") }
    }

    func run(in context: Context) async throws {
        let session = try Session(context, color: output.look.color)
        if past.at == nil { try session.closeDeadJobs() }
        let snapshot = try session.snapshot(at: past.at)
        let log = JobLog(of: try job(in: snapshot), in: session)
        if output.quiet { return try session.printIDs([log.job.id]) }
        if follow { return try self.follow(log, session) }
        guard !json else { return try session.printJSON(document(log)) }
        try session.paging { write in
            var writer = LogWriter(session.terminal, write)
            if let file = log.open() {
                while case let bytes = file.next(), !bytes.isEmpty { try writer.put(bytes) }
                return try writer.finish()
            }
            let parts = try log.evidence()
            for part in parts {
                if parts.count > 1 { try writer.title(part.name) }
                try writer.put(log.read(part.blob))
                try writer.finish()
            }
            if parts.isEmpty { session.terminal.note(Self.nothing(log.job)) }
        }
    }

    /// The whole log for tools.
    private func document(_ log: JobLog) throws -> JSON {
        var cutter = LineCutter()
        var lines: [JSON] = []
        func take(_ bytes: [UInt8]) { lines += cutter.lines(bytes).map(logLine) }
        let parts = try log.evidence()
        if let file = log.open() {
            while case let bytes = file.next(), !bytes.isEmpty { take(bytes) }
            lines += cutter.end().map(logLine)
        } else {
            for part in parts {
                take(try log.read(part.blob))
                lines += cutter.end().map(logLine)
            }
        }
        var events: [JSON] = []
        for part in parts where part.isAgents {
            events += (cutter.lines(try log.read(part.blob)) + cutter.end()).map(logLine)
        }
        return [
            "schema": .integer(RecordFormat.schema), "job_id": .string(log.job.id),
            "lines": .array(lines), "events": .array(events),
        ]
    }

    private func job(in snapshot: Snapshot) throws -> Job {
        let hit = try snapshot.resolve(subject, among: [.job, .ticket])
        guard hit.kind == .ticket else { return try snapshot.require(Job.self, hit.id) }
        let jobs = try snapshot.list(Job.self)
            .filter { $0.ticketID == hit.id && $0.jobKind != .land }
        guard let last = jobs.byAge().last else {
            let name = sentenceName(hit.id)
            throw CommandError("ticket \(name) has no job yet", hint: "git draft run \(name)")
        }
        return last
    }

    private func follow(_ log: JobLog, _ session: Session) throws {
        let interrupts = Interrupts()
        var writer = LogWriter(session.terminal, asJSON: json, session.terminal.write)
        var file = log.open()
        while true {
            // Looked at before the file: what a job writes before it ends is read after.
            let isOver = try hasStopped(log.job.id, session)
            file = file ?? log.open()
            while let bytes = file?.next(), !bytes.isEmpty { try writer.put(bytes) }
            if isOver { break }
            try interrupts.wait(milliseconds: Interrupts.pace)
        }
        if file == nil {
            for part in try log.evidence() { try writer.put(log.read(part.blob)) }
        }
        try writer.finish()
    }

    /// Whether no process works on the job any more.
    private func hasStopped(_ id: String, _ session: Session) throws -> Bool {
        try session.closeDeadJobs()
        let job = try session.board.snapshot().require(Job.self, id)
        let isTaken = job.isPersons && job.stage == Job.takenStage
        return job.status.isTerminal || job.status == .waitingForInput || isTaken
    }

    private static func nothing(_ job: Job) -> String {
        let name = sentenceName(job.id)
        return job.status.isTerminal
            ? "warning: there is no log of job \(name) in this clone"
            : "job \(name) has printed nothing yet"
    }
}

/// Writes the lines of a log, made safe to show.
private struct LogWriter {
    private let terminal: Terminal
    private let isJSON: Bool
    private let write: (String) throws -> Void
    private var cutter = LineCutter()

    init(
        _ terminal: Terminal, asJSON isJSON: Bool = false,
        _ write: @escaping (String) throws -> Void
    ) {
        (self.terminal, self.isJSON, self.write) = (terminal, isJSON, write)
    }

    mutating func title(_ name: String) throws {
        try write(terminal.styled("==> \(escaped(name)) <==", .bold) + "\n")
    }

    mutating func put(_ bytes: [UInt8]) throws {
        for line in cutter.lines(bytes) { try write(shown(line)) }
    }

    mutating func finish() throws {
        for line in cutter.end() { try write(shown(line)) }
    }

    private func shown(_ line: String) -> String {
        if isJSON {
            let text = logLine(line).line
            return (terminal.outputIsTTY ? text.visibleJSON : text) + "\n"
        }
        guard terminal.outputIsTTY else {
            return escaped(line, multiline: true) + "\n"
        }
        return agentLogLine(line, color: terminal.outputHasColor) + "\n"
    }
}

import GitStore
import Model
import Porcelain

/// `git draft job show`.
struct JobShow: Command {
    static let help = Help(
        "Show a job", verb: "show",
        description: """
            Shows how a job went: its iterations, what it used up, what it ran under, and what \
            it found if it did not succeed.
            """)

    @Argument("which job") var job: String
    @Options var past: PastOptions
    @Options var output: ViewOptions

    func run(in context: Context) async throws {
        let session = try Session(context, color: output.look.color)
        if past.at == nil { try session.closeDeadJobs() }
        let snapshot = try session.snapshot(at: past.at)
        let id = try snapshot.resolve(job, among: [.job]).id
        let job = try snapshot.require(Job.self, id)
        if output.json { return try session.printJSON(job.shown) }
        if output.quiet { return try session.printIDs([id]) }
        let ticket = job.ticketID.flatMap { try? snapshot.view(Ticket.self, $0) }
        let goal = job.jobKind == .plan ? job.goalID : nil
        let title = try ticket?.title ?? goal.flatMap { try snapshot.view(Goal.self, $0)?.title }
        var page = page(of: job, title: title ?? "", session)
        try session.page(page.finished())
    }

    private func page(of job: Job, title: String, _ session: Session) -> Details {
        let now = session.board.context.now()
        var page = Details(.job, id: job.id, title: title, for: session.terminal)
        let why = [job.outcome, job.reason].compactMap(\.self).joined(separator: ", ")
        page.field(
            "status", job.status.word + (why.isEmpty ? "" : " (\(why))"), job.status.style)
        page.field("kind", job.jobKind.word)
        page.field("ticket", job.ticketID)
        if job.jobKind == .plan { page.field("goal", job.goalID) }
        page.field("stage", job.status.isTerminal ? nil : job.stage)
        page.field("progress", job.status.isTerminal ? nil : "\(job.progress) %")
        page.field("agent", Self.words(job.record.value("agent"), "name", "version"))
        page.field("sandbox", job.sandbox)
        page.field(
            "environment", job.record.value("invocation")["environment_file"]?.string)
        page.field("backend", job.record.value("backend").string)
        page.field("invoked by", job.invoker)
        page.field("resumes", job.resumes)
        page.field("base", job.baseCommit)
        page.field("created", job.createdAt?.shown(now: now))
        page.field("started", job.startedAt?.shown(now: now))
        page.field("finished", job.finishedAt?.shown(now: now))
        page.field("took", job.elapsed(now: now))
        page.field("used", Self.usage(job))
        page.field("limits", Self.members(job.record.value("limits")))
        page.section("iterations", Self.iterations(job))
        page.section(
            "changed meanwhile", job.changes.map { [Cell($0.text, $0.isGrave ? .red : .plain)] })
        page.section("errors", (job.record.value("errors").array ?? []).map(Self.row(of:)))
        let findings = job.record.value("findings")
        for (title, key) in Findings.keys {
            page.section(title, text: findings[key].flatMap(Findings.text))
        }
        page.section(
            "end of the log", text: job.record.value("log_tail").string.map { sanitised($0) })
        return page
    }

    private static func words(_ value: JSON, _ keys: String...) -> String? {
        let words = keys.compactMap { value[$0]?.string }
        return words.isEmpty ? value.string : words.joined(separator: " ")
    }

    private static func members(_ value: JSON) -> String? {
        value.object?.compactMap { key, value in
            let amount = key == "budget" ? value.integer.map(money) : nil
            return value.isNull ? nil : "\(key) \(amount ?? value.string ?? value.line)"
        }.joined(separator: ", ")
    }

    private static func usage(_ job: Job) -> String? {
        let counters = job.counters
        let usage = job.record.value("usage")
        var parts: [String] = []
        if counters.iterations > 0 { parts.append(counted(Int(counters.iterations), "iteration")) }
        if counters.fullRuns > 0 {
            parts.append(counted(Int(counters.fullRuns), "full validation"))
        }
        if counters.runtime > 0 { parts.append(elapsedTime(counters.runtime)) }
        if let input = usage["tokens_in"]?.integer { parts.append("\(input) tokens in") }
        if let output = usage["tokens_out"]?.integer { parts.append("\(output) tokens out") }
        if let cost = usage["cost"]?.integer { parts.append(money(cost)) }
        return parts.joined(separator: ", ")
    }

    private static func iterations(_ job: Job) -> [[Cell]] {
        job.iterations.map { turn in
            func number(_ key: String) -> String { turn[key]?.integer.map { "\($0)" } ?? "–" }
            func count(_ key: String, _ noun: String) -> String {
                turn[key]?.integer.map { counted(Int(clamping: $0), noun) } ?? "– \(noun)s"
            }
            func verdict(_ key: String) -> Cell {
                let word = turn[key]?.string ?? "–"
                let style: Style = word == "passed" ? .green : word == "failed" ? .red : .dim
                return Cell("\(key) \(word)", style)
            }
            return [
                Cell(number("n"), .yellow), verdict("fast"), verdict("full"),
                Cell("\(count("files", "file")), \(count("lines", "line"))"),
                Cell(turn["cost"]?.integer.map(money) ?? ""),
                Cell(String((turn["snapshot"]?.string ?? "").prefix(12)), .dim),
            ]
        }
    }

    private static func row(of error: JSON) -> [Cell] {
        [
            Cell(error["step"]?.string ?? ""), Cell(error["tool"]?.string ?? ""),
            Cell(error["message"]?.string ?? "", .red),
        ]
    }
}

/// What a job that did not succeed leaves to the next one.
enum Findings {
    /// The parts, each with a title for people.
    static let keys = [
        ("tried", "tried"), ("last failure", "last_failure"), ("best snapshot", "best_snapshot"),
        ("what would help", "next"),
    ]

    /// A part as text, or `nil` if there is nothing in it.
    static func text(_ part: JSON) -> String? {
        switch part {
        case .null: nil
        case .string(let text): text.isEmpty ? nil : text
        case .array(let lines):
            lines.isEmpty ? nil : lines.map { $0.string ?? $0.line }.joined(separator: "\n")
        default: part.line
        }
    }
}

import Execution
import FoundationEssentials
import Model
import Porcelain

/// `git draft redteam`.
struct RedTeamCommand: Command {
    static let help = Help(
        "Try to get out of the sandbox", verb: "redteam", group: "Care",
        description: """
            Plays a hostile agent: each attempt runs as a program of a job does, in a repository \
            and with a home that are made for it and gone afterwards, and is judged by what the \
            machine around it notices. No other machine is asked, and nothing of yours is read \
            or changed.

            Each attempt is made without a sandbox first. One that gets nowhere even then is \
            'void', and shows nothing; the others are 'held' or got 'out'.

            Without `--sandbox`, whatever works here is tried, and 'none' beside it. Exits with \
            1 if anything got out of a sandbox, if the controller ran what an agent left, or if \
            no attempt was made in a sandbox that was to be tried.
            """)

    @Option("--sandbox", value: "kind", help: "try only this sandbox: none, bwrap or container")
    var kind: SandboxWord?
    @Option("--image", value: "image", help: "try a container as well, made of <image>")
    var image: String?
    @Option("--only", value: "name", help: "make this attempt only, or those of a category")
    var only: [String]
    @Flag("--list", help: "list the attempts, and make none") var isList
    @Flag("--json", help: "print JSON") var json
    @Options var look: LookOptions

    /// How many attempts there are to a line where nobody watches.
    private static let pace = 10

    func validate() throws {
        if isList, kind != nil || image != nil {
            throw UsageError("--list and --\(kind != nil ? "sandbox" : "image") exclude each other")
        }
    }

    func run(in context: Context) async throws {
        let terminal = context.terminal.colored(
            look.color, setting: nil, environment: context.environment)
        let attempts = try chosen()
        if isList { return try list(attempts, terminal) }
        let stop = try StopSignal.catchingTermination()
        let grounds = try RedTeamGrounds(context)
        let sandboxes = try grounds.sandboxes(kind?.kind, image: image)
        let runner = EscapeRunner(
            path: grounds.path, probe: grounds.probe, program: grounds.program, stop: stop)
        var report = RedTeamReport(
            isNoneMeant: kind?.kind == SandboxKind.none, absent: sandboxes.absent)
        var line = ProgressLine(terminal: terminal)
        let total = attempts.count * sandboxes.all.count
        try runner.run(attempts, in: sandboxes.all) { result in
            report.add(result)
            let count = report.results.count
            // A log need not have a line for each.
            guard !json, terminal.errorIsTTY || count % Self.pace == 0 else { return }
            let name = "\(result.kind.word): \(result.attempt.name)"
            line.show([.init("attempt \(count) of \(total)", detail: "  \(name)")])
        }
        line.clear()
        if stop.isRequested { throw Verdict(status: ExitStatus.interrupted) }
        try report.show(on: terminal, json: json)
        if !report.isGood { throw Verdict(status: ExitStatus.no) }
    }

    private func chosen() throws -> [EscapeCase] {
        guard !only.isEmpty else { return EscapeCase.all }
        return try only.flatMap { word in
            let found = EscapeCase.named(word)
            guard !found.isEmpty else {
                throw CommandError(
                    "no attempt and no category is called \(quoted(word))",
                    hint: "git draft redteam --list")
            }
            return found
        }
    }

    /// A table that Markdown understands; that of the documentation is this one.
    private func list(_ attempts: [EscapeCase], _ terminal: Terminal) throws {
        guard !json else {
            let entries = attempts.map { JSON.object(RedTeamReport.description($0)) }
            let document: JSON = ["schema": 1, "attempts": .array(entries)]
            return try terminal.write(document.canonicalText)
        }
        var text = "| name | an agent may try to | seen before as |\n|---|---|---|\n"
        for attempt in attempts {
            let incidents = attempt.incidents.joined(separator: ", ")
            text += "| `\(attempt.name)` | \(attempt.summary) | \(incidents) |\n"
        }
        try terminal.write(text)
    }
}

/// A kind of sandbox, as it is named.
struct SandboxWord: ArgumentValue {
    /// The kind.
    let kind: SandboxKind

    static var allWords: [String] { SandboxKind.allCases.map(\.word) }

    init?(argument: String) {
        guard let kind = SandboxKind(rawValue: argument) else { return nil }
        self.kind = kind
    }
}

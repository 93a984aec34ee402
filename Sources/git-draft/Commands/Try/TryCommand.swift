import Execution
import GitStore
import Model
import Porcelain

/// `git draft try`.
struct TryCommand: Command {
    static let help = Help(
        "Have one thing done, and look at it", verb: "try", group: "Start",
        description: """
            Makes the board, unless there is one, and a ticket; has an agent do it; shows the \
            change, and stops before anything lands. Your files and branches stay as they are. \
            Hooks are not installed; `git draft hooks install` does that.

            Where `draft.yaml` names no validation, --validate says what decides whether the work \
            is good. The commands that the repository brings are shown, and run only once you \
            accepted them. If something is missing nothing is made.

                git draft try 'Say hello in French' --agent claude --validate 'make test'
            """)

    @Argument("what is to be done, in a line") var title: String
    @Option("--agent", help: "let <agent> do it") var agent: String?
    @Option("--validate", value: "command", help: "validate with <command>")
    var validation: String?
    @Flag("--yes", help: "accept the repository's commands without a question") var isYes
    @Options var output: OutputOptions

    func run(in context: Context) async throws {
        let session = try Session(context)
        let person = try session.decider()
        let trust = try prepare(session)
        try await makeBoard(context)
        if let trust { try trust.accept(as: person, in: session) }
        let jobs = try session.admission()
        let id = try session.board.transact(as: person) { transaction in
            var new = NewTicket(title: title)
            // With the ticket it counts for landing, too.
            new.validation = validation.map { [session.redactor.redact($0)] } ?? []
            return try transaction.createTicket(new, state: .planned).id
        }
        if !isQuiet {
            try session.terminal.writeLine("created \(try ticket(id, session).sentence)")
        }
        var request = RunRequest()
        request.agent = agent
        do {
            var run = JobRun(session, jobs, request, output)
            run.advises = false
            try run.run([id])
        } catch let verdict as Verdict {
            if verdict.status == ExitStatus.no { try explain(id, session) }
            throw verdict
        }
        guard !isQuiet else { return }
        try session.terminal.writeLine("")
        try await parse(["diff", id], as: Draft.self).run(in: context)
        try session.terminal.writeLine("")
        try offer(id, session)
    }

    private var isQuiet: Bool { output.json || output.quiet }

    private func ticket(_ id: String, _ session: Session) throws -> Ticket {
        try session.board.snapshot().require(Ticket.self, id)
    }

    // MARK: - Before anything is made

    /// Checks whatever can be checked; returns what a person has accepted just now.
    private func prepare(_ session: Session) throws -> AcceptedCommands? {
        guard try session.repository.headCommit() != nil else {
            throw CommandError(
                "the repository has no commit yet", hint: "git commit --allow-empty -m start")
        }
        if let flaw = Title.flaw(of: title) { throw BoardError(.refused, flaw) }
        try BranchPrefix(session).check()
        let (base, loaded) = try PolicyLoader(session).current()
        let policy = loaded.policy
        do {
            _ = try AgentLaunch.choose(
                agent, policy, environment: session.context.environment)
        } catch {
            throw error.hinted("git draft doctor")
        }
        let commands = policy.validation.fast + policy.validation.full
        if validation == nil, !commands.contains(where: \.required) {
            let guess = try ValidationGuess(base.tip, in: session.repository).command ?? "CMD"
            throw CommandError(
                "nothing says when the work is good; '\(base.place)' names no validation",
                hint: commandLine(validating: guess, accepting: isYes))
        }
        return try confirm(loaded, session)
    }

    /// The command that was typed, with what it lacks.
    private func commandLine(validating command: String?, accepting: Bool) -> String {
        var words = ["git draft try"]
        if let agent { words.append("--agent \(Self.word(agent))") }
        if let command { words.append("--validate \(Self.word(command))") }
        if accepting { words.append("--yes") }
        // What begins with a dash would be taken for an option.
        if title.utf8.first == UInt8(ascii: "-") { words.append("--") }
        return (words + [Self.word(title)]).joined(separator: " ")
    }

    /// A word as a shell takes it.
    private static func word(_ text: String) -> String {
        let isPlain =
            !text.isEmpty
            && text.utf8.allSatisfy {
                (0x30...0x39).contains($0) || (0x61...0x7a).contains($0 | 0x20)
            }
        return isPlain ? text : "'\(text.replacing("'", with: "'\\''"))'"
    }

    /// Asks whether the repository's commands may run, unless somebody said so.
    private func confirm(_ loaded: LoadedPolicy, _ session: Session) throws -> AcceptedCommands? {
        guard try Trust.isAccepted(loaded, in: session) == false,
            let commands = try Trust.commands(of: loaded, in: session.repository)
        else { return nil }
        session.terminal.note("this repository wants to run:")
        for line in Trust.lines(commands) { session.terminal.note("  \(line)") }
        guard !isYes else { return AcceptedCommands(commands: commands, commit: loaded.commit) }
        switch session.terminal.ask("accept these commands?") {
        case true: return AcceptedCommands(commands: commands, commit: loaded.commit)
        case false:
            session.terminal.note("nothing was accepted, and nothing made")
            throw Verdict(status: ExitStatus.no)
        case nil:
            throw CommandError(
                "cannot ask without a terminal",
                hint: commandLine(validating: validation, accepting: true))
        }
    }

    // MARK: - What is made

    /// Makes or joins the board, by the command that a person would type.
    private func makeBoard(_ context: Context) async throws {
        let session = try Session(context)
        guard try session.board.snapshotIfAny() == nil else { return }
        var quiet = context
        quiet.environment["GIT_ADVICE"] = "0"
        let words = ["init", "--no-hooks"] + (isQuiet ? ["--json"] : [])
        if isQuiet { quiet.terminal = Terminal(output: { _ in }, error: { _ in }) }
        try await parse(words, as: Draft.self).run(in: quiet)
    }

    // MARK: - What comes next

    private func offer(_ id: String, _ session: Session) throws {
        let name = sentenceName(id)
        try session.terminal.writeLine("nothing has landed; what comes next is yours:")
        for (command, meaning) in [
            ("git draft review --approve \(name) && git draft land \(name)", "take it"),
            (
                "git draft review --request-changes -m TEXT \(name) && git draft run \(name)",
                "have it done better"
            ),
            ("git draft ticket move \(name) abandoned", "drop it"),
        ] {
            try session.terminal.writeLine("  \(meaning): \(command)")
        }
    }

    private func explain(_ id: String, _ session: Session) throws {
        guard !isQuiet else { return }
        let name = sentenceName(id)
        let ticket = try ticket(id, session)
        guard ticket.state != .needsHuman else { return session.advise("git draft questions") }
        session.advise("git draft logs \(name); git draft retry \(name)")
    }
}

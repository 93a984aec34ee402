import Configuration
import Execution
import GitStore
import Model
import Planner
import Porcelain

/// `git draft plan`.
struct PlanCommand: Command {
    static let help = Help(
        "Turn a goal into proposed tickets", verb: "plan", group: "Goals and tickets",
        description: """
            Has an agent break the goal into tickets, at most ten; without --agent the default \
            one. It is told the goal, the tickets that there are, and what the base branch holds: \
            tracked files, languages, the README, what it marks as open, and recent history, \
            but nothing that may be a secret. It works in a directory of its own, and what it \
            changes there is dropped. If it asks, answer, and plan again: then it goes on.

            With --from, reads the tickets from a file in Markdown, YAML or JSON instead. In \
            Markdown each heading of the deepest level is a ticket; without headings, each \
            `- [ ]` is one. Lines such as `Priority: P1`, `Blocked by: Title` and `Accept: text` \
            are its fields.

            A ticket whose title is there already is left out. If anything is wrong with the \
            plan, nothing is stored of it. Exits with 1 if the agent made no plan, or asks.
            """)

    @Argument("what to plan for") var goal: String
    @Option("--agent", help: "let <agent> of draft.yaml plan")
    var agent: String?
    @Option("--from", value: "file", help: "take the tickets from <file>") var file: String?
    @Flag("--dry-run", help: "only say what --from would create") var isDryRun
    @Options var output: OutputOptions

    func validate() throws {
        if agent != nil, file != nil { throw UsageError("--agent and --from exclude each other") }
        if isDryRun, file == nil { throw UsageError("--dry-run needs --from") }
    }

    func run(in context: Context) async throws {
        let session = try Session(context)
        guard let file else { return try runAgent(session) }
        let bytes = try context.read(file)
        let plan = try PlanFile.parse(bytes, file: file == "-" ? "standard input" : file)
        let actor = try session.actor()
        let imported: PlanImport
        if isDryRun {
            let snapshot = try session.board.snapshot()
            let goal = try snapshot.goal(self.goal)
            imported = PlanImport(plan, into: goal, beside: try snapshot.tickets(of: goal.id))
        } else {
            imported = try await session.terminal.showingProgress(
                isQuiet: output.json || output.quiet
            ) { progress in
                try session.board.transact(as: actor) { transaction in
                    transaction.progress = { progress.set("storing", $0, of: $1) }
                    let goal = try transaction.goal(self.goal)
                    let tickets = try transaction.before.tickets(of: goal.id)
                    var imported = PlanImport(plan, into: goal, beside: tickets)
                    try imported.store(in: transaction, from: ["file": .string(file)]) {
                        progress.set("planning", $0, of: $1)
                    }
                    return imported
                }
            }
        }
        try report(imported, session)
    }

    private func runAgent(_ session: Session) throws {
        let jobs = try session.admission()
        let id = try session.board.snapshot().goalID(goal)
        var request = RunRequest()
        request.agent = agent
        let run = PlanRun(session, jobs, request, isQuiet: output.json || output.quiet)
        let (tickets, isQuarantined) = try run.run(id)
        try report(tickets, of: id, session)
        if isQuarantined { throw Verdict(status: ExitStatus.no) }
    }

    private func report(_ imported: PlanImport, _ session: Session) throws {
        for note in imported.plan.notes { session.terminal.note("note: \(escaped(note))") }
        for title in imported.dropped {
            session.terminal.note("note: the goal has a ticket \(quoted(title)) already")
        }
        if isDryRun {
            for (_, ticket) in imported.wanted {
                try session.terminal.writeLine("would propose \(quoted(ticket.title))")
            }
            return
        }
        if imported.created.isEmpty { session.terminal.note("nothing new is planned") }
        try report(imported.created, of: imported.goal.id, session)
    }

    private func report(_ created: [Ticket], of goal: String, _ session: Session) throws {
        try session.report(created, as: "tickets", output) { "proposed \($0.sentence)" }
        if !created.isEmpty, !output.json, !output.quiet {
            session.advise("git draft accept \(sentenceName(goal))")
        }
    }
}

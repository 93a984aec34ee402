import GitStore
import Model
import Porcelain

/// `git draft goal show`.
struct GoalShow: Command {
    static let help = Help("Show a goal and its tickets", verb: "show")

    @Argument("which goal") var goal: String
    @Options var past: PastOptions
    @Options var output: ViewOptions

    func run(in context: Context) async throws {
        let session = try Session(context, color: output.look.color)
        let snapshot = try session.snapshot(at: past.at)
        let goal = try snapshot.goal(goal)
        if output.json { return try session.printJSON(goal.shown) }
        if output.quiet { return try session.printIDs([goal.id]) }
        let (tickets, unreadable) = try snapshot.all(Ticket.self)
        session.warn(about: unreadable)
        var page = page(of: goal, tickets, session)
        try session.page(page.finished())
    }

    private func page(of goal: Model.Goal, _ tickets: [Ticket], _ session: Session) -> Details {
        let now = session.board.context.now()
        var page = Details(.goal, id: goal.id, title: goal.title, for: session.terminal)
        let mine = tickets.filter { $0.goalID == goal.id }.inOrder()
        let progress = Progress(mine)
        page.field("status", goal.status)
        page.field("progress", "\(progress.done) of \(counted(progress.total, "ticket")) done")
        page.field("priority", "\(goal.priority)")
        page.field("labels", goal.record.elements("labels").joined(separator: ", "))
        page.field("autonomy", Self.autonomy(goal))
        page.field("budget", goal.record.value("budget").object.map { JSON.object($0).line })
        page.field("created by", goal.record.value("created_by").string)
        page.field("created", goal.createdAt?.shown(now: now))
        page.field("changed", goal.updatedAt?.shown(now: now))
        page.section("description", text: goal.description)
        let names = ShortNames(tickets.map(\.id))
        let states = Dictionary(tickets.map { ($0.id, $0.state) }, uniquingKeysWith: { $1 })
        page.section(
            "tickets",
            mine.map { ticket in
                let remarks = ticket.remarks(names: names, states: states)
                return [
                    Cell(names[ticket.id], .yellow), Cell(ticket.state.word, ticket.state.style),
                    Cell(
                        ticket.title
                            + (remarks.isEmpty ? "" : "  (\(remarks.joined(separator: "; ")))")),
                ]
            })
        return page
    }

    private static func autonomy(_ goal: Model.Goal) -> String {
        guard goal.record.value("autonomy_enabled").bool == true else { return "off" }
        let switches = [
            "auto_approve_tickets", "auto_approve_revisions", "auto_approve_followups",
            "auto_merge",
        ].filter { goal.record.value($0).bool == true }
        return switches.isEmpty ? "on" : switches.joined(separator: ", ")
    }
}

import GitStore
import Model
import Porcelain

/// `git draft goal graph`.
struct GoalGraph: Command {
    static let help = Help(
        "Show which tickets of a goal wait for which", verb: "graph",
        description: """
            Under each ticket stands what waits for it. A ticket that waits for several stands \
            under each of them; what waits for it in turn is shown once. Tickets that wait for \
            each other in a circle are named.
            """)

    @Argument("which goal") var goal: String
    @Options var past: PastOptions
    @Options var output: ViewOptions

    func run(in context: Context) async throws {
        let session = try Session(context, color: output.look.color)
        let snapshot = try session.snapshot(at: past.at)
        let goal = try snapshot.goal(goal)
        let (all, unreadable) = try snapshot.all(Ticket.self)
        session.warn(about: unreadable)
        let graph = DependencyGraph(all.filter { $0.goalID == goal.id })
        let names = ShortNames(all.map(\.id))
        if output.json { return try session.printJSON(document(goal, graph)) }
        if output.quiet {
            return try session.printIDs(graph.tickets.values.map(\.self).inOrder().map(\.id))
        }
        let terminal = session.terminal
        var text = terminal.styled(escaped(goal.title), .bold) + "\n"
        for line in graph.lines { text += rendered(line, names, graph, terminal) }
        for cycle in graph.cycles {
            let members = cycle.map { names[$0] }.joined(separator: ", ")
            text += terminal.styled("cycle: \(members) wait for each other", .red) + "\n"
        }
        try session.page(text)
        if let cycle = graph.cycles.first {
            session.advise("git draft ticket unblock \(names[cycle[0]])")
        }
    }

    private func rendered(
        _ line: DependencyGraph.Line, _ names: ShortNames, _ graph: DependencyGraph,
        _ terminal: Terminal
    ) -> String {
        let ticket = line.ticket
        let state = ticket.state
        let outside = ticket.blockedBy.filter { graph.tickets[$0] == nil }.map(sentenceName)
        var remarks: [String] = []
        if !outside.isEmpty { remarks.append("waits outside: \(outside.joined(separator: ", "))") }
        if line.isRepeated { remarks.append("see above") }
        var text = String(repeating: "    ", count: min(line.depth, 64))
        text += terminal.styled("\(state.mark) ", state.style)
        text += terminal.styled(names[ticket.id], .yellow) + " "
        text += escaped(ticket.title) + " "
        text += terminal.styled("(\(escaped(state.word)))", state.style)
        if !remarks.isEmpty {
            text += terminal.styled("  \(remarks.joined(separator: "; "))", .dim)
        }
        return text + "\n"
    }

    private func document(_ goal: Model.Goal, _ graph: DependencyGraph) -> JSON {
        [
            "schema": .integer(RecordFormat.schema), "goal": goal.shown,
            "tickets": .array(graph.tickets.values.map(\.self).inOrder().map(\.shown)),
            "edges": .array(
                graph.edges.map { ["from": .string($0.from), "to": .string($0.to)] }),
            "cycles": .array(graph.cycles.map { JSON($0) }),
        ]
    }
}

import Execution
import GitStore
import Model
import Porcelain

/// `git draft _complete`: the words that may stand at the end of a command line, one a line;
/// what there is to say of one follows after a tab.
struct CompleteWords: Command {
    static let help = Help("Print completions, one a line", verb: "_complete", hidden: true)

    @Argument("the words after 'draft', the last one unfinished") var words: [String]

    func run(in context: Context) async throws {
        let candidates = completions(for: words.isEmpty ? [""] : words, as: Draft.self)
        try context.terminal.write(candidates.words.map { $0 + "\n" }.joined())
        guard let value = candidates.value else { return }
        if candidates.verbs == ["help"] {
            let verbs = Array(words.dropFirst().drop { $0 == "--" })
            let known = completions(for: verbs, as: Draft.self).words
            let commands = known.filter { !$0.hasPrefix("-") }
            return try context.terminal.write(commands.map { $0 + "\n" }.joined())
        }
        // Whoever presses a key wants no error, whatever is wrong with the repository.
        let kinds = value.split(separator: "|").map(String.init)
        guard let all = try? Records(context, candidates.verbs) else { return }
        guard let records = try? kinds.flatMap({ try all.named($0) }) else { return }
        let begun = String(words.last?.dropFirst(candidates.prefix.count) ?? "")
        for record in records where record.id.hasPrefix(begun) {
            try context.terminal.writeLine("\(candidates.prefix)\(record.name)\t\(record.text)")
        }
    }
}

/// The records that can be meant by a value.
private struct Records {
    /// A record by the name that listings call it.
    struct Named {
        let id: String
        let name: String
        let text: String
    }

    let session: Session
    let snapshot: Snapshot
    let verb: String

    init(_ context: Context, _ verbs: [String]) throws {
        session = try Session(context)
        snapshot = try session.board.snapshot()
        verb = verbs.last ?? ""
    }

    /// The records of a kind that the command of the line could do something with.
    ///
    /// - Parameter value: What stands for the value in help.
    /// - Returns: Tickets, goals, jobs or questions; nothing if the value is none of these.
    /// - Throws: What the board throws if it cannot be read.
    func named(_ value: String) throws -> [Named] {
        switch value {
        case "ticket", "tickets": return try tickets()
        case "goal": return try goals()
        case "job": return try jobs()
        case "question": return try questions()
        case "subject": return try tickets() + goals()
        case "agent": return try agents()
        default: return []
        }
    }

    private func tickets() throws -> [Named] {
        let all = try snapshot.all(Ticket.self).0.inOrder()
        let names = ShortNames(all.map(\.id))
        return all.filter { states.contains($0.state) }.map {
            Named(id: $0.id, name: names[$0.id], text: "\($0.state.word): \(line($0.title))")
        }
    }

    /// The states in which a ticket can be meant.
    private var states: Set<TicketState> {
        switch verb {
        case "accept", "reject": [.proposed]
        case "run": [.planned]
        case "retry": [.blocked, .planned, .done]
        case "land", "review": [.needsHuman]
        case "take": [.planned, .blocked, .needsHuman]
        case "cancel", "submit": [.executing, .verifying]
        case "show", "log", "rm": Set(TicketState.known)
        default: Set(TicketState.known).subtracting([.done, .abandoned])
        }
    }

    /// The agents of `draft.yaml`, and those that need no setting and are installed.
    private func agents() throws -> [Named] {
        let named = try PolicyLoader(session).current().policy.policy.agents.named
        let found = [AgentKind.claude, .codex].filter { kind in
            named[kind.rawValue] == nil
                && AgentDiscovery.find(kind, environment: session.context.environment) != nil
        }
        let all = named.mapValues(\.kind.rawValue).merging(
            found.map { ($0.rawValue, $0.title) }, uniquingKeysWith: { first, _ in first })
        return all.sorted { $0.key < $1.key }.map {
            Named(id: $0.key, name: $0.key, text: line($0.value))
        }
    }

    private func goals() throws -> [Named] {
        let all = try snapshot.all(Model.Goal.self).0
        let names = ShortNames(all.map(\.id))
        return all.filter { $0.status == "open" || verb == "show" }.map {
            Named(id: $0.id, name: names[$0.id], text: line($0.title))
        }
    }

    private func jobs() throws -> [Named] {
        let all = try snapshot.all(Job.self).0.byAge().reversed()
        let names = ShortNames(all.map(\.id))
        return all.filter { verb != "cancel" || !$0.status.isTerminal }.prefix(50).map {
            Named(
                id: $0.id, name: names[$0.id], text: "\($0.jobKind.word) \($0.status.word)")
        }
    }

    private func questions() throws -> [Named] {
        let all = try snapshot.all(Question.self).0
        let names = ShortNames(all.map(\.id))
        return all.filter { $0.status == .open }.map {
            Named(id: $0.id, name: names[$0.id], text: line($0.text))
        }
    }

    /// A text of somebody on one line, safe to show.
    private func line(_ text: String) -> String { escaped(text).truncated(to: 60) }
}

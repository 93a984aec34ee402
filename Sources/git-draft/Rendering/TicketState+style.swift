import Model
import Porcelain

extension TicketState {
    /// How the state looks; the word is always beside it.
    var style: Style {
        switch self {
        case .executing, .verifying: .cyan
        case .needsHuman: .yellow
        case .blocked: .red
        case .done: .green
        case .proposed, .abandoned, .unknown: .dim
        case .planned: .plain
        }
    }

    /// A sign for the state, for lists that are too narrow for a word.
    var mark: String {
        switch self {
        case .proposed: "?"
        case .planned: "○"
        case .executing: "▶"
        case .verifying: "▷"
        case .needsHuman: "!"
        case .blocked: "✗"
        case .done: "✓"
        case .abandoned, .unknown: "-"
        }
    }

    /// The states of some tickets in the order of the columns, those of newer versions last.
    static func columns(of tickets: [Ticket]) -> [(state: TicketState, tickets: [Ticket])] {
        let groups = Dictionary(grouping: tickets, by: \.state)
        let others = groups.keys.filter { !known.contains($0) }.sorted { $0.word < $1.word }
        return (known + others).map { ($0, groups[$0] ?? []) }
    }
}

extension JobStatus {
    /// How the status looks; the word is always beside it.
    var style: Style {
        switch self {
        case .running: .cyan
        case .waitingForInput: .yellow
        case .succeeded: .green
        case .failed, .expired: .red
        default: .dim
        }
    }
}

extension Ticket {
    /// The priority as one of four: P0 is wanted first.
    var bucket: String {
        switch priority {
        case 90...: "P0"
        case 70...: "P1"
        case 50...: "P2"
        default: "P3"
        }
    }
}

extension Timestamp {
    /// The moment as people read it: `2026-02-03 04:05:06`, in UTC.
    var shown: String {
        String(description.prefix(19)).replacing("T", with: " ")
    }

    /// The moment, and how long ago it was.
    func shown(now: Timestamp) -> String {
        "\(shown) (\(relativeTime(from: milliseconds, to: now.milliseconds)))"
    }
}

extension Event {
    /// Who acted, as people say it.
    var actor: String {
        func name(_ id: String) -> String {
            id.hasPrefix("git:") ? String(id.dropFirst(4)) : id
        }
        let who = actorType == .human ? name(actorID) : escaped(actorType.word)
        return onBehalfOf.map { "\(who) for \(name($0))" } ?? who
    }
}

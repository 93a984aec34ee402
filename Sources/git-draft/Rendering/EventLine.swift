import Model
import Porcelain

/// One event as one line: when, what about, what, who, why.
struct EventLine {
    private let event: Event
    private let subject: String
    private let isSuperseded: Bool

    /// Describes an event whose subject is shown by a short id.
    init(_ event: Event, subject: String, isSuperseded: Bool = false) {
        (self.event, self.subject, self.isSuperseded) = (event, subject, isSuperseded)
    }

    /// The line, without its end.
    func rendered(color: Bool) -> String {
        let kind = event.subjectKind.rawValue
        var parts = [
            Cell(event.createdAt.shown, .dim), Cell(kind.padded(to: 8)),
            Cell(event.subjectKind == .board ? "board" : subject, .yellow),
            Cell(what, event.toState == nil ? .plain : .bold),
        ]
        if let detail { parts.append(Cell(detail)) }
        parts.append(Cell("by \(event.actor)", .dim))
        if let reason = event.reason, !reason.isEmpty { parts.append(Cell("(\(reason))")) }
        if isSuperseded { parts.append(Cell("superseded", .red)) }
        return parts.map { $0.style.applied(to: $0.text, color: color) }.joined(separator: " ")
    }

    private var what: String {
        let parts = event.type.split(separator: ".", maxSplits: 1).map(String.init)
        let isOwn = parts.count == 2 && parts[0] == event.subjectKind.rawValue
        let verb = isOwn ? parts[1] : event.type
        guard let to = event.toState else { return verb }
        return event.fromState.map { "\(verb) \($0) → \(to)" } ?? "\(verb) → \(to)"
    }

    /// What the event says beyond its type, if that is short.
    private var detail: String? {
        switch EventType(rawValue: event.type) {
        case .goalCreated, .ticketCreated: quoted("title")
        case .goalEdited, .ticketEdited: edited
        case .questionAsked: quoted("text")
        case .commentAdded: quoted("content")
        case .reviewGiven: event.writes["decision"]?.string
        case .questionAnswered: answer
        case .jobStarted, .jobResumed:
            event.payload["sandbox"]?["kind"]?.string.map { "sandbox \($0)" }
        case .revisionOpened: event.writes["number"]?.integer.map { "number \($0)" }
        default: event.payload["message"]?.string ?? event.payload["command"]?.string
        }
    }

    private var edited: String? {
        let names = event.writes.keys
        return names.isEmpty ? nil : names.joined(separator: ", ")
    }

    private var answer: String? {
        let answer = event.writes["status"]?["answer"]
        return (answer?["choice"]?.string ?? answer?["text"]?.string).map(Self.quoted)
    }

    private func quoted(_ field: String) -> String? {
        event.writes[field]?.string.map(Self.quoted)
    }

    private static func quoted(_ text: String) -> String {
        "'\(Text.firstLine(text).truncated(to: 72))'"
    }
}

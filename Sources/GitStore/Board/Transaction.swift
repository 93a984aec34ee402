public import Model

/// One change of the board in the making: records and the events that say why.
///
/// It is a closure's view of the board: preconditions are checked in it, against the state
/// that is written upon, and it runs anew if that state has moved meanwhile.
public final class Transaction {
    /// The board that it builds on.
    public let before: Snapshot

    /// Who acts.
    public let actor: Actor

    /// When, by this machine's clock.
    public let now: Timestamp

    /// The line that the commit's message begins with; made from the first event if `nil`.
    public var message: String?

    /// The replica that writes.
    public let replica: String

    /// The Lamport time of the transaction.
    public let lamport: Int64

    /// Told while its files are stored how many of them are, and how many there are.
    ///
    /// The board is locked meanwhile: whoever hears it must neither wait nor write.
    public var progress: ((_ done: Int, _ total: Int) -> Void)?

    /// What waits for its fate on a remote, such as the ids of tickets; none of it is to be
    /// decided meanwhile.
    var awaited: Set<String> = []

    private let context: BoardContext
    fileprivate var pending: [Pending] = []

    /// The places in `pending`.
    private var places: [Name: Int] = [:]

    /// The records of `before` that were read, so that none is read twice.
    private var known: [Name: Record] = [:]

    fileprivate struct Pending {
        let kind: RecordKind
        var event: Event
        var counters: JSONObject
        let base: Record?
        let ticketFence: Int64

        /// The payload as a whole; the event has what of it fits.
        var payload: JSONObject = [:]

        /// Whether not all of it fits.
        var isOversized = false

        /// What ``result`` returned, until more is written.
        var made: Record?
    }

    /// Which record; by bytes, for not all ids are our own.
    private struct Name: Hashable {
        let kind: RecordKind
        let id: [UInt8]

        init(_ kind: RecordKind, _ id: String) {
            self.kind = kind
            self.id = Array(id.utf8)
        }
    }

    init(before: Snapshot, actor: Actor, replica: String, lamport: Int64, context: BoardContext) {
        self.before = before
        self.actor = actor
        self.replica = replica
        self.lamport = lamport
        self.context = context
        now = context.now()
    }

    /// A new id.
    public func newID() -> String { context.newID() }
}

// MARK: - Reading

extension Transaction {
    /// Returns a record as this transaction leaves it, or `nil` if there is none.
    public func record(_ kind: RecordKind, _ id: String) throws -> Record? {
        if let place = places[Name(kind, id)] { return try pending[place].result }
        return try base(kind, id)
    }

    /// Returns a record as it is before this transaction.
    private func base(_ kind: RecordKind, _ id: String) throws -> Record? {
        let name = Name(kind, id)
        if let record = known[name] { return record }
        let record = try before.record(kind, id)
        known[name] = record
        return record
    }

    /// Returns a record that must be there.
    public func require<View: RecordView>(_ type: View.Type, _ id: String) throws -> View {
        guard let record = try record(View.kind, id) else {
            throw BoardError.missing(View.kind, id)
        }
        guard !record.isHidden else { throw BoardError.deleted(View.kind, id) }
        return View(record)
    }

    /// Returns all readable records of a kind, as this transaction leaves them.
    public func list<View: RecordView>(_ type: View.Type) throws -> [View] {
        let mine = try pending.filter { $0.kind == View.kind }.map { try $0.result }
        let others = try before.list(type).filter { places[Name(View.kind, $0.id)] == nil }
        for view in others { known[Name(View.kind, view.id)] = view.record }
        return others + mine.filter { !$0.isHidden }.map(View.init)
    }
}

// MARK: - Writing

/// What an event says besides what it writes.
public struct EventDetails {
    /// The goal, the ticket and the job that it belongs to.
    public var goal: String?, ticket: String?, job: String?
    /// The state before and after.
    public var from: String?, to: String?
    /// Why.
    public var reason: String?
    /// Whatever else is worth keeping.
    public var payload: JSONObject

    /// Creates details.
    public init(
        goal: String? = nil, ticket: String? = nil, job: String? = nil, from: String? = nil,
        to: String? = nil, reason: String? = nil, payload: JSONObject = [:]
    ) {
        self.goal = goal
        self.ticket = ticket
        self.job = job
        self.from = from
        self.to = to
        self.reason = reason
        self.payload = payload
    }
}

extension Transaction {
    /// Creates a record of a kind's defaults and some groups, and returns it.
    @discardableResult
    public func create(
        _ kind: RecordKind, id: String? = nil, _ groups: JSONObject, as type: EventType,
        _ details: EventDetails = EventDetails()
    ) throws -> Record {
        let id = id ?? newID()
        guard try record(kind, id) == nil else {
            throw BoardError(.conflict, "there is a \(kind.rawValue) '\(id)' already")
        }
        var writes = kind.blank
        writes["created_at"] = JSON(now)
        for (group, value) in groups { writes[group] = value }
        var counters = kind.blankCounters
        if counters["updated_at"] != nil { counters["updated_at"] = JSON(now) }
        let ticket = writes["ticket_id"]?.string
        let fence = try ticket.map { try base(.ticket, $0)?.fence ?? 0 } ?? 0
        let event = Event(
            type: type, subjectKind: kind, subjectID: id, writes: redacted(writes), actor: actor,
            fence: fence, lamport: lamport, replica: replica, n: Int64(pending.count),
            createdAt: now)
        var new = Pending(
            kind: kind, event: event, counters: counters, base: nil, ticketFence: fence)
        fill(&new, details, record: nil, writes)
        let record = try new.result
        new.made = record
        add(new)
        return record
    }

    /// Writes groups of a record, and returns it as it is then.
    ///
    /// A second write of the same record joins the first: there is one event per record and
    /// transaction, whose type is that of the first.
    @discardableResult
    public func write(
        _ record: Record, _ groups: JSONObject = [:], counters: JSONObject = [:],
        as type: EventType, _ details: EventDetails = EventDetails()
    ) throws -> Record {
        let (kind, id) = (record.kind, record.id)
        let index = try index(of: record, as: type)
        pending[index].made = nil
        for (group, value) in redacted(groups) { pending[index].event.writes[group] = value }
        for (counter, value) in counters { pending[index].counters[counter] = value }
        if kind.blankCounters["updated_at"] != nil {
            pending[index].counters["updated_at"] = JSON(now)
        }
        fill(&pending[index], details, record: record, groups)
        if kind == .ticket, groups["lease"] != nil {
            pending[index].event.fence = (pending[index].base?.fence ?? 0) &+ 1
        }
        do {
            let record = try pending[index].result
            pending[index].made = record
            return record
        } catch {
            throw BoardError(.refused, "cannot write \(kind.rawValue) '\(id)': \(error)")
        }
    }

    private func index(of record: Record, as type: EventType) throws -> Int {
        let (kind, id) = (record.kind, record.id)
        if let index = places[Name(kind, id)] { return index }
        guard let base = try base(kind, id) else { throw BoardError.missing(kind, id) }
        var fence = base.fence
        if kind != .ticket, let ticket = base.value("ticket_id").string {
            fence = try self.base(.ticket, ticket)?.fence ?? 0
        }
        let event = Event(
            type: type, subjectKind: kind, subjectID: id, prev: base.heads, actor: actor,
            fence: fence, lamport: lamport, replica: replica, n: Int64(pending.count),
            createdAt: now)
        add(Pending(kind: kind, event: event, counters: [:], base: base, ticketFence: fence))
        return pending.count - 1
    }

    private func add(_ new: Pending) {
        places[Name(new.kind, new.event.subjectID)] = pending.count
        pending.append(new)
    }

    private func redacted(_ groups: JSONObject) -> JSONObject {
        JSONObject(groups.map { (redacted(group: $0.key), redacted($0.value)) })
    }

    /// The name of a group; what is an element of a set is part of the name.
    private func redacted(group name: String) -> String {
        guard let (set, element) = RecordFormat.element(of: name) else { return name }
        return "\(set)/\(context.redactor.redact(element))"
    }

    private func redacted(_ value: JSON) -> JSON {
        value.mapStrings { context.redactor.redact($0) }
    }

    private func fill(
        _ change: inout Pending, _ details: EventDetails, record: Record?, _ groups: JSONObject
    ) {
        func field(_ name: String) -> String? {
            groups[name]?.string ?? record?.value(name).string
        }
        var event = change.event
        event.goalID = details.goal ?? event.goalID ?? field("goal_id")
        event.ticketID = details.ticket ?? event.ticketID ?? field("ticket_id")
        event.jobID = details.job ?? event.jobID ?? field("job_id")
        switch event.subjectKind {
        case .goal: event.goalID = event.subjectID
        case .ticket: event.ticketID = event.subjectID
        case .job: event.jobID = event.subjectID
        default: break
        }
        event.fromState = event.fromState ?? details.from
        event.toState = details.to ?? event.toState
        event.reason = (details.reason ?? event.reason).map { context.redactor.redact($0) }
        for (key, value) in details.payload { change.payload[key] = redacted(value) }
        let excerpt = Event.excerpt(of: change.payload)
        event.payload = .object(excerpt ?? change.payload)
        change.isOversized = excerpt != nil
        change.event = event
    }
}

extension Transaction.Pending {
    /// The record that the event makes.
    fileprivate var result: Record {
        get throws {
            if let made { return made }
            return try Record.applying(
                event, kind: kind, to: base, ticketFence: ticketFence, counters: counters)
        }
    }
}

// MARK: - Storing

extension Transaction {
    /// Whether it changes nothing.
    var isEmpty: Bool { pending.isEmpty }

    /// The payloads that do not fit into their events, and the jobs whose evidence they are.
    var oversized: [(place: Int, job: Job, payload: JSONObject)] {
        get throws {
            try pending.enumerated().compactMap { place, change in
                guard change.isOversized, let id = change.event.jobID,
                    let job = try record(.job, id)
                else { return nil }
                return (place, Job(job), change.payload)
            }
        }
    }

    /// Says in an event where its whole payload is kept.
    func keeps(_ whole: EvidenceReference, for place: Int) {
        var payload = pending[place].event.payload.object ?? [:]
        payload["whole"] = whole.json
        pending[place].event.payload = .object(payload)
    }

    /// The files that the commit changes, with their new contents.
    func files() throws -> [(path: String, contents: [UInt8])] {
        try pending.flatMap { change in
            let record = try change.result
            let contents = record.stored.canonical
            guard contents.count <= JSON.maximumRecordSize else {
                throw BoardError(
                    .refused, "\(change.kind.rawValue) '\(record.id)' would be larger than 1 MiB")
            }
            return [
                (change.kind.path(of: record.id), contents),
                (change.event.path, change.event.stored.canonical),
            ]
        }
    }

    /// The message of the commit.
    var commitMessage: String {
        let text = message ?? pending.first.map { summary(of: $0.event) } ?? "nothing"
        let line = text.split(whereSeparator: \.isNewline).joined(separator: " ")
        return "\(context.redactor.redact(line))\n\n\(Snapshot.timeTrailer): \(lamport)\n"
    }

    private func summary(of event: Event) -> String {
        let subject =
            event.subjectKind == .board
            ? "board" : "\(event.subjectKind.rawValue) \(event.subjectID.prefix(6))"
        guard let to = event.toState else {
            let verb = event.type.split(separator: ".").last ?? ""
            return "\(subject): \(verb) (\(actor.type.word))"
        }
        return "\(subject): \(event.fromState ?? "new") → \(to) (\(actor.type.word))"
    }
}

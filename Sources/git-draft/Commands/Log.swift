import GitStore
import Model
import Porcelain

/// `git draft log`.
struct Log: Command {
    static let help = Help(
        "Show what happened", group: "Look",
        description: """
            One line for each event, the earliest first: when, what about, what, who, and why. \
            With the id of a ticket, its jobs, revisions, reviews, comments and questions are \
            included; with that of a goal, its tickets. With `-f` new events are shown as they \
            come, as JSON Lines with `--json`. With `--quiet` the ids of the records that the \
            events are about are printed, each once.
            """)

    @Argument("the id of any record, or the beginning of one") var subject: String?
    @Flag("-f", "--follow", help: "go on with what happens from now on") var follow
    @Option("--actor", value: "who", help: "show what <who> did: an address, or a kind of actor")
    var actor: String?
    @Option("--limit", value: "number", help: "show the last <number> events") var limit: Count?
    @Options var past: PastOptions
    @Options var output: ViewOptions

    func validate() throws {
        if follow, past.at != nil { throw UsageError("--follow and --at exclude each other") }
    }

    func run(in context: Context) async throws {
        let session = try Session(context, color: output.look.color)
        let trail = EventTrail(repository: session.repository)
        var snapshot = try session.snapshot(at: past.at)
        var files = try trail.files(of: snapshot)
        let known = try LogSubject(subject, in: snapshot, trail: files)
        var lines = LogLines(files: files)
        let events = read(files, trail, try known.ids(in: snapshot), session)
        guard follow else {
            if output.json {
                return try session.printJSON(JSON(schemaList: "events", events.map(\.stored)))
            }
            if output.quiet { return try session.printIDs(lines.newSubjects(of: events)) }
            let color = session.terminal.outputHasColor
            return try session.page(events.map { lines.line($0, color: color) + "\n" }.joined())
        }
        let interrupts = Interrupts()
        try show(events, &lines, session)
        while true {
            try interrupts.wait(milliseconds: Interrupts.pace)
            let now = try session.board.snapshot()
            guard now.commit != snapshot.commit else { continue }
            files = try trail.files(of: now, notIn: snapshot)
            snapshot = now
            lines.learn(files)
            try show(
                read(files, trail, try known.ids(in: now), session, all: true), &lines, session)
        }
    }

    private func read(
        _ files: [EventTrail.File], _ trail: EventTrail, _ ids: Set<String>?, _ session: Session,
        all: Bool = false
    ) -> [Event] {
        let mine = ids.map { ids in files.filter { ids.contains($0.subject) } } ?? files
        let (events, unreadable) = trail.read(mine, limit: all ? nil : limit?.value, where: fits)
        session.warn(about: unreadable)
        return events
    }

    private func show(_ events: [Event], _ lines: inout LogLines, _ session: Session) throws {
        if output.quiet { return try session.printIDs(lines.newSubjects(of: events)) }
        for event in events {
            if output.json {
                try session.printLine(event.stored)
            } else {
                let color = session.terminal.outputHasColor
                try session.terminal.writeLine(lines.line(event, color: color))
            }
        }
    }

    private func fits(_ event: Event) -> Bool {
        guard let actor else { return true }
        let ids = [event.actorID, event.onBehalfOf ?? ""]
        let addresses = ids.filter { $0.hasPrefix("git:") }.map { String($0.dropFirst(4)) }
        return ([event.actorType.word] + ids + addresses)
            .contains { !$0.isEmpty && $0.hasSameBytes(as: actor) }
    }
}

/// Whose events are shown.
private struct LogSubject {
    private let kind: RecordKind?
    private let id: String?

    /// Finds the record; one that is no longer there is known by its events.
    init(_ prefix: String?, in snapshot: Snapshot, trail: [EventTrail.File]) throws {
        guard let prefix else {
            (kind, id) = (nil, nil)
            return
        }
        if prefix == "board" {
            (kind, id) = (.board, try snapshot.board().id)
            return
        }
        do {
            let kinds = RecordKind.allCases.filter { $0.folder != nil }
            let hit = try snapshot.resolve(prefix, among: kinds, findsDeleted: true)
            (kind, id) = (hit.kind, hit.id)
        } catch let error as BoardError {
            let ids = Set(trail.map(\.subject).filter { $0.hasPrefix(prefix.lowercased()) })
            guard ids.count == 1, prefix.utf8.count >= Crockford.minimumPrefix, let id = ids.first
            else {
                guard error.code == .notFound, ids.isEmpty else { throw error }
                throw CommandError("no record '\(prefix)'", hint: "git draft log")
            }
            (kind, self.id) = (nil, id)
        }
    }

    /// The records whose events are shown; `nil` is all of them.
    func ids(in snapshot: Snapshot) throws -> Set<String>? {
        guard let id else { return nil }
        switch kind {
        case .ticket: return Set([id] + (try TicketRelations(of: id, in: snapshot).ids))
        case .goal: return Set([id] + (try snapshot.tickets(of: id).map(\.id)))
        case .job:
            let revisions = try snapshot.list(Revision.self).filter { $0.jobID == id }.map(\.id)
            let questions = try snapshot.list(Question.self).filter { $0.jobID == id }.map(\.id)
            return Set([id] + revisions + questions)
        default: return [id]
        }
    }
}

/// Makes lines of events.
private struct LogLines {
    private var subjects: Set<String>
    private var told: Set<String> = []
    private var names: ShortNames
    private var fences: [String: Int64] = [:]
    private var claims: [String: Int64] = [:]
    private var transaction: (lamport: Int64, replica: String)?

    init(files: [EventTrail.File]) {
        subjects = Set(files.map(\.subject))
        names = ShortNames(Array(subjects))
    }

    /// The records of events that were not asked for before.
    mutating func newSubjects(of events: [Event]) -> [String] {
        events.map(\.subjectID).filter { told.insert($0).inserted }
    }

    /// Takes note of further records.
    mutating func learn(_ files: [EventTrail.File]) {
        subjects.formUnion(files.map(\.subject))
        names = ShortNames(Array(subjects))
    }

    /// The line of an event; those of one ticket come in their order.
    ///
    /// What was written under an older claim than one that came before changed nothing. What
    /// a claim itself writes, in the same transaction, is still under the one before.
    mutating func line(_ event: Event, color: Bool) -> String {
        if transaction.map({ $0 != (event.lamport, event.replica) }) ?? true {
            fences.merge(claims) { max($0, $1) }
            claims = [:]
            transaction = (event.lamport, event.replica)
        }
        var isSuperseded = false
        if let ticket = event.ticketID, event.actorType == .executor {
            isSuperseded = event.fence < fences[ticket, default: 0]
        }
        if let ticket = event.ticketID { claims[ticket] = max(claims[ticket] ?? 0, event.fence) }
        return EventLine(event, subject: names[event.subjectID], isSuperseded: isSuperseded)
            .rendered(color: color)
    }
}

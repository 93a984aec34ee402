import GitStore
import Model
import Porcelain

/// `git draft ticket show`.
struct TicketShow: Command {
    static let help = Help(
        "Show a ticket and all that belongs to it", verb: "show",
        description: """
            Shows what a ticket says, what it waits for and what waits for it, its revisions, \
            jobs, questions and comments, and what happened last.
            """)

    @Argument("which ticket") var ticket: String
    @Options var past: PastOptions
    @Options var output: ViewOptions

    /// How many of the last events are shown.
    private static let events = 10

    func run(in context: Context) async throws {
        let session = try Session(context, color: output.look.color)
        let snapshot = try session.snapshot(at: past.at)
        let id = try snapshot.ticketID(ticket)
        let ticket = try snapshot.require(Ticket.self, id)
        if output.json { return try session.printJSON(ticket.shown) }
        if output.quiet { return try session.printIDs([id]) }
        let page = try TicketPage(ticket, in: snapshot, of: session)
        var details = page.details()
        let trail = EventTrail(repository: session.repository)
        let subjects = Set([id] + page.relations.ids)
        let files = try trail.files(of: snapshot)
        let (events, unreadable) = trail.read(
            files.filter { subjects.contains($0.subject) }, limit: Self.events)
        session.warn(about: unreadable)
        let color = session.terminal.outputHasColor
        details.section(
            "last events",
            lines: events.map {
                EventLine($0, subject: String($0.subjectID.prefix(6))).rendered(color: color)
            })
        try session.page(details.finished())
    }
}

/// A ticket and what belongs to it, laid out for people.
private struct TicketPage {
    let ticket: Ticket
    let snapshot: Snapshot
    let session: Session
    let relations: TicketRelations
    let goal: Model.Goal?
    let tickets: [Ticket]
    let names: ShortNames

    init(_ ticket: Ticket, in snapshot: Snapshot, of session: Session) throws {
        (self.ticket, self.snapshot, self.session) = (ticket, snapshot, session)
        relations = try TicketRelations(of: ticket.id, in: snapshot)
        goal = try? snapshot.view(Model.Goal.self, ticket.goalID)
        tickets = try snapshot.list(Ticket.self)
        names = ShortNames(tickets.map(\.id))
    }

    private var now: Timestamp { session.board.context.now() }

    /// Whoever has taken it.
    private var holder: String? {
        guard [.executing, .verifying].contains(ticket.state) else { return nil }
        let job = relations.jobs.last { $0.id == ticket.jobID }
        return job.flatMap { $0.isPersons && !$0.status.isTerminal ? $0.person : nil }
    }

    func details() -> Details {
        var page = Details(.ticket, id: ticket.id, title: ticket.title, for: session.terminal)
        let state = ticket.state
        let why = ticket.reason.map { "\(state.word) (\($0))" } ?? state.word
        page.field("state", why, state.style)
        page.field("goal", goal.map { "\(sentenceName($0.id)) \($0.title)" } ?? ticket.goalID)
        page.field("priority", "\(ticket.priority) (\(ticket.bucket))")
        page.field("labels", ticket.labels.joined(separator: ", "))
        page.field("type", ticket.taskType)
        page.field("mode", ticket.mode)
        page.field("touches", ticket.touches.joined(separator: ", "))
        page.field("validation", ticket.validation.joined(separator: "; "))
        page.field("base", ticket.baseCommit)
        page.field("branch", ticket.branch)
        page.field("landed", ticket.landedCommit, .green)
        page.field("pull request", ticket.record.value("pr")["url"]?.string)
        page.field("source", ticket.record.value("source")["url"]?.string)
        page.field("created", times)
        page.field("changed", ticket.updatedAt?.shown(now: now))
        sections(&page)
        return page
    }

    private var times: String? {
        let by = ticket.record.value("created_by").string.map { " by \($0)" } ?? ""
        return ticket.createdAt.map { $0.shown(now: now) + by }
    }

    private func sections(_ page: inout Details) {
        page.section("description", text: ticket.description)
        let criteria = ticket.record.value("acceptance_criteria").array ?? []
        page.section("acceptance criteria", criteria.map(row(of:)))
        page.section("blocked by", ticket.blockedBy.map(row(ofTicket:)))
        page.section(
            "blocks",
            tickets.filter { $0.blockedBy.contains(ticket.id) }.map { row(ofTicket: $0.id) })
        page.section("revisions", relations.revisions.map(row(of:)))
        page.section("reviews", relations.reviews.map(row(of:)))
        page.section("jobs", relations.jobs.map(row(of:)))
        page.section("questions", relations.questions.map(row(of:)))
        page.section("comments", relations.comments.map(row(of:)))
    }

    private func row(of criterion: JSON) -> [Cell] {
        let met = criterion["met"]?.bool
        let mark = met == true ? "[x]" : met == false ? "[-]" : "[ ]"
        return [
            Cell(mark), Cell(criterion["id"]?.string ?? ""), Cell(criterion["text"]?.string ?? ""),
        ]
    }

    private func row(ofTicket id: String) -> [Cell] {
        guard let other = tickets.first(where: { $0.id == id }) else {
            return [Cell(sentenceName(id), .yellow), Cell("deleted", .dim), ""]
        }
        return [
            Cell(names[id], .yellow), Cell(other.state.word, other.state.style), Cell(other.title),
        ]
    }

    private func row(of revision: Revision) -> [Cell] {
        [
            Cell("\(revision.number)", .yellow), Cell(revision.status.word), Cell(revision.size),
            Cell(String(revision.headCommit.prefix(12)), .dim),
        ]
    }

    private func row(of review: Review) -> [Cell] {
        [
            Cell(review.createdAt?.shown ?? "", .dim), Cell(review.decision), Cell(review.author),
            Cell(Text.firstLine(review.body)),
        ]
    }

    private func row(of job: Job) -> [Cell] {
        let person = job.isPersons ? job.person.map { "by \($0)" } : nil
        let why = [job.outcome, job.reason, person].compactMap(\.self).joined(separator: ", ")
        return [
            Cell(sentenceName(job.id), .yellow), Cell(job.jobKind.word),
            Cell(job.status.word, job.status.style), Cell(job.turn ?? ""),
            Cell(job.elapsed(now: now) ?? ""), Cell(why),
        ]
    }

    private func row(of question: Question) -> [Cell] {
        let answer = question.answer["choice"]?.string ?? question.answer["text"]?.string
        return [
            Cell(sentenceName(question.id), .yellow), Cell(question.status.word),
            Cell(question.text + (answer.map { " → \($0)" } ?? "")),
        ]
    }

    private func row(of comment: ReviewComment) -> [Cell] {
        let place = comment.filePath.map { path in
            comment.lineNumber.map { "\(path):\($0)" } ?? path
        }
        return [
            Cell(comment.createdAt?.shown ?? "", .dim), Cell(comment.author), Cell(place ?? ""),
            Cell(comment.isResolved ? "resolved" : ""), Cell(comment.content),
        ]
    }
}

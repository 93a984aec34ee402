public import GitStore
public import Model

/// The people whose words a clone takes for its own.
///
/// These are whoever git says that the user is, and those whom `policy.invokers` lists.
public struct Members: Sendable {
    private let addresses: Set<String>

    /// Finds out who they are.
    public init(_ repository: Repository, _ policy: Policy) {
        let own = [repository.identity(.author), repository.identity(.committer)]
        let listed = policy.access.invokers.map { name in
            name.utf8.starts(with: "git:".utf8) ? String(name.dropFirst(4)) : name
        }
        addresses = Set(own.compactMap { $0?.email } + listed)
    }

    /// Whether an id such as `git:ann@example.com` is that of one of them.
    public func contains(_ id: String) -> Bool {
        guard id.utf8.starts(with: "git:".utf8) else { return false }
        let address = id.dropFirst(4)
        return addresses.contains { $0.utf8.elementsEqual(address.utf8) }
    }
}

/// Who wrote the texts that a work order on a ticket holds, and who has seen them.
public struct Authorship: Sendable {
    /// One text.
    public struct Passage: Hashable, Sendable {
        /// Where it stands in a work order, such as `ticket.description`.
        public let path: String
        /// Who wrote it last; `nil` if no event says so.
        public let author: String?
        /// Whether a member wrote it, or accepted the ticket with this very text.
        public let isTrusted: Bool
        /// Whether an agent wrote it that planned the goal for a member.
        public let isPlanned: Bool
    }

    /// The texts, in the order of the work order.
    public let passages: [Passage]

    /// The places of texts that no member wrote or accepted.
    public var untrusted: [String] { passages.filter { !$0.isTrusted }.map(\.path) }

    /// Who wrote each text, by its place.
    public var authors: JSON {
        .object(JSONObject(passages.map { ($0.path, JSON($0.author)) }))
    }

    /// Finds out who wrote the texts of a ticket, of its goal, and of what people said of it.
    ///
    /// - Parameters:
    ///   - ticket: The ticket.
    ///   - snapshot: The board.
    ///   - members: Whose words count as the clone's own.
    /// - Throws: ``BoardError`` if the board cannot be read.
    public init(_ ticket: Ticket, in snapshot: Snapshot, members: Members) throws {
        var records: [(record: Record, texts: [(group: String, path: String)])] = []
        if try snapshot.board().inboxGoalID != ticket.goalID,
            let goal = try snapshot.view(Goal.self, ticket.goalID)
        {
            records.append(
                (goal.record, [("title", "goal.title"), ("description", "goal.description")]))
        }
        records.append(
            (
                ticket.record,
                ["title", "description", "acceptance_criteria", "validation"].map {
                    ($0, "ticket.\($0)")
                }
            ))
        let revisions = Set(
            try snapshot.list(Revision.self).filter { $0.ticketID == ticket.id }.map(\.id))
        records += try snapshot.list(Review.self)
            .filter { revisions.contains($0.revisionID) && $0.decision != "approved" }
            .map { ($0.record, [("body", "review.body")]) }
        records += try snapshot.list(ReviewComment.self)
            .filter { !$0.isResolved && $0.revisionID.map(revisions.contains) ?? false }
            .map { ($0.record, [("content", "review.comments")]) }
        records += try snapshot.list(Question.self)
            .filter { $0.ticketID == ticket.id && $0.status == .answered }
            .map { ($0.record, [("status", "answers")]) }
        let events = try snapshot.events(of: Set(records.map(\.record.id)))
        let seen = Self.seen(of: ticket, events, members)
        let planners = try Self.planners(of: events, snapshot)
        var passages: [Passage] = []
        for (record, texts) in records {
            for (group, path) in texts where !Self.isEmpty(record.value(group)) {
                let event = Self.writer(of: group, record, events)
                let who = event.map { $0.actorType == .human ? $0.actorID : $0.onBehalfOf ?? "" }
                let isOwn = event?.actorType == .human || record.kind == .comment
                let isTrusted = (isOwn && members.contains(who ?? "")) || seen.contains(event?.id)
                passages.append(
                    Passage(
                        path: path, author: event?.actorID, isTrusted: isTrusted,
                        isPlanned: planners.contains(event?.actorID ?? "")
                            && members.contains(who ?? "")))
            }
        }
        self.passages = passages
    }

    private static func isEmpty(_ value: JSON) -> Bool {
        switch value {
        case .null: true
        case .string(let text): text.isEmpty
        case .array(let elements): elements.isEmpty
        default: false
        }
    }

    /// The event by which a group of a record came to hold what it holds.
    private static func writer(of group: String, _ record: Record, _ events: [Event]) -> Event? {
        let stamp = record.stamp(group)
        return events.last {
            $0.subjectID == record.id && $0.lamport == stamp.lamport
                && $0.replica == stamp.replica && $0.writes[group] != nil
        }
    }

    /// The events of a ticket that a member had before them when they accepted it.
    ///
    /// An acceptance names what was the last event then, and this the ones before: what another
    /// clone wrote at the same time is not among them.
    private static func seen(
        of ticket: Ticket, _ events: [Event], _ members: Members
    ) -> Set<String?> {
        let own = events.filter { $0.subjectID == ticket.id }
        let known = Dictionary(own.map { ($0.id, $0) }, uniquingKeysWith: { $1 })
        var left = own.filter {
            $0.actorType == .human && members.contains($0.actorID)
                && $0.fromState == TicketState.proposed.word
                && $0.toState == TicketState.planned.word
        }.flatMap(\.prev)
        var seen: Set<String?> = []
        while let id = left.popLast() {
            guard seen.insert(id).inserted, let event = known[id] else { continue }
            left += event.prev
        }
        return seen
    }

    /// The actors among the writers that are jobs which planned a goal.
    private static func planners(of events: [Event], _ snapshot: Snapshot) throws -> Set<String> {
        var planners: Set<String> = []
        for event in events where event.actorType == .executor {
            guard !planners.contains(event.actorID), let id = event.jobID ?? jobID(event.actorID),
                let job = try snapshot.view(Job.self, id), job.jobKind == .plan
            else { continue }
            planners.insert(event.actorID)
        }
        return planners
    }

    private static func jobID(_ actor: String) -> String? {
        actor.split(separator: ":").last.map(String.init)
    }
}

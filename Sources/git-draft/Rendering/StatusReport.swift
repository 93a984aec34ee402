import GitStore
import Model

/// What runs, what waits for a person, what failed, and what others do not have yet.
struct StatusReport {
    /// A job that has not ended, and its ticket.
    struct Running {
        /// The job.
        let job: Job
        /// What it works on.
        let ticket: Ticket?

        /// Whether it asked, was answered, and waits for its turn.
        var isAnswered: Bool {
            job.status == .queued && job.startedAt != nil && !job.isPersons
        }

        /// The command that takes it up then.
        var command: String? {
            guard isAnswered else { return nil }
            if let ticket { return "git draft run \(sentenceName(ticket.id))" }
            return job.goalID.map { "git draft plan \(sentenceName($0))" }
        }
    }

    /// A ticket that waits for a person.
    struct Waiting {
        /// The ticket.
        let ticket: Ticket
        /// The revision that is to be reviewed or to land.
        let revision: Revision?
        /// The questions without an answer.
        let questions: [Question]
        /// The job that made the revision, or that put the ticket there.
        let job: Job?
    }

    /// The plan of a goal that waits for an answer.
    struct Asking {
        /// The goal.
        let goal: Goal
        /// The questions without an answer.
        let questions: [Question]
    }

    /// A goal whose plan an agent did not come to an end with.
    struct Unplanned {
        /// The goal.
        let goal: Goal
        /// The job that was to plan it.
        let job: Job
    }

    /// A plan that is quarantined, some of which nobody accepted yet.
    struct Doubted {
        /// The goal.
        let goal: Goal
        /// The job that planned it.
        let job: Job
    }

    /// A ticket that cannot go on by itself.
    struct Failed {
        /// The ticket.
        let ticket: Ticket
        /// The job that put it there.
        let job: Job?
    }

    /// What a remote does not have, or we do not.
    struct Unpushed {
        /// The remote, `nil` if there is none.
        let remote: String?
        /// How many commits of the board the remote lacks; `nil` if it never got the board.
        let board: Int?
        /// How many commits of the board that were fetched are not merged.
        let unmerged: Int
        /// The commits of the base branch that its upstream lacks.
        let base: [String]
        /// The tickets that landed by one of those.
        let landed: [Ticket]
        /// Whether landings are pushed to the remote.
        let takesLandings: Bool

        /// The command that lands a ticket; `nil` if this version cannot land it there.
        func landing(_ name: String) -> String? {
            guard takesLandings, unmerged > 0, let remote else { return "git draft land \(name)" }
            guard board == 0 else { return nil }
            return "git fetch \(remote) \(Board.reference):\(Board.reference)"
        }
    }

    /// The board.
    let board: BoardRecord
    /// All tickets.
    let tickets: [Ticket]
    /// What runs or is about to, earliest first.
    let running: [Running]
    /// What waits for a person, most wanted first.
    let waiting: [Waiting]
    /// What asks, and is about no ticket.
    let asking: [Asking]
    /// The plans that nothing but a person accepts, earliest first.
    let doubted: [Doubted]
    /// What failed, most wanted first.
    let failed: [Failed]
    /// The goals that have no plan since their agent failed, earliest first.
    let unplanned: [Unplanned]
    /// What was not pushed.
    let unpushed: Unpushed
    /// The tickets that could run now.
    let ready: [Ticket]
    /// The files of records that cannot be read.
    let unreadable: [Snapshot.Unreadable]

    /// Reads the board.
    ///
    /// - Parameters:
    ///   - snapshot: The board.
    ///   - repository: Where it is.
    ///   - isNow: Whether it is the board of now; of another nobody knows what others lacked.
    /// - Throws: What the board throws if it cannot be read.
    init(_ snapshot: Snapshot, in repository: Repository, isNow: Bool = true) throws {
        board = try snapshot.board()
        let (tickets, badTickets) = try snapshot.all(Ticket.self)
        let (jobs, badJobs) = try snapshot.all(Job.self)
        let (questions, badQuestions) = try snapshot.all(Question.self)
        self.tickets = tickets
        let byID = Dictionary(tickets.map { ($0.id, $0) }, uniquingKeysWith: { $1 })
        let unknown = isNow ? try Self.unknownLandings(in: repository) : []
        running = jobs.filter { $0.status == .running || $0.status == .queued }.byAge()
            .filter { $0.jobKind != .land || !unknown.contains($0.ticketID ?? "") }
            .map { job in Running(job: job, ticket: job.ticketID.flatMap { byID[$0] }) }

        let ordered = tickets.inOrder()
        let open = Dictionary(
            grouping: questions.filter { $0.status == .open }.byAge(), by: { $0.ticketID ?? "" })
        let needy = ordered.filter { $0.state == .needsHuman }
        let (revisions, badRevisions) =
            needy.isEmpty ? ([], []) : try snapshot.all(Revision.self)
        let offered = Dictionary(
            revisions.filter { $0.status == .open || $0.status == .approved }
                .sorted { $0.number < $1.number }.map { ($0.ticketID, $0) },
            uniquingKeysWith: { $1 })
        let jobsByID = Dictionary(jobs.map { ($0.id, $0) }, uniquingKeysWith: { $1 })
        // What an answer has queued waits for nobody any more.
        let queued = Set(running.filter(\.isAnswered).compactMap(\.ticket?.id))
        let landing = Set(running.filter { $0.job.jobKind == .land }.compactMap(\.ticket?.id))
        waiting = needy.filter { !queued.contains($0.id) && !landing.contains($0.id) }.map {
            ticket in
            let revision = offered[ticket.id]
            let job = revision.map(\.jobID) ?? ticket.jobID
            return Waiting(
                ticket: ticket, revision: revision, questions: open[ticket.id] ?? [],
                job: job.flatMap { jobsByID[$0] })
        }
        asking = try jobs.filter { $0.jobKind == .plan && $0.status == .waitingForInput }
            .byAge().compactMap { job in
                let goal = try job.goalID.flatMap { try snapshot.view(Goal.self, $0) }
                let mine = (open[""] ?? []).filter { $0.jobID == job.id }
                return goal.map { Asking(goal: $0, questions: mine) }
            }
        let proposed = Set(tickets.filter { $0.state == .proposed }.map(\.id))
        doubted = try jobs.filter {
            $0.jobKind == .plan && $0.reason == Reason.tripwire.rawValue
                && !proposed.isDisjoint(with: $0.planned)
        }.byAge().compactMap { job in
            let goal = try job.goalID.flatMap { try snapshot.view(Goal.self, $0) }
            return goal.map { Doubted(goal: $0, job: job) }
        }
        failed = ordered.filter { $0.state == .blocked }
            .map { ticket in Failed(ticket: ticket, job: ticket.jobID.flatMap { jobsByID[$0] }) }
        unplanned = try Unplanned.all(jobs, tickets, snapshot)
        ready = tickets.ready()
        unpushed =
            isNow
            ? try Unpushed(snapshot, board, tickets, in: repository)
            : Unpushed(
                remote: nil, board: nil, unmerged: 0, base: [], landed: [], takesLandings: false)
        unreadable = badTickets + badJobs + badQuestions + badRevisions
    }

    /// The tickets of which nobody knows whether a remote took them, and nobody is finding out.
    ///
    /// Where its answer was lost, only another landing tells.
    private static func unknownLandings(in repository: Repository) throws -> Set<String> {
        let prefix = "refs/draft-local/pending/"
        let pending = try repository.references(under: prefix)
            .map { String($0.name.dropFirst(prefix.count)) }
        guard !pending.isEmpty, !isHeld("\(repository.commonDirectory)/draft/land-lock") else {
            return []
        }
        return Set(pending)
    }

    private static func isHeld(_ path: String) -> Bool {
        do throws(GitError) {
            guard let lock = try FileLock.tryLock(path, .shared) else { return true }
            _ = consume lock
            return false
        } catch {
            // Where nothing can be written nothing lands.
            return false
        }
    }

    /// The ids of the tickets and goals that wait for a person, then of those that failed.
    var attention: [String] {
        waiting.map(\.ticket.id) + asking.map(\.goal.id) + doubted.map(\.goal.id)
            + failed.map(\.ticket.id) + unplanned.map(\.goal.id)
    }

    /// The lines that `--porcelain` prints.
    var porcelain: String {
        var lines = running.map {
            ["running", $0.job.id, $0.ticket?.id ?? "", $0.job.stage ?? $0.job.status.word]
        }
        for item in waiting {
            let id = item.ticket.id
            lines += item.questions.map { ["waiting", id, "question", $0.id] }
            switch item.revision?.status {
            case .open?: lines.append(["waiting", id, "review", item.revision?.id ?? ""])
            case .approved?: lines.append(["waiting", id, "land", item.revision?.id ?? ""])
            default: if item.questions.isEmpty { lines.append(["waiting", id, "other", ""]) }
            }
        }
        for item in asking {
            lines += item.questions.map { ["waiting", item.goal.id, "question", $0.id] }
        }
        lines += doubted.map { ["waiting", $0.goal.id, "plan", $0.job.id] }
        lines += failed.map { ["failed", $0.ticket.id, $0.ticket.reason ?? ""] }
        lines += unplanned.map { ["failed", $0.goal.id, $0.job.reason ?? ""] }
        if let count = unpushed.board, count > 0 {
            lines.append(["unpushed", "board", "\(count)"])
        }
        if !unpushed.base.isEmpty { lines.append(["unpushed", "base", "\(unpushed.base.count)"]) }
        if unpushed.unmerged > 0 { lines.append(["unmerged", "board", "\(unpushed.unmerged)"]) }
        return lines.map(porcelainLine).joined()
    }

    /// What waits for a person, for tools; each entry has all keys.
    private var needs: [JSON] {
        func entry(
            _ ticket: Ticket?, _ revision: Revision?, _ goal: Goal?, _ job: Job?,
            _ questions: [Question]
        ) -> JSON {
            [
                "ticket": ticket?.shown ?? .null, "revision": revision?.shown ?? .null,
                "goal": goal?.shown ?? .null, "job": job?.shown ?? .null,
                "questions": .array(questions.map(\.shown)),
            ]
        }
        let tickets = waiting.map { entry($0.ticket, $0.revision, nil, $0.job, $0.questions) }
        let plans = asking.map { entry(nil, nil, $0.goal, nil, $0.questions) }
        return tickets + plans + doubted.map { entry(nil, nil, $0.goal, $0.job, []) }
    }

    /// What failed, for tools; each entry has all keys.
    private var failures: [JSON] {
        func entry(_ ticket: Ticket?, _ goal: Goal?, _ job: Job?) -> JSON {
            [
                "ticket": ticket?.shown ?? .null, "goal": goal?.shown ?? .null,
                "job": job?.shown ?? .null,
            ]
        }
        return failed.map { entry($0.ticket, nil, $0.job) }
            + unplanned.map { entry(nil, $0.goal, $0.job) }
    }

    /// The document that `--json` prints.
    var json: JSON {
        [
            "schema": .integer(RecordFormat.schema), "board": board.shown,
            "running": .array(
                running.map { ["job": $0.job.shown, "ticket": $0.ticket?.shown ?? .null] }),
            "waiting": .array(needs), "failed": .array(failures),
            "unpushed": [
                "remote": JSON(unpushed.remote), "board": JSON(unpushed.board.map(Int64.init)),
                "unmerged": .integer(Int64(unpushed.unmerged)), "base": JSON(unpushed.base),
                "tickets": JSON(unpushed.landed.map(\.id)),
            ],
        ]
    }
}

extension StatusReport.Unplanned {
    /// The open goals whose last plan failed, and that got no ticket since.
    fileprivate static func all(
        _ jobs: [Job], _ tickets: [Ticket], _ snapshot: Snapshot
    ) throws -> [Self] {
        let last = Dictionary(
            jobs.filter { $0.jobKind == .plan }.byAge().map { ($0.goalID ?? "", $0) },
            uniquingKeysWith: { $1 })
        return try last.values.byAge().compactMap { job in
            let isParked = job.reason == Reason.rateLimit.rawValue
            guard job.status == .failed || (job.status == .succeeded && isParked),
                let goal = try job.goalID.flatMap({ try snapshot.view(Goal.self, $0) }),
                goal.status == "open"
            else { return nil }
            let end = job.finishedAt ?? .distantPast
            let isPlanned = tickets.contains {
                $0.goalID == goal.id && ($0.createdAt ?? .distantPast) > end
            }
            return isPlanned ? nil : Self(goal: goal, job: job)
        }
    }
}

extension StatusReport.Unpushed {
    fileprivate init(
        _ snapshot: Snapshot, _ board: BoardRecord, _ tickets: [Ticket], in repository: Repository
    ) throws {
        let remotes = repository.configuration.remotes().map(\.name)
        let remote = board.claimRemote ?? remotes.first { $0 == "origin" } ?? remotes.first
        self.remote = remote
        let tracked = try remote.flatMap {
            try repository.target(of: "refs/draft-remotes/\($0)/board")
        }
        if let tracked {
            let boards = try Divergence(snapshot.commit, tracked, in: repository)
            self.board = boards.ahead.count
            unmerged = boards.behind
        } else {
            self.board = nil
            unmerged = 0
        }
        base = try Self.base(board.baseBranch, in: repository)
        let upstream = repository.configuration.upstream(of: board.baseBranch)?.remote
        takesLandings = upstream != nil && upstream == remote
        let ahead = Set(base)
        landed = tickets.filter { $0.landedCommit.map(ahead.contains) ?? false }.inOrder()
    }

    /// The commits of a branch that what it follows lacks.
    private static func base(_ branch: String, in repository: Repository) throws -> [String] {
        guard let upstream = repository.configuration.upstream(of: branch),
            let mine = try repository.target(of: "refs/heads/\(branch)"),
            let theirs = try repository.target(
                of: upstream.remote == "." ? upstream.ref : tracking(upstream))
        else { return [] }
        return try Divergence(mine, theirs, in: repository).ahead.map { "\($0)" }
    }

    private static func tracking(_ upstream: (remote: String, ref: String)) -> String {
        "refs/remotes/\(upstream.remote)/\(upstream.ref.split(separator: "/").dropFirst(2).joined(separator: "/"))"
    }
}

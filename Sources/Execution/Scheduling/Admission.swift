internal import FoundationEssentials
public import GitStore
public import Model

/// A job that may not start, and what would make it work.
public struct AdmissionError: Error, Sendable, CustomStringConvertible {
    /// One line.
    public let description: String
    /// A command that would make it work.
    public let hint: String?
    /// Why, in the word of the formats, if there is one.
    public let reason: Reason?

    /// Whether somebody else is at it, so that to try again may work.
    public let isBusy: Bool

    init(
        _ description: String, hint: String? = nil, reason: Reason? = nil, isBusy: Bool = false
    ) {
        self.description = description
        self.isBusy = isBusy
        self.hint = hint
        self.reason = reason
    }
}

/// Decides whether a ticket may be worked on, before any file is touched, and makes the job.
public struct Admission {
    let context: JobContext
    let invoker: Actor
    let request: RunRequest

    /// Creates the admission for what a person asked.
    public init(_ context: JobContext, invoker: Actor, request: RunRequest) {
        self.context = context
        self.invoker = invoker
        self.request = request
    }

    /// The commit that new work starts from.
    ///
    /// The fetched tip of the upstream where results are pushed, else the local branch.
    public static func base(_ context: JobContext) throws -> ObjectID {
        let repository = context.repository
        let branch = try context.board.snapshot().board().baseBranch
        let local = try repository.target(of: "refs/heads/\(branch)")
        if let upstream = repository.configuration.upstream(of: branch), upstream.remote != ".",
            let tip = try repository.target(
                of: "refs/remotes/\(upstream.remote)/"
                    + upstream.ref.dropFirst("refs/heads/".count)),
            try local == nil || context.policy(tip).merge.push != false
        {
            return tip
        }
        guard let local else {
            throw AdmissionError(
                "the base branch '\(branch)' does not exist", hint: "git branch \(branch)")
        }
        return local
    }

    /// The policy at a commit, with what the person said instead.
    func policy(at commit: ObjectID) throws -> Policy {
        var policy = try context.policy(commit)
        if let command = request.validate {
            policy.validation = ValidationTiers(
                fast: [], full: [ValidationCommand(command: command)])
        }
        return policy
    }

    /// A job that is about to be started, and the lock that says by whom.
    struct Launch {
        let job: String
        let lock: Slot
    }

    /// Makes the job of a ticket, or takes up one that waits.
    ///
    /// - Returns: The job.
    /// - Throws: ``AdmissionError`` if the ticket may not be worked on; nothing is changed then.
    func admit(_ id: String) throws -> Launch {
        let base = try Self.base(context)
        return try launching(ticket: id) { new, transaction in
            switch try decide(id, base, transaction) {
            case .takeUp(let launch): return launch
            case .make(let ticket, let agent, let start):
                try create(new.job, ticket, agent, start, transaction)
                return new
            }
        }
    }

    /// Refuses a ticket that may not be worked on, before anything is done for it.
    func check(_ id: String) throws {
        let base = try Self.base(context)
        try context.board.transact(as: invoker) { _ = try decide(id, base, $0) }
    }

    private enum Decision {
        case takeUp(Launch)
        case make(Ticket, agent: AgentChoice, Start)
    }

    private func decide(
        _ id: String, _ base: ObjectID, _ transaction: Transaction
    ) throws -> Decision {
        let ticket = try transaction.require(Ticket.self, id)
        let jobs = try transaction.list(Job.self).filter { $0.ticketID == id }
            .sorted { ($0.createdAt ?? .distantPast) < ($1.createdAt ?? .distantPast) }
        let others = jobs.filter { $0.jobKind != .land }
        if let waiting = try taken(up: others, ticket, transaction) { return .takeUp(waiting) }
        try check(ticket, transaction)
        let revisions = try transaction.list(Revision.self).filter { $0.ticketID == id }
        let last = revisions.max { $0.number < $1.number }
        let start = beginning(jobs.last, last, base)
        let policy = try policy(at: start.base)
        try checkInvoker(policy)
        try checkBranch(context.branch(of: ticket), policy)
        try context.checkEnvironment(policy)
        try checkValidation(policy, ticket)
        let agent = try chooseAgent(policy)
        try context.checkService(policy, agent.settings.kind)
        if let file = agent.settings.file { try context.check(script: file, at: start.base) }
        try context.skills.shelf(policy.skills, at: start.base).check()
        return .make(ticket, agent: agent, start)
    }

    /// The agent that gets the ticket; refuses where there is none on this machine.
    func chooseAgent(_ policy: Policy) throws -> AgentChoice {
        do {
            return try AgentLaunch.choose(
                request.agent, policy, environment: context.environment)
        } catch let error as ExecutionError where error.code == .programNotFound {
            throw AdmissionError(
                "\(error)",
                hint: AgentLaunch.installCommand(
                    request.agent, policy, environment: context.environment))
        }
    }

    /// Makes a job that is listed as ours before it exists, so that whatever dies is found.
    func launching(
        ticket: String?, _ body: (_ new: Launch, Transaction) throws -> Launch
    ) throws -> Launch {
        let id = context.board.context.newID()
        let files = JobFiles(commonDirectory: context.repository.commonDirectory, job: id)
        let leases = Leases(board: context.board)
        try context.repository.makeDirectory(files.directory)
        guard let lock = try Slot(files.launch) else { throw Self.busy(id, ticket ?? "") }
        func forget() throws {
            try leases.remove(job: id)
            try? FileManager.default.removeItem(atPath: files.directory)
        }
        do {
            try leases.add(Leases.Entry(job: id, ticket: ticket ?? ""))
            let launch = try context.board.transact(as: invoker) { transaction in
                try body(Launch(job: id, lock: lock), transaction)
            }
            if launch.job != id { try forget() }
            return launch
        } catch {
            try? forget()
            throw error
        }
    }

    private static func busy(_ job: String, _ ticket: String) -> AdmissionError {
        AdmissionError(
            "job \(job.prefix(6)) is at ticket \(ticket.prefix(6)) already",
            hint: "git draft logs -f \(job.prefix(6))", isBusy: true)
    }

    /// A job that is queued already; refuses if one is at work or waits for an answer.
    private func taken(
        up jobs: [Job], _ ticket: Ticket, _ transaction: Transaction
    ) throws -> Launch? {
        for job in jobs where !job.status.isTerminal {
            if job.isPersons {
                let isElsewhere = job.replica != transaction.replica
                throw AdmissionError.taken(ticket, by: job, isElsewhere: isElsewhere)
            }
            if let launch = try taken(up: job, of: "ticket \(ticket.id.prefix(6))", transaction) {
                return launch
            }
            throw Self.busy(job.id, ticket.id)
        }
        return nil
    }

    /// Takes up one job that has not ended; `nil` if somebody is at it.
    ///
    /// - Parameters:
    ///   - job: The job.
    ///   - subject: What it is for, such as `ticket 7k2f9q`.
    ///   - transaction: What is known of the board.
    /// - Returns: The job with its lock.
    /// - Throws: ``AdmissionError`` if it waits for an answer.
    func taken(
        up job: Job, of subject: String, _ transaction: Transaction
    ) throws -> Launch? {
        switch job.status {
        case .queued:
            let files = JobFiles(commonDirectory: context.repository.commonDirectory, job: job.id)
            try context.repository.makeDirectory(files.directory)
            guard let lock = try Slot(files.launch), try Slot(files.lock) != nil else { return nil }
            return Launch(job: job.id, lock: lock)
        case .waitingForInput:
            let open = try transaction.list(Question.self).first {
                $0.jobID == job.id && $0.status == .open
            }
            throw AdmissionError(
                "\(subject) waits for an answer",
                hint: open.map { "git draft answer \($0.id.prefix(6)) ANSWER" },
                reason: .question)
        default: return nil
        }
    }

    private func checkValidation(_ policy: Policy, _ ticket: Ticket) throws {
        guard !investigates(ticket), ticket.validation.isEmpty, !canBeGreen(policy),
            request.allowNoValidation == nil
        else { return }
        throw AdmissionError(
            "no required validation command is configured, so nothing can be green",
            hint: "git draft run --validate CMD \(ticket.id.prefix(6))")
    }

    private func investigates(_ ticket: Ticket?) -> Bool {
        request.investigates || ticket?.mode == "investigate"
    }

    /// Whether any command has to pass.
    private func canBeGreen(_ policy: Policy) -> Bool {
        (policy.validation.fast + policy.validation.full).contains(where: \.required)
    }

    private struct Start {
        var base: ObjectID
        var commit: ObjectID?
        var resumes: String?
        var counters: JSON?
    }

    private func beginning(_ job: Job?, _ revision: Revision?, _ base: ObjectID) -> Start {
        guard !request.isFresh else { return Start(base: base) }
        if let start = request.start {
            let old = job?.baseCommit.flatMap { ObjectID(hex: $0) }
            return Start(base: old ?? base, commit: start, resumes: job?.id)
        }
        if let revision, revision.status == .changesRequested,
            job == nil || job?.id == revision.jobID,
            let old = ObjectID(hex: revision.baseCommit),
            let head = ObjectID(hex: revision.headCommit)
        {
            return Start(base: old, commit: head)
        }
        let waited = job?.reason == Reason.rateLimit.rawValue
        guard let job, let old = job.baseCommit.flatMap({ ObjectID(hex: $0) }),
            job.jobKind == .execute || waited,
            let tip = try? Beginning.tip(of: job, context.repository), tip != old || waited
        else { return Start(base: base) }
        // `nil` alone would be a JSON null here.
        let died = [Reason.crashed.rawValue, Reason.system.rawValue].contains(job.reason)
        return Start(
            base: old, commit: tip, resumes: job.id,
            counters: died || waited ? job.record.value("counters") : JSON?.none)
    }

    private func create(
        _ id: String, _ ticket: Ticket, _ agent: AgentChoice, _ start: Start,
        _ transaction: Transaction
    ) throws {
        let kind = investigates(ticket) ? JobKind.investigate : .execute
        let policy = try policy(at: start.base)
        let skills = try context.skills.shelf(policy.skills, at: start.base)
            .chosen(for: ticket.labels)
        var groups: JSONObject =
            [
                "ticket_id": .string(ticket.id), "goal_id": .string(ticket.goalID),
                "kind": .string(kind.word),
                "mode": .string(kind == .investigate ? "investigate" : ticket.mode),
                "agent": ["name": .string(agent.name), "version": nil],
                "base_commit": .string("\(start.base)"), "resumes": JSON(start.resumes),
                "instructions": .array(
                    WorkOrder.instructions(for: ticket, kind: kind).map(\.listed)
                        + skills.map(\.listed)),
                "invocation": invocation(start, agent),
                "sandbox": .string(try context.sandbox(policy).kind.word),
            ]
        if let counters = start.counters { groups["counters"] = counters }
        var payload: JSONObject = ["ticket": ticket.shown]
        if let meant = agent.insteadOf {
            payload["fallback"] = ["from": .string(meant), "to": .string(agent.name)]
        }
        try transaction.create(
            .job, id: id, groups, as: .jobCreated,
            EventDetails(
                goal: ticket.goalID, ticket: ticket.id, to: JobStatus.queued.word,
                payload: payload))
    }

    private func invocation(_ start: Start, _ agent: AgentChoice? = nil) -> JSON {
        var members: JSONObject = [
            "source": "cli", "external_event_id": nil, "invoker": .string(invoker.id),
            "name": .string(invoker.name), "validate": JSON(request.validate),
            "allow_no_validation": JSON(request.allowNoValidation),
            "allow_red_base": JSON(request.allowRedBase), "fresh": .bool(request.isFresh),
            "start": JSON(start.commit?.description),
            "keeps_counters": .bool(start.counters != nil),
            "instead_of": JSON(agent?.insteadOf),
        ]
        // That it is there is for the trail; what is in it, never.
        if let file = context.environmentFile { members["environment_file"] = .string(file.path) }
        return .object(members)
    }

    /// Makes the job that validates the base before a ticket, unless it is known to be green.
    ///
    /// - Returns: The job, or `nil` if there is nothing to find out.
    func baseline(before ticket: String) throws -> Launch? {
        let snapshot = try context.board.snapshot()
        // One that an answer has queued goes on as it was started.
        let waiting = try snapshot.list(Job.self).first {
            $0.ticketID == ticket && $0.status == .queued && $0.jobKind != .land
        }
        let said = waiting?.record.value("invocation") ?? .null
        let isInvestigating = try investigates(snapshot.view(Ticket.self, ticket))
        guard request.allowRedBase == nil, said["allow_red_base"]?.string == nil,
            !isInvestigating, waiting?.jobKind != .investigate
        else { return nil }
        let base = try Self.base(context)
        var policy = try policy(at: base)
        waiting?.narrow(&policy)
        var invocation = invocation(Start(base: base)).object ?? [:]
        if let command = said["validate"]?.string { invocation["validate"] = .string(command) }
        let spoken = JSON.object(invocation)
        try context.checkEnvironment(policy)
        let judge = context.validation(stop: nil, limit: 0)
        guard canBeGreen(policy), try !judge.isKnownGreen(base, policy: policy) else { return nil }
        return try launching(ticket: nil) { new, transaction in
            try transaction.create(
                .job, id: new.job,
                [
                    "kind": .string(JobKind.verify.word), "base_commit": .string("\(base)"),
                    "sandbox": .string(try context.sandbox(policy).kind.word),
                    "invocation": spoken,
                ], as: .jobCreated, EventDetails(to: JobStatus.queued.word))
            return new
        }
    }
}

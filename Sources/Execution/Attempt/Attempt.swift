internal import FoundationEssentials
internal import GitStore
internal import Model

/// The loop of an execute job: the agent edits, the controller takes a snapshot, checks the
/// guardrails, validates, and tells the agent what failed, until it is green or enough.
final class Attempt {
    let context: JobContext
    let job: Job
    let ticket: Ticket
    let goal: Goal
    let policy: Policy
    let files: JobFiles
    let workspace: Workspace
    let recorder: JobRecorder
    let log: JobLog
    let stop: StopSignal
    let base: ObjectID
    var limits: AttemptLimits
    var head: ObjectID
    var iterations: [JSON]
    var feedback: [Feedback] = []
    var plan: String?

    /// The skills that the agent gets.
    var skills: [Skill] = []

    /// The secrets that the last snapshot holds, which ``head`` then does not follow.
    var secrets: [String] = []

    /// The snapshot with the fewest failures, the latest of these.
    var best: ObjectID?

    /// How many commands ``best`` fails.
    var fewest = Int.max

    /// The tree that counts as no change, as long as there was no turn in this job.
    var unchanged: ObjectID

    /// The files of dependencies that set-up made or changed, with digests of what was in them.
    var dependenciesOfSetup: [String: Set<String>] = [:]

    /// What helps against what stopped the job, instead of another try.
    var remedy: String?

    /// The agent that works, which a fallback may replace; ``nobody`` where a person does.
    var agent: (name: String, settings: AgentSettings)

    /// What stands for an agent in an attempt that never starts one.
    static let nobody = (name: "", settings: AgentSettings(kind: .command))

    /// What the agents of this job used so far, and how much money earlier jobs did before it.
    var usage: AgentUsage?
    var spentBefore: Int64 = 0

    /// The tools that the agent was not allowed to use in its last turn.
    var denied: [String] = []

    /// Where the agent found who pays; never what it is.
    var credential: String?

    /// When the limit is lifted that stopped the agent.
    var resetsAt: Timestamp?

    /// Looks at what is the user's while others' programs run.
    let tripwire: TripwireWatch

    /// The tree before a turn that was cut short and is done again.
    private var carried: ObjectID?

    struct Parts {
        var context: JobContext
        var job: Job
        var ticket: Ticket
        var goal: Goal
        var policy: Policy
        var workspace: Workspace
        var recorder: JobRecorder
        var log: JobLog
        var stop: StopSignal
        var base: ObjectID
        var head: ObjectID
        var unchanged: ObjectID
        var limits: AttemptLimits
        var agent: (name: String, settings: AgentSettings)
    }

    init(_ parts: Parts) throws {
        context = parts.context
        job = parts.job
        ticket = parts.ticket
        goal = parts.goal
        policy = parts.policy
        files = JobFiles(
            commonDirectory: parts.context.repository.commonDirectory, job: parts.job.id)
        workspace = parts.workspace
        recorder = parts.recorder
        log = parts.log
        stop = parts.stop
        base = parts.base
        head = parts.head
        unchanged = parts.unchanged
        limits = parts.limits
        tripwire = try TripwireWatch(
            parts.context, parts.policy, parts.recorder, parts.log)
        agent = parts.agent
        usage = AgentUsage(parts.job.record.value("usage"))
        iterations = parts.job.iterations.filter { !($0["snapshot"] ?? .null).isNull }
        workspace.hurry(until: limits.deadline)
    }

    /// Runs turns until there is a reason to end.
    func run() throws -> JobEnding {
        try recall()
        try takeSkills()
        var isAnswered = try context.isAnswered(job)
        while true {
            if let reason = limits.reasonBeforeTurn(isAnswered: isAnswered) {
                return stopped(reason)
            }
            if let budget, budget <= 0 { return stopped(.budget) }
            let counted = limits.iterations
            if let ending = try turn() { return ending }
            // A turn that the vendor cut short is done again, and takes an answer from nobody.
            if limits.iterations > counted { isAnswered = false }
        }
    }

    private func turn() throws -> JobEnding? {
        let number = limits.iterations + 1
        let started = context.board.context.now()
        try workspace.renewAgentGit(head: head)
        begin(number, at: started)
        try recorder.note(
            .jobIterationStarted,
            [
                "iterations": .array(iterations), "stage": "agent", "progress": 30,
                "counters": limits.counters,
            ], payload: ["n": .integer(Int64(number))])
        CrashPoint.agentRunning.reached(in: context.environment)
        let agent = try runAgent(number)
        // As if we had died with it: the turn counts for nothing, and is done again.
        if stop.isOrphaned { return .canceled }
        if let ending = try limited(agent) { return ending }
        let snapshot: WorkspaceSnapshot
        let changes: ChangeSummary
        do {
            snapshot = try workspace.snapshot(
                number: number, job: job.id, author: try author(started), previous: head)
            CrashPoint.snapshotWritten.reached(in: context.environment)
            changes = try workspace.changes(from: base, to: snapshot.commit)
        } catch ExecutionError.Code.deadline {
            log.heading("what the agent left could not be stored in time")
            return stopped(.runtime)
        } catch let error as ExecutionError where error.isAboutContents {
            // Such as an attribute that says how a file is encoded, and lies: no other try
            // would end otherwise. The files stay in the workspace. What fails elsewhere is the
            // machine's, such as a collection that runs beside us, and is tried again.
            let fault = JobFault(
                step: "snapshot", tool: "git", type: "agent_failed", message: "\(error)")
            return .failed(.agentFailed, fault, findings: findings(last: "\(error)"))
        }
        let before = try carried ?? context.repository.readCommit(head).tree
        let reference = reference(before)
        // What the vendor cut short is done again, and takes nobody's turn.
        let isCutShort = agent.failure?.kind == .rateLimit
        if !isCutShort { limits.iterations = number }
        try record(number, agent, snapshot, changes)
        if isCutShort, try standIn(for: agent) {
            carried = reference
            return nil
        }
        carried = nil
        if let ending = ending(of: agent, isChanged: snapshot.tree != reference) { return ending }
        if job.jobKind == .investigate { return try investigated(agent) }
        let ending = try judge(number, snapshot, changes, reference: reference)
        if ending == nil, let objection = denial { feedback.append(objection) }
        return ending
    }

    /// The tree that is no change: the last that was judged, else that of the beginning.
    ///
    /// A turn that ends with a question is not judged: what it did is for the next one to offer.
    private func reference(_ before: ObjectID) -> ObjectID {
        let earlier = iterations.dropLast()
        let judged = earlier.lastIndex { !($0["full"] ?? .null).isNull }
        guard let judged else { return unchanged }
        if judged == earlier.indices.last { return before }
        return earlier[judged]["tree"]?.string.flatMap { ObjectID(hex: $0) } ?? unchanged
    }

    /// The environment of set-up and validation.
    var environment: [String: String] {
        context.jobEnvironment(files, job: job.id, ticket: ticket.id, goal: goal.id, policy)
    }

    /// The environment of the agent.
    var agentEnvironment: [String: String] {
        context.jobEnvironment(
            files, job: job.id, ticket: ticket.id, goal: goal.id, policy,
            agent: agent.settings.kind)
    }

    // MARK: - The agent

    /// The turns on the ticket that ended in a snapshot, over all its jobs.
    ///
    /// A job that went on with the counters of one that died counts that one's turns, too:
    /// of such a line only the last counts.
    func turnsBefore() throws -> Int {
        let others = try context.board.snapshot().list(Job.self)
            .filter { $0.ticketID == ticket.id && $0.id != job.id }
        var continued = Set((others + [job]).compactMap(\.continues))
        let ids = Dictionary(others.map { ($0.id, $0) }, uniquingKeysWith: { $1 })
        var line = job.continues
        while let id = line, let old = ids[id] {
            continued.insert(id)
            line = old.continues
        }
        return others.filter { !continued.contains($0.id) }
            .reduce(limits.iterations) { $0 + $1.turns }
    }

    /// The path of a replay script: an absolute one as it is, else as the base commit has it.
    func script(_ path: String) throws -> String {
        guard let blob = try context.script(path, at: base) else {
            return PlacePath.physical(path) ?? path
        }
        try files.prepare()
        try JobFiles.replace(files.script, with: try context.repository.readBlob(blob))
        return files.script
    }

    private func author(_ time: Timestamp) throws -> Signature {
        let invocation = job.record.value("invocation")
        let invoker = job.invoker ?? ""
        return Signature(
            name: invocation["name"]?.string ?? "git-draft",
            email: invoker.hasPrefix("git:") ? String(invoker.dropFirst(4)) : "git-draft@localhost",
            seconds: time.milliseconds / 1000)
    }

    private func investigated(_ agent: AgentTurn) throws -> JobEnding {
        let words = agent.result?.findings ?? agent.report?.answer
        guard let text = words, !text.isEmpty else { return stopped(.noChange) }
        let tree = try context.repository.readCommit(base).tree
        try context.board.keep(
            [EvidenceFile(.findings, text.utf8)], of: job.id, month: job.month)
        // The last words of an agent may be longer than any record.
        let findings = Text.boundedHeadAndTail(text, limit: AgentResult.textLimit)
        var revision = NewRevision(base: base, head: base, tree: tree, findings: findings)
        revision.changes = tripwire.grave.map(\.json)
        return .revision(revision)
    }

    // MARK: - Ends

    func stopped(_ reason: Reason) -> JobEnding {
        let objection = feedback.first(where: \.isObjection)
        let denied = reason == .noChange ? denial?.output : nil
        let last = objection?.output ?? denied ?? feedback.last?.output
        let isLanded = reason == .noChange && ticket.landedCommit != nil
        if isLanded { remedy = "git draft ticket move \(ticket.id.prefix(6)) done" }
        var ending = JobEnding.stopped(reason, findings: findings(last: last))
        // One that was opened again and needs nothing is a person's to close, and blocks nobody.
        if isLanded { ending.ticket = .needsHuman }
        ending.error = objection.map {
            JobFault(
                step: "snapshot", tool: "guardrail", type: $0.command,
                message: Text.boundedHead($0.output, limit: 4096))
        }
        return ending
    }

    /// What a person needs to know of an attempt that did not get there.
    func findings(last failure: String?) -> JSON {
        let tried = iterations.map { iteration -> JSON in
            let n = iteration["n"]?.integer ?? 0
            let fast = iteration["fast"]?.string ?? "-"
            let full = iteration["full"]?.string ?? "-"
            return .string("turn \(n): fast \(fast), full \(full)")
        }
        let name = ticket.id.prefix(6)
        let when = resetsAt.map { "    # from \($0) on" } ?? ""
        var findings: JSONObject = [
            "tried": .array(tried),
            "last_failure": JSON(failure.map { Text.boundedTail($0, limit: 4096) }),
            "best_snapshot": JSON((best ?? (head == base ? nil : head))?.description),
            "next": .string(remedy ?? "\(permission ?? "")git draft retry \(name)\(when)"),
        ]
        if let resetsAt { findings["resets_at"] = JSON(resetsAt) }
        return .object(findings)
    }
}

extension Job {
    /// The month of the job's evidence and attempts.
    var month: String { (createdAt ?? .distantPast).month }

    /// The job whose counters this one goes on with.
    var continues: String? {
        let keeps = record.value("invocation")["keeps_counters"]?.bool ?? false
        return keeps ? resumes : nil
    }

    /// How many turns ended in a snapshot, those of the jobs that it continues included.
    var turns: Int { Int(AttemptLimits.count(counters.iterations)) }
}

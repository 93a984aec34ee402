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

    /// The secrets that the last snapshot holds, which ``head`` then does not follow.
    var secrets: [String] = []

    /// The snapshot with the fewest failures, the latest of these.
    var best: ObjectID?

    /// How many commands ``best`` fails.
    var fewest = Int.max

    /// The tree that counts as no change, as long as there was no turn in this job.
    var unchanged: ObjectID

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
    }

    init(_ parts: Parts) {
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
        iterations = parts.job.iterations.filter { !($0["snapshot"] ?? .null).isNull }
    }

    /// Runs turns until there is a reason to end.
    func run() throws -> JobEnding {
        try recall()
        while true {
            if let reason = limits.reasonBeforeTurn { return stopped(reason) }
            if let ending = try turn() { return ending }
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
        let snapshot: WorkspaceSnapshot
        do {
            snapshot = try workspace.snapshot(
                number: number, job: job.id, author: try author(started), previous: head)
        } catch let error as ExecutionError
            where error.code == .failed && error.action.contains("update-index")
        {
            // Such as an attribute that says how a file is encoded, and lies: no other try
            // would end otherwise. The files stay in the workspace. What fails elsewhere is the
            // machine's, such as a collection that runs beside us, and is tried again.
            let fault = JobFault(
                step: "snapshot", tool: "git", type: "agent_failed", message: "\(error)")
            return .failed(.agentFailed, fault, findings: findings(last: "\(error)"))
        }
        CrashPoint.snapshotWritten.reached(in: context.environment)
        let before = try context.repository.readCommit(head).tree
        let changes = try workspace.changes(from: base, to: snapshot.commit)
        limits.iterations = number
        try record(number, agent, snapshot, changes)
        if let ending = ending(of: agent) { return ending }
        if job.jobKind == .investigate { return try investigated(agent) }
        return try judge(
            number, snapshot, changes, reference: iterations.count == 1 ? unchanged : before)
    }

    /// The environment of whatever runs in the workspace.
    var environment: [String: String] {
        context.jobEnvironment(files, job: job.id, ticket: ticket.id, goal: goal.id)
    }

    // MARK: - The agent

    private func runAgent(_ number: Int) throws -> AgentTurn {
        let done = try turnsBefore()
        let launch = try AgentLaunch.of(
            job.agentName, policy: policy, program: context.program, turn: done,
            script: { try self.script($0) })
        let runner = AgentRunner(
            launch: launch, files: files, sandbox: context.sandbox, redactor: context.redactor,
            environment: environment, stop: stop)
        log.heading("turn \(number) of \(policy.guardrails.maxIterations): agent \(launch.name)")
        let order = try order(number)
        let turn = try runner.run(order, deadline: limits.deadline) { log.append($0) }
        try keep(order, turn)
        if plan == nil, let text = turn.result?.plan {
            plan = text
            try recorder.note(.jobPlanRecorded, payload: ["plan": .string(text)])
        }
        return turn
    }

    private func keep(_ order: WorkOrder, _ turn: AgentTurn) throws {
        var files = [
            EvidenceFile(.workOrder, order.json.canonical),
            EvidenceFile(.agentRaw, turn.output), EvidenceFile(.agentLog, turn.log),
        ]
        if let result = turn.result { files.append(EvidenceFile(.meta, result.json.canonical)) }
        try context.board.keep(files, of: job.id, month: job.month)
    }

    /// The turns on the ticket that ended in a snapshot, over all its jobs.
    ///
    /// A job that went on with the counters of one that died counts that one's turns, too:
    /// of such a line only the last counts.
    private func turnsBefore() throws -> Int {
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
    private func script(_ path: String) throws -> String {
        guard let blob = try context.script(path, at: base) else { return path }
        let copy = files.directory + "/replay.yaml"
        try JobFiles.replace(copy, with: try context.repository.readBlob(blob))
        return copy
    }

    private func author(_ time: Timestamp) throws -> Signature {
        let invocation = job.record.value("invocation")
        let invoker = job.invoker ?? ""
        return Signature(
            name: invocation["name"]?.string ?? "git-draft",
            email: invoker.hasPrefix("git:") ? String(invoker.dropFirst(4)) : "git-draft@localhost",
            seconds: time.milliseconds / 1000)
    }

    private func ending(of agent: AgentTurn) -> JobEnding? {
        switch agent.end {
        case .stopped: return .canceled
        case .deadline: return stopped(.runtime)
        case .failed(let sentence):
            let fault = JobFault(
                step: "agent", tool: job.agentName ?? "agent", type: "agent_failed",
                message: sentence)
            return .failed(.agentFailed, fault, findings: findings(last: sentence))
        case .inOrder: break
        }
        guard let result = agent.result, result.status == .needsInput else { return nil }
        return result.question.map { .asks($0) }
    }

    private func investigated(_ agent: AgentTurn) throws -> JobEnding {
        guard let text = agent.result?.findings, !text.isEmpty else { return stopped(.noChange) }
        let tree = try context.repository.readCommit(base).tree
        try context.board.keep(
            [EvidenceFile(.findings, text.utf8)], of: job.id, month: job.month)
        return .revision(NewRevision(base: base, head: base, tree: tree, findings: text))
    }

    // MARK: - Ends

    func stopped(_ reason: Reason) -> JobEnding {
        .stopped(reason, findings: findings(last: feedback.last?.output))
    }

    /// What a person needs to know of an attempt that did not get there.
    func findings(last failure: String?) -> JSON {
        let tried = iterations.map { iteration -> JSON in
            let n = iteration["n"]?.integer ?? 0
            let fast = iteration["fast"]?.string ?? "-"
            let full = iteration["full"]?.string ?? "-"
            return .string("turn \(n): fast \(fast), full \(full)")
        }
        return [
            "tried": .array(tried),
            "last_failure": JSON(failure.map { Text.boundedTail($0, limit: 4096) }),
            "best_snapshot": JSON((best ?? (head == base ? nil : head))?.description),
            "next": "git draft retry \(ticket.id.prefix(6))",
        ]
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
    var turns: Int { Int(counters.iterations) }
}

internal import GitStore
internal import Model

/// A job that makes tickets of a goal: one turn of an agent in a directory that is thrown away.
struct PlanAttempt {
    private let context: JobContext
    private let job: Job
    private let policy: Policy
    private let recorder: JobRecorder
    private let log: JobLog
    private let stop: StopSignal
    private let files: JobFiles
    private let agent: (name: String, settings: AgentSettings)

    /// How much of an answer that is no plan is quoted, in bytes.
    private static let quoteLimit = 400

    init(
        _ context: JobContext, _ job: Job, _ policy: Policy, _ recorder: JobRecorder,
        _ log: JobLog, _ stop: StopSignal
    ) throws {
        self.context = context
        self.job = job
        self.policy = policy
        self.recorder = recorder
        self.log = log
        self.stop = stop
        files = JobFiles(commonDirectory: context.repository.commonDirectory, job: job.id)
        agent = try AgentLaunch.settings(
            job.agentName, policy, environment: context.environment)
    }

    /// Has the agent plan; what it changes in its directory is dropped.
    func run() throws -> JobEnding {
        guard let planning = context.planning, let goalID = job.goalID,
            let base = job.baseCommit.flatMap({ ObjectID(hex: $0) })
        else { throw BoardError(.damaged, "job \(job.id.prefix(6)) has nothing to plan") }
        let goal = try context.board.snapshot().require(Goal.self, goalID)
        log.heading("job \(job.id) plans goal \(goal.id): \(goal.title)")
        let brief = try planning.brief(goal, base, policy)
        var limits = AttemptLimits(policy.guardrails, counters: job.counters, after: [])
        if let reason = limits.reasonBeforeTurn(isAnswered: try context.isAnswered(job)) {
            return .stopped(reason, findings: .null)
        }
        if let budget, budget <= 0 {
            let spent = Money.dollars(usedBefore?.cost ?? 0)
            return .stopped(
                .budget, findings: findings("max_budget_usd is used up: $\(spent)", nil))
        }
        let number = limits.iterations + 1
        let (turn, isTripped) = try context.checkingOut(base, job: job.id) { workspace in
            let order = PlanOrder(
                goal: goal, workspace: workspace.path, baseCommit: "\(base)", iteration: number,
                brief: brief, answers: try answers(), policy: policy, deadline: deadline(limits))
            return try take(order, base, limits, workspace)
        }
        limits.iterations = number
        var groups = account(turn)
        groups["counters"] = limits.counters
        try recorder.note(
            .jobIterationFinished, groups, payload: ["n": .integer(Int64(number))])
        let ending = try ending(of: turn, goal, planning)
        return isTripped ? ending.quarantinedPlan : ending
    }

    /// Runs the agent, and keeps what it was told and what it said; and whether something of the
    /// user's changed meanwhile that speaks against the plan.
    private func take(
        _ order: PlanOrder, _ base: ObjectID, _ limits: AttemptLimits, _ workspace: Workspace
    ) throws -> (AgentTurn, isTripped: Bool) {
        let number = order.iteration
        try recorder.note(
            .jobIterationStarted,
            ["stage": "agent", "progress": 30, "counters": limits.counters],
            payload: ["n": .integer(Int64(number))])
        CrashPoint.agentRunning.reached(in: context.environment)
        let sandbox = try context.sandbox(policy)
        var request = try request(order, base)
        request.isSandboxed = sandbox.kind.isApart
        let launch = try AgentLaunch.of(agent.settings, request)
        var cell = context.cell(workspace, files, policy, .agent)
        cell.isReadOnly = true
        cell.admit(agent.settings, policy.servers, script: request.script)
        let runner = AgentRunner(
            launch: launch, files: files, sandbox: sandbox, cell: cell,
            redactor: context.redactor, environment: environment(order.goal), stop: stop)
        log.heading("agent \(agent.name)")
        let task = AgentTask(
            order: order.json, directory: order.workspace,
            variables: ["DRAFT_GOAL": order.goal.id, "DRAFT_ITERATION": "\(number)"])
        let watch = try TripwireWatch(context, policy, recorder, log)
        let turn = try watch.watching {
            try runner.run(task, deadline: limits.deadline) { log.append($0) }
        }
        try context.board.keep(turn.evidence(order.json), of: job.id, month: job.month)
        return (turn, !watch.grave.isEmpty)
    }

    private func environment(_ goal: Goal) -> [String: String] {
        context.jobEnvironment(
            files, job: job.id, ticket: nil, goal: goal.id, policy, agent: agent.settings.kind)
    }

    /// What the command line of the turn is made from.
    private func request(_ order: PlanOrder, _ base: ObjectID) throws -> AgentRequest {
        var request = AgentRequest(
            name: agent.name, directory: order.workspace, home: files.home,
            temporary: files.temporary, environment: environment(order.goal))
        request.prompt = AgentPrompt.plan(order)
        request.budget = budget
        request.isReadOnly = true
        request.servers = policy.servers
        request.program = context.program
        request.turn = try turnsBefore()
        request.now = context.board.context.now
        if let file = agent.settings.file { request.script = try script(file, at: base) }
        return request
    }

    /// What the job may still cost, in micro-USD; `nil` if nothing limits it.
    private var budget: Int64? {
        agent.settings.maxBudget.map { $0 - (usedBefore?.cost ?? 0) }
    }

    /// What earlier turns of the job used.
    private var usedBefore: AgentUsage? { AgentUsage(job.record.value("usage")) }

    /// The groups that say what the turn used, and who took it.
    private func account(_ turn: AgentTurn) -> JSONObject {
        var groups: JSONObject = ["exit_code": JSON(turn.exitCode.map(Int64.init))]
        guard let report = turn.report else { return groups }
        groups["agent"] = ["name": .string(agent.name), "version": JSON(report.version)]
        groups["agent_session"] = JSON(report.session)
        if let used = report.sessionUsage ?? report.usage {
            groups["usage"] = (usedBefore.map { $0 + used } ?? used).json
        }
        return groups
    }

    // MARK: - What it says

    private func ending(
        of turn: AgentTurn, _ goal: Goal, _ planning: Planning
    ) throws -> JobEnding {
        switch turn.end {
        case .stopped: return .canceled
        case .deadline: return .stopped(.runtime, findings: findings("the time was up", nil))
        case .limit(let breach):
            return .limit(breach, tool: agent.name, findings: findings("\(breach)", nil))
        case .failed(let sentence): return failed(sentence, turn.failure)
        case .inOrder: break
        }
        if let question = turn.result?.question { return .asks(question) }
        let answer = answer(of: turn)
        do {
            return .planned(try planning.read(answer, goal, job))
        } catch {
            let why = Self.line("\(error)".replacing("\n", with: "; "))
            let head = Self.line(Text.decode(answer.prefix(4096)))
            return failed(
                "the agent's answer is no plan: \(why); "
                    + (head.isEmpty ? "it is empty" : "it begins: \(head)"))
        }
    }

    /// The beginning of a text, in one line.
    private static func line(_ text: String) -> String {
        let words = text.split(whereSeparator: \.isWhitespace).joined(separator: " ")
        return Text.boundedHead(words, limit: quoteLimit)
    }

    /// The tickets of the result, else what it said last, else all that it printed.
    private func answer(of turn: AgentTurn) -> [UInt8] {
        if let result = turn.result, result.json["tickets"] != nil { return result.json.canonical }
        return turn.answer.map { Array($0.utf8) } ?? turn.output
    }

    private func failed(_ sentence: String, _ failure: AgentFailure? = nil) -> JobEnding {
        switch failure?.kind {
        case .budget?: return .stopped(.budget, findings: findings(sentence, failure))
        case .rateLimit?: return .stopped(.rateLimit, findings: findings(sentence, failure))
        default:
            return .failed(.agentFailed, JobFault(of: agent, sentence, failure), findings: .null)
        }
    }

    /// What a person needs to know of a plan that did not come about.
    private func findings(_ sentence: String, _ failure: AgentFailure?) -> JSON {
        let when = failure?.resetsAt.map { "    # from \($0) on" } ?? ""
        var findings: JSONObject = [
            "tried": [], "last_failure": .string(sentence), "best_snapshot": nil,
            "next": "git draft plan \((job.goalID ?? "").prefix(6))\(when)",
        ]
        if let time = failure?.resetsAt { findings["resets_at"] = JSON(time) }
        return .object(findings)
    }

    // MARK: - What it is told

    private func answers() throws -> [JSON] {
        try context.board.snapshot().list(Question.self)
            .filter { $0.jobID == job.id && $0.status == .answered }
            .sorted { ($0.record.created.lamport, $0.id) < ($1.record.created.lamport, $1.id) }
            .map { question in
                [
                    "question_id": .string(question.id), "text": .string(question.text),
                    "choice": question.answer["choice"] ?? .null,
                    "answer": question.answer["text"] ?? .null,
                ]
            }
    }

    private func deadline(_ limits: AttemptLimits) -> Timestamp {
        let left = ContinuousClock.now.duration(to: limits.deadline).components.seconds
        return context.board.context.now().advanced(byMilliseconds: left * 1000)
    }

    /// The turns of all jobs that planned the goal.
    private func turnsBefore() throws -> Int {
        try context.board.snapshot().list(Job.self)
            .filter { $0.jobKind == .plan && $0.goalID == job.goalID }
            .reduce(0) { $0 + $1.turns }
    }

    /// The path of a replay script: an absolute one as it is, else as the base commit has it.
    private func script(_ path: String, at base: ObjectID) throws -> String {
        guard let blob = try context.script(path, at: base) else {
            return PlacePath.physical(path) ?? path
        }
        try files.prepare()
        try JobFiles.replace(files.script, with: try context.repository.readBlob(blob))
        return files.script
    }
}

internal import FoundationEssentials
internal import GitStore
internal import Model

/// The turns of the agent: its command line, its session, its money, and how they end.
extension Attempt {
    /// What the job may still cost, in micro-USD; `nil` if nothing limits it.
    var budget: Int64? {
        agent.settings.maxBudget.map { $0 - spentBefore - (usage?.cost ?? 0) }
    }

    /// Runs a turn, in a new session if the last one cannot be resumed.
    func runAgent(_ number: Int) throws -> AgentTurn {
        let meant = agent.name == job.agentName ? job.insteadOf : nil
        log.heading(
            "turn \(number) of \(max(number, policy.guardrails.maxIterations)): agent \(agent.name)"
                + (meant.map { ", since \($0) is not installed" } ?? ""))
        let order = try order(number)
        var session = AgentSession(files)
        if session?.agent != agent.name { session = nil }
        var turn = try runAgent(order, session)
        if let old = session, turn.couldNotResume(old.id), !stop.isRequested {
            log.heading("the session cannot be resumed, a new one begins")
            session = nil
            turn = try runAgent(order, nil)
        }
        try keep(order, turn)
        if let report = turn.report { try account(report, turn, session) }
        if plan == nil, let text = turn.result?.plan {
            plan = text
            try recorder.note(.jobPlanRecorded, payload: ["plan": .string(text)])
        }
        return turn
    }

    private func runAgent(_ order: WorkOrder, _ session: AgentSession?) throws -> AgentTurn {
        let sandbox = try context.sandbox(policy)
        var request = try request(order, session)
        request.isSandboxed = sandbox.kind.isApart
        let launch = try AgentLaunch.of(agent.settings, request)
        try files.prepare()
        try SkillCopy.write(
            skills, [JobFiles.inputFolder, JobFiles.skillsFolder], in: files.directory)
        credential = launch.credential
        var task = AgentTask(order)
        if launch.stream == nil {
            task.prompt = AgentPrompt.first(order, result: files.result)
        }
        var cell = context.cell(workspace, files, policy, .agent)
        cell.isReadOnly = request.isReadOnly
        cell.admit(agent.settings, policy.servers, script: request.script)
        var runner = AgentRunner(
            launch: launch, files: files, sandbox: sandbox, cell: cell,
            redactor: context.redactor, environment: agentEnvironment, stop: stop)
        runner.isOver = recorder.watchingClaim()
        return try tripwire.watching {
            try runner.run(task, deadline: limits.deadline) { log.append($0) }
        }
    }

    private func request(_ order: WorkOrder, _ session: AgentSession?) throws -> AgentRequest {
        var request = AgentRequest(
            name: agent.name, directory: order.workspace, home: files.home,
            temporary: files.temporary, environment: agentEnvironment)
        request.prompt =
            session == nil
            ? AgentPrompt.first(order)
            : AgentPrompt.next(order, answers: try answersSinceLastTurn(order))
        request.session = session?.id
        request.sessionUsage = session?.total
        request.gitDirectory = files.agentGit
        request.budget = budget
        request.isReadOnly = job.jobKind == .investigate
        request.commands =
            policy.validation.fast.map(\.command) + policy.validation.full.map(\.command)
            + ticket.validation
        request.servers = policy.servers
        request.skills = skills
        request.program = context.program
        request.turn = try turnsBefore()
        request.now = context.board.context.now
        if let file = agent.settings.file { request.script = try script(file) }
        return request
    }

    /// What people answered to this job after its last turn began.
    private func answersSinceLastTurn(_ order: WorkOrder) throws -> [JSON] {
        let turns = iterations.dropLast()
        guard let last = turns.last?["started_at"]?.string.flatMap({ Timestamp($0) }) else {
            return order.answers
        }
        let recent = try context.board.snapshot().list(Question.self)
            .filter { question in
                let at = question.answer["at"]?.string.flatMap { Timestamp($0) }
                return question.ticketID == ticket.id && (at ?? .distantPast) >= last
            }.map(\.id)
        return order.answers.filter { answer in
            answer["question_id"]?.string.map(recent.contains) ?? false
        }
    }

    private func keep(_ order: WorkOrder, _ turn: AgentTurn) throws {
        try context.board.keep(turn.evidence(order.json), of: job.id, month: job.month)
    }

    // MARK: - What a turn used

    /// Writes down the session, the version and what the turn used.
    private func account(
        _ report: AgentReport, _ turn: AgentTurn, _ session: AgentSession?
    ) throws {
        let before = session?.id == report.session ? session?.total : nil
        let used = report.sessionUsage?.since(before) ?? report.usage
        if let used {
            usage = usage.map { $0 + used } ?? used
            let tokens = used.tokensIn.addingReportingOverflow(used.tokensOut)
            amend([
                "tokens": .integer(tokens.overflow ? Int64.max : tokens.partialValue),
                "cost": JSON(used.cost),
            ])
            if used.cost == nil, agent.settings.maxBudget != nil {
                log.heading(
                    "agent \(agent.name) does not tell what it costs: max_budget_usd limits nothing"
                )
            }
        }
        if let id = report.session {
            let total = report.sessionUsage ?? before
            try AgentSession(agent: agent.name, id: id, total: total).write(files)
        }
        denied = report.denied
        var groups: JSONObject = [
            "iterations": .array(iterations), "exit_code": JSON(turn.exitCode.map(Int64.init)),
            "agent": ["name": .string(agent.name), "version": JSON(report.version)],
        ]
        if let id = report.session { groups["agent_session"] = .string(id) }
        if let usage { groups["usage"] = usage.json }
        var payload: JSONObject = [
            "agent": .string(agent.name), "model": JSON(report.model), "denied": JSON(denied),
            "credential": JSON(credential),
        ]
        if let failure = turn.failure { payload["failure"] = failure.json }
        try recorder.note(.jobCommandExecuted, groups, payload: payload)
    }

    /// Takes over the session of the job that this one goes on with.
    func inheritSession() throws {
        guard let id = job.continues else { return }
        let jobs = try context.board.snapshot().list(Job.self)
        var line: String? = id
        var seen: Set<String> = []
        while let old = line, seen.insert(old).inserted,
            let record = jobs.first(where: { $0.id == old })
        {
            spentBefore += AgentUsage(record.record.value("usage"))?.cost ?? 0
            line = record.continues
        }
        let old = JobFiles(commonDirectory: context.repository.commonDirectory, job: id)
        guard AgentSession(files) == nil, let session = AgentSession(old) else { return }
        try? Folder(trusted: files.directory).remove(JobFiles.homeFolder)
        do {
            try FileManager.default.moveItem(atPath: old.home, toPath: files.home)
            try session.write(files)
            try JobFiles.remove(old.session)
        } catch {
            // Then a new session begins.
            log.heading("the session of job \(id.prefix(6)) cannot be taken over")
        }
    }

    // MARK: - How a turn ends

    /// What the agent was not allowed to do, for whoever wonders.
    var denial: Feedback? {
        guard !denied.isEmpty else { return nil }
        return Feedback(
            tier: "guardrail", command: "permissions", exitCode: nil,
            output: "the agent was not allowed to use: " + denied.joined(separator: ", "))
    }

    /// What would let the agent do what it was not allowed to do, before anything else is said.
    var permission: String? {
        guard let first = denied.first else { return nil }
        let parts = first.split(whereSeparator: { "( )".contains($0) }).prefix(2).map(String.init)
        let isPlain = parts.allSatisfy { part in
            part.utf8.allSatisfy {
                (0x30...0x39).contains($0) || (0x61...0x7a).contains($0 | 0x20)
                    || "._-/".utf8.contains($0)
            }
        }
        guard isPlain, let name = parts.first else { return nil }
        let tool = name == "Bash" && parts.count > 1 ? "Bash(\(parts[1]):*)" : name
        return "let jobs run in a sandbox (git config draft.sandbox bwrap), or allow it by "
            + "args: [\"--allowedTools=\(tool)\"] of agents.\(agent.name) in draft.yaml; then "
    }

    /// How a job ends by a turn that gave nothing to judge; `nil` if there is.
    func ending(of turn: AgentTurn, isChanged: Bool) -> JobEnding? {
        switch turn.end {
        case .stopped: return .canceled
        case .deadline: return stopped(.runtime)
        case .limit(let breach):
            return .limit(breach, tool: self.agent.name, findings: findings(last: "\(breach)"))
        case .failed(let sentence): return failed(sentence, turn.failure, isChanged)
        case .inOrder: break
        }
        guard let result = turn.result, result.status == .needsInput else { return nil }
        return result.question.map { .asks($0) }
    }

    /// How a job ends whose agent did not keep a limit; `nil` if it did.
    ///
    /// What has filled the disk is not kept, neither in a snapshot nor in the workspace.
    func limited(_ turn: AgentTurn) throws -> JobEnding? {
        guard case .limit(let breach) = turn.end else { return nil }
        try recorder.note(
            .guardrailHit, reason: Reason.limit.rawValue,
            payload: [
                "details": [.string("\(breach)")], "limit": .string(breach.kind.rawValue),
                "allowed": .integer(breach.allowed), "used": JSON(breach.used),
            ])
        log.heading("\(breach)")
        guard breach.kind == .disk else { return nil }
        try? workspace.remove(isForced: true)
        return ending(of: turn, isChanged: false)
    }

    private func failed(
        _ sentence: String, _ failure: AgentFailure?, _ isChanged: Bool
    ) -> JobEnding? {
        switch failure?.kind {
        case .turns? where isChanged: return nil
        case .budget?: return .stopped(.budget, findings: findings(last: sentence))
        case .rateLimit?:
            resetsAt = failure?.resetsAt
            return .stopped(.rateLimit, findings: findings(last: sentence))
        default:
            let fault = JobFault(of: agent, sentence, failure)
            return .failed(.agentFailed, fault, findings: findings(last: fault.message))
        }
    }

    /// Lets the fallback go on where the vendor of the agent wants us to wait.
    ///
    /// - Returns: Whether there is one.
    func standIn(for turn: AgentTurn) throws -> Bool {
        guard !stop.isRequested,
            let other = try AgentLaunch.fallback(
                of: agent.name, agent.settings, policy, environment: context.environment)
        else { return false }
        let old = agent.name
        log.heading("agent \(old) has to wait (rate_limit), its fallback \(other.name) goes on")
        agent = other
        try recorder.note(
            .jobCommandExecuted, ["agent": ["name": .string(other.name), "version": nil]],
            payload: [
                "fallback": ["from": .string(old), "to": .string(other.name)],
                "failure": turn.failure?.json ?? .null,
            ])
        return true
    }
}

extension AgentTurn {
    /// What is kept of it, beside what it was told.
    func evidence(_ order: JSON) -> [EvidenceFile] {
        var files = [
            EvidenceFile(.workOrder, order.canonical),
            EvidenceFile(.agentRaw, output, isLines: report != nil),
            EvidenceFile(.agentLog, log),
        ]
        if !errors.isEmpty { files.append(EvidenceFile(.agentRaw, errors)) }
        if let result { files.append(EvidenceFile(.meta, result.json.canonical)) }
        return files
    }

    /// Whether a session that should be resumed is not there any more.
    func couldNotResume(_ session: String) -> Bool {
        guard let report, case .failed = end, report.answer == nil, report.denied.isEmpty else {
            return false
        }
        let kinds: [AgentFailure.Kind] = [.incomplete, .other]
        return kinds.contains(failure?.kind ?? .other) && (report.usage?.tokensOut ?? 0) == 0
    }
}

extension AgentFailure {
    /// The form in which an event holds it.
    var json: JSON {
        [
            "kind": .string(kind.rawValue), "message": .string(message),
            "resets_at": JSON(resetsAt),
        ]
    }
}

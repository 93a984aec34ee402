internal import FoundationEssentials
public import Model

/// Runs turns of an agent in a workspace.
public struct AgentRunner {
    let launch: AgentLaunch
    let files: JobFiles
    let sandbox: any Sandbox
    let cell: Cell
    let redactor: Redactor
    let environment: [String: String]
    let stop: StopSignal?

    /// Asked while the agent works: whether nobody wants its work any more.
    var isOver: (() -> Bool)?

    /// Creates a runner.
    ///
    /// - Parameters:
    ///   - launch: How to start the agent.
    ///   - files: The files of the job.
    ///   - sandbox: What keeps it apart from the machine.
    ///   - cell: What it may see and use all the same.
    ///   - redactor: Finds secrets.
    ///   - environment: The environment of the job's processes.
    ///   - stop: Ends the turn early.
    public init(
        launch: AgentLaunch, files: JobFiles, sandbox: any Sandbox, cell: Cell,
        redactor: Redactor, environment: [String: String], stop: StopSignal?
    ) {
        self.launch = launch
        self.files = files
        self.sandbox = sandbox
        self.cell = cell
        self.redactor = redactor
        self.environment = environment
        self.stop = stop
    }

    /// Runs one turn to its end, its deadline or a stop.
    ///
    /// - Parameters:
    ///   - task: What is to be done, and where.
    ///   - deadline: When it is stopped.
    ///   - onOutput: Gets what people are to see, while it happens and without secrets.
    /// - Returns: The turn; also one that failed, or could not be started.
    /// - Throws: What stands in the way of running anything.
    public func run(
        _ task: AgentTask, deadline: ContinuousClock.Instant, onOutput: ([UInt8]) -> Void
    ) throws -> AgentTurn {
        let order = task.order.canonical
        try files.prepare()
        try JobFiles.replace(files.workOrder, with: order)
        try files.clear(JobFiles.eventsFile, isMade: true)
        if let prompt = task.prompt { try JobFiles.replace(files.prompt, with: Array(prompt.utf8)) }
        let exchange = exchange(task)
        try exchange?.prepare()
        try files.clear(JobFiles.resultFile)
        let home = try AgentHome(launch, redactor)
        defer { home?.forgetLogIns() }
        try home?.prepare()
        let session = try egress(home)
        defer { session?.report(redactor, onOutput) }
        var cell = cell
        cell.doors = session?.doors ?? []
        var child = ChildCommand(
            launch.arguments,
            environment: EgressSession.environment(
                environment(task, exchange), sandbox.kind, session),
            directory: task.directory, input: launch.input ?? order)
        child.deadline = deadline
        child.mergesStreams = launch.stream == nil && task.leavesResult
        return try withoutActuallyEscaping(onOutput) { onOutput in
            let reading = AgentReading(launch.stream, redactor: redactor, follow: onOutput)
            return try run(child, cell, task, reading, exchange)
        }
    }

    /// Opens the ways out that the agent needs; `nil` if it needs none, or nothing is closed.
    private func egress(_ home: AgentHome?) throws -> EgressSession? {
        guard sandbox.kind.isApart else { return nil }
        var models = launch.models
        if !models.isEmpty { models[0].replacements += home?.replacements ?? [] }
        redactor.learn(
            values: models.flatMap(\.replacements).flatMap { [$0.placeholder, $0.value] })
        return try EgressSession.start(cell, models: models)
    }

    private func run(
        _ child: ChildCommand, _ cell: Cell, _ task: AgentTask, _ reading: AgentReading,
        _ exchange: AgentExchange?
    ) throws -> AgentTurn {
        let outcome: ChildOutcome
        let isOver = isOver
        do {
            outcome = try ChildProcess.run(
                sandbox.wrap(child, in: cell).bounded(by: cell), stop: stop,
                output: { reading.take($0, Array($1)) },
                shouldStop: {
                    launch.stream != nil && reading.isLingering || isOver?() ?? false
                })
        } catch let error as ExecutionError where Self.unstartable.contains(error.code) {
            let end = AgentTurn.End.failed("\(error)")
            return AgentTurn(
                end: end, milliseconds: 0, output: [],
                log: reading.log.finish(events: [], end: end, at: 0))
        }
        reading.finish()
        let result = result(exchange)
        let report = reading.report
        let judgement = AgentJudgement(
            cause: cause(outcome, reading), fault: fault(outcome, reading), report: report,
            isComplete: reading.isComplete, result: result)
        let (end, failure) = judgement.verdict
        let events = files.take(JobFiles.eventsFile, limit: AgentReading.outputLimit) ?? []
        reading.show(events)
        let bytes = reading.bytes
        return AgentTurn(
            end: end, result: try? result.get(),
            answer: report == nil ? Text.decode(bytes.output) : report?.answer, report: report,
            failure: failure, exitCode: outcome.exitStatus, milliseconds: outcome.milliseconds,
            output: bytes.output, errors: bytes.errors,
            log: reading.log.finish(events: events, end: end, at: outcome.milliseconds))
    }

    /// The failures that are of the agent's settings, and come again whenever it is started.
    private static let unstartable: [ExecutionError.Code] = [
        .programNotFound, .notExecutable, .invalidArgument,
    ]

    /// The place of the result, for an agent that may write in its work tree only.
    private func exchange(_ task: AgentTask) -> AgentExchange? {
        guard launch.stream != nil, task.leavesResult else { return nil }
        return AgentExchange(directory: task.directory)
    }

    private func environment(
        _ task: AgentTask, _ exchange: AgentExchange?
    ) -> [String: String] {
        var environment = environment
        for name in launch.removed { environment[name] = nil }
        for (name, value) in task.variables { environment[name] = value }
        environment["DRAFT_WORK_ORDER"] = files.workOrder
        if task.leavesResult { environment["DRAFT_RESULT"] = exchange?.result ?? files.result }
        if task.prompt != nil { environment["DRAFT_PROMPT"] = files.prompt }
        environment["DRAFT_EVENTS"] = files.events
        for (name, value) in launch.environment { environment[name] = value }
        // Whatever settings say: by this it is found after a crash.
        environment[files.marker.name] = files.marker.value
        return environment
    }

    // MARK: - The end

    private func cause(_ outcome: ChildOutcome, _ reading: AgentReading) -> AgentJudgement.Cause {
        guard outcome.cause != .itself else { return .itself }
        if stop?.isRequested ?? false { return .stop }
        if case .limit(let breach) = outcome.cause { return .limit(breach) }
        if reading.isComplete { return .lingered }
        return outcome.cause == .stop ? .stop : .deadline
    }

    private func fault(_ outcome: ChildOutcome, _ reading: AgentReading) -> String? {
        guard !outcome.isSuccess else { return nil }
        let words = launch.stream == nil ? nil : reading.lastError
        return outcome.sentence + (words.map { ": \($0)" } ?? "")
    }

    private func result(_ exchange: AgentExchange?) -> Result<AgentResult?, AgentResultError> {
        let limit = AgentResult.limit + 1
        let bytes: [UInt8]?
        let isThere: Bool
        if let exchange {
            bytes = exchange.take(limit: limit)
            isThere = bytes != nil || exchange.isThere
        } else {
            isThere = files.left(JobFiles.resultFile)
            bytes = files.take(JobFiles.resultFile, limit: limit)
        }
        guard let bytes else {
            guard isThere else { return .success(nil) }
            return .failure(
                AgentResultError(description: "the agent's result is no ordinary file"))
        }
        do {
            return .success(try AgentResult(parsing: bytes) { redactor.redact($0) })
        } catch {
            return .failure(error)
        }
    }
}

internal import FoundationEssentials
internal import GitStore
internal import Glibc
public import Model

/// Runs the jobs of several tickets at once, each in a supervising process of its own.
public final class Scheduler {
    let context: JobContext
    let admission: Admission
    let stop: StopSignal
    let tell: (ScheduleEvent) throws -> Void
    private var running: [Running] = []
    private var attempts: [String: Int] = [:]
    private var rested: [String: ContinuousClock.Instant] = [:]
    private var lastTip: ObjectID?

    private struct Running {
        let ticket: String?
        let job: String
        let process: ChildHandle
        /// Held until the end of the job is seen, so that nobody else takes it for dead.
        let lock: Slot
    }

    /// Creates a scheduler.
    ///
    /// - Parameters:
    ///   - context: What jobs need of the world.
    ///   - invoker: Who starts them.
    ///   - request: What that person said.
    ///   - stop: Ends everything in order.
    ///   - tell: Hears what happens.
    public init(
        _ context: JobContext, invoker: Actor, request: RunRequest, stop: StopSignal,
        tell: @escaping (ScheduleEvent) throws -> Void
    ) {
        self.context = context
        admission = Admission(context, invoker: invoker, request: request)
        self.stop = stop
        self.tell = tell
    }

    /// Whether jobs are running.
    public var isBusy: Bool { !running.isEmpty }

    /// The tickets that jobs are running for.
    public var tickets: [String] { running.compactMap(\.ticket) }

    /// Starts a job for each ticket that `next` names, until it names none and all have ended.
    ///
    /// - Parameters:
    ///   - limit: How many run at once; `nil` for what the policy says.
    ///   - deadline: When to stop waiting; the jobs are stopped then.
    ///   - next: The tickets to start now; asked again whenever something ended.
    ///   - ended: Hears of each job that ended, before `next` is asked again.
    /// - Returns: Whether it came to its end, and was neither stopped nor out of time.
    /// - Throws: What admission or the board throws; running jobs are stopped first.
    public func run(
        limit: Int? = nil, until deadline: ContinuousClock.Instant? = nil,
        next: () throws -> [String], ended: (String, Job) throws -> Void = { _, _ in }
    ) throws -> Bool {
        do {
            try Supervision.becomeSubreaper()
            return try loop(limit, deadline, next, ended)
        } catch {
            endAll()
            throw error
        }
    }

    private func loop(
        _ limit: Int?, _ deadline: ContinuousClock.Instant?, _ next: () throws -> [String],
        _ ended: (String, Job) throws -> Void
    ) throws -> Bool {
        let base = try Admission.base(context)
        let limit = try limit ?? admission.policy(at: base).execution.maxParallelJobs
        var waiting: [String] = []
        var refusal: AdmissionError?
        while true {
            for ticket in try refusal == nil ? next() : []
            where !waiting.contains(ticket) && !tickets.contains(ticket) {
                waiting.append(ticket)
            }
            while running.count < limit, !isOver(deadline),
                let index = waiting.firstIndex(where: isRested)
            {
                do {
                    guard try start(waiting[index], until: deadline) else { break }
                    waiting.remove(at: index)
                } catch let error as AdmissionError {
                    // What runs already comes to its end; nothing else is begun.
                    refusal = error
                    waiting = []
                }
            }
            guard isBusy || !waiting.isEmpty else {
                if let refusal { throw refusal }
                return !stop.isRequested
            }
            if isOver(deadline) {
                endAll()
                return false
            }
            for process in try wait() {
                guard let done = try collect(process), let ticket = done.ticketID else { continue }
                try tell(.ended(ticket: ticket, job: done))
                if refusal == nil, let pause = try again(done) {
                    rested[ticket] = .now + pause
                    waiting.append(ticket)
                } else {
                    try ended(ticket, done)
                }
            }
        }
    }

    /// Whether nothing more is to be started, since somebody stopped it or the time is up.
    func isOver(_ deadline: ContinuousClock.Instant?) -> Bool {
        stop.isRequested || deadline.map { $0 <= .now } ?? false
    }

    private func isRested(_ ticket: String) -> Bool { rested[ticket].map { $0 <= .now } ?? true }

    /// Whether a job that failed for the machine's sake gets another try.
    ///
    /// - Returns: How long to wait before it: a second, then twice as long each time; `nil` if
    ///   there is none.
    func again(_ job: Job) throws -> Duration? {
        let failed =
            job.status == .failed
            && [Reason.system.rawValue, Reason.crashed.rawValue].contains(job.reason)
        // One that an answer has queued stays so if its process dies before it can begin.
        guard failed || job.status == .queued, !stop.isRequested else { return nil }
        let subject = job.ticketID ?? job.goalID ?? job.baseCommit ?? ""
        let count = attempts["\(job.jobKind.word) \(subject)", default: 0] + 1
        attempts["\(job.jobKind.word) \(subject)"] = count
        let base = try Admission.base(context)
        guard count < (try context.policy(base)).execution.maxAttempts else { return nil }
        return .seconds(1 << min(count - 1, 6))
    }

    /// Waits before another try; returns whether there is to be one.
    func rest(_ pause: Duration, until deadline: ContinuousClock.Instant?) throws -> Bool {
        let end = ContinuousClock.now + pause
        while ContinuousClock.now < end, !isOver(deadline) {
            _ = try ChildHandle.wait(any: [], timeout: .milliseconds(100), stop: stop)
        }
        return !isOver(deadline)
    }

    // MARK: - Processes

    /// Starts a job for a ticket; returns whether there was time for it.
    private func start(
        _ ticket: String, until deadline: ContinuousClock.Instant?
    ) throws -> Bool {
        try admission.check(ticket)
        if running.isEmpty { try validateBase(before: ticket, until: deadline) }
        guard !isOver(deadline) else { return false }
        let launch = try admission.admit(ticket)
        try spawn(launch, ticket)
        try tell(.started(ticket: ticket, job: launch.job))
        return true
    }

    @discardableResult
    func spawn(_ launch: Admission.Launch, _ ticket: String?) throws -> ChildHandle {
        let files = JobFiles(commonDirectory: context.repository.commonDirectory, job: launch.job)
        try context.repository.makeDirectory(files.directory)
        let directory = context.repository.workDirectory ?? context.repository.gitDirectory
        let process = try ChildHandle(
            starting: ChildCommand(
                [context.program, "_supervise", launch.job] + said,
                environment: context.environment,
                directory: directory), error: .file(files.directory + "/supervisor.log"),
            parentDeathSignal: SIGTERM)
        running.append(
            Running(ticket: ticket, job: launch.job, process: process, lock: launch.lock))
        return process
    }

    /// What the process of a job is told besides its job.
    private var said: [String] {
        var words = context.acceptedSet.map { ["--trust", $0] } ?? []
        if let found = context.foundSandbox() {
            words += ["--bwrap", found.program]
            if !found.closesNamespaces { words.append("--user-namespaces") }
        }
        return words
    }

    /// Validates the base in a job of its own, and waits for it while there is time.
    private func validateBase(
        before ticket: String, until deadline: ContinuousClock.Instant?
    ) throws {
        guard let process = try admission.baseline(before: ticket).map({ try spawn($0, nil) })
        else { return }
        try tell(.baseline(commit: try Admission.base(context)))
        while process.end == nil {
            guard !isOver(deadline) else { return }
            _ = try ChildHandle.wait(any: [process], timeout: .milliseconds(200), stop: stop)
        }
        guard let done = try collect(process) else { return }
        if let pause = try again(done) {
            guard try rest(pause, until: deadline) else { return }
            return try validateBase(before: ticket, until: deadline)
        }
        if done.status == .succeeded, done.reason == nil { return }
        guard let refusal = try refusal(of: done, before: ticket) else {
            let error = done.record.value("errors").array?.last?["message"]?.string
            // What would help is part of what the job has stored.
            let words = (error ?? done.status.word).split(separator: "; try: ", maxSplits: 1)
            throw AdmissionError(
                "cannot validate the base: \(words.first ?? "")",
                hint: words.dropFirst().first.map(String.init))
        }
        throw refusal
    }

    /// What is wrong with the base, if that is what a job found out.
    private func refusal(of job: Job, before ticket: String) throws -> AdmissionError? {
        let findings = job.record.value("findings")
        let failed = findings["next"]?.string ?? "validation"
        let output = findings["last_failure"]?.string ?? ""
        let lines = output.split(separator: "\n").map { "\n  \($0)" }.joined()
        let log = "git draft logs \(job.id.prefix(6))"
        let hosts = refusedHosts(of: job)
        let way =
            hosts.isEmpty
            ? "" : ", where the way to \(hosts.joined(separator: " and ")) was refused"
        switch job.reason.flatMap(Reason.init(rawValue:)) {
        case .baseRed?:
            return AdmissionError(
                "'\(failed)' fails on the base already (base_red)\(way)\(lines)",
                hint: hosts.isEmpty
                    ? "git draft run --allow-red-base REASON \(ticket.prefix(6))" : log,
                reason: .baseRed)
        case .setupFailed? where !findings.isNull:
            return AdmissionError(
                "the set-up '\(failed)' fails on the base (setup_failed)\(way)\(lines)",
                hint: log, reason: .setupFailed)
        case .runtime?:
            return AdmissionError(
                "'\(failed)' did not end on the base within the "
                    + "'guardrails.max_runtime_seconds' of a job (runtime)\(lines)",
                hint: log, reason: .runtime)
        default: return nil
        }
    }

    /// The hosts that a job was not let talk to, each once, the first ones.
    private func refusedHosts(of job: Job) -> [String] {
        let kept = (try? context.board.evidence(of: job.id, month: job.month)) ?? []
        var hosts: [String] = []
        for file in kept where file.path.contains("-network.") {
            let bytes = (try? context.repository.readBlob(file.blob, limit: 4 << 20)) ?? []
            for line in bytes.split(separator: 10) {
                guard let decision = EgressDecision(String(decoding: line, as: UTF8.self)),
                    decision.verdict == .refused, !decision.host.isEmpty
                else { continue }
                let host = decision.host + (decision.port.map { ":\($0)" } ?? "")
                if !hosts.contains(host), hosts.count < 3 { hosts.append(host) }
            }
        }
        return hosts
    }

    func wait() throws -> [ChildHandle] {
        let ended = try ChildHandle.wait(
            any: running.map(\.process), timeout: .milliseconds(150), stop: stop)
        let snapshot = try context.board.snapshot()
        if snapshot.commit != lastTip {
            lastTip = snapshot.commit
            try tell(.changed(snapshot))
        }
        return ended
    }

    /// Forgets a process that ended; closes its job if it died.
    func collect(_ process: ChildHandle) throws -> Job? {
        guard let index = running.firstIndex(where: { $0.process === process }) else { return nil }
        // Our lock is given back here.
        let id = running.remove(at: index).job
        // What a supervisor did not live to end is ours by now, whatever it made of itself.
        if process.end != .exited(0) { _ = try Descendants.killAll() }
        // Another command may be about to close it: then that comes first.
        let limit = ContinuousClock.now + .seconds(10)
        while true {
            if process.end != .exited(0) { try Recovery(context).closeDeadJobs() }
            let job = try context.board.snapshot().require(Job.self, id)
            let isLost = job.status == .running || (job.status == .queued && job.startedAt == nil)
            guard isLost else { return job }
            guard ContinuousClock.now < limit else { break }
            _ = try ChildHandle.wait(any: [], timeout: .milliseconds(20))
        }
        let files = JobFiles(commonDirectory: context.repository.commonDirectory, job: id)
        let log = JobFiles.contents(files.directory + "/supervisor.log", limit: 4096)
        throw ExecutionError(
            .failed, "run job \(id.prefix(6))",
            reason: log.map { Text.firstLine(Text.decode($0)) } ?? "its process ended")
    }

    /// Stops all jobs in order, and waits until they have ended.
    func endAll() {
        for job in running { job.process.terminate() }
        let limit = ContinuousClock.now + .seconds(15)
        while running.contains(where: { $0.process.end == nil }) {
            if ContinuousClock.now > limit { running.forEach { $0.process.terminate(SIGKILL) } }
            let left = running.filter { $0.process.end == nil }.map(\.process)
            guard (try? ChildHandle.wait(any: left, timeout: .milliseconds(200))) != nil else {
                break
            }
        }
        for job in running where job.process.end != .exited(0) {
            let files = JobFiles(
                commonDirectory: context.repository.commonDirectory, job: job.job)
            try? files.sweep()
        }
        running = []
        _ = try? Recovery(context).closeDeadJobs()
    }
}

internal import FoundationEssentials
internal import GitStore
internal import Glibc
public import Model

/// Runs the jobs of several tickets at once, each in a supervising process of its own.
public final class Scheduler {
    private let context: JobContext
    private let admission: Admission
    private let stop: StopSignal
    private let tell: (ScheduleEvent) throws -> Void
    private var running: [Running] = []
    private var attempts: [String: Int] = [:]
    private var lastTip: ObjectID?

    private struct Running {
        let ticket: String?
        let job: String
        let process: ChildHandle
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
        while true {
            for ticket in try next() where !waiting.contains(ticket) && !tickets.contains(ticket) {
                waiting.append(ticket)
            }
            while running.count < limit, let ticket = waiting.first, !stop.isRequested {
                waiting.removeFirst()
                try start(ticket)
            }
            guard isBusy else { return !stop.isRequested }
            let isLate = deadline.map { $0 <= .now } ?? false
            if stop.isRequested || isLate {
                endAll()
                return false
            }
            for process in try wait() {
                guard let done = try collect(process), let ticket = done.ticketID else { continue }
                try tell(.ended(ticket: ticket, job: done))
                if try again(done) {
                    waiting.insert(ticket, at: 0)
                } else {
                    try ended(ticket, done)
                }
            }
        }
    }

    /// Whether a job that failed for the machine's sake gets another try.
    private func again(_ job: Job) throws -> Bool {
        guard let ticket = job.ticketID, job.status == .failed,
            [Reason.system.rawValue, Reason.crashed.rawValue].contains(job.reason)
        else { return false }
        attempts[ticket, default: 0] += 1
        let base = try Admission.base(context)
        return attempts[ticket, default: 0] < (try context.policy(base)).execution.maxAttempts
    }

    // MARK: - Processes

    private func start(_ ticket: String) throws {
        try admission.check(ticket)
        if running.isEmpty { try validateBase(before: ticket) }
        let job = try admission.admit(ticket)
        running.append(Running(ticket: ticket, job: job, process: try spawn(job)))
        try tell(.started(ticket: ticket, job: job))
    }

    private func spawn(_ job: String) throws -> ChildHandle {
        let files = JobFiles(commonDirectory: context.repository.commonDirectory, job: job)
        try context.repository.makeDirectory(files.directory)
        let directory = context.repository.workDirectory ?? context.repository.gitDirectory
        return try ChildHandle(
            starting: ChildCommand(
                [context.program, "_supervise", job], environment: context.environment,
                directory: directory), error: .file(files.directory + "/supervisor.log"),
            parentDeathSignal: SIGTERM)
    }

    /// Validates the base in a job of its own, and waits for it.
    private func validateBase(before ticket: String) throws {
        guard let job = try admission.baseline(before: ticket) else { return }
        try tell(.baseline(commit: try Admission.base(context)))
        let process = try spawn(job)
        running.append(Running(ticket: nil, job: job, process: process))
        while process.end == nil {
            guard !stop.isRequested else { return }
            _ = try ChildHandle.wait(any: [process], timeout: .milliseconds(200), stop: stop)
        }
        guard let done = try collect(process) else { return }
        switch (done.status, done.reason) {
        case (.succeeded, nil): break
        case (_, Reason.baseRed.rawValue?):
            let findings = done.record.value("findings")
            let failed = findings["next"]?.string ?? "validation"
            let output = findings["last_failure"]?.string ?? ""
            throw AdmissionError(
                "base_red: '\(failed)' fails on the base already\n\(output)",
                hint: "git draft run --allow-red-base REASON", reason: .baseRed)
        default:
            let error = done.record.value("errors").array?.last?["message"]?.string
            throw AdmissionError("cannot validate the base: \(error ?? done.status.word)")
        }
    }

    private func wait() throws -> [ChildHandle] {
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
    private func collect(_ process: ChildHandle) throws -> Job? {
        guard let index = running.firstIndex(where: { $0.process === process }) else { return nil }
        let done = running.remove(at: index)
        if process.end != .exited(0) { try Recovery(context).closeDeadJobs() }
        let job = try context.board.snapshot().require(Job.self, done.job)
        guard job.status == .queued || job.status == .running else { return job }
        let files = JobFiles(commonDirectory: context.repository.commonDirectory, job: done.job)
        let log = JobFiles.contents(files.directory + "/supervisor.log", limit: 4096)
        throw ExecutionError(
            .failed, "run job \(done.job.prefix(6))",
            reason: log.map { Text.firstLine(Text.decode($0)) } ?? "its process ended")
    }

    /// Stops all jobs in order, and waits until they have ended.
    private func endAll() {
        for job in running { job.process.terminate() }
        let limit = ContinuousClock.now + .seconds(15)
        while running.contains(where: { $0.process.end == nil }) {
            if ContinuousClock.now > limit { running.forEach { $0.process.terminate(SIGKILL) } }
            let left = running.filter { $0.process.end == nil }.map(\.process)
            guard (try? ChildHandle.wait(any: left, timeout: .milliseconds(200))) != nil else {
                break
            }
        }
        for job in running { _ = try? Supervision.sweep(marker: "DRAFT_JOB=\(job.job)") }
        running = []
        _ = try? Recovery(context).closeDeadJobs()
    }
}

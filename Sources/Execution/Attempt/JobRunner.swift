internal import FoundationEssentials
internal import GitStore
internal import Glibc
internal import Model

/// Runs one job from its claim to its end; the whole life of a supervising process.
public struct JobRunner {
    let context: JobContext
    let stop: StopSignal

    /// Creates a runner; the process must run nothing else.
    public init(_ context: JobContext, stop: StopSignal) {
        self.context = context
        self.stop = stop
    }

    /// Runs a job.
    ///
    /// - Parameter id: The job, which must be queued.
    /// - Returns: Whether it ended with a result to review.
    /// - Throws: What the board throws if even the end could not be written.
    public func run(_ id: String) throws -> Bool {
        let repository = context.repository
        let files = JobFiles(commonDirectory: repository.commonDirectory, job: id)
        try repository.makeDirectory(files.temporary)
        try repository.makeDirectory(files.forChecks.temporary)
        guard let lock = try Slot(files.lock) else {
            throw BoardError(.conflict, "job \(id.prefix(6)) runs already")
        }
        defer { withExtendedLifetime(lock) {} }
        try JobFiles.replace(files.pid, with: Array("\(getpid())\n".utf8))
        let job = try context.board.snapshot().require(Job.self, id)
        let policy = try context.policy(try base(of: job))
        let slot = try Slots.take(
            policy.execution.maxParallelJobs,
            in: repository.commonDirectory + "/draft/slots", stop: stop, repository: repository)
        defer { withExtendedLifetime(slot) {} }
        guard slot != nil else { return try cancel(job) }
        let leases = Leases(board: context.board)
        try leases.add(Leases.Entry(job: id, ticket: job.ticketID ?? ""))
        CrashPoint.leaseWritten.reached(in: context.environment)
        let recorder = JobRecorder(context, job: job)
        let sandbox = Result { try context.sandbox(policy) }
        try recorder.start(
            [
                "base_commit": .string("\(try base(of: job))"), "stage": "workspace",
                "progress": 20, "sandbox": JSON(try? sandbox.get().kind.word),
                "limits": limits(of: job, policy), "agent": agent(of: job, policy),
            ], payload: ["sandbox": (try? sandbox.get().json) ?? .null])
        let log = JobLog(path: files.log, redactor: context.redactor)
        let isGreen = try finish(job, recorder, log) { log in
            try perform(job, policy, recorder, &log)
        }
        try leases.remove(job: id)
        return isGreen
    }

    /// Ends a job that was stopped before its turn came.
    private func cancel(_ job: Job) throws -> Bool {
        if stop.isOrphaned {
            try Recovery(context).closeOrphaned(job.id)
            try Leases(board: context.board).remove(job: job.id)
            return false
        }
        try context.board.transact(as: .system, isDurable: true) { transaction in
            let job = try transaction.require(Job.self, job.id)
            guard job.status == .queued, job.startedAt == nil else { return }
            try transaction.cancel(job)
        }
        try Recovery(context).fold(job)
        try Leases(board: context.board).remove(job: job.id)
        return false
    }

    /// The agent of a job, with its version where that is known; none for a job without one.
    private func agent(of job: Job, _ policy: Policy) -> JSON {
        guard let name = job.agentName else { return .null }
        let isOurs = policy.agents.settings(for: name)?.kind == .replay
        let known = job.record.value("agent")["version"]?.string
        return ["name": .string(name), "version": JSON(isOurs ? Version.current : known)]
    }

    /// The limits of a job as its record holds them.
    private func limits(of job: Job, _ policy: Policy) -> JSON {
        var limits = policy.guardrails.limitsJSON.object ?? [:]
        let settings = job.agentName.flatMap { policy.agents.settings(for: $0) }
        limits["budget"] = JSON(settings?.maxBudget)
        return .object(limits)
    }

    private func base(of job: Job) throws -> ObjectID {
        guard let base = job.baseCommit.flatMap({ ObjectID(hex: $0) }) else {
            throw BoardError(.damaged, "job \(job.id.prefix(6)) has no base commit")
        }
        return base
    }

    /// Does the work, and writes the end whatever happened.
    private func finish(
        _ job: Job, _ recorder: JobRecorder, _ log: JobLog,
        _ work: (inout JobLog) throws -> (JobEnding, Attempt?)
    ) throws -> Bool {
        var log = log
        var attempt: Attempt?
        var ending: JobEnding
        do {
            (ending, attempt) = try work(&log)
        } catch let error as BoardError where error.code == .conflict && recorder.hasLost() {
            log.heading("stopped: \(error)")
            try Recovery(context).closeSuperseded(job.id)
            try Recovery(context).fold(job)
            return false
        } catch let error as WorkspaceError where error.isLasting {
            let fault = JobFault(
                step: "workspace", tool: "git", type: error.code.rawValue, message: "\(error)")
            ending = .failed(.setupFailed, fault, findings: .null)
        } catch let error as TripwireError {
            let fault = JobFault(
                step: "validation", tool: "tripwire", type: Reason.tripwire.rawValue,
                message: "\(error)")
            ending = .failed(.tripwire, fault, findings: .null)
        } catch {
            ending = .broken(
                JobFault(
                    step: "workspace", tool: "git-draft", type: "system", message: "\(error)"))
        }
        if stop.isOrphaned, ending.status != .waitingForInput {
            log.heading("job ends: failed (crashed), since the command that ran it died")
            try Recovery(context).closeOrphaned(job.id)
            return false
        }
        if stop.isRequested, ending.status != .waitingForInput { ending = .canceled }
        let reason = ending.reason.map { " (\($0.rawValue))" } ?? ""
        log.heading("job ends: \(ending.status.word)\(reason)")
        if let fault = ending.error { log.heading(fault.message) }
        do {
            try recorder.finish(ending, groups(ending, attempt, log))
        } catch let error as BoardError where error.code == .conflict {
            try Recovery(context).closeSuperseded(job.id)
            try Recovery(context).fold(job)
            return false
        } catch let error as BoardError
            where ending.proposal != nil || error.code == .refused && ending.status != .canceled
        {
            // What the board does not take is for the agent to answer for: another try would
            // not end otherwise.
            let result = ending.proposal == nil ? "result" : "plan"
            let fault = JobFault(
                step: "agent", tool: job.agentName ?? "agent", type: "agent_failed",
                message: "the agent's \(result) cannot be stored: \(error)")
            log.heading(fault.message)
            ending = .failed(.agentFailed, fault, findings: .null)
            try recorder.finish(ending, groups(ending, attempt, log))
        }
        CrashPoint.revisionStored.reached(in: context.environment)
        try Recovery(context).fold(job)
        return ending.revision != nil
    }

    private func groups(_ ending: JobEnding, _ attempt: Attempt?, _ log: JobLog) -> JSONObject {
        var groups: JSONObject = ["log_tail": .string(log.tailText)]
        if let attempt {
            groups["iterations"] = .array(attempt.iterations)
            groups["counters"] = attempt.limits.counters
            if let usage = attempt.usage { groups["usage"] = usage.json }
        }
        return groups
    }
}

extension Guardrails {
    /// The limits as the job's record holds them.
    var limitsJSON: JSON {
        [
            "max_iterations": .integer(Int64(maxIterations)),
            "max_runtime_seconds": .integer(Int64(maxRuntimeSeconds)),
            "max_full_validations": .integer(Int64(maxFullValidations)),
            "max_files": .integer(Int64(maxFiles)), "max_lines": .integer(Int64(maxLines)),
            "max_identical_failures": .integer(Int64(maxIdenticalFailures)),
        ]
    }
}

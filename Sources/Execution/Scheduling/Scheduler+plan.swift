public import Model

extension Scheduler {
    /// Has an agent make tickets of a goal, and waits for the end.
    ///
    /// - Parameters:
    ///   - goal: The goal.
    ///   - deadline: When to stop waiting; the job is stopped then.
    /// - Returns: The job; `nil` if it was stopped or out of time.
    /// - Throws: What admission or the board throws; a running job is stopped first.
    public func plan(
        _ goal: String, until deadline: ContinuousClock.Instant? = nil
    ) throws -> Job? {
        do {
            try Supervision.becomeSubreaper()
            while true {
                guard let job = try planOnce(goal, deadline) else { return nil }
                guard let pause = try again(job) else { return job }
                guard try rest(pause, until: deadline) else { return nil }
            }
        } catch {
            endAll()
            throw error
        }
    }

    private func planOnce(_ goal: String, _ deadline: ContinuousClock.Instant?) throws -> Job? {
        guard !isOver(deadline) else { return nil }
        let process = try start(planOf: goal)
        while process.end == nil {
            guard !isOver(deadline) else {
                endAll()
                return nil
            }
            _ = try wait()
        }
        guard let job = try collect(process) else { return nil }
        try tell(.planned(goal: goal, job: job))
        return job
    }

    /// Starts the job; its lock is the scheduler's alone from then on.
    private func start(planOf goal: String) throws -> ChildHandle {
        let launch = try admission.admit(planOf: goal)
        let process = try spawn(launch, nil)
        try tell(.planning(goal: goal, job: launch.job))
        return process
    }
}

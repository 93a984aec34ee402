internal import FoundationEssentials
internal import GitStore
internal import Glibc
internal import Model

/// Closes what died: every job ends, with a reason, and whoever notices first closes it.
public struct Recovery {
    let context: JobContext

    /// Creates it.
    public init(_ context: JobContext) { self.context = context }

    /// Closes the jobs of this clone whose process is gone.
    ///
    /// - Returns: The jobs that were closed.
    /// - Throws: What the board throws; nothing is lost then, and the next command tries again.
    @discardableResult
    public func closeDeadJobs() throws -> [String] {
        var closed: [String] = []
        for entry in try Leases(board: context.board).entries() {
            let files = JobFiles(
                commonDirectory: context.repository.commonDirectory, job: entry.job)
            try context.repository.makeDirectory(files.directory)
            guard let lock = try Slot(files.lock) else { continue }
            try withExtendedLifetime(lock) {
                if try close(entry.job, files) { closed.append(entry.job) }
            }
        }
        return closed
    }

    /// Closes one job whose lock we hold; returns whether it was still open.
    private func close(_ id: String, _ files: JobFiles) throws -> Bool {
        _ = try Supervision.sweep(marker: "DRAFT_JOB=\(id)")
        let wasOpen = try context.board.transact(as: .system, isDurable: true) { transaction in
            guard let record = try transaction.record(.job, id) else { return false }
            let job = Job(record)
            guard job.status == .running else { return false }
            try transaction.write(
                job.record,
                [
                    "status": JobRecorder.status(.failed, .crashed, "failed", transaction.now),
                    "had_errors": true, "stage": nil, "progress": 100,
                    "errors": .array(
                        (job.record.value("errors").array ?? []) + [
                            JobFault(
                                step: job.stage ?? "job", tool: "git-draft", type: "crashed",
                                message: "the process of the job died"
                            ).json
                        ]),
                ], as: .jobFinished,
                EventDetails(
                    from: job.status.word, to: JobStatus.failed.word,
                    reason: Reason.crashed.rawValue,
                    payload: ["outcome": "failed", "url": nil]))
            try giveBack(job, transaction)
            return true
        }
        if let job = try context.board.snapshot().view(Job.self, id), job.status.isTerminal {
            try fold(job)
        }
        try Leases(board: context.board).remove(job: id)
        return wasOpen
    }

    private func giveBack(_ job: Job, _ transaction: Transaction) throws {
        guard let id = job.ticketID, let record = try transaction.record(.ticket, id) else {
            return
        }
        let ticket = Ticket(record)
        guard transaction.holds(ticket, fence: job.fence),
            [.executing, .verifying].contains(ticket.state)
        else { return }
        try transaction.move(
            ticket, to: .planned, reason: Reason.crashed.rawValue, job: job.id,
            also: ["lease": transaction.released(ticket)])
    }

    /// Keeps a job's snapshots where they are shared, and forgets what only a live job needs.
    ///
    /// What holds a secret anywhere in its history stays in this clone only.
    ///
    /// - Throws: What stands in the way; the rest is as it was then.
    func fold(_ job: Job) throws {
        let repository = context.repository
        let files = JobFiles(commonDirectory: repository.commonDirectory, job: job.id)
        let names = ["refs/draft-local/\(job.id)", "refs/draft-local/\(job.id).kept"]
        let held = try names.compactMap { name in
            try repository.target(of: name).map { (name, $0) }
        }
        let current = try context.board.snapshot().view(Job.self, job.id) ?? job
        let base = current.baseCommit.flatMap { ObjectID(hex: $0) }
        let scan = SecretScan(context)
        let tips = try held.filter { try scan.findings(in: $0.1, since: base).isEmpty }
        let worthy = tips.map(\.1).filter { $0 != base }
        if !worthy.isEmpty {
            try Attempts(repository).fold(
                job: job.id, month: job.month, snapshots: worthy,
                at: context.board.context.now().milliseconds / 1000)
        }
        guard current.status.isTerminal else { return }
        for (name, tip) in tips { try repository.delete(name, expecting: tip) }
        try JobFiles.removeLeftovers(files)
    }
}

extension JobFiles {
    /// Removes what only a running job needs; its log and private git directories stay until
    /// the workspace goes.
    static func removeLeftovers(_ files: JobFiles) throws {
        for path in [files.pid, files.workOrder, files.result, files.events] {
            try remove(path)
        }
        removeTemporary(files)
        try? FileManager.default.removeItem(atPath: files.home)
    }

    /// Removes the directory for temporary files, and that of the job if nothing else is in it.
    static func removeTemporary(_ files: JobFiles) {
        try? FileManager.default.removeItem(atPath: files.temporary)
        unsafe rmdir(files.directory)
    }
}

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
    /// A job is gone if neither its own process nor the one that started it holds its lock.
    ///
    /// - Returns: The jobs that were closed.
    /// - Throws: What the board throws; nothing is lost then, and the next command tries again.
    @discardableResult
    public func closeDeadJobs() throws -> [String] {
        try removeStaleLocks()
        removeUnfinishedFiles()
        var closed: [String] = []
        var failure: (any Error)?
        for entry in try Leases(board: context.board).entries() {
            if try isAtRest(entry) { continue }
            let files = files(entry.job)
            try context.repository.makeDirectory(files.directory)
            guard let launch = try Slot(files.launch), let lock = try Slot(files.lock) else {
                continue
            }
            do {
                try withExtendedLifetime((launch, lock)) {
                    if try close(entry.job, files) { closed.append(entry.job) }
                }
            } catch {
                // One that cannot be closed must not keep the others open.
                failure = failure ?? error
            }
        }
        if let failure { throw failure }
        return closed
    }

    private func files(_ job: String) -> JobFiles {
        JobFiles(commonDirectory: context.repository.commonDirectory, job: job)
    }

    /// Closes one job whose locks we hold; returns whether it was still open.
    private func close(_ id: String, _ files: JobFiles) throws -> Bool {
        try files.sweep()
        if JobFiles.isThere(files.containers) {
            // The processes of a container bear the mark as well; what the engine knows stays.
            try? context.removeContainers?(files)
            try JobFiles.remove(files.containers)
        }
        if let job = try context.board.snapshot().view(Job.self, id), job.isPersons,
            !job.status.isTerminal
        {
            return try settle(job)
        }
        let wasOpen = try context.board.transact(as: .system, isDurable: true) { transaction in
            try failIfOpen(id, transaction)
        }
        guard let job = try context.board.snapshot().view(Job.self, id) else {
            // It died before there was a job at all; what it held is the board's already.
            let name = Workspace.reference(id)
            if let held = try context.repository.target(of: name) {
                try context.repository.delete(name, expecting: held)
            }
            try Leases(board: context.board).remove(job: id)
            try? FileManager.default.removeItem(atPath: files.directory)
            return false
        }
        if job.status.isTerminal { try fold(job) }
        try Leases(board: context.board).remove(job: id)
        return wasOpen
    }

    /// Removes what was being written of our own files when the writer died.
    private func removeUnfinishedFiles() {
        let folder = "\(context.repository.commonDirectory)/draft"
        for place in [folder, "\(folder)/verdicts"] {
            context.repository.removeUnfinishedFiles(in: place)
        }
    }

    /// Removes the locks that what died left on our references, if nobody holds them.
    private func removeStaleLocks() throws {
        let refs = context.repository.commonDirectory + "/refs/"
        let folders = ["draft", "draft-local", "draft-remotes"]
        let names = folders.flatMap { folder in
            ((try? FileManager.default.subpathsOfDirectory(atPath: refs + folder)) ?? [])
                .filter { $0.hasSuffix(".lock") }.map { "refs/\(folder)/\($0.dropLast(5))" }
        }
        guard !names.isEmpty else { return }
        try context.board.exclusively { _ in
            for name in names { _ = try context.repository.recoverStaleLock(ref: name) }
        }
    }

    /// Ends a job, whose locks we hold, as one that died: the command that ran it is gone.
    func closeOrphaned(_ id: String) throws {
        let isClosed = try context.board.transact(as: .system, isDurable: true) {
            try failIfOpen(id, $0)
        }
        guard isClosed else { return }
        try fold(try context.board.snapshot().require(Job.self, id))
    }

    private func failIfOpen(_ id: String, _ transaction: Transaction) throws -> Bool {
        guard let record = try transaction.record(.job, id) else { return false }
        let job = Job(record)
        // One that an answer has queued keeps waiting for its turn.
        let isNew = job.status == .queued && job.startedAt == nil
        guard job.status == .running || isNew else { return false }
        try fail(job, transaction)
        return true
    }

    private func fail(_ job: Job, _ transaction: Transaction) throws {
        let fault = JobFault(
            step: job.stage ?? "job", tool: "git-draft", type: "crashed",
            message: "the process of the job died")
        var groups: JSONObject = [
            "status": JobRecorder.status(.failed, .crashed, "failed", transaction.now),
            "had_errors": true, "stage": nil, "progress": 100,
            "errors": .array((job.record.value("errors").array ?? []) + [fault.json]),
        ]
        if let last = try UnrecordedSnapshot(of: job, context.repository) {
            groups["iterations"] = .array(last.entered(into: job.iterations))
            groups["counters"] = last.counted(in: job.record.value("counters"))
        }
        try transaction.write(
            job.record, groups, as: .jobFinished,
            EventDetails(
                from: job.status.word, to: JobStatus.failed.word,
                reason: Reason.crashed.rawValue, payload: ["outcome": "failed", "url": nil]))
        try giveBack(job, .crashed, transaction)
    }

    private func giveBack(_ job: Job, _ reason: Reason, _ transaction: Transaction) throws {
        guard let id = job.ticketID, let record = try transaction.record(.ticket, id) else {
            return
        }
        let ticket = Ticket(record)
        if job.status == .queued, ticket.state == .planned {
            // The job never claimed it; it only says why nothing came of it.
            try transaction.write(
                ticket.record,
                [
                    "status": [
                        "state": .string(ticket.state.word),
                        "reason": .string(reason.rawValue), "job_id": .string(job.id),
                    ]
                ], as: .ticketTransitioned,
                EventDetails(
                    goal: ticket.goalID, job: job.id, from: ticket.state.word,
                    to: ticket.state.word, reason: reason.rawValue))
            return
        }
        guard transaction.holds(ticket, fence: job.fence),
            [.executing, .verifying].contains(ticket.state)
        else { return }
        try transaction.move(
            ticket, to: .planned, reason: reason.rawValue, job: job.id,
            also: ["lease": transaction.released(ticket)])
    }

    /// Ends a job that lost its claim to a person or a successor, unless it has ended.
    func closeSuperseded(_ id: String) throws {
        try context.board.transact(as: .system, isDurable: true) { transaction in
            guard let record = try transaction.record(.job, id) else { return }
            let job = Job(record)
            guard job.status == .running || job.status == .queued else { return }
            try transaction.write(
                job.record,
                [
                    "status": JobRecorder.status(
                        .superseded, .leaseLost, "canceled", transaction.now),
                    "stage": nil, "progress": 100,
                ], as: .jobFinished,
                EventDetails(
                    from: job.status.word, to: JobStatus.superseded.word,
                    reason: Reason.leaseLost.rawValue,
                    payload: ["outcome": "canceled", "url": nil]))
            try giveBack(job, .leaseLost, transaction)
        }
    }

    /// Keeps a job's snapshots where they are shared, and forgets what only a live job needs.
    ///
    /// What holds a secret anywhere in its history stays in this clone only.
    ///
    /// - Throws: What stands in the way; the rest is as it was then.
    func fold(_ job: Job) throws {
        let repository = context.repository
        let files = files(job.id)
        let names = ["refs/draft-local/\(job.id)", "refs/draft-local/\(job.id).kept"]
        let held = try names.compactMap { name in
            try repository.target(of: name).map { (name, $0) }
        }
        try enterLastSnapshot(of: job.id)
        let current = try context.board.snapshot().view(Job.self, job.id) ?? job
        let base = current.baseCommit.flatMap { ObjectID(hex: $0) }
        let tips = try held.filter { try isClean($0.1, since: base) }
        let worthy = tips.map(\.1).filter { $0 != base }
        if !worthy.isEmpty {
            try Attempts(repository).fold(
                job: job.id, month: job.month, snapshots: worthy,
                at: context.board.context.now().milliseconds / 1000)
        }
        guard current.status.isTerminal else { return }
        for (name, tip) in tips { try repository.delete(name, expecting: tip) }
        // What cannot be removed is in nobody's way; the job has ended all the same.
        let isParked = current.reason == Reason.rateLimit.rawValue && current.ticketID != nil
        try? JobFiles.removeLeftovers(files, keepsSession: isParked)
    }

    /// Whether the history of a commit is known to hold no secret.
    ///
    /// One that git cannot compare, as it is too large or damaged, stays in this clone as well: no
    /// later command would do better.
    private func isClean(_ commit: ObjectID, since base: ObjectID?) throws -> Bool {
        do {
            return try SecretScan(context).findings(in: commit, since: base).isEmpty
        } catch let error as ExecutionError
            where [.failed, .deadline, .memory].contains(error.code)
        {
            return false
        }
    }

    /// Writes down a snapshot that was stored while somebody else ended the job.
    private func enterLastSnapshot(of id: String) throws {
        guard let job = try context.board.snapshot().view(Job.self, id), job.status.isTerminal,
            let last = try UnrecordedSnapshot(of: job, context.repository)
        else { return }
        try context.board.transact(as: .system) { transaction in
            let job = try transaction.require(Job.self, id)
            try transaction.write(
                job.record,
                [
                    "iterations": .array(last.entered(into: job.iterations)),
                    "counters": last.counted(in: job.record.value("counters")),
                ], as: .snapshotTaken)
        }
    }
}

/// The last snapshot of a job that died before it could write it down.
struct UnrecordedSnapshot {
    private let number: Int64
    private let commit: ObjectID
    private let tree: ObjectID

    /// Looks for one; `nil` if the job knows its last snapshot.
    init?(of job: Job, _ repository: Repository) throws {
        guard let tip = try repository.target(of: "refs/draft-local/\(job.id)"),
            tip.description != job.baseCommit
        else { return nil }
        let found = try repository.readCommit(tip)
        let words = found.subject.split(separator: " ")
        guard words.count == 5, words[0] == "snapshot", let number = Int64(words[1]),
            words[4] == job.id,
            !job.iterations.contains(where: { $0["snapshot"]?.string == tip.description })
        else { return nil }
        self.number = number
        commit = tip
        tree = found.tree
    }

    /// The turns of the job with this one's snapshot.
    func entered(into iterations: [JSON]) -> [JSON] {
        let begun = iterations.first { $0["n"]?.integer == number }?.object
        var turn: JSONObject =
            begun ?? [
                "n": .integer(number), "started_at": nil, "ended_at": nil, "files": nil,
                "lines": nil, "fast": nil, "full": nil, "failure_signature": nil, "tokens": nil,
                "cost": nil,
            ]
        turn["snapshot"] = .string(commit.description)
        turn["tree"] = .string(tree.description)
        return iterations.filter { $0["n"]?.integer != number } + [.object(turn)]
    }

    /// The counters of the job, this turn included.
    func counted(in counters: JSON) -> JSON {
        var counters = counters.object ?? [:]
        counters["iterations"] = .integer(max(counters["iterations"]?.integer ?? 0, number))
        return .object(counters)
    }
}

extension JobFiles {
    /// Removes what only a running job needs; its log and private git directories stay until
    /// the workspace goes, or is another job's.
    ///
    /// - Parameters:
    ///   - files: The files of the job.
    ///   - keepsSession: Whether another job is to go on with the agent's session.
    /// - Throws: What stands in the way.
    static func removeLeftovers(_ files: JobFiles, keepsSession: Bool = false) throws {
        for path in [files.pid, files.containers] { try remove(path) }
        if let job = try? Folder(trusted: files.directory) {
            for name in [inputFolder, outputFolder, doorsFolder] { try? job.remove(name) }
        }
        removeTemporary(files)
        if !keepsSession { try removeSession(files) }
    }

    /// Removes the private home of a job's agent, and with it the session.
    static func removeSession(_ files: JobFiles) throws {
        try remove(files.session)
        try? Folder(trusted: files.directory).remove(homeFolder)
    }

    /// Removes the directories for temporary files, the home of set-up and validation, and that of
    /// the job if nothing else is in it.
    static func removeTemporary(_ files: JobFiles) {
        try? Folder(trusted: files.directory).remove(temporaryFolder)
        files.removeChecks()
        unsafe rmdir(files.directory)
    }
}

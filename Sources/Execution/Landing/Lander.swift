public import GitStore
public import Model

/// Moves the base branch: the only part that does.
///
/// One landing at a time. Whatever a kill leaves half done, the next landing or
/// ``recover(as:)`` finishes or undoes; what was reported is on the disk.
public struct Lander: Sendable {
    let board: Board
    let git: LandingGit
    let validation: TreeValidation
    let policyAt: @Sendable (ObjectID) throws -> Policy
    let committer: Identity
    let stop: StopSignal?
    let progress: @Sendable (String) -> Void

    /// Creates a lander.
    ///
    /// - Parameters:
    ///   - board: The board; its repository is the one whose base moves.
    ///   - git: The user's `git`.
    ///   - validation: What judges the merged tree.
    ///   - committer: The acting person, by the repository's settings.
    ///   - policy: What `draft.yaml` says at a commit of the base.
    ///   - stop: Ends a landing that has not moved anything yet.
    ///   - progress: Gets lines for people while it takes its time.
    public init(
        board: Board, git: GitProgram, validation: TreeValidation, committer: Identity,
        policy: @escaping @Sendable (ObjectID) throws -> Policy, stop: StopSignal? = nil,
        progress: @escaping @Sendable (String) -> Void = { _ in }
    ) {
        self.board = board
        self.git = LandingGit(git, repository: board.repository)
        self.validation = validation
        self.committer = committer
        policyAt = policy
        self.stop = stop
        self.progress = progress
    }

    /// Lands the approved revision of a ticket.
    ///
    /// - Parameters:
    ///   - id: The ticket.
    ///   - actor: The person who lands it.
    /// - Returns: What came of it; only a landing, a conflict and a red tree changed
    ///   anything.
    /// - Throws: ``GitStore/BoardError`` with code `conflict` if somebody else was
    ///   faster or a remote's answer is unknown: to try again may work.
    public func land(_ id: String, as actor: Actor) throws -> LandOutcome {
        do {
            return try alone { try landAlone(id, as: actor) }
        } catch is LandingStop {
            return .canceled
        }
    }

    private func landAlone(_ id: String, as actor: Actor) throws -> LandOutcome {
        let recovered = try recoverAll(as: actor).first { $0.ticket == id }
        switch recovered?.fate {
        case .completed: return .landed(recovered?.commit ?? .zero, notes: recovered?.notes ?? [])
        case .unknown: throw Board.unknownLanding(of: id)
        case .undone, nil: break
        }
        let job = LandingJob(board.context.newID())
        do {
            for attempt in 0..<Self.attempts {
                if attempt > 0 { try Self.pause() }
                guard let outcome = try tryLanding(id, job, as: actor) else { continue }
                try forget(job)
                return outcome
            }
            throw BoardError(
                .conflict, "the base branch keeps moving", hint: "git draft land \(id.prefix(6))")
        } catch is UnknownResult {
            throw Board.unknownLanding(of: id)
        } catch {
            return .refused(try abandon(job, of: id, for: error, as: actor))
        }
    }

    /// Finishes or undoes the landings that killed processes had begun here.
    public func recover(as actor: Actor) throws -> [RecoveredLanding] {
        try alone { try recoverAll(as: actor) }
    }

    /// Finishes or undoes what can be without a remote, unless a landing is under way.
    ///
    /// For commands that show what is; they wait for nothing.
    ///
    /// - Parameter actor: The person for whom.
    /// - Returns: What was found; nothing if there was nothing to do.
    /// - Throws: What the board or git throws; the next command tries again.
    public func recoverIfIdle(as actor: Actor) throws -> [RecoveredLanding] {
        guard try !board.repository.references(under: Self.keepPrefix).isEmpty else { return [] }
        try board.repository.makeDirectory(board.privateDirectory)
        guard let lock = try FileLock.tryLock("\(board.privateDirectory)/land-lock") else {
            return []
        }
        defer { extendLifetime(lock) }
        return try recoverAll(as: actor, isOffline: true)
    }

    /// How often a landing begins anew because the base or a remote moved.
    private static let attempts = 5

    /// How long a landing waits for the others.
    private static let patience = Duration.seconds(3600)

    /// Does something while no other landing is under way here.
    private func alone<Result>(_ body: () throws -> Result) throws -> Result {
        let path = "\(board.privateDirectory)/land-lock"
        try board.repository.makeDirectory(board.privateDirectory)
        let lock = try lock(path)
        defer { extendLifetime(lock) }
        return try body()
    }

    private func lock(_ path: String) throws -> FileLock {
        let limit = ContinuousClock.now + Self.patience
        var isWaiting = false
        while true {
            if let lock = try FileLock.tryLock(path) { return lock }
            guard ContinuousClock.now < limit else {
                throw BoardError(
                    .conflict, "another landing has been running for an hour; try again later")
            }
            if !isWaiting { progress("waiting for another landing…") }
            isWaiting = true
            try checkStop()
            try Self.pause(stop)
        }
    }

    /// Ends the landing here if somebody wants so.
    func checkStop() throws {
        if stop?.isRequested == true { throw LandingStop() }
    }

    /// Waits a little, differently in every process.
    static func pause(_ stop: StopSignal? = nil) throws {
        let time = Duration.milliseconds(Int64.random(in: 20...200))
        _ = try ChildHandle.wait(any: [], timeout: time, stop: stop)
    }
}

// MARK: - One attempt

extension Lander {
    /// Where the base is, and where a landing goes.
    struct Target {
        /// The name of the base branch.
        let branch: String

        /// Its local tip, if there is one.
        let local: ObjectID?

        /// Where landings are pushed; `nil` if the local branch decides.
        let upstream: Upstream?

        var reference: String { "refs/heads/\(branch)" }

        /// The commit that a landing builds on.
        let base: ObjectID
    }

    /// A landing in the making.
    struct Landing {
        let candidate: LandingCandidate
        let target: Target
        let job: LandingJob
        let commit: ObjectID
        let tree: ObjectID
    }

    /// Goes once from the approval to the end; `nil` if the base moved meanwhile.
    private func tryLanding(
        _ id: String, _ job: LandingJob, as actor: Actor
    ) throws -> LandOutcome? {
        try checkStop()
        let early = try board.snapshot()
        let first = try LandingCandidate(early.require(Ticket.self, id), in: early, by: actor)
        if let head = ObjectID(hex: first.revision.headCommit), !board.repository.contains(head) {
            throw LandRefusal(
                "the commits of revision \(first.revision.number) of ticket \(id.prefix(6)) are "
                    + "not in this clone; the one that made them can land them")
        }
        let target = try target(early)
        let snapshot = try board.snapshot()
        let candidate = try LandingCandidate(
            snapshot.require(Ticket.self, id), in: snapshot, by: actor)
        let policy = try policyAt(target.base)
        try candidate.check(policy: policy)
        let maker = LandingCommit(
            git: git, candidate: candidate, committer: committer, now: board.context.now())
        let tree: ObjectID
        switch try maker.merge(into: target.base) {
        case .tree(let merged): tree = merged
        case .conflict(let files):
            try begin(job, candidate, target, policy, keeping: maker.head, as: actor)
            try block(job, candidate, target, by: .conflict(files), as: actor)
            return .conflict(files: files)
        }
        guard try tree != board.repository.readCommit(target.base).tree else {
            throw LandRefusal(
                "'\(target.branch)' has all of it already",
                hint: "git draft ticket move \(id.prefix(6)) abandoned")
        }
        let landing = Landing(
            candidate: candidate, target: target, job: job,
            commit: try maker.make(tree: tree, on: target.base, settings: policy.merge),
            tree: tree)
        try checkCommands(candidate, policy)
        try checkWorktrees(landing)
        try begin(job, candidate, target, policy, keeping: landing.commit, as: actor)
        CrashPoint.landBegun.reached(in: git.environment)
        return try finish(landing, policy, as: actor)
    }

    private func finish(
        _ landing: Landing, _ policy: Policy, as actor: Actor
    ) throws -> LandOutcome? {
        let verdicts = try validate(landing, policy, as: actor)
        CrashPoint.landValidated.reached(in: git.environment)
        guard verdicts.failures.isEmpty else {
            try block(
                landing.job, landing.candidate, landing.target, by: .red(verdicts), as: actor)
            return .red(verdicts)
        }
        return landing.target.upstream == nil
            ? try landLocally(landing, as: actor) : try landRemotely(landing, as: actor)
    }

    /// Whether the policy names any command that can judge what lands.
    func canJudge(_ candidate: LandingCandidate, _ policy: Policy) -> Bool {
        TreeValidation.canJudge(policy: policy, extra: candidate.extraCommands)
    }

    /// Refuses what was validated by commands that are no longer there.
    private func checkCommands(_ candidate: LandingCandidate, _ policy: Policy) throws {
        guard !canJudge(candidate, policy) else { return }
        let verdicts = candidate.revision.record.value("verdicts").array ?? []
        guard verdicts.isEmpty else {
            throw LandRefusal("no command is there to validate the merged tree")
        }
    }

    /// Judges the merged tree, and writes down what came of it.
    private func validate(
        _ landing: Landing, _ policy: Policy, as actor: Actor
    ) throws -> [Verdict] {
        guard canJudge(landing.candidate, policy) else {
            progress("no command validates this repository")
            return []
        }
        progress("validating the merged tree…")
        let result = try validation.validate(
            landing.commit, policy: policy, extra: landing.candidate.extraCommands,
            job: landing.job.id)
        try checkStop()
        guard result.isGreen || !result.verdicts.failures.isEmpty else {
            throw LandRefusal("no required command validates the merged tree")
        }
        try recordValidation(landing, result, policy, as: actor)
        return result.verdicts
    }

    /// Refuses to land under local changes: the local base is to follow wherever it lands.
    func checkWorktrees(_ landing: Landing) throws {
        guard let local = landing.target.local else { return }
        let worktrees = BaseWorktrees(git: git, reference: landing.target.reference)
        try worktrees.check(worktrees.all(), from: local, to: landing.commit)
    }
}

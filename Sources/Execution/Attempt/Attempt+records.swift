internal import GitStore
internal import Model

/// What the loop tells the agent, and writes down of each turn.
extension Attempt {
    /// The instruction for a turn.
    func order(_ number: Int) throws -> WorkOrder {
        let snapshot = try context.board.snapshot()
        let left = ContinuousClock.now.duration(to: limits.deadline).components.seconds
        var order = WorkOrder(
            kind: job.jobKind, workspace: workspace.path, baseCommit: "\(base)", goal: goal,
            ticket: ticket, iteration: number, plan: plan, policy: policy,
            iterationsLeft: max(policy.guardrails.maxIterations - limits.iterations, 1),
            deadline: context.board.context.now().advanced(byMilliseconds: left * 1000))
        order.feedback = feedback
        order.reviews = try reviews(snapshot)
        order.answers = try snapshot.list(Question.self)
            .filter { $0.ticketID == ticket.id && $0.status == .answered }
            .sorted { Self.isEarlier($0.record, $1.record) }
            .map { question in
                [
                    "question_id": .string(question.id), "text": .string(question.text),
                    "choice": question.answer["choice"] ?? .null,
                    "answer": question.answer["text"] ?? .null,
                ]
            }
        order.instructions = WorkOrder.instructions(for: ticket, kind: job.jobKind)
        order.instructions += skills.map { Instruction($0, in: files) }
        order.budget = budget
        order.authorship = try Authorship(
            ticket, in: snapshot, members: Members(context.repository, policy))
        order.hasNoGoal = try snapshot.board().inboxGoalID == goal.id
        return order
    }

    /// What reviewers asked to be changed, oldest first.
    private func reviews(_ snapshot: Snapshot) throws -> [JSON] {
        let revisions = try snapshot.list(Revision.self)
            .filter { $0.ticketID == ticket.id }.sorted { $0.number < $1.number }
        let reviews = try snapshot.list(Review.self)
            .sorted { Self.isEarlier($0.record, $1.record) }
        let comments = try snapshot.list(ReviewComment.self)
            .sorted { Self.isEarlier($0.record, $1.record) }
        return revisions.flatMap { revision in
            reviews.filter { $0.revisionID == revision.id && $0.decision != "approved" }.map {
                [
                    "revision": .integer(revision.number), "decision": .string($0.decision),
                    "body": .string($0.body),
                    "comments": .array(
                        comments.filter { $0.revisionID == revision.id && !$0.isResolved }.map {
                            [
                                "file_path": JSON($0.filePath),
                                "line_number": JSON($0.lineNumber),
                                "content": .string($0.content),
                            ]
                        }),
                ]
            }
        }
    }

    /// Whether a record was made before another.
    private static func isEarlier(_ first: Record, _ second: Record) -> Bool {
        (first.created.lamport, first.id) < (second.created.lamport, second.id)
    }

    /// Adds a turn that has begun.
    func begin(_ number: Int, at time: Timestamp) {
        iterations.removeAll { $0["n"]?.integer == Int64(number) }
        iterations.append([
            "n": .integer(Int64(number)), "started_at": JSON(time), "ended_at": nil,
            "snapshot": nil, "tree": nil, "files": nil, "lines": nil, "fast": nil, "full": nil,
            "failure_signature": nil, "tokens": nil, "cost": nil,
        ])
    }

    /// Changes members of the last turn.
    func amend(_ members: JSONObject) {
        guard let last = iterations.popLast(), var turn = last.object else { return }
        for (key, value) in members { turn[key] = value }
        iterations.append(.object(turn))
    }

    /// Writes down the snapshot of an agent's turn.
    func record(
        _ number: Int, _ agent: AgentTurn, _ snapshot: WorkspaceSnapshot,
        _ changes: ChangeSummary
    ) throws {
        try record(number, snapshot, changes, exitCode: agent.exitCode)
    }

    /// Writes down a snapshot, and looks for secrets in it.
    func record(
        _ number: Int, _ snapshot: WorkspaceSnapshot, _ changes: ChangeSummary,
        exitCode: Int32? = nil
    ) throws {
        amend([
            "snapshot": .string("\(snapshot.commit)"), "tree": .string("\(snapshot.tree)"),
            "files": .integer(Int64(changes.files.count)),
            "lines": .integer(Int64(changes.lines)),
            "ended_at": JSON(context.board.context.now()),
        ])
        secrets = try SecretScan(context).findings(in: snapshot.commit, since: head)
        if secrets.isEmpty {
            head = snapshot.commit
        } else {
            // A branch may be pushed, and the next turn begins where no secret is.
            try workspace.moveBranch(
                to: head, expecting: snapshot.commit, workspace.rescuer)
        }
        try recorder.note(
            .snapshotTaken,
            [
                "iterations": .array(iterations), "counters": limits.counters,
                "exit_code": JSON(exitCode.map(Int64.init)),
            ],
            payload: [
                "n": .integer(Int64(number)), "commit": .string("\(snapshot.commit)"),
                "skipped": JSON(Array(snapshot.skipped.prefix(50))),
                "strays": JSON(snapshot.strays.prefix(50).map(\.description)),
                "secrets": JSON(Array(secrets.prefix(50))),
            ])
        let count = changes.files.count
        log.heading(
            "snapshot \(number): \(count) file\(count == 1 ? "" : "s"), "
                + "+\(changes.insertions) -\(changes.deletions)")
        if !secrets.isEmpty { log.heading("it holds secrets, and is kept locally only") }
    }

    /// Takes up what the last turn before an answer knew: its plan, and what had failed.
    func recall() throws {
        guard !iterations.isEmpty else { return }
        let evidence = try context.board.evidence(of: job.id, month: job.month)
        func last(_ kind: EvidenceFile.Kind) -> JSON? {
            evidence.last { $0.path.hasSuffix("-\(kind.rawValue).json") }
                .flatMap { try? JSON(parsing: context.repository.readBlob($0.blob)) }
        }
        let order = last(.workOrder)
        plan = order?["plan"]?.string ?? last(.meta)?["plan"]?.string
        feedback = (order?["feedback"]?.array ?? []).compactMap { Feedback($0) }
    }

    /// Keeps what a result changes as evidence.
    func keepDifference(from base: ObjectID, to head: ObjectID) throws {
        var files: [EvidenceFile]
        do {
            let (statistics, patch) = try workspace.difference(from: base, to: head)
            files = [EvidenceFile(.diffStat, statistics), EvidenceFile(.diffPatch, patch)]
        } catch ExecutionError.Code.outputLimit {
            files = [EvidenceFile(.diffStat, try workspace.statistics(from: base, to: head))]
            log.heading("the patch is too large to be kept")
        }
        try context.board.keep(files, of: job.id, month: job.month)
    }
}

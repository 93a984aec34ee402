import Execution
import FoundationEssentials
import GitStore
import Model
import Porcelain

/// `git draft review`.
struct ReviewCommand: Command {
    static let help = Help(
        "Approve a revision, or send it back", verb: "review", group: "Review and landing",
        description: """
            Without a decision, shows the open revision with its verdicts and comments. An \
            approval binds the commit that was shown and the policy in force. A revision that \
            is sent back is done again on the same base, with the comments in the agent's hands.

            A revision is quarantined if something of yours changed while its job ran, such as a \
            hook. Look at that first; --despite-changes says that you did.
            """)

    @Argument("whose revision", value: "ticket") var ticket: String
    @Flag("--approve", help: "it may land") var approve
    @Flag("--despite-changes", help: "approve it although it is quarantined")
    var despiteChanges
    @Flag("--request-changes", help: "it is to be done again") var requestChanges
    @Option("--comment", value: "file:line", help: "remark on a line; give the text with -m")
    var comments: [String]
    @Option("-m", "--message", value: "text", help: "say <text>") var messages: [String]
    @Options var past: PastOptions
    @Options var output: OutputOptions

    private var isDecision: Bool {
        approve || requestChanges || !comments.isEmpty || !messages.isEmpty
    }

    func validate() throws {
        if past.at != nil, isDecision {
            throw UsageError("--at only shows a revision, and decides nothing")
        }
        if approve, requestChanges {
            throw UsageError("--approve and --request-changes exclude each other")
        }
        if despiteChanges, !approve {
            throw UsageError("--despite-changes goes with --approve")
        }
        if messages.count < comments.count {
            throw UsageError("each --comment needs its text: -m TEXT")
        }
        if requestChanges, messages.isEmpty {
            throw UsageError("say what to change: -m TEXT")
        }
    }

    func run(in context: Context) async throws {
        let session = try Session(context)
        let snapshot = try session.snapshot(at: past.at)
        let id = try snapshot.ticketID(ticket)
        guard isDecision else { return try show(id, snapshot, session) }
        let hash = try policyHash(session)
        let revision = try session.board.transact(
            as: session.decider(), isDurable: approve
        ) { transaction in
            try write(id, hash, transaction)
        }
        CrashPoint.approvalStored.reached(in: context.environment)
        if approve {
            for path in try session.gateFiles(of: revision) {
                session.warn("revision \(revision.number) changes what decides: \(path)")
            }
        }
        let what = approve ? "approved" : requestChanges ? "sent back" : "commented on"
        try session.report(
            revision, output, "\(what) revision \(revision.number) of ticket \(sentenceName(id))")
        guard !output.json, !output.quiet else { return }
        if approve, revision.findings == nil { session.advise("git draft land \(id.prefix(6))") }
        guard requestChanges else { return }
        let name = sentenceName(id)
        let job = try revision.jobID.flatMap {
            try session.board.snapshot().view(Model.Job.self, $0)
        }
        // Whoever did it is the first to think of for doing it again.
        session.advise(
            job?.isPersons == true
                ? "git draft take \(name); git draft run \(name)" : "git draft run \(name)")
    }

    private func write(
        _ id: String, _ hash: String, _ transaction: Transaction
    ) throws -> Revision {
        let ticket = try transaction.require(Ticket.self, id)
        let revision = try transaction.openRevision(of: ticket)
        for (place, text) in zip(comments, messages) {
            try comment(place, text, revision, transaction)
        }
        let body = messages.dropFirst(comments.count).joined(separator: "\n\n")
        guard approve || requestChanges else {
            if !body.isEmpty { try comment(nil, body, revision, transaction) }
            return revision
        }
        try transaction.refuseAwaited(id)
        guard !approve || despiteChanges || revision.changes.isEmpty else {
            let name = sentenceName(id)
            throw CommandError(
                "revision \(revision.number) of ticket \(name) is quarantined: "
                    + "\(escaped(revision.changes.joined(separator: ", "))) while its job ran",
                hint: "git draft review --approve --despite-changes \(name)")
        }
        let decision = approve ? "approved" : "changes_requested"
        let next: RevisionStatus = approve ? .approved : .changesRequested
        // What was approved is approved anew where the policy has changed since then.
        let isSame = revision.status == next
        if !isSame { try revision.status.checkMove(to: next) }
        var groups: JSONObject = [
            "revision_id": .string(revision.id), "decision": .string(decision),
            "body": .string(body), "head_commit": .string(revision.headCommit),
            "policy_hash": .string(hash), "author": .string(transaction.actor.id),
        ]
        if !revision.changes.isEmpty, approve { groups["despite_changes"] = true }
        try transaction.create(
            .review, groups, as: .reviewGiven,
            EventDetails(goal: ticket.goalID, ticket: id, reason: decision))
        guard !isSame else { return revision }
        let record = try transaction.write(
            revision.record, ["status": .string(next.word)], as: .revisionClosed,
            EventDetails(goal: ticket.goalID, from: revision.status.word, to: next.word))
        if approve, revision.findings != nil {
            try transaction.move(ticket, to: .done)
        } else if requestChanges {
            try transaction.move(ticket, to: .planned)
        }
        return Revision(record)
    }

    private func comment(
        _ place: String?, _ text: String, _ revision: Revision, _ transaction: Transaction
    ) throws {
        var file: String?
        var line: Int64?
        if let place {
            let parts = place.split(separator: ":", omittingEmptySubsequences: false)
            guard parts.count >= 2, let number = parts.last.flatMap({ Int64($0) }), number > 0,
                place.utf8.first != UInt8(ascii: ":")
            else { throw UsageError("bad place '\(place)' for '--comment'; expected FILE:LINE") }
            file = parts.dropLast().joined(separator: ":")
            line = number
        }
        try transaction.create(
            .comment,
            [
                "revision_id": .string(revision.id), "ticket_id": .string(revision.ticketID),
                "file_path": JSON(file), "line_number": JSON(line), "content": .string(text),
                "author": .string(transaction.actor.id),
            ], as: .commentAdded)
    }

    private func policyHash(_ session: Session) throws -> String {
        let loader = PolicyLoader(session)
        return try loader.current().policy.policy.policyHash
    }

    private func show(_ id: String, _ snapshot: Snapshot, _ session: Session) throws {
        let revisions = try snapshot.list(Revision.self).filter { $0.ticketID == id }
        guard let revision = revisions.max(by: { $0.number < $1.number }) else {
            throw CommandError(
                "ticket \(sentenceName(id)) has no revision", hint: "git draft run \(id.prefix(6))")
        }
        if output.json { return try session.printJSON(revision.shown) }
        if output.quiet { return try session.printIDs([revision.id]) }
        try session.terminal.write(
            RevisionText(revision, snapshot, gates: session.gateFiles(of: revision)).text())
    }
}

extension Session {
    /// The files of a revision that decide what passes, such as `draft.yaml`.
    func gateFiles(of revision: Revision) throws -> [String] {
        let files = try changedFiles(of: revision)
        guard !files.isEmpty, let base = ObjectID(hex: revision.baseCommit) else { return [] }
        let policy = try PolicyLoader(self).load(at: base).policy
        return files.filter { policy.guardrails.isGate($0) }
    }
}

extension Transaction {
    /// The revision of a ticket that waits for a review, or was approved and has not landed.
    func openRevision(of ticket: Ticket) throws -> Revision {
        let revisions = try list(Revision.self).filter { $0.ticketID == ticket.id }
        let open = revisions.filter { [.open, .approved].contains($0.status) }
            .max { $0.number < $1.number }
        guard let open, ticket.state == .needsHuman else {
            let name = sentenceName(ticket.id)
            throw CommandError(
                "ticket \(name) is \(ticket.state) and has no revision to review",
                hint: "git draft ticket show \(name)")
        }
        return open
    }
}

/// A revision as a reviewer reads it.
struct RevisionText {
    private let revision: Revision
    private let snapshot: Snapshot
    private let gates: [String]

    init(_ revision: Revision, _ snapshot: Snapshot, gates: [String]) {
        self.revision = revision
        self.snapshot = snapshot
        self.gates = gates
    }

    /// Who made the revision, and what kept that apart from the machine.
    private func origin() throws -> String? {
        guard let job = try revision.jobID.flatMap({ try snapshot.view(Model.Job.self, $0) }) else {
            return nil
        }
        guard !job.isPersons else { return job.person.map { "made by \(escaped($0))" } }
        let agent = job.agentName.map { "agent \(escaped($0))" }
        let words = [agent, job.sandbox.map { "sandbox \(escaped($0))" }].compactMap(\.self)
        return words.isEmpty ? nil : "made by \(words.joined(separator: ", "))"
    }

    /// The text; what others wrote in it is escaped.
    func text() throws -> String {
        let number = { (field: String) in revision.record.value(field).integer ?? 0 }
        var lines = [
            "revision \(revision.number) of ticket \(sentenceName(revision.ticketID)): "
                + escaped(revision.status.word),
            "commit \(escaped(revision.headCommit))",
            "\(counted(Int(number("files")), "file")), +\(number("insertions")) "
                + "-\(number("deletions"))",
        ]
        if let origin = try origin() { lines.append(origin) }
        if let findings = revision.findings { lines += ["", escaped(findings, multiline: true)] }
        for change in revision.changes {
            lines.append("quarantined: \(escaped(change)) while its job ran")
        }
        for path in gates { lines.append("changes what decides: \(escaped(path))") }
        for verdict in revision.record.value("verdicts").array ?? [] {
            let passed = verdict["exit_code"]?.integer == 0 ? "passed" : "failed"
            let (tier, name) = (verdict["tier"]?.string ?? "", verdict["name"]?.string ?? "")
            lines.append(escaped("\(tier) \(passed): \(name)"))
        }
        for review in try snapshot.list(Review.self) where review.revisionID == revision.id {
            lines.append(escaped("\(review.decision) by \(review.author): \(review.body)"))
        }
        for comment in try snapshot.list(ReviewComment.self)
        where comment.revisionID == revision.id {
            let place = comment.filePath.map { "\($0):\(comment.lineNumber ?? 0): " } ?? ""
            lines.append(escaped("\(place)\(comment.content)"))
        }
        return lines.joined(separator: "\n") + "\n"
    }
}

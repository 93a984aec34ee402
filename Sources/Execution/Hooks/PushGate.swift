public import GitStore
internal import Model

/// Judges what is pushed by what the board knows of the tickets in it.
public struct PushGate {
    /// Work of a ticket that should not go where it is pushed.
    public struct Objection: Hashable, Sendable {
        /// The ticket.
        public let ticket: String
        /// The commit.
        public let commit: ObjectID
        /// The branch there.
        public let branch: String
        /// What is wrong.
        public let reason: Reason
        /// Whether a person took the ticket.
        public let isTaken: Bool
    }

    /// What is wrong with work that is pushed.
    public enum Reason: Hashable, Sendable {
        /// Nobody has looked at the ticket's work yet: there is no revision.
        case notOffered
        /// A revision waits for a review.
        case notApproved
        /// A revision is approved, but it is another tree that is pushed.
        case otherTree
        /// No validation of the tree was green.
        case notValidated
    }

    /// A commit that could be of a ticket.
    typealias Suspect = (commit: Commit, ticket: String, isTaken: Bool)

    let boards: [Snapshot]
    let repository: Repository
    let history: PushHistory
    let prefix: String
    private let protected: [String]
    private let optional: Set<String>
    private var revisions: [Revision]?

    /// Prepares to judge.
    ///
    /// - Parameters:
    ///   - repository: The repository.
    ///   - environment: What git is run with.
    ///   - boards: The board, and the one that is pushed along.
    ///   - protected: The names of the branches that take approved work only.
    ///   - optional: The commands of the validation that need not pass.
    ///   - prefix: What the branches of tickets begin with.
    public init(
        _ repository: Repository, environment: [String: String], boards: [Snapshot],
        protected: [String], optional: [String], prefix: String
    ) {
        self.repository = repository
        history = PushHistory(repository.commonDirectory, environment: environment)
        self.boards = boards
        self.protected = protected
        self.optional = Set(optional)
        self.prefix = prefix
    }

    /// What is to be said against a push, in the order of its references.
    ///
    /// - Throws: ``ExecutionError``, ``GitError`` or ``BoardError`` if it cannot be judged.
    public mutating func objections(to push: Push) throws -> [Objection] {
        var objections: [Objection] = []
        for reference in push.work {
            if let branch = branchName(reference.remote), isProtected(branch) {
                objections += try unapproved(in: reference, on: branch, of: push)
            } else {
                objections += try unvalidated(reference)
            }
        }
        return objections
    }

    private func branchName(_ reference: String) -> String? {
        let start = "refs/heads/"
        guard reference.utf8.starts(with: start.utf8) else { return nil }
        return String(reference.utf8.dropFirst(start.utf8.count))
    }

    private func isProtected(_ branch: String) -> Bool {
        protected.contains { $0.utf8.elementsEqual(branch.utf8) }
    }
}

// MARK: - Protected branches

extension PushGate {
    /// The commits that a branch would get, of tickets whose work it is not to have.
    private mutating func unapproved(
        in reference: PushedReference, on branch: String, of push: Push
    ) throws -> [Objection] {
        let known = reference.old.isZero ? try protectedTips(push.remote) : [reference.old]
        var suspects: [Suspect] = []
        if let ticket = try ticketBranch(reference.local),
            try !history.commits([reference.new], without: known, ["--max-count=1"]).isEmpty
        {
            let tip = try repository.readCommit(reference.new)
            suspects.append((tip, ticket.ticket, ticket.isTaken))
        }
        for id in try history.commits([reference.new], without: known, PushHistory.marks) {
            let commit = try repository.readCommit(id)
            for ticket in try tickets(of: commit) { suspects.append((commit, ticket, false)) }
        }
        suspects += try unapprovedTrees(in: reference, without: known)
        let refused = try suspects.filter { try !isApproved($0.commit, $0.ticket) }
        guard !refused.isEmpty else { return [] }
        // A merge brings the turns in between along, too, of which nobody approved any by itself.
        let heads = try revisionsOnBoards().filter { $0.status == .approved }
            .compactMap { ObjectID(hex: $0.headCommit) }
        let others = Set(try history.commits([reference.new], without: known + heads))
        var seen: Set<String> = []
        return try refused.filter {
            others.contains($0.commit.id) && seen.insert($0.ticket).inserted
        }
        .map { suspect in
            Objection(
                ticket: suspect.ticket, commit: suspect.commit.id, branch: branch,
                reason: try reason(for: suspect.ticket),
                isTaken: try suspect.isTaken || hasTakenBranch(suspect.ticket))
        }
    }

    private func hasTakenBranch(_ ticket: String) throws -> Bool {
        try repository.target(of: "refs/heads/\(TicketBranch.takenPrefix)\(ticket)") != nil
    }

    /// Where the protected branches of a remote were last seen.
    private func protectedTips(_ remote: String) throws -> [ObjectID] {
        let isKnown = repository.configuration.remotes().contains {
            $0.name.utf8.elementsEqual(remote.utf8)
        }
        guard isKnown else { return [] }
        return try repository.references(under: "refs/remotes/\(remote)/").filter { tip in
            protected.contains { tip.name.utf8.elementsEqual("refs/remotes/\(remote)/\($0)".utf8) }
        }.map(\.id)
    }

    private func ticketBranch(_ name: String) throws -> TicketBranch? {
        let branch = name == "HEAD" ? try repository.headBranch() : name
        return branch.flatMap { TicketBranch($0, prefix: prefix) }
    }

    /// The tickets that a commit says to be of: by its trailers, or as a snapshot of a job.
    func tickets(of commit: Commit) throws -> [String] {
        var tickets = commit.trailers.filter { $0.key.lowercased() == "draft-ticket" }
            .map { String($0.value.lowercased()) }
        let words = commit.subject.split(separator: " ")
        if words.count == 5, words[0] == "snapshot", words[2] == "of", words[3] == "job" {
            let job = String(words[4])
            for board in boards where Crockford.isValid(job) {
                if let ticket = try board.view(Job.self, job)?.ticketID { tickets.append(ticket) }
            }
        }
        // What the board does not know was never work of ours.
        return try tickets.filter { ticket in
            guard Crockford.isValid(ticket) else { return false }
            return try boards.contains { try $0.view(Ticket.self, ticket) != nil }
        }
    }

    /// Whether a commit is what was approved: landed, or of an approved tree.
    ///
    /// Of a ticket that is done, other commits are what a rebase or a cherry-pick made of the
    /// one that landed.
    mutating func isApproved(_ commit: Commit, _ ticket: String) throws -> Bool {
        for board in boards {
            guard let view = try board.view(Ticket.self, ticket) else { continue }
            let landings = view.record.landings.map(\.commit)
            if landings.contains("\(commit.id)") { return true }
            if view.state == .done, !landings.isEmpty, commit.trailer("Draft-Revision") != nil {
                return true
            }
        }
        return try revisionsOnBoards().contains {
            $0.ticketID == ticket && $0.status == .approved && $0.tree == "\(commit.tree)"
        }
    }

    private mutating func reason(for ticket: String) throws -> Reason {
        let mine = try revisionsOnBoards().filter { $0.ticketID == ticket }
        if mine.contains(where: { $0.status == .approved }) { return .otherTree }
        return mine.contains { $0.status == .open } ? .notApproved : .notOffered
    }

    mutating func revisionsOnBoards() throws -> [Revision] {
        if let revisions { return revisions }
        let all = try boards.flatMap { try $0.list(Revision.self) }
        revisions = all
        return all
    }
}

// MARK: - Branches of tickets

extension PushGate {
    /// The branch of a ticket whose tip no validation was green on.
    ///
    /// What a person does on a branch of their own is theirs until they submit it.
    private mutating func unvalidated(_ reference: PushedReference) throws -> [Objection] {
        let names = [reference.remote, reference.local]
        let branches = names.compactMap { TicketBranch($0, prefix: prefix) }
        guard let branch = branches.first, !branch.isTaken,
            let commit = try? repository.readCommit(reference.new)
        else { return [] }
        let tree = "\(commit.tree)"
        let mine = try revisionsOnBoards().filter { $0.ticketID == branch.ticket }
        guard !mine.contains(where: { $0.tree == tree && isGreen($0) }) else { return [] }
        return [
            Objection(
                ticket: branch.ticket, commit: commit.id,
                branch: branchName(reference.remote) ?? reference.remote, reason: .notValidated,
                isTaken: false)
        ]
    }

    private func isGreen(_ revision: Revision) -> Bool {
        let verdicts = revision.record.value("verdicts").array ?? []
        let passed = verdicts.filter { $0["exit_code"]?.integer == 0 }
        let failed = verdicts.filter { $0["exit_code"]?.integer != 0 }
        return passed.contains { $0["tier"]?.string != Verdict.Tier.setup }
            && failed.allSatisfy { optional.contains($0["name"]?.string ?? "") }
    }
}

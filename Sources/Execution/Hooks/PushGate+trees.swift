internal import GitStore
internal import Model

/// Work of tickets that is known by what it holds, whatever its commits say of themselves.
extension PushGate {
    /// The most commits that are compared: of a push, and of what is there already.
    private static let limit = ["--max-count=10000"]

    /// The most branches of tickets that are looked at.
    private static let branchLimit = 1000

    /// Work that nobody approved: whose, and what it started from.
    private struct Work {
        let ticket: String
        let base: ObjectID?
    }

    /// The commits that a branch would get whose trees are those of work that nobody approved.
    ///
    /// What the branch or the work's base had already is no work of anybody's, and what is
    /// approved for one ticket is so for another.
    mutating func unapprovedTrees(
        in reference: PushedReference, without known: [ObjectID]
    ) throws -> [Suspect] {
        let work = try unapprovedWork()
        guard !work.isEmpty else { return [] }
        let pushed = try history.trees([reference.new], without: known, Self.limit)
        let found = pushed.filter { work[$0.tree] != nil }
        guard !found.isEmpty else { return [] }
        let bases = found.compactMap { work[$0.tree]?.base }
        let there = Set(try history.trees(known + bases, without: [], Self.limit).map(\.tree))
        var suspects: [Suspect] = []
        for (id, tree) in found where !there.contains(tree) {
            guard let ticket = work[tree]?.ticket else { continue }
            let commit = try repository.readCommit(id)
            // A landing may come to the same as what another ticket has waiting.
            let isKnown = try tickets(of: commit).contains { try isApproved(commit, $0) }
            if !isKnown { suspects.append((commit, ticket, false)) }
        }
        return suspects
    }

    /// The trees of work that nobody approved: revisions, and what jobs and people have so far.
    private mutating func unapprovedWork() throws -> [ObjectID: Work] {
        var work: [ObjectID: Work] = [:]
        for tip in try tips() {
            guard let base = try base(ofLive: tip.ticket),
                let commit = try? repository.readCommit(tip.id)
            else { continue }
            work[commit.tree] = Work(ticket: tip.ticket, base: ObjectID(hex: base))
        }
        let revisions = try revisionsOnBoards()
        for revision in revisions where [.open, .changesRequested].contains(revision.status) {
            guard let tree = ObjectID(hex: revision.tree), revision.findings == nil else {
                continue
            }
            let base = ObjectID(hex: revision.baseCommit)
            work[tree] = Work(ticket: revision.ticketID, base: base)
        }
        for revision in revisions where revision.status == .approved {
            if let tree = ObjectID(hex: revision.tree) { work[tree] = nil }
        }
        return work
    }

    /// What the branches of tickets and the snapshots of jobs are here.
    private func tips() throws -> [(ticket: String, id: ObjectID)] {
        var tips: [(ticket: String, id: ObjectID)] = []
        for start in ["refs/heads/\(prefix)/", "refs/heads/\(TicketBranch.takenPrefix)"] {
            for tip in try repository.references(under: start).prefix(Self.branchLimit) {
                guard let branch = TicketBranch(tip.name, prefix: prefix) else { continue }
                tips.append((branch.ticket, tip.id))
            }
        }
        let local = "refs/draft-local/"
        for tip in try repository.references(under: local).prefix(Self.branchLimit) {
            let job = String(Substring(tip.name.utf8.dropFirst(local.utf8.count)))
            guard Crockford.isValid(job) else { continue }
            for board in boards {
                guard let ticket = try board.view(Job.self, job)?.ticketID else { continue }
                tips.append((ticket, tip.id))
            }
        }
        return tips
    }

    /// What the work of a ticket started from, empty if that is unknown.
    ///
    /// `nil` if no board knows the ticket or it is over with.
    private func base(ofLive id: String) throws -> String? {
        for board in boards {
            guard let ticket = try board.view(Ticket.self, id) else { continue }
            guard ![.done, .abandoned].contains(ticket.state) else { return nil }
            let job = try ticket.jobID.flatMap { try board.view(Job.self, $0) }
            return job?.baseCommit ?? ticket.baseCommit ?? ""
        }
        return nil
    }
}

extension PushHistory {
    /// Lists commits as ``commits(_:without:_:)`` does, each with its tree.
    func trees(
        _ new: [ObjectID], without known: [ObjectID], _ options: [String] = []
    ) throws -> [(commit: ObjectID, tree: ObjectID)] {
        guard !new.isEmpty else { return [] }
        let output = try git.run(
            ["log", "--ignore-missing", "--stdin", "--no-show-signature", "--format=%H %T"]
                + options, in: directory, input: Self.range(new, without: known))
        return output.text.split(separator: "\n").compactMap { line in
            let words = line.split(separator: " ")
            guard words.count == 2, let commit = ObjectID(hex: words[0]),
                let tree = ObjectID(hex: words[1])
            else { return nil }
            return (commit, tree)
        }
    }
}

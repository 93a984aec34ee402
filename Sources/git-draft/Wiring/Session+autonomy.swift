import Execution
import GitStore
import Model
import Porcelain

extension Session {
    /// Why nobody but a person may approve a revision, by `autonomy_config`; `nil` if it may be.
    ///
    /// - Parameter revision: The revision that waits for a review.
    /// - Returns: A sentence about its ticket, safe to show.
    /// - Throws: What git throws, or ``BoardError`` if the board cannot be read.
    func autonomyObjection(to revision: Revision) throws -> String? {
        guard revision.findings == nil else { return nil }
        let autonomy = try PolicyLoader(self).current().policy.policy.autonomy
        let name = sentenceName(revision.ticketID)
        let lines = ["insertions", "deletions"].reduce(Int64(0)) { sum, name in
            // Whoever wrote the record may have written anything.
            let (all, isTooMuch) = sum.addingReportingOverflow(
                revision.record.value(name).integer ?? 0)
            return isTooMuch ? .max : all
        }
        if lines > autonomy.maxDiffLines {
            return
                "ticket \(name) changes \(lines) lines, at most \(autonomy.maxDiffLines) without "
                + "a person (autonomy_config.max_diff_lines)"
        }
        let sensitive = try changedFiles(of: revision).filter(autonomy.isSensitive)
        guard sensitive.isEmpty else {
            let more = sensitive.count > 5 ? " and \(sensitive.count - 5) more" : ""
            return "ticket \(name) changes sensitive files "
                + "(\(escaped(sensitive.prefix(5).joined(separator: ", ")))\(more)) "
                + "(autonomy_config.sensitive_file_patterns)"
        }
        guard try !autonomy.requireVerificationPass || isVerified(revision) else {
            return "ticket \(name) was validated by no required command "
                + "(autonomy_config.require_verification_pass)"
        }
        return nil
    }

    /// Whether a required command has passed; a revision with one that failed there is not.
    private func isVerified(_ revision: Revision) throws -> Bool {
        let snapshot = try board.snapshot()
        let base = ObjectID(hex: revision.baseCommit)
        var required = try snapshot.require(Ticket.self, revision.ticketID).validation
        let job = try revision.jobID.flatMap { try snapshot.view(Model.Job.self, $0) }
        if let command = job?.record.value("invocation")["validate"]?.string {
            required.append(command)
        } else if let base, repository.contains(base) {
            let tiers = try PolicyLoader(self).load(at: base).policy.validation
            required += (tiers.fast + tiers.full).filter(\.required).map(\.command)
        }
        return (revision.record.value("verdicts").array ?? []).contains { verdict in
            let command = verdict["command"]?.string ?? ""
            return verdict["exit_code"]?.integer == 0
                && required.contains { $0.utf8.elementsEqual(command.utf8) }
        }
    }

    /// The files that a revision adds, changes or removes; none if its commits are not here.
    func changedFiles(of revision: Revision) throws -> [String] {
        guard revision.findings == nil, let base = ObjectID(hex: revision.baseCommit),
            let head = ObjectID(hex: revision.headCommit), repository.contains(base),
            repository.contains(head)
        else { return [] }
        let names = try git([
            "diff-tree", "-r", "-z", "--name-only", "--no-renames", "--no-ext-diff",
            "--end-of-options", revision.baseCommit, revision.headCommit,
        ])
        return names.text.split(separator: "\0").map(String.init)
    }
}

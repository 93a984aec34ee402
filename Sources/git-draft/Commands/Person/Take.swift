import Execution
import GitStore
import Model
import Porcelain

/// `git draft take`.
struct Take: Command {
    static let help = Help(
        "Do a ticket yourself", group: "Execution",
        description: """
            Takes a ticket that is planned, blocked, or waits for a person, and makes an ordinary \
            worktree for it, in which your own tools, hooks and settings hold. It is on the \
            branch `take/<ticket>`, and starts at the last snapshot, or at the base with --fresh. \
            Nobody else works on the ticket until `git draft submit` has brought in a green \
            result, or `git draft cancel` gives it back.

            If its directory was removed, the same command makes it again.
            """)

    @Argument("which ticket") var ticket: String
    @Flag("--fresh", help: "start at the base, whatever was done before") var fresh
    @Options var output: OutputOptions

    func run(in context: Context) async throws {
        let session = try Session(context)
        let person = try session.decider()
        let jobs = try session.admission()
        let id = try session.board.snapshot().ticketID(ticket)
        let taken = try Taking(jobs, for: person).take(id, isFresh: fresh)
        try session.report(taken.job, output, "took \(taken.ticket.sentence)")
        guard !output.json, !output.quiet else { return }
        let snapshot = try session.board.snapshot()
        try session.terminal.writeLine("worktree: \(escaped(taken.path))")
        if let astray = taken.astray {
            session.warn("\(astray)")
            if let hint = astray.hint { session.advise(hint) }
        } else {
            try session.terminal.writeLine("branch: take/\(id), at \(start(of: taken))")
        }
        for line in try TakenNotes(taken, snapshot).lines {
            try session.terminal.writeLine(line)
        }
        session.advise("cd \(shellWord(taken.path)); git draft submit \(sentenceName(id))")
    }

    private func start(of taken: TakenTicket) -> String {
        let commit = "\(taken.start)".prefix(8)
        if "\(taken.start)" == taken.job.baseCommit { return "\(commit), the base" }
        guard let last = taken.job.resumes else { return "\(commit)" }
        return "\(commit), from job \(sentenceName(last))"
    }
}

/// What a person who takes a ticket should know: what was asked for, and what failed.
struct TakenNotes {
    /// The lines; text of others in them is escaped.
    let lines: [String]

    init(_ taken: TakenTicket, _ snapshot: Snapshot) throws {
        var lines: [String] = []
        let criteria = taken.ticket.acceptanceCriteria
        lines += criteria.map { "to be met: \(escaped($0.text))" }
        let last = try snapshot.list(Revision.self).filter { $0.ticketID == taken.ticket.id }
            .max { $0.number < $1.number }
        if let last {
            for review in try snapshot.list(Review.self)
            where review.revisionID == last.id && review.decision != "approved" {
                lines.append(
                    "revision \(last.number) was sent back by \(escaped(review.author)): "
                        + escaped(review.body))
            }
            for comment in try snapshot.list(ReviewComment.self)
            where comment.revisionID == last.id && !comment.isResolved {
                let place = comment.filePath.map { "\($0):\(comment.lineNumber ?? 0): " } ?? ""
                lines.append("  " + escaped("\(place)\(comment.content)"))
            }
        }
        if let resumed = try taken.job.resumes.flatMap({ try snapshot.view(Job.self, $0) }),
            resumed.outcome == "blocked" || resumed.outcome == "failed"
        {
            let failure = resumed.record.value("findings")["last_failure"]?.string ?? ""
            let words = failure.isEmpty ? "" : ": \(escaped(Text.firstLine(failure)))"
            lines.append(
                "the last job was \(resumed.outcome ?? "") (\(escaped(resumed.reason ?? "")))"
                    + words)
        }
        self.lines = lines
    }
}

/// A word as a shell takes it, between quotes if need be; safe to show.
func shellWord(_ word: String) -> String {
    let plain = word.unicodeScalars.allSatisfy { scalar in
        ("a"..."z").contains(scalar) || ("A"..."Z").contains(scalar)
            || ("0"..."9").contains(scalar) || "/._-+,:@%".unicodeScalars.contains(scalar)
    }
    return plain && !word.isEmpty ? word : "'\(word.replacing("'", with: "'\\''"))'"
}

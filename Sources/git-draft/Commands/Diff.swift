import Execution
import GitStore
import Model
import Porcelain

/// `git draft diff`.
struct Diff: Command {
    static let help = Help(
        "Show the change that a ticket brings", group: "Review and landing",
        description: """
            Shows the change of the latest revision of a ticket, or of the one of that number, \
            against the commit that the work started from; of a ticket or job without a revision \
            yet, that of the last snapshot. No program that a repository names is run for it, and \
            no value of the environment file for jobs is shown.

            With `--quiet` the id of that revision is printed, or of the job.

            `--json` prints `base`, `head` and for each file `path`, `insertions` and `deletions`.
            """)

    @Argument("a ticket, revision or job") var subject: String
    @Argument("the number of a revision", value: "number") var number: Count?
    @Flag("--stat", help: "show how much changed in each file") var stat
    @Flag("--name-only", help: "show the names of changed files only") var nameOnly
    @Options var past: PastOptions
    @Options var output: ViewOptions

    private var json: Bool { output.json }

    func validate() throws {
        if stat, nameOnly { throw UsageError("--stat and --name-only exclude each other") }
        if json || output.quiet, stat || nameOnly {
            throw UsageError(
                "\(json ? "--json" : "--quiet") and \(stat ? "--stat" : "--name-only") exclude "
                    + "each other")
        }
    }

    func run(in context: Context) async throws {
        let session = try Session(context, color: output.look.color)
        let change = try change(in: session.snapshot(at: past.at), session)
        if output.quiet { return try session.printIDs([change.id]) }
        if let findings = change.findings {
            guard !json else { return try session.printJSON(document(change, files: [])) }
            return try session.page(escaped(findings, multiline: true) + "\n")
        }
        if let head = ObjectID(hex: change.head), !session.repository.contains(head) {
            throw CommandError(
                "commit \(change.head.prefix(8)) is not in this clone; the one that made it has it")
        }
        let terminal = session.terminal
        guard !json else {
            let files = try files(of: change, session)
            return try session.printJSON(document(change, files: files))
        }
        var arguments = [
            "diff", "--no-ext-diff", "--no-textconv", "--submodule=short",
            // On a terminal a patch gets its colours here: those in the files are not git's.
            "--color=\(terminal.outputHasColor && !paints(terminal) ? "always" : "never")",
        ]
        if stat { arguments.append("--stat=\(terminal.width)") }
        if nameOnly { arguments.append("--name-only") }
        arguments += ["--end-of-options", "\(change.base)...\(change.head)", "--"]
        try show(session.foregroundGit(["--no-pager"] + arguments), session)
    }

    /// Whether the colours are ours; of a list of files, whose names git quotes, they are git's.
    private func paints(_ terminal: Terminal) -> Bool {
        terminal.outputIsTTY && !stat && !nameOnly
    }

    /// Shows what git prints; on a terminal nothing in the files is obeyed.
    private func show(_ program: ForegroundProgram, _ session: Session) throws {
        var status: Int32 = 0
        let terminal = session.terminal
        if terminal.outputIsTTY {
            try session.paging { write in
                var cutter = LineCutter()
                var painter = PatchPainter(terminal)
                func put(_ lines: [String]) throws {
                    for line in lines {
                        let shown =
                            paints(terminal) ? painter.painted(line) : escapedButColors(line)
                        try write(shown + "\n")
                    }
                }
                status = try program.run { try put(cutter.lines($0)) }
                try put(cutter.end())
            }
        } else if let values = try? session.environmentFile.get()?.values, !values.isEmpty {
            // Whatever shapes there are stay, so that what is piped can be applied.
            var secrets = RedactingStream(Redactor(values: values, patterns: false))
            status = try program.run { try writeAll(secrets.feed($0), to: 1) }
            try writeAll(secrets.finish(), to: 1)
        } else {
            status = try program.run()
        }
        guard status == 0 else { throw CommandError("git cannot show the change") }
    }

    private func document(_ change: Change, files: [JSON]) -> JSON {
        [
            "schema": .integer(RecordFormat.schema), "base": .string(change.base),
            "head": .string(change.head), "findings": JSON(change.findings),
            "files": .array(files),
        ]
    }

    /// What changed in each file; the numbers are `null` where git counts no lines.
    private func files(of change: Change, _ session: Session) throws -> [JSON] {
        let output = try session.git([
            "diff", "--no-ext-diff", "--no-textconv", "--submodule=short", "--no-renames",
            "--numstat", "-z", "--end-of-options", "\(change.base)...\(change.head)", "--",
        ])
        return output.bytes.split(separator: 0).map { line in
            let parts = line.split(separator: 9, maxSplits: 2, omittingEmptySubsequences: false)
            guard parts.count == 3 else { return .null }
            func number(_ index: Int) -> JSON {
                Int64(Text.decode(parts[index])).map { .integer($0) } ?? .null
            }
            return [
                "path": .string(Text.decode(parts[2])), "insertions": number(0),
                "deletions": number(1), "binary": .bool(number(0).isNull),
            ]
        }
    }

    private struct Change {
        let id: String
        let base: String
        let head: String
        var findings: String?

        init(_ revision: Revision) {
            (id, base, head) = (revision.id, revision.baseCommit, revision.headCommit)
            if head.isEmpty || head == base { findings = revision.findings }
        }

        init(of job: Job, base: String, head: String) {
            (id, self.base, self.head) = (job.id, base, head)
        }
    }

    private func change(in snapshot: Snapshot, _ session: Session) throws -> Change {
        let hit = try snapshot.resolve(subject, among: [.ticket, .revision, .job])
        if number != nil, hit.kind != .ticket {
            throw UsageError("the number of a revision goes with a ticket")
        }
        switch hit.kind {
        case .revision: return Change(try snapshot.require(Revision.self, hit.id))
        case .job: return try change(of: snapshot.require(Job.self, hit.id), session)
        default: break
        }
        let revisions = try snapshot.list(Revision.self).filter { $0.ticketID == hit.id }
            .sorted { $0.number < $1.number }
        if let number {
            guard let revision = revisions.first(where: { $0.number == Int64(number.value) }) else {
                throw CommandError(
                    "ticket \(sentenceName(hit.id)) has no revision \(number.value)",
                    hint: "git draft ticket show \(sentenceName(hit.id))")
            }
            return Change(revision)
        }
        if let last = revisions.last { return Change(last) }
        let jobs = try snapshot.list(Job.self).filter { $0.ticketID == hit.id }.byAge()
        guard let job = jobs.last else {
            let name = sentenceName(hit.id)
            throw CommandError("ticket \(name) has no change yet", hint: "git draft run \(name)")
        }
        return try change(of: job, session)
    }

    /// The change that the last snapshot of a job holds.
    private func change(of job: Job, _ session: Session) throws -> Change {
        // Of an earlier state of the board only what it says itself counts.
        let kept =
            past.at == nil
            ? try session.repository.target(of: "refs/draft-local/\(job.id)") : nil
        let stored = job.iterations.last { $0["snapshot"]?.string != nil }?["snapshot"]?.string
        guard let base = job.baseCommit, let head = kept.map({ "\($0)" }) ?? stored,
            ObjectID(hex: base) != nil, ObjectID(hex: head) != nil
        else {
            throw CommandError("job \(sentenceName(job.id)) has no snapshot yet")
        }
        return Change(of: job, base: base, head: head)
    }
}

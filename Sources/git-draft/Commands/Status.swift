import GitStore
import Model
import Porcelain

/// `git draft status`.
struct Status: Command {
    static let help = Help(
        "Show what runs, waits, failed and is not pushed", group: "Start",
        description: """
            One screen: the jobs that run; the tickets that wait for a person, each with the \
            command that answers; the tickets that failed, and why; and what others do not have \
            yet. It ends with the command that is most useful now, unless `advice.draftNext` is \
            off. With `--quiet` the ids of the tickets that wait or failed are printed.
            """)

    @Options var output: OutputOptions
    @Options var look: LookOptions

    func run(in context: Context) async throws {
        let session = try Session(context, color: look.color)
        if try session.board.snapshotIfAny() != nil { try session.closeDeadJobs() }
        let snapshot = try session.board.snapshot()
        let report = try StatusReport(snapshot, in: session.repository)
        session.warn(about: report.unreadable)
        if output.json { return try session.printJSON(report.json) }
        if output.quiet {
            let ids = report.waiting.map(\.ticket.id) + report.failed.map(\.ticket.id)
            return try session.terminal.write(ids.map { $0 + "\n" }.joined())
        }
        try session.terminal.write(
            report.rendered(for: session.terminal, now: session.board.context.now()))
        if session.repository.isAdvised { session.advise(report.advice) }
    }
}

extension Repository {
    /// Whether the user wants to be told the next command.
    fileprivate var isAdvised: Bool { (try? configuration.bool("advice.draftNext")) != false }
}

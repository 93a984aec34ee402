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

            `--porcelain` prints a line for each thing, with a tab between fields:

                running JOB TICKET STAGE
                waiting TICKET question|review|land|other ID
                failed TICKET REASON
                unpushed board|base NUMBER
                unmerged board NUMBER
            """)

    @Options var output: OutputOptions
    @Flag("--porcelain", help: "print lines that stay the same, for scripts") var porcelain
    @Options var look: LookOptions

    func validate() throws {
        if porcelain, output.json || output.quiet {
            throw UsageError(
                "--porcelain and \(output.json ? "--json" : "--quiet") exclude each other")
        }
    }

    func run(in context: Context) async throws {
        let session = try Session(context, color: look.color)
        if try session.board.snapshotIfAny() != nil { try session.closeDeadJobs() }
        let snapshot = try session.board.snapshot()
        let report = try StatusReport(snapshot, in: session.repository)
        session.warn(about: report.unreadable)
        if output.json { return try session.printJSON(report.json) }
        if porcelain { return try session.terminal.write(report.porcelain) }
        if output.quiet {
            let ids = report.waiting.map(\.ticket.id) + report.failed.map(\.ticket.id)
            return try session.terminal.write(ids.map { $0 + "\n" }.joined())
        }
        try session.terminal.write(
            report.rendered(for: session.terminal, now: session.board.context.now()))
        session.advise(report.advice)
    }
}

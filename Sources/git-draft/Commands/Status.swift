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
            off. With `--quiet` the ids of the tickets that wait or failed are printed, and those of the \
            goals whose plan does. With `--at` \
            nothing is said of what others do not have, which is only known of now.

            `--porcelain` prints a line for each thing, with a tab between fields:

                running JOB TICKET STAGE
                waiting TICKET question|review|land|other ID
                waiting GOAL question|plan ID
                failed TICKET|GOAL REASON
                unpushed board|base NUMBER
                unmerged board NUMBER
            """)

    @Options var past: PastOptions
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
        let isNow = past.at == nil
        if isNow, try session.board.snapshotIfAny() != nil { try session.closeDeadJobs() }
        let report = try StatusReport(
            session.snapshot(at: past.at), in: session.repository, isNow: isNow)
        session.warn(about: report.unreadable)
        if output.json { return try session.printJSON(report.json) }
        if porcelain { return try session.terminal.write(report.porcelain) }
        if output.quiet {
            return try session.printIDs(report.attention)
        }
        try session.terminal.write(
            report.rendered(for: session.terminal, now: session.board.context.now()))
        if isNow { session.advise(report.advice) }
    }
}

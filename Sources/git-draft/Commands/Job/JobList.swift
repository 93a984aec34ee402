import GitStore
import Model
import Porcelain

/// `git draft job list`.
struct JobList: Command {
    static let help = Help(
        "List jobs", verb: "list",
        description: """
            Lists the runs of agents, latest first.

            The fields of `--porcelain` are id, kind, status, ticket, outcome, reason and agent.
            """)

    @Option("--ticket", help: "list jobs of <ticket>") var ticket: String?
    @Option("--state", value: "status", help: "list jobs of <status>; may be repeated")
    var states: [StatusWord]
    @Option("--limit", value: "number", help: "list at most <number> jobs") var limit: Count?
    @Options var past: PastOptions
    @Options var output: ListOptions
    @Options var look: LookOptions

    func run(in context: Context) async throws {
        let session = try Session(context, color: look.color)
        if past.at == nil { try session.closeDeadJobs() }
        let snapshot = try session.snapshot(at: past.at)
        let (jobs, unreadable) = try snapshot.all(Job.self)
        session.warn(about: unreadable)
        let ticketID = try ticket.map { try snapshot.ticketID($0) }
        let hits = jobs.byAge().reversed().filter { job in
            (ticketID == nil || job.ticketID == ticketID)
                && (states.isEmpty || states.contains { $0.status == job.status })
        }.prefix(limit?.value ?? .max)
        if output.json {
            return try session.printJSON(JSON(schemaList: "jobs", hits.map(\.shown)))
        }
        let plain = output.plain(hits) {
            [$0.jobKind.word, $0.status.word, $0.ticketID, $0.outcome, $0.reason, $0.agentName]
                .map { $0 ?? "" }
        }
        if let plain { return try session.terminal.write(plain) }
        guard !hits.isEmpty else { return }
        let text = try table(hits, among: jobs, snapshot, session).rendered(for: session.terminal)
        try session.terminal.write(text)
    }

    private func table(
        _ hits: some Sequence<Job>, among jobs: [Job], _ snapshot: Snapshot, _ session: Session
    ) throws -> Table {
        let names = ShortNames(jobs.map(\.id))
        let ticketNames = try ShortNames(snapshot)
        let goalNames = try ShortNames(snapshot, [.goal])
        let now = session.board.context.now()
        var table = Table(columns: [
            .init("id"), .init("kind"), .init("status"), .init("ticket"), .init("time", .right),
            .init("agent"), .init("remarks", isFlexible: true),
        ])
        for job in hits {
            let remarks = [job.outcome, job.reason, job.status == .running ? job.stage : nil]
            table.add([
                Cell(names[job.id], .yellow), Cell(job.jobKind.word),
                Cell(job.status.word, job.status.style),
                Cell(
                    job.ticketID.map { ticketNames[$0] }
                        ?? (job.jobKind == .plan ? job.goalID.map { "goal \(goalNames[$0])" } : nil)
                        ?? ""),
                Cell(job.elapsed(now: now) ?? ""),
                Cell(job.agentName ?? (job.isPersons ? job.person : nil) ?? ""),
                Cell(remarks.compactMap(\.self).joined(separator: ", ")),
            ])
        }
        return table
    }
}

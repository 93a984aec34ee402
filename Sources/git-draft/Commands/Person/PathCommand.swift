import Execution
import GitStore
import Model
import Porcelain

/// `git draft path`.
struct PathCommand: Command {
    static let help = Help(
        "Print the directory in which a ticket is worked on", verb: "path", group: "Execution",
        description: """
            Prints the worktree of whoever took the ticket, or the directory of its last job. A \
            directory in which an agent works is not for others to write to.
            """)

    @Argument("whose directory", value: "ticket|job") var subject: String
    @Flag("--json", help: "print JSON") var json

    func run(in context: Context) async throws {
        let session = try Session(context)
        let snapshot = try session.board.snapshot()
        let hit = try snapshot.resolve(subject, among: [.ticket, .job])
        var id = hit.id
        var named: Model.Job?
        if hit.kind == .job {
            let job = try snapshot.require(Model.Job.self, hit.id)
            guard let ticket = job.ticketID else {
                throw CommandError("job \(sentenceName(job.id)) has no directory any more")
            }
            (id, named) = (ticket, job)
        }
        let ticket = try snapshot.require(Ticket.self, id)
        guard let place = try WorkPlace(of: ticket, named, in: snapshot, session.jobContext())
        else {
            let holder = try Model.Job.person(with: ticket, in: snapshot)
            throw CommandError(
                holder == nil
                    ? "ticket \(sentenceName(id)) has no directory"
                    : "the worktree of ticket \(sentenceName(id)) is not there",
                hint: "git draft take \(sentenceName(id))")
        }
        guard json else { return try session.terminal.writeLine(place.path) }
        try session.printJSON(
            [
                "schema": .integer(RecordFormat.schema), "ticket_id": .string(id),
                "job_id": .string(place.job), "path": .string(place.path),
                "branch": .string(place.branch),
            ])
    }
}

import GitStore
import Model
import Porcelain

/// `git draft doctor`.
struct Doctor: Command {
    static let help = Help(
        "Find out what is missing or broken", verb: "doctor", group: "Care",
        description: """
            Looks at the machine, at the repository and its board, and at the agents: which are \
            installed, in which version, whether there is a key or a log-in, and how to get what \
            is missing. Nothing is changed, and nothing that the repository brings is run; agents \
            are asked for their version, and what `draft.containerProgram` names starts a \
            container, if jobs run in one and its image is there. Outside of a repository only \
            the machine is looked at.

            Exits with 1 if there is a problem; warnings are none.
            """)

    @Flag("--json", help: "print JSON") var json
    @Options var look: LookOptions

    func run(in context: Context) async throws {
        var report = DoctorReport()
        let session: Session?
        do {
            session = try Session(context, color: look.color)
        } catch let error as GitError where error.code == .noRepository {
            session = nil
            report.add(.note, in: .repository, "repository", "none here; only the machine counts")
        } catch {
            session = nil
            report.add(error, in: .repository, "repository")
        }
        report.lookAtMachine(context)
        if let session { report.lookAtContainers(session) }
        if let session { report.lookAtRepository(session) }
        report.lookAtAgents(context, session)
        try report.show(
            on: session?.terminal
                ?? context.terminal.colored(
                    look.color, setting: nil,
                    environment: context.environment), json: json)
        if report.hasProblems { throw Verdict(status: ExitStatus.no) }
    }
}

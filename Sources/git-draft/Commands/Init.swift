import GitStore
import Model
import Porcelain

/// `git draft init`.
struct Init: Command {
    static let help = Help(
        "Make or join the board of a repository", group: "Start",
        description: """
            Makes the board, unless there is one; in a clone, adopts the board of the remote. \
            Running it again changes nothing.
            """)

    @Option("--name", value: "name", help: "name the project") var name: String?
    @Option("--base", value: "branch", help: "land results on <branch>") var base: String?

    func run(in context: Context) async throws {
        let session = try Session(context)
        guard try session.repository.headCommit() != nil else {
            throw CommandError(
                "the repository has no commit yet", hint: "git commit --allow-empty -m start")
        }
        let base = try self.base ?? session.repository.headBranch() ?? "main"
        let new = NewBoard(name: name ?? "project", baseBranch: base, claimRemote: nil)
        let isNew = try session.board.create(new, as: session.decider())
        try session.terminal.writeLine(isNew ? "made the board" : "the board exists already")
    }
}

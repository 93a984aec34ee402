import GitStore
import Model
import Porcelain

/// `git draft init`.
struct Init: Command {
    static let help = Help(
        "Make or join the board of a repository", group: "Start",
        description: """
            Makes the board, unless there is one; in a clone, joins the board of the remote. \
            Running it again changes nothing. Your files and branches stay as they are, and \
            hooks that are there go on running beside those that are installed, see \
            `git draft hooks`.
            """)

    @Flag("--join", help: "join the board of the remote, or fail") var isJoin
    @Flag("--no-hooks", help: "install no hooks") var isWithoutHooks
    @Option("--name", help: "call the project <name>") var name: String?
    @Option("--base", value: "branch", help: "land results on <branch>") var base: String?
    @Flag("--json", help: "print the board as JSON") var json

    func validate() throws {
        if let name { try checkWords([name], "--name") }
    }

    func run(in context: Context) async throws {
        let session = try Session(context)
        let actor = try session.decider()
        guard try session.repository.headCommit() != nil || !session.repository.branches().isEmpty
        else {
            throw CommandError(
                "the repository has no commit yet", hint: "git commit --allow-empty -m start")
        }
        try BranchPrefix(session).check()
        let setup = RemoteSetup(session)
        let remote = try session.sharedRemote()
        let verb = try make(remote, setup, session, actor)
        if let remote { try setup.configure(remote) }
        try Exclusion(session).add()
        if !isWithoutHooks { HooksSetup(session).run(sharesBoard: remote != nil) }
        let board = try session.board.snapshot().board()
        if json { return try session.printJSON(board.shown) }
        let name = escaped(board.name)
        try session.terminal.writeLine(
            "\(verb) '\(name)'; results land on '\(escaped(board.baseBranch))'")
        if verb.hasPrefix("joined") { return session.advise("git draft ready") }
        if verb.hasPrefix("made") { session.advise("git draft ticket new 'what is to be done'") }
    }

    private static let again = "the board is here already:"

    /// Makes or joins the board; returns how the sentence about it begins.
    private func make(
        _ remote: Remote?, _ setup: RemoteSetup, _ session: Session, _ actor: Actor
    ) throws -> String {
        if try session.board.snapshotIfAny() != nil {
            if isJoin, let remote { try setup.fetch(remote, isRequired: true) }
            return try change(session, actor) ? "changed the board of" : Self.again
        }
        if let remote {
            try setup.fetch(remote, isRequired: isJoin)
            if try session.board.join(tracking: setup.tracking(remote)) {
                return "joined the board of '\(escaped(remote.name))':"
            }
        }
        guard !isJoin else {
            guard let remote else {
                throw CommandError(
                    "there is no remote whose board could be joined",
                    hint: "git remote add origin URL")
            }
            throw CommandError("'\(remote.name)' has no board", hint: "git draft init")
        }
        let new = NewBoard(
            name: name ?? ProjectName(session, remote).text, baseBranch: try baseBranch(session),
            claimRemote: remote?.name)
        return try session.board.create(new, as: actor) ? "made the board of" : Self.again
    }

    /// The branch that was named, and where none was: by `draft.yaml`, git, or found out.
    private func baseBranch(_ session: Session) throws -> String {
        guard base == nil else { return try session.requireBranch(base ?? "").name }
        return try PolicyLoader(session).base().name
    }

    /// Writes what the options say otherwise than the board; returns whether they do.
    private func change(_ session: Session, _ actor: Actor) throws -> Bool {
        let base = try self.base.map { try session.requireBranch($0).name }
        return try session.board.transact(as: actor, isDurable: true) { transaction in
            let board = try transaction.before.board()
            var groups: JSONObject = [:]
            if let name, !name.hasSameBytes(as: board.name) { groups["name"] = .string(name) }
            if let base, !base.hasSameBytes(as: board.baseBranch) {
                groups["base_branch"] = .string(base)
            }
            guard !groups.isEmpty else { return false }
            try transaction.write(board.record, groups, as: .boardEdited)
            return true
        }
    }
}

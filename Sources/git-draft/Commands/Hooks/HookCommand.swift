import Execution
import GitStore
import Porcelain

/// `git draft hook`, which the installed hooks call.
struct HookCommand: Command {
    static let help = Help(
        "Do what a hook of git is for", verb: "hook", hidden: true,
        description: """
            Called by the hooks that `git draft hooks install` installs. `pre-push` reads what \
            is pushed from standard input and ends with 1 to refuse it; `commit-msg` adds the \
            trailer in the worktree of a ticket that a person took. The others do nothing yet.
            """)

    @Argument("which hook", value: "name") var word: HookWord
    @Argument("what git gives it", value: "argument") var arguments: [String]

    func run(in context: Context) async throws {
        switch word.hook {
        case .prePush: try HookPrePush(arguments, in: context)?.run()
        case .commitMsg: try addTrailer(in: context)
        case .postCommit, .postMerge, .postCheckout: return
        }
    }
}

extension HookCommand {
    /// Adds the ticket to the message, if this is the worktree of one that a person took.
    private func addTrailer(in context: Context) throws {
        guard let file = arguments.first else {
            throw UsageError("missing the file of the message")
        }
        let folder = GitFolder(at: context.directory, environment: context.environment)
        let prefix = "refs/heads/\(TicketBranch.takenPrefix)"
        if let folder, folder.headReference?.hasPrefix(prefix) != true { return }
        let repository = try Repository(
            containing: context.directory, environment: context.environment)
        guard let head = try repository.headBranch(),
            let branch = TicketBranch(head, prefix: ""), branch.isTaken
        else { return }
        try CommitMessage(
            context.absolute(file), in: repository, environment: context.environment
        ).add(ticket: branch.ticket)
    }
}

/// The name of a hook, on a command line.
struct HookWord: ArgumentValue {
    /// The hook.
    let hook: HookName

    static var allWords: [String] { HookName.allCases.map(\.rawValue) }

    init?(argument: String) {
        guard let hook = HookName(rawValue: argument) else { return nil }
        self.hook = hook
    }
}

import Model
import Porcelain

/// The manual of this program.
enum Manual {
    /// The commands that words name.
    ///
    /// - Throws: `UsageError` if there is no such command.
    static func path(of words: [String]) throws -> [any Command.Type] {
        var path: [any Command.Type] = [Draft.self]
        for word in words {
            let group = path.last as? any CommandGroup.Type
            guard let next = group?.subcommands.first(where: { $0.verb == word }) else {
                let verbs = (group?.subcommands ?? []).filter { !$0.help.isHidden }
                let near = suggestion(for: word, among: verbs.map { $0.verb })
                throw UsageError("unknown command '\(escaped(word))'\(near)")
            }
            path.append(next)
        }
        return path
    }

    /// Shows a page as man(1) does if somebody looks, else as plain text.
    ///
    /// The page is the one of this very program, whatever is installed.
    ///
    /// - Throws: `BrokenPipe` or `WriteError`.
    static func show(_ path: [any Command.Type], in context: Context) throws {
        if context.terminal.outputIsTTY {
            let viewer = ForegroundProgram(
                arguments: ["man", "-l", "-"], environment: context.environment)
            let status = try? viewer.run { write in try write(manual(of: path, in: book)) }
            if status == 0 { return }
        }
        try context.terminal.write(longHelp(of: path, program: book.program))
    }

    /// What all pages share.
    static let book = ManualBook(
        program: "git draft", version: "git-draft \(Version.current)", date: "2026-11-21",
        exitStatus: ExitStatus.manual.map { (code: Int($0.status), meaning: $0.meaning) },
        seeAlso: ["git(1)", "git-worktree(1)", "gitcli(7)", "githooks(5)"],
        chapters: [
            ("configuration", configuration), ("environment", environment),
            ("references and files", places),
        ])

    private static let configuration = """
        What concerns a repository stands in its file `draft.yaml`, and counts as it is on the \
        base branch; `git draft config --show-origin` shows what is in force. What concerns a \
        person or a machine is set with git-config(1):

        `draft.baseBranch`: the base branch of a new board, where `draft.yaml` does not say.

        `draft.branchPrefix`: what the branches of tickets begin with, in place of `goal`.

        `draft.worktreeRoot`: where worktrees are made, in place of `.draft/worktrees`.

        `draft.sandbox`: which sandbox jobs run in, where `draft.yaml` names none.

        `draft.requireSandbox`: whether jobs are refused that nothing would keep apart.

        `draft.environmentFile`: the file of variables for jobs.

        `draft.containerProgram`, `draft.containerRegistry`: the words that call Podman or \
        Docker, and where the images are that others are made of.

        `draft.prePush`: whether the hook only warns of a ticket's branch that was not \
        validated (`warn`), or refuses to push it (`refuse`).

        `draft.allowSecretsIn`: files in which the hook that searches pushes allows secrets.

        `draft.durable`: whether every write is flushed to the disk, and not only claims, \
        approvals and landings.

        `advice.draftNext`: whether commands end with the one that may be next; on unless false.

        `advice.draftFix`: whether errors come with a hint what would help; on unless false.

        `color.draft`, `color.ui`, `core.pager`, `pager.draft`: as for git's own commands. \
        `NO_COLOR` and a dumb terminal are respected.
        """

    private static let environment = """
        `GIT_DIR`, `GIT_WORK_TREE` and the other variables of git(1) name the repository. \
        `GIT_ADVICE` set to 0 switches all hints off. `GIT_PAGER` and `PAGER` choose the pager. \
        What an agent finds in its environment is told by git-draft-run(1).
        """

    private static let places = """
        `refs/draft/board`: tickets, goals, jobs, revisions, questions and all that happened, as \
        JSON. `git push REMOTE refs/draft/board` shares it.

        `refs/draft/attempts/*` and `refs/draft/evidence/*`: what agents did at every step, and \
        what commands printed.

        `refs/draft-local/*`: what belongs to this clone alone.

        `.draft/worktrees/TICKET`: where a ticket is worked on; ignored by git.

        `.git/draft`: locks and what running jobs need.
        """
}

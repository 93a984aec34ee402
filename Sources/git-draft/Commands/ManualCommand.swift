import Model
import Porcelain

/// `git draft _manual`.
struct ManualCommand: Command {
    static let help = Help("Print a manual page", verb: "_manual", hidden: true)

    @Argument("the command that it is about", value: "command") var words: [String]

    func run(in context: Context) async throws {
        var path: [any Command.Type] = [Draft.self]
        for word in words {
            let group = path.last as? any CommandGroup.Type
            guard let next = group?.subcommands.first(where: { $0.verb == word }) else {
                throw UsageError("unknown command '\(escaped(word))'")
            }
            path.append(next)
        }
        try context.terminal.write(manual(of: path, in: Self.book))
    }

    private static let book = ManualBook(
        program: "git draft", version: "git-draft \(Version.current)", date: "2026-11-21",
        exitStatus: ExitStatus.manual.map { (code: Int($0.status), meaning: $0.meaning) },
        seeAlso: ["git(1)", "git-worktree(1)"])
}

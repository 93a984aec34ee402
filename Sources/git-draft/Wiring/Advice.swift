import GitStore
import Porcelain

/// What a user can be spared, as git's own advice: `git config advice.draftNext false`.
enum Advice: String {
    /// The command that may be next.
    case next = "advice.draftNext"

    /// What would help against an error.
    case fix = "advice.draftFix"

    /// Whether the user wants to be told.
    ///
    /// - Parameters:
    ///   - context: What the command was given; `GIT_ADVICE` switches everything off, or on.
    ///   - repository: The repository, if it is open already.
    /// - Returns: Whether to say it.
    func isWanted(in context: Context, _ repository: Repository? = nil) -> Bool {
        switch context.environment["GIT_ADVICE"] {
        case nil, "": break
        case "0", "false", "no", "off": return false
        default: return true
        }
        let repository =
            repository
            ?? (try? Repository(containing: context.directory, environment: context.environment))
        return (try? repository?.configuration.bool(rawValue)) != false
    }
}

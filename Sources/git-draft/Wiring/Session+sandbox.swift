import Execution
import GitStore
import Model
import Porcelain

/// What keeps jobs apart from this machine.
extension Session {
    /// The choice between what `draft.yaml` and the person say and what works here.
    ///
    /// - Parameter program: The path of this program.
    /// - Returns: The choice; a setting that makes no sense is said when it is first asked.
    func sandboxes(program: String) -> SandboxChoice {
        SandboxChoice(
            { try sandboxWishes() }, environment: context.environment, program: program,
            given: foundSandbox,
            memory: BubblewrapMemory("\(repository.commonDirectory)/draft/bwrap"),
            containers: { try container($0) })
    }

    /// What the person says in git's settings.
    ///
    /// - Throws: ``CommandError`` if it is none of what there is.
    private func sandboxWishes() throws -> SandboxChoice.Wishes {
        let settings = repository.configuration
        let word = settings.string("draft.sandbox")
        let mode = word.flatMap { SandboxMode(rawValue: $0) }
        if let word, mode == nil {
            let modes = SandboxMode.allCases.map(\.rawValue).joined(separator: ", ")
            throw CommandError(
                "draft.sandbox must be one of \(modes), not '\(escaped(word))'",
                hint: "git config draft.sandbox auto")
        }
        do throws(GitError) {
            return SandboxChoice.Wishes(
                mode: mode, isRequired: try settings.bool("draft.requireSandbox") ?? false)
        } catch {
            throw error.hinted("git config draft.requireSandbox true")
        }
    }

    /// Refuses where a sandbox is wanted that does not work, and says where nothing keeps jobs
    /// apart although nobody wanted it so.
    func checkSandbox(_ jobs: JobContext, _ policy: Policy) throws {
        let sandbox = try jobs.checkedSandbox(policy)
        guard let remark = sandbox.remark else { return }
        guard !sandbox.kind.isApart else { return warn(remark) }
        warn("nothing keeps jobs apart from this machine: \(escaped(remark))")
        advise("git draft doctor")
    }
}

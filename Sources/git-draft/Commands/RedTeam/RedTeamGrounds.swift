import Execution
import FoundationEssentials
import Porcelain

/// What attempts are made with on this machine.
struct RedTeamGrounds {
    /// Where programs are looked for.
    let path: String

    /// The program that makes attempts which a shell cannot.
    let probe: String

    /// This program.
    let program: String

    private let environment: [String: String]

    /// Finds it.
    init(_ context: Context) throws {
        environment = context.environment
        path = context.environment["PATH"] ?? "/usr/local/bin:/usr/bin:/bin"
        do {
            program = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
        } catch {
            throw CommandError("cannot find out where this program is: \(error)")
        }
        probe = try HelperProgram.probe.path(for: program)
    }

    /// The sandboxes to try: the one that is named, or those that work here and none beside them.
    func sandboxes(_ kind: SandboxKind?) throws -> [any Sandbox] {
        let choice = SandboxChoice(
            { .init() }, environment: environment, program: program)
        switch kind {
        case SandboxKind.none?: return [NoSandbox()]
        case .bwrap?:
            do throws(SandboxFailure) {
                return [try choice.bubblewrap().get()]
            } catch {
                throw CommandError("bwrap does not work here: \(error)", hint: error.hint)
            }
        case .container?:
            throw CommandError(
                "this version of git-draft starts no containers",
                hint: "git draft redteam --sandbox bwrap")
        case nil:
            return [NoSandbox()] + [try? choice.bubblewrap().get()].compactMap(\.self)
        }
    }
}

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
        [NoSandbox()]
    }
}

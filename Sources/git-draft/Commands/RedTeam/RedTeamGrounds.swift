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
    ///
    /// - Parameters:
    ///   - kind: The one.
    ///   - image: What containers are made of; without, none is.
    /// - Returns: The sandboxes, none first, and why one is not among them.
    /// - Throws: ``CommandError`` if the one that is named does not work here.
    func sandboxes(
        _ kind: SandboxKind?, image: String?
    ) throws -> (all: [any Sandbox], absent: [SandboxKind: String]) {
        switch kind {
        case SandboxKind.none?: return ([NoSandbox()], [:])
        case .bwrap?:
            do throws(SandboxFailure) {
                return ([try bubblewrap()], [:])
            } catch {
                throw CommandError("bwrap does not work here: \(error)", hint: error.hint)
            }
        case .container?:
            guard let image else {
                throw CommandError(
                    "a container needs an image, with sh, git and coreutils in it",
                    hint: "git draft redteam --sandbox container --image debian:12")
            }
            return ([try container(image)], [:])
        case nil:
            let containers = try image.map { [try container($0)] } ?? []
            do throws(SandboxFailure) {
                return ([NoSandbox(), try bubblewrap()] + containers, [:])
            } catch {
                return ([NoSandbox()] + containers, [.bwrap: error.description])
            }
        }
    }

    private func bubblewrap() throws(SandboxFailure) -> Bubblewrap {
        try Bubblewrap.tried(environment: environment, program: program)
    }

    private func container(_ image: String) throws -> any Sandbox {
        let git = GitProgram(environment: environment)
        let setting = try git.run(
            ["config", "--get", "draft.containerProgram"], in: "/", allowed: [0, 1])
        do {
            let words = setting.text.split(separator: " ").map(String.init)
            return ContainerSandbox(
                engine: try ContainerEngine.find(words, environment: environment),
                image: try ContainerImage(named: image), folder: "/var/tmp")
        } catch let error as ExecutionError {
            throw CommandError("\(error)", hint: "git draft redteam --sandbox bwrap")
        }
    }
}

internal import Glibc
internal import Model

extension Bubblewrap {
    /// Finds out whether bubblewrap works here, by running something in a cell.
    ///
    /// - Parameters:
    ///   - environment: Where `PATH` is from.
    ///   - program: The path of `git-draft`, which what runs inside first comes with.
    ///   - memory: What remembers the last trial; `nil` has it tried in any case.
    /// - Returns: The sandbox.
    /// - Throws: ``SandboxFailure`` that says why not.
    public static func tried(
        environment: [String: String], program: String, memory: BubblewrapMemory? = nil
    ) throws(SandboxFailure) -> Bubblewrap {
        let (found, _) = Launch.find("bwrap", in: environment["PATH"])
        guard let path = found ?? (Launch.isProgram("/usr/bin/bwrap") ? "/usr/bin/bwrap" : nil)
        else {
            throw SandboxFailure(
                "bubblewrap is not installed", hint: "apt install bubblewrap")
        }
        let cellProgram = try cellProgram(of: program)
        var failure = ""
        for closesNamespaces in [true, false] {
            let sandbox = Bubblewrap(
                program: path, cellProgram: cellProgram, closesNamespaces: closesNamespaces,
                memory: memory)
            if memory?.holds(sandbox) ?? false { return sandbox }
            let (isWorking, words) = sandbox.runsAnything(environment)
            if isWorking {
                memory?.keep(sandbox)
                return sandbox
            }
            if failure.isEmpty { failure = words }
        }
        throw SandboxFailure("\(version(of: path)): \(failure)", hint: hint(for: failure))
    }

    /// Takes over what another process of ours has tried; what it cannot start is an error then.
    init(
        _ found: Found, program: String, memory: BubblewrapMemory? = nil
    ) throws(SandboxFailure) {
        self.init(
            program: found.program, cellProgram: try Self.cellProgram(of: program),
            closesNamespaces: found.closesNamespaces, memory: memory)
    }

    private static func cellProgram(of program: String) throws(SandboxFailure) -> String {
        do {
            return try HelperProgram.cell.path(for: program)
        } catch {
            throw SandboxFailure("\(error)", hint: "make install", isOurs: true)
        }
    }

    /// The version of a program, or its name if it does not tell.
    static func version(of path: String) -> String {
        let text = output(of: [path, "--version"], [:]).text
        return text.isEmpty ? "bwrap" : text
    }

    /// What to look at where bubblewrap does not work: the kernel's settings if it says so.
    private static func hint(for failure: String) -> String {
        let words = ["namespace", "uid map", "Permission denied", "not permitted", "userns"]
        guard words.contains(where: { failure.contains($0) }) else {
            return "bwrap --unshare-all --ro-bind / / true"
        }
        return "sysctl user.max_user_namespaces kernel.unprivileged_userns_clone "
            + "kernel.apparmor_restrict_unprivileged_userns"
    }

    /// Whether a program that does nothing runs in an empty cell.
    ///
    /// Of the user's programs it needs that one only: where the others are is not looked for.
    private func runsAnything(_ environment: [String: String]) -> (Bool, String) {
        var cell = Cell(workspace: "", phase: .validation)
        cell.limits = CellLimits()
        cell.userEnvironment = environment.filter { $0.key == "HOME" }
        cell.ownPrograms = [Launch.find("true", in: environment["PATH"]).path].compactMap(\.self)
        let kept = environment.filter { $0.key == "PATH" }
        let command = ChildCommand(["true"], environment: kept, directory: "/")
        do {
            let wrapped = try wrap(command, in: cell)
            let (status, text) = Self.output(
                of: wrapped.arguments, wrapped.environment, handed: wrapped.handed)
            return (status == 0, text)
        } catch {
            return (false, "\(error)")
        }
    }

    /// Runs a command for a few seconds at most, and returns the first line that it prints.
    static func output(
        of arguments: [String], _ environment: [String: String], handed: [String] = []
    ) -> (status: Int32, text: String) {
        var command = ChildCommand(
            arguments, environment: environment, directory: "/")
        command.handed = handed
        command.deadline = .now + .seconds(20)
        command.killsDescendants = false
        command.mergesStreams = true
        var bytes: [UInt8] = []
        do {
            let outcome = try ChildProcess.run(
                command, output: { bytes += $1.prefix(4096) })
            let line = bytes.split(separator: 10).first.map { Array($0) } ?? []
            let text = Text.boundedHead(Text.decode(line), limit: 400)
            let status = outcome.exitStatus ?? -1
            let words = text.isEmpty && status != 0 ? outcome.plainSentence : text
            return (status, words)
        } catch {
            return (-1, "\(error)")
        }
    }
}

extension Bubblewrap {
    /// What was found to work, as the process of a job is told on its command line.
    ///
    /// A job has no say in that. It is told of nothing that does not work: a job never gets less
    /// than what was there when it was started.
    public struct Found: Hashable, Sendable {
        /// The path of `bwrap`.
        public let program: String

        /// Whether it can turn user namespaces off inside.
        public let closesNamespaces: Bool

        /// Describes what was found.
        ///
        /// - Parameters:
        ///   - program: The path of `bwrap`.
        ///   - closesNamespaces: Whether it can turn user namespaces off inside.
        public init(program: String, closesNamespaces: Bool) {
            self.program = program
            self.closesNamespaces = closesNamespaces
        }
    }

    /// What another process of ours needs to know.
    var found: Found { Found(program: program, closesNamespaces: closesNamespaces) }
}

extension ChildOutcome {
    /// How a program ended that said nothing.
    fileprivate var plainSentence: String {
        switch end {
        case .exited(let status): "it exits with status \(status)"
        case .signaled(let signal): "signal \(signal) ends it"
        }
    }
}

/// Why a sandbox does not work here.
public struct SandboxFailure: Error, Hashable, Sendable, CustomStringConvertible {
    /// One line.
    public let description: String

    /// A command that may help.
    public let hint: String

    /// Whether it is our own installation that is broken, and not the machine that has none.
    public let isOurs: Bool

    /// Says why.
    ///
    /// - Parameters:
    ///   - description: One line.
    ///   - hint: A command that may help.
    ///   - isOurs: Whether our own installation is broken.
    public init(_ description: String, hint: String, isOurs: Bool = false) {
        self.description = description
        self.hint = hint
        self.isOurs = isOurs
    }
}

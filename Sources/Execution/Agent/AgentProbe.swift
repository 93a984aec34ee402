internal import FoundationEssentials
internal import Glibc
internal import Model

/// Asks programs for their version, within bounds.
public struct AgentProbe {
    private let environment: [String: String]
    private let end: ContinuousClock.Instant
    private let patience: Duration

    /// Prepares to ask.
    ///
    /// - Parameters:
    ///   - environment: The environment of the user; the programs get no key of it.
    ///   - patience: How long one program may take.
    ///   - total: How long all of them may take.
    public init(
        environment: [String: String], patience: Duration = .seconds(5),
        total: Duration = .seconds(15)
    ) {
        var clean = ["PATH": environment["PATH"] ?? "", "LC_ALL": "C.UTF-8"]
        for name in ["HOME", "TMPDIR", "LANG", "LD_LIBRARY_PATH"] {
            clean[name] = environment[name]
        }
        for name in [
            "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC", "DISABLE_AUTOUPDATER",
            "DISABLE_TELEMETRY", "DISABLE_ERROR_REPORTING",
        ] { clean[name] = "1" }
        self.environment = clean
        self.patience = patience
        end = .now + total
    }

    /// What came of a question.
    public enum Answer: Hashable, Sendable {
        /// The version, as the program says it.
        case version(String)
        /// It said nothing in time.
        case silence
        /// It did not work, for this reason.
        case failure(String)
    }

    /// Runs a program with `--version`, in a directory that says nothing to it.
    public func ask(_ program: String) -> Answer {
        guard ContinuousClock.now < end else { return .silence }
        var command = ChildCommand(
            [program, "--version"], environment: environment, directory: "/")
        command.deadline = min(.now + patience, end)
        command.grace = .milliseconds(200)
        command.mergesStreams = true
        var output = BoundedOutput(limit: 4096)
        do {
            let outcome = try ChildProcess.run(command) { output.append($1) }
            guard outcome.cause == .itself else { return .silence }
            let line = Text.boundedHead(Text.firstLine(output.text), limit: 80)
            guard outcome.isSuccess else { return .failure(line.isEmpty ? outcome.fault : line) }
            return line.isEmpty ? .failure("it says nothing") : .version(line)
        } catch {
            return .failure("\(error)")
        }
    }
}

extension ChildOutcome {
    /// How a program ended that should have ended well.
    fileprivate var fault: String {
        switch end {
        case .exited(let status): "it exited with status \(status)"
        case .signaled(let signal): "signal \(signal) ended it"
        }
    }
}

import Execution
import Foundation
import TestSupport
import Testing

/// Commands that run below `git-draft-cell`, by itself or in an empty sandbox of bubblewrap.
struct CellBench {
    /// Where the cell program runs.
    enum Place: String, CaseIterable, CustomTestStringConvertible {
        case plain, bwrap

        var testDescription: String { rawValue }
    }

    let sandbox: SupervisionSandbox
    let program: String

    init() throws {
        sandbox = try SupervisionSandbox()
        program = try Programs.path("git-draft-cell")
    }

    /// What comes before a command to have it apart from everything, with its own user.
    static let bwrap = [
        "bwrap", "--unshare-all", "--unshare-user", "--disable-userns", "--uid", "1001", "--gid",
        "1001", "--cap-drop", "ALL", "--die-with-parent", "--new-session", "--bind", "/", "/",
        "--proc", "/proc", "--dev", "/dev",
    ]

    /// The command line of the cell program.
    func arguments(
        _ options: [String], _ command: [String], in place: Place = .plain
    ) -> [String] {
        let cell = [program] + options + ["--"] + command
        return place == .bwrap ? Self.bwrap + ["--chdir", sandbox.root, "--"] + cell : cell
    }

    /// Runs a command below the cell program.
    func run(
        _ options: [String] = [], _ command: [String], in place: Place = .plain
    ) throws -> (outcome: ChildOutcome, output: String, errors: String) {
        try sandbox.run(
            ChildCommand(
                plain: arguments(options, command, in: place), sandbox.environment, sandbox.root))
    }

    /// Runs a script of Python, and splits what it prints into names and words.
    func probe(
        _ script: String, options: [String]? = [], in place: Place = .plain
    ) throws -> [String: String] {
        try sandbox.write(script, to: "probe.py")
        let python = ["python3", "\(sandbox.root)/probe.py"]
        var command = options.map { arguments($0, python, in: place) } ?? python
        if options == nil, place == .bwrap { command = Self.bwrap + ["--"] + python }
        let result = try sandbox.run(
            ChildCommand(plain: command, sandbox.environment, sandbox.root))
        guard result.outcome.isSuccess else {
            throw CellFault(description: "\(result.outcome): \(result.errors)")
        }
        let pairs = result.output.split(separator: "\n").map { $0.split(separator: " ") }
        return Dictionary(pairs.map { (String($0[0]), String($0[1])) }) { $1 }
    }
}

/// What went wrong with a probe.
struct CellFault: Error, CustomStringConvertible {
    let description: String
}

extension ChildCommand {
    /// A command whose descendants are left alone.
    init(plain arguments: [String], _ environment: [String: String], _ directory: String) {
        self.init(arguments, environment: environment, directory: directory)
        killsDescendants = false
    }
}

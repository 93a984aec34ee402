import Configuration
import Execution
import FoundationEssentials
import Glibc
import Model
import Porcelain

/// `git draft _replay`: the embedded agent that plays a recording of edits.
///
/// It is a process like any other agent: it gets the work order, works in the workspace, and
/// knows nothing of titles, states or verdicts but what the order says.
struct Replay: Command {
    static let help = Help("Play one turn of a recording", verb: "_replay", hidden: true)

    @Option("--file", value: "file", help: "play <file>") var file: String
    @Option("--turn", value: "n", help: "play turn <n>, from 0") var turn: Int

    func run(in context: Context) async throws {
        let environment = context.environment
        guard let bytes = FileManager.default.contents(atPath: file) else {
            throw CommandError("cannot open '\(file)'")
        }
        let script = try ReplayFile.parse(Array(bytes), file: file)
        guard let path = environment["DRAFT_WORK_ORDER"],
            let order = FileManager.default.contents(atPath: path),
            let subject = try Self.subject(of: JSON(parsing: Array(order)))
        else { throw CommandError("there is no work order; only a job can replay") }
        for step in script.steps(for: subject, turn: turn) {
            try perform(step, in: context)
        }
    }

    /// The title that a recording knows: the ticket's, or the goal's for who plans it.
    private static func subject(of order: JSON) -> String? {
        order["ticket"]?["title"]?.string ?? order["goal"]?["title"]?.string
    }

    private func perform(_ step: ReplayStep, in context: Context) throws {
        let folder = context.directory
        switch step {
        case .write(let path, let text): try write(text, to: "\(folder)/\(path)")
        case .edit(let path, let find, let replace):
            let file = "\(folder)/\(path)"
            guard let data = FileManager.default.contents(atPath: file) else {
                throw CommandError("cannot edit '\(path)': there is no such file")
            }
            let text = String(decoding: data, as: UTF8.self)
            guard let range = text.firstRange(of: find) else {
                throw CommandError("cannot edit '\(path)': it does not hold '\(find)'")
            }
            try write(text[..<range.lowerBound] + replace + text[range.upperBound...], to: file)
        case .delete(let path):
            guard unsafe unlink("\(folder)/\(path)") == 0 else {
                throw CommandError("cannot delete '\(path)'")
            }
        case .run(let command): try shell(command, context)
        case .commit(let message):
            try git(["add", "--all"], context)
            try git(["commit", "--quiet", "-m", message], context)
        case .say(let text): try context.terminal.writeLine(text)
        case .ask(let text, let choices, let isFreeform):
            try ask(text, choices, isFreeform, context)
        case .fail(let status): throw Verdict(status: status)
        case .sleep(let milliseconds): sleep(.milliseconds(milliseconds))
        case .hang: while true { pause() }
        case .ignore: signal(SIGTERM, SIG_IGN)
        }
    }

    private func sleep(_ time: Duration) {
        let (seconds, rest) = time.components
        let whole = timespec(tv_sec: Int(seconds), tv_nsec: Int(rest / 1_000_000_000))
        var (wanted, left) = (whole, timespec())
        while unsafe nanosleep(&wanted, &left) != 0, errno == EINTR { wanted = left }
    }

    private func write(_ text: some StringProtocol, to path: String) throws {
        let folder = path.split(separator: "/", omittingEmptySubsequences: false).dropLast()
        try FileManager.default.createDirectory(
            atPath: folder.joined(separator: "/"), withIntermediateDirectories: true)
        guard FileManager.default.createFile(atPath: path, contents: Data(Array(text.utf8))) else {
            throw CommandError("cannot write '\(path)'")
        }
    }

    private func ask(
        _ text: String, _ choices: [String], _ isFreeform: Bool, _ context: Context
    ) throws {
        let result: JSON = [
            "status": "needs_input",
            "question": [
                "text": .string(text), "choices": JSON(choices), "freeform": .bool(isFreeform),
            ],
        ]
        try write(result.canonicalText, to: context.environment["DRAFT_RESULT"] ?? "")
    }

    private func git(_ arguments: [String], _ context: Context) throws {
        try run(["git"] + arguments, context)
    }

    private func shell(_ command: String, _ context: Context) throws {
        try run(["sh", "-c", command], context)
    }

    private func run(_ arguments: [String], _ context: Context) throws {
        var child = ChildCommand(
            arguments, environment: context.environment, directory: context.directory)
        child.killsDescendants = false
        child.ownSession = false
        child.mergesStreams = true
        let outcome = try ChildProcess.run(child) { _, bytes in
            try context.terminal.write(String(decoding: bytes, as: UTF8.self))
        }
        guard outcome.isSuccess else {
            throw CommandError("'\(arguments.last ?? "")' failed", status: 1)
        }
    }
}

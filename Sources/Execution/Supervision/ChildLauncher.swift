/// A program that stands between us and the one that is meant, such as a container engine.
///
/// It may fail by itself, which says nothing about the other program; and what it started with
/// a service of the machine does not end with it.
public struct ChildLauncher: Sendable {
    /// What it does, for a message: "start the container".
    public var action: String

    /// The statuses that it ends with if it could not start the program.
    public var statuses: Set<Int32>

    /// How what it then says begins.
    public var prefixes: [String]

    /// Whether it can start anything; asked where its words may be the other program's as well.
    ///
    /// Without, a program that imitates it makes its job fail for another reason than it would
    /// otherwise.
    public var isWorking: (@Sendable () -> Bool)?

    /// What is run when it was stopped or killed, so that nothing of the program is left.
    public var cleanup: [ChildCommand] = []

    /// Creates a description.
    public init(action: String, statuses: Set<Int32>, prefixes: [String]) {
        self.action = action
        self.statuses = statuses
        self.prefixes = prefixes
    }

    /// How much of the beginning of the output is looked at.
    static let headLimit = 4096

    /// The failure of the launcher itself, if the outcome is one.
    ///
    /// - Parameters:
    ///   - outcome: How it ended.
    ///   - head: The beginning of what was printed.
    /// - Returns: The failure; `nil` if the program itself ended that way.
    func failure(_ outcome: ChildOutcome, head: [UInt8]) -> ExecutionError? {
        guard case .exited(let status) = outcome.end, statuses.contains(status) else { return nil }
        let lines = String(decoding: head, as: UTF8.self).split(whereSeparator: \.isNewline)
        func isOwn(_ line: Substring) -> Bool {
            prefixes.contains { line.utf8.starts(with: $0.utf8) }
        }
        guard let first = lines.first, isOwn(first), isWorking?() != true else { return nil }
        // Warnings come first; the last line of the launcher is what it ended for.
        let reason = Self.reason(in: String(lines.last(where: isOwn) ?? first))
        return ExecutionError(.launcher, action, reason: reason, status: status)
    }

    /// What a line of a launcher says, without the word that there is an error.
    static func reason(in line: String) -> String {
        let words = GitProgram.reason(in: line) ?? "it failed"
        return words.utf8.starts(with: "Error: ".utf8) ? String(words.dropFirst(7)) : words
    }

    /// Runs the clean-up, if the outcome calls for one; what fails there is nobody's fault.
    func clean(after outcome: ChildOutcome) {
        var isStopped = outcome.cause != .itself
        if case .signaled = outcome.end { isStopped = true }
        guard isStopped else { return }
        clean()
    }

    /// Runs the clean-up.
    func clean() {
        for var command in cleanup {
            command.killsDescendants = false
            command.deadline = .now + .seconds(30)
            _ = try? ChildProcess.run(command)
        }
    }
}

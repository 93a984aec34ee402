public import Model

/// Runs the commands by which a repository decides whether work is good.
///
/// It is the only one in its process to run programs that are killed with all
/// that they started, see ``ChildCommand/killsDescendants``.
public struct ValidationRunner: Sendable {
    /// What keeps the commands apart from the machine.
    public let sandbox: any Sandbox

    /// What they may see and use all the same; the work tree is told with the commands.
    public let cell: Cell

    /// What must not appear in what they printed.
    public let redactor: Redactor

    /// Their whole environment.
    public let environment: [String: String]

    /// Ends them early.
    public let stop: StopSignal?

    /// When the last of them must have ended.
    public let deadline: ContinuousClock.Instant?

    /// Whether set-up runs in the files of the base commit, and in nothing that an agent left.
    ///
    /// Only then it reaches where packages come from: what an agent wrote could send there what
    /// it found here. A merge is such a tree as well, whoever approved the change, and so is
    /// judged without; the base's set-up, laid out first, would not show that its own works.
    public var isAtBase = false

    /// Creates a runner.
    public init(
        sandbox: any Sandbox, cell: Cell, redactor: Redactor, environment: [String: String],
        stop: StopSignal?, deadline: ContinuousClock.Instant?
    ) {
        self.sandbox = sandbox
        self.cell = cell
        self.redactor = redactor
        self.environment = environment
        self.stop = stop
        self.deadline = deadline
    }

    /// Runs commands one after the other, also after a failure.
    ///
    /// One that the deadline or a stop did not let begin has a verdict too, so
    /// that what was not run never counts as passed.
    ///
    /// - Parameters:
    ///   - commands: What to run, in order.
    ///   - tier: `setup`, `fast` or `full`.
    ///   - directory: Where they run.
    ///   - onOutput: Gets what a command prints, without secrets, as it comes: the
    ///     command's name, and a piece. An error that it throws is thrown on.
    /// - Returns: One verdict for each command, in order.
    /// - Throws: ``ExecutionError`` if a command could not be run at all.
    public func run(
        _ commands: [ValidationCommand], tier: String, in directory: String,
        onOutput: (String, [UInt8]) throws -> Void = { _, _ in }
    ) throws -> [Verdict] {
        guard !commands.isEmpty else { return [] }
        var cell = cell
        cell.workspace = directory
        cell.phase = tier == Verdict.Tier.setup ? .setup : .validation
        if !isAtBase {
            let registries = cell.ways.registries
            cell.ways.registries = { EgressRegistries(environment: registries().environment) }
        }
        let session = sandbox.kind.isApart ? try EgressSession.start(cell) : nil
        defer { session?.report(redactor) { try? onOutput("network", $0) } }
        cell.doors = session?.doors ?? []
        let environment = EgressSession.environment(environment, sandbox.kind, session)
        return try commands.map { command in
            let end = min(
                deadline ?? .now + .seconds(command.timeout), .now + .seconds(command.timeout))
            guard stop?.isRequested != true else { return skipped(command, tier, .stopped) }
            guard end > .now else { return skipped(command, tier, .deadline) }
            return try run(command, tier, in: cell, environment, until: end) { bytes in
                try onOutput(command.name, bytes)
            }
        }
    }

    private func skipped(
        _ command: ValidationCommand, _ tier: String, _ ended: Verdict.Ended
    ) -> Verdict {
        Verdict(of: command, tier: tier, exitCode: nil, ended: ended, duration: 0, output: "")
    }

    private func run(
        _ command: ValidationCommand, _ tier: String, in cell: Cell,
        _ environment: [String: String], until end: ContinuousClock.Instant,
        onOutput: ([UInt8]) throws -> Void
    ) throws -> Verdict {
        var child = ChildCommand(
            ["sh", "-c", command.command], environment: environment,
            directory: cell.workspace)
        child.deadline = end
        child.mergesStreams = true
        var stream = RedactingStream(redactor)
        var kept = BoundedOutput(limit: Verdict.outputLimit)
        func take(_ bytes: [UInt8]) throws {
            guard !bytes.isEmpty else { return }
            kept.append(bytes[...])
            try onOutput(bytes)
        }
        let wrapped = try sandbox.wrap(child, in: cell).bounded(by: cell)
        let outcome = try ChildProcess.run(wrapped, stop: stop) {
            try take(stream.feed(Array($1)))
        }
        try take(stream.finish())
        if case .limit(let breach) = outcome.cause {
            let isLine = kept.text.utf8.last.map { $0 == UInt8(ascii: "\n") } ?? true
            try take(Array("\(isLine ? "" : "\n")\(breach)\n".utf8))
        }
        return Verdict(
            of: command, tier: tier, exitCode: outcome.exitCode, ended: outcome.ended,
            duration: outcome.milliseconds, output: kept.text)
    }
}

extension ChildOutcome {
    /// The exit status as a shell gives it; none if we ended the program.
    fileprivate var exitCode: Int32? {
        switch (cause, end) {
        case (.itself, .exited(let status)): status
        case (.itself, .signaled(let signal)): 128 + signal
        default: nil
        }
    }

    fileprivate var ended: Verdict.Ended {
        switch cause {
        case .itself: .byItself
        case .deadline: .deadline
        case .stop: .stopped
        case .limit: .limit
        }
    }
}

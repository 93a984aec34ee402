/// Runs programs and waits for them.
public enum ChildProcess {
    /// Runs a program to its end, its deadline or a stop, whichever is first.
    ///
    /// Blocks the calling thread. The child has its own session, default signal
    /// handling and no descriptors but 0, 1 and 2; it is killed should the
    /// calling thread end. A stop is SIGTERM to its process group, the grace
    /// period, then SIGKILL. Once the program itself has ended, what the pipes
    /// hold is delivered and no more is waited for: a daemon that kept them open
    /// holds nobody up.
    ///
    /// - Parameters:
    ///   - command: what to run, and within which bounds.
    ///   - stop: ends the child as soon as it is requested.
    ///   - output: gets what the child writes, in pieces of at most 64 KiB; an
    ///     error that it throws stops the child and is thrown on.
    ///   - shouldStop: asked ten times a second; for what has no descriptor.
    /// - Returns: how it ended, whatever its status.
    /// - Throws: ``ExecutionError`` if the program could not be run; with code
    ///   ``ExecutionError/Code/launcher`` if what was to start it failed by itself.
    public static func run(
        _ command: ChildCommand, stop: StopSignal? = nil,
        output: (ChildStream, ArraySlice<UInt8>) throws -> Void = { _, _ in },
        shouldStop: (() -> Bool)? = nil
    ) throws -> ChildOutcome {
        func run() throws -> ChildOutcome {
            guard let launcher = command.launcher else {
                return try watch(command, stop: stop, output: output, shouldStop: shouldStop)
            }
            return try launch(
                command, by: launcher, stop: stop, output: output, shouldStop: shouldStop)
        }
        guard command.killsDescendants else { return try run() }
        return try Roster.supervising("run '\(command.arguments.first ?? "")'") {
            try Supervision.becomeSubreaper()
            return try run()
        }
    }

    private static func watch(
        _ command: ChildCommand, stop: StopSignal?,
        output: (ChildStream, ArraySlice<UInt8>) throws -> Void, shouldStop: (() -> Bool)?
    ) throws -> ChildOutcome {
        try withoutActuallyEscaping(output) { output in
            try ChildWatch(command, stop: stop, shouldStop: shouldStop, output: output).finish()
        }
    }

    /// Runs what starts the program that is meant, and tells its own failures apart.
    private static func launch(
        _ command: ChildCommand, by launcher: ChildLauncher, stop: StopSignal?,
        output: (ChildStream, ArraySlice<UInt8>) throws -> Void, shouldStop: (() -> Bool)?
    ) throws -> ChildOutcome {
        var head: [UInt8] = []
        let outcome: ChildOutcome
        do {
            outcome = try watch(
                command, stop: stop,
                output: { stream, bytes in
                    head += bytes.prefix(max(0, ChildLauncher.headLimit - head.count))
                    try output(stream, bytes)
                }, shouldStop: shouldStop)
        } catch {
            launcher.clean()
            throw error
        }
        launcher.clean(after: outcome)
        if let failure = launcher.failure(outcome, head: head) { throw failure }
        return outcome
    }
}

extension GitProgram {
    /// Runs git and hands on what it prints, piece by piece.
    ///
    /// - Parameters:
    ///   - arguments: the command and its arguments, without `git`.
    ///   - directory: where it runs.
    ///   - input: what it reads from standard input.
    ///   - output: takes what it prints; an error that it throws ends git and is thrown on.
    /// - Throws: ``ExecutionError`` if the status is not 0.
    func stream(
        _ arguments: [String], in directory: String, input: [UInt8],
        output: (ArraySlice<UInt8>) throws -> Void
    ) throws {
        var command = command(arguments, in: directory, [:])
        command.input = input
        let action = Self.action(arguments)
        var errors = BoundedOutput(limit: 64 * 1024)
        let outcome = try ChildProcess.run(command) { stream, bytes in
            if stream == .error { errors.append(bytes) } else { try output(bytes) }
        }
        let status = try Self.status(outcome, action, errors.text)
        guard status == 0 else {
            try checkMemory(action, status, errors.text)
            let reason = Self.reason(in: errors.text) ?? "it ended with status \(status)"
            throw ExecutionError(.failed, action, reason: reason, status: status)
        }
    }
}

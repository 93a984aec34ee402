extension ContainerSandbox {
    /// Finds out whether containers can be started here, by starting one if the image is there.
    ///
    /// What runs in it is `git-draft`, and nothing of the image. Without the image, which is
    /// neither made nor fetched for this, the engine is asked whether it has all that it needs.
    ///
    /// - Parameter program: The path of `git-draft`.
    /// - Returns: Whether a container was started.
    /// - Throws: ``ExecutionError`` that says why none can be.
    public func tryOut(_ program: String) throws -> Bool {
        guard try image.isThere(engine) else {
            let answer = try engine.run(["info"], limit: Self.patience)
            try Self.check(answer)
            return false
        }
        var cell = Cell(workspace: "", phase: .validation)
        cell.program = program
        var command = ChildCommand([program, "--version"], environment: [:], directory: "/")
        command.deadline = .now + Self.patience
        command.killsDescendants = false
        var (output, errors) = (BoundedOutput(limit: 1 << 10), BoundedOutput(limit: 1 << 16))
        let outcome = try ChildProcess.run(try wrap(command, in: cell)) { stream, bytes in
            if stream == .output { output.append(bytes) } else { errors.append(bytes) }
        }
        let status = try GitProgram.status(outcome, Self.trial, errors.text)
        try Self.check(
            ContainerEngine.Answer(status: status, text: output.text, errors: errors.text))
        return true
    }

    /// How long it may take.
    private static let patience = Duration.seconds(60)

    private static let trial = "start a container"

    private static func check(_ answer: ContainerEngine.Answer) throws {
        guard answer.status != 0 else { return }
        throw ExecutionError(.failed, trial, reason: answer.reason, status: answer.status)
    }
}

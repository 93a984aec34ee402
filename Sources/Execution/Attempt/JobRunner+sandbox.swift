internal import Model

/// What the sandbox of a job needs before anything runs in it.
extension JobRunner {
    /// Makes the sandbox ready, in sight of whoever reads the log of the job.
    ///
    /// - Returns: How the job ends if it cannot be had: as it does where set-up fails.
    func prepareSandbox(_ attempt: Attempt) throws -> JobEnding? {
        let sandbox = try context.sandbox(attempt.policy)
        var output = BoundedOutput(limit: 1 << 20)
        do {
            try sandbox.prepare(stop: stop) { bytes in
                if output.total == 0 { attempt.log.heading("sandbox") }
                output.append(bytes[...])
                attempt.log.append(bytes)
            }
            return nil
        } catch let error as ExecutionError where error.code == .failed {
            let text = context.redactor.redact(output.text)
            let tail = text.isEmpty ? "" : "\n" + Text.boundedTail(text, limit: 4096)
            // A fault is one line; all of it is among the findings, and in the log.
            let last = text.split(whereSeparator: \.isNewline).last.map { "\($0)" } ?? ""
            let isSaid = last.isEmpty || "\(error)".contains(last)
            let fault = JobFault(
                step: "setup", tool: sandbox.kind.word, type: "exit",
                message: isSaid ? "\(error)" : "\(error): \(last)")
            return .failed(
                .setupFailed, fault, findings: attempt.findings(last: "\(error)\(tail)"))
        }
    }
}

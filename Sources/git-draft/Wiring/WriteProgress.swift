import Porcelain
import Synchronization

/// How far a write of many records is.
final class WriteProgress: Sendable {
    private let step = Mutex<(word: String, done: Int, total: Int)?>(nil)

    /// Says what is being done, and how far it is; never waits.
    func set(_ word: String, _ done: Int, of total: Int) {
        step.withLock { $0 = (word, done, total) }
    }

    /// The line to show; `nil` if nothing was said yet.
    var row: ProgressLine.Row? {
        step.withLock { $0 }.map { ProgressLine.Row("\($0.word) \($0.done) of \($0.total)") }
    }
}

extension Terminal {
    /// Does something, and shows on a terminal how far it is once it takes longer than a second.
    ///
    /// A task of its own writes to the terminal: whoever holds the board's lock must not wait
    /// for a terminal that was stopped.
    func showingProgress<Value>(
        isQuiet: Bool, _ body: (WriteProgress) throws -> Value
    ) async throws -> Value {
        let progress = WriteProgress()
        guard errorIsTTY, !isDumb, !isQuiet else {
            return try body(progress)
        }
        let terminal = self
        let view = Task.detached {
            var line = ProgressLine(terminal: terminal)
            var pause = Duration.seconds(1)
            while (try? await Task.sleep(for: pause)) != nil {
                if let row = progress.row { line.show([row]) }
                pause = .milliseconds(200)
            }
            line.clear()
        }
        let result = Result { try body(progress) }
        view.cancel()
        await view.value
        return try result.get()
    }
}

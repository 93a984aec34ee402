import Foundation
import Porcelain
import Synchronization
import Testing

@testable import git_draft

@Suite struct WriteProgressTests {
    private struct Refusal: Error {}

    private final class Captured: Sendable {
        let text = Mutex("")
    }

    @Test func `what is said is what is shown`() {
        let progress = WriteProgress()
        #expect(progress.row == nil)
        progress.set("accepting", 3, of: 9)
        progress.set("storing", 4, of: 18)
        #expect(progress.row == ProgressLine.Row("storing 4 of 18"))
    }

    @Test(arguments: [false, true])
    func `what is done comes back, and what it throws`(isTTY: Bool) async throws {
        var terminal = Terminal(output: { _ in }, error: { _ in })
        terminal.errorIsTTY = isTTY
        let answer = try await terminal.showingProgress(isQuiet: false) { progress in
            progress.set("accepting", 1, of: 2)
            return 42
        }
        #expect(answer == 42)
        await #expect(throws: Refusal.self) {
            try await terminal.showingProgress(isQuiet: false) { _ in throw Refusal() }
        }
    }

    @Test func `nothing is shown where nobody looks`() async throws {
        let shown = Captured()
        let keep = { @Sendable (text: String) in shown.text.withLock { $0 += text } }
        for isQuiet in [false, true] {
            var terminal = Terminal(output: keep, error: keep)
            terminal.errorIsTTY = isQuiet
            try await terminal.showingProgress(isQuiet: isQuiet) { $0.set("a", 1, of: 2) }
        }
        #expect(shown.text.withLock { $0 } == "")
    }
}

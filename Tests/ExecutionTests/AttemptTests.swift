import Model
import Testing

@testable import Execution

/// What the loop counts, and what it makes of what an agent says.
@Suite struct AttemptTests {
    private static let nothing = (iterations: Int64(0), fullRuns: Int64(0), runtime: Int64(0))

    private func verdict(_ output: String, command: String = "make") -> Verdict {
        Verdict(
            of: ValidationCommand(command: command), tier: "full", exitCode: 1, ended: .byItself,
            duration: 1, output: output)
    }

    @Test func `the second failure of a kind stops, whatever came in between`() {
        var limits = AttemptLimits(Guardrails(), counters: Self.nothing, after: [])
        #expect(limits.count([verdict("a 1")], tree: "1", lines: 1) == nil)
        #expect(limits.count([verdict("b")], tree: "2", lines: 1) == nil)
        #expect(limits.count([verdict("a 2")], tree: "3", lines: 1) == .identicalFailure)
    }

    @Test func `the same tree with the same failure stops`() {
        var limits = AttemptLimits(
            Guardrails(maxIdenticalFailures: 9), counters: Self.nothing, after: [])
        #expect(limits.count([verdict("a")], tree: "1", lines: 1) == nil)
        #expect(limits.count([verdict("a")], tree: "2", lines: 1) == nil)
        #expect(limits.count([verdict("a")], tree: "1", lines: 1) == .repeated)
    }

    @Test func `growth without fewer failures stops at the third`() {
        var limits = AttemptLimits(
            Guardrails(maxIdenticalFailures: 9), counters: Self.nothing, after: [])
        let two = [verdict("a"), verdict("b", command: "test")]
        #expect(limits.count(two, tree: "1", lines: 1) == nil)
        #expect(limits.count(two, tree: "2", lines: 2) == nil)
        var better = limits
        #expect(better.count([verdict("a")], tree: "3", lines: 3) == nil)
        #expect(limits.count(two, tree: "3", lines: 3) == .noGrowth)
    }

    @Test func `counting goes on where it ended`() {
        let signature = AttemptLimits.signature([verdict("a 1")])
        let turn: JSON = ["tree": "1", "failure_signature": .string(signature)]
        var limits = AttemptLimits(Guardrails(), counters: (5, 2, 0), after: [turn])
        #expect(limits.reasonBeforeTurn(isAnswered: false) == .iterations)
        #expect(limits.fullRuns == 2)
        #expect(limits.count([verdict("a 2")], tree: "2", lines: 1) == .identicalFailure)
        let late = AttemptLimits(Guardrails(), counters: (0, 0, 900_000), after: [])
        #expect(late.reasonBeforeTurn(isAnswered: false) == .runtime)
    }

    @Test(arguments: [Int64.min, -1, .max])
    func `from any count of a record one can count on`(number: Int64) {
        var limits = AttemptLimits(Guardrails(), counters: (number, number, number), after: [])
        limits.iterations += 1
        limits.fullRuns += 1
        let range: ClosedRange<Int64> = 0...2_000_000_000_000
        for name in ["iterations", "full_runs", "runtime"] {
            #expect(limits.counters[name]?.integer.map(range.contains) == true)
        }
        let left = ContinuousClock.now.duration(to: limits.deadline).components.seconds
        #expect(abs(left) <= 1_000_000_000)
    }

    @Test func `a result is read, bounded and without secrets`() throws {
        let long = String(repeating: "x", count: 100_000)
        let json: JSON = [
            "status": "needs_input", "plan": "my plan",
            "question": ["text": .string(long), "choices": ["a", 1, "b"], "freeform": false],
        ]
        let result = try AgentResult(parsing: json.canonical) { $0.replacing("my", with: "our") }
        #expect(result.plan == "our plan")
        #expect(result.question?.choices == ["a", "b"])
        #expect(result.question?.isFreeform == false)
        #expect(try #require(result.question?.text.utf8.count) <= AgentResult.sentenceLimit)
    }

    @Test(arguments: ["", "[]", "{}", "{\"status\":1}", "{\"status\":\"done\"", "\u{0}"])
    func `what is no result is refused`(_ text: String) {
        #expect(throws: AgentResultError.self) { try AgentResult(parsing: Array(text.utf8)) }
    }

    @Test func `feedback comes back from a work order as it was`() {
        for feedback in [
            Feedback(tier: "full", command: "make", exitCode: 2, output: "no\n"),
            Feedback(tier: "guardrail", command: "secrets", exitCode: nil, output: ""),
        ] {
            #expect(Feedback(feedback.json) == feedback)
        }
    }
}

extension AttemptLimits {
    /// Counts a red validation.
    fileprivate mutating func count(_ failed: [Verdict], tree: String, lines: Int) -> Reason? {
        count(Self.signature(failed), of: failed.count, tree: tree, lines: lines)
    }
}

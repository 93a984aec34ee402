import Foundation
import TestSupport
import Testing

@testable import Execution

/// What is made of attempts to get out, each in a process whose descendants may be killed.
@Suite struct EscapeRunnerTests {
    /// What comes of an attempt where there is no sandbox.
    private static func verdict(_ attempt: EscapeCase) throws -> EscapeVerdict {
        let runner = EscapeRunner(
            path: ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin",
            probe: try Programs.path("git-draft-probe"), program: try Programs.path("git-draft"))
        var verdicts: [EscapeVerdict] = []
        try runner.run([attempt], in: [NoSandbox()]) { verdicts.append($0.verdict) }
        return try #require(verdicts.first)
    }

    @Test func `what got out and kept the landing from landing got out`() async {
        await #expect(processExitsWith: .success) {
            var attempt = EscapeCase(
                .git, "conflict", "conflict", .changed,
                "echo got > $HOST/found; sed -i '9s/.*/other/' long")
            attempt.careless = "true"
            attempt.lands = true
            let verdict = try Self.verdict(attempt)
            #expect(verdict == .out("'/host/found' was made"))
        }
    }

    @Test(arguments: ["result.json", "events.jsonl"])
    func `what is left as the result or the events is read`(name: String) async {
        await #expect(processExitsWith: .success) { [name = name as String] in
            var attempt = EscapeCase(
                .git, "tell", "tell", .leak, "cat $HOST/home/.netrc > $OUT/\(name)")
            attempt.careless = "true"
            let verdict = try Self.verdict(attempt)
            #expect(verdict == .out("the secret is in 'host/copy/\(name)'"))
        }
    }
}

import Execution
import Foundation
import Model
import Testing

/// What Claude Code itself printed, recorded once.
@Suite struct AgentRecordingTests {
    /// The report of a recording, and what it did.
    private func play(_ name: String) throws -> (events: [AgentEvent], report: AgentReport) {
        let folder = URL(filePath: #filePath).deletingLastPathComponent()
        let file = folder.appending(path: "AgentStreams/claude/\(name).jsonl")
        let lines = try String(contentsOf: file, encoding: .utf8).split(separator: "\n")
        var stream = ClaudeStream(directory: "/w")
        let events = lines.flatMap { stream.read(String($0)) }
        #expect(stream.isComplete == !["killed", "terminated"].contains(name))
        return (events, stream.report)
    }

    @Test(
        arguments: [
            "success", "commits-itself", "cut", "denied-tool", "mcp", "mcp-broken", "no-change",
            "overloaded-once", "parallel-calls", "resumed", "subscription",
        ])
    func `what succeeded is no failure, and has a price and last words`(_ name: String) throws {
        let (events, report) = try play(name)
        #expect(report.failure == nil)
        #expect(report.sessionUsage?.cost ?? 0 > 0)
        #expect(report.version == "2.1.327" && report.session != nil)
        #expect(!(report.answer ?? "").isEmpty)
        guard case .session? = events.first else {
            Issue.record("the first event is the session")
            return
        }
    }

    @Test(
        arguments: [
            ("budget", .budget), ("interrupted", .interrupted), ("max-tokens", .api),
            ("overloaded", .overloaded), ("prompt-too-long", .tooLong),
            ("rate-limit", .rateLimit), ("rate-limit-short", .rateLimit),
            ("refusal", .refusal), ("server-error", .overloaded),
            ("subscription-limit", .rateLimit), ("turn-limit", .turns),
            ("unauthorized", .authentication),
        ] as [(String, AgentFailure.Kind)])
    func `what failed has its kind and a sentence`(
        _ name: String, _ kind: AgentFailure.Kind
    ) throws {
        let failure = try play(name).report.failure
        #expect(failure?.kind == kind && !(failure?.message ?? "").isEmpty)
    }

    @Test(arguments: ["killed", "terminated"])
    func `what was ended has no last word`(_ name: String) throws {
        #expect(try play(name).report.failure == nil)
    }

    @Test func `a subscription says when its limit is lifted`() throws {
        let failure = try play("subscription-limit").report.failure
        #expect(failure?.resetsAt?.milliseconds == 1_795_275_856_000)
    }

    @Test func `commands and edits are told`() throws {
        let (events, _) = try play("success")
        let files = events.filter { if case .file = $0 { true } else { false } }
        let commands = events.filter { if case .command = $0 { true } else { false } }
        #expect(!files.isEmpty && !commands.isEmpty, "\(events)")
    }
}

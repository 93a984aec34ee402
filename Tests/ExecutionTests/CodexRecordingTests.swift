import Execution
import Foundation
import Model
import Testing

/// What Codex itself printed, recorded once.
@Suite struct CodexRecordingTests {
    /// The report of a recording, and what it did.
    private func play(_ name: String) throws -> (events: [AgentEvent], report: AgentReport) {
        let folder = URL(filePath: #filePath).deletingLastPathComponent()
        let file = folder.appending(path: "AgentStreams/codex/\(name).jsonl")
        let lines = try String(contentsOf: file, encoding: .utf8).split(separator: "\n")
        var stream = CodexStream {
            // The 21st of November 2026, noon.
            Timestamp(milliseconds: 1_795_262_400_000)
        }
        let events = lines.flatMap { stream.read(String($0)) }
        #expect(stream.isComplete == !["interrupted", "killed", "terminated"].contains(name))
        return (events, stream.report)
    }

    @Test(
        arguments: [
            "success", "commits-itself", "denied-commit", "denied-tool", "mcp", "mcp-broken",
            "no-change", "overloaded-once", "parallel-calls", "resumed",
        ])
    func `what succeeded is no failure, and has tokens and last words`(_ name: String) throws {
        let (events, report) = try play(name)
        #expect(report.failure == nil)
        #expect(report.sessionUsage?.tokensIn ?? 0 > 0)
        #expect(report.session != nil && !(report.answer ?? "").isEmpty)
        guard case .session? = events.first else {
            Issue.record("the first event is the session")
            return
        }
        #expect(!events.contains { if case .other = $0 { true } else { false } }, "\(events)")
    }

    @Test(
        arguments: [
            ("cut", .api), ("max-tokens", .api), ("overloaded", .overloaded),
            ("prompt-too-long", .tooLong), ("quota", .authentication),
            ("rate-limit", .rateLimit), ("rate-limit-short", .rateLimit),
            ("refusal", .refusal), ("server-error", .overloaded),
            ("unauthorized", .authentication),
        ] as [(String, AgentFailure.Kind)])
    func `what failed has its kind and a sentence`(
        _ name: String, _ kind: AgentFailure.Kind
    ) throws {
        let failure = try play(name).report.failure
        #expect(failure?.kind == kind && !(failure?.message ?? "").isEmpty)
    }

    @Test(arguments: ["interrupted", "killed", "terminated"])
    func `what was ended has no last word`(_ name: String) throws {
        let report = try play(name).report
        #expect(report.failure == nil && report.session != nil)
    }

    @Test func `a limit says when it is lifted`() throws {
        let failure = try play("rate-limit").report.failure
        #expect(failure?.resetsAt?.description == "2026-11-21T15:45:00.000Z")
    }

    @Test func `commands and tools are told`() throws {
        let (events, _) = try play("success")
        #expect(events.contains { if case .command = $0 { true } else { false } }, "\(events)")
        let tools = try play("mcp").events.compactMap { event -> String? in
            if case .tool(_, let name, _) = event { name } else { nil }
        }
        #expect(tools.count == 1 && tools[0].contains("/"), "\(tools)")
    }
}

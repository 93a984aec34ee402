import Execution
import Foundation
import Model
import Testing

@Suite struct AgentClaudeStreamTests {
    private static let session = "77cd1eb4-458c-4919-a93c-169cc2e863fd"

    private static let start = #"""
        {"type":"system","subtype":"init","cwd":"/w","session_id":"\#(session)","model":"m-1","claude_code_version":"2.1.327"}
        """#

    private func read(_ lines: String...) -> (events: [AgentEvent], stream: ClaudeStream) {
        var stream = ClaudeStream(directory: "/w")
        let events = lines.flatMap { stream.read($0) }
        return (events, stream)
    }

    private func result(_ members: String) -> String {
        #"{"type":"result","session_id":"\#(Self.session)",\#(members)}"#
    }

    private func call(_ name: String, _ input: String, id: String = "t1") -> String {
        #"""
        {"type":"assistant","message":{"id":"msg_1","content":[{"type":"tool_use","id":"\#(id)","name":"\#(name)","input":\#(input)}],"usage":{"input_tokens":1000,"cache_read_input_tokens":20,"output_tokens":1}},"parent_tool_use_id":null}
        """#
    }

    private func answer(
        _ content: String, error: Bool = false, meta: String = "[]", id: String = "t1"
    ) -> String {
        #"""
        {"type":"user","message":{"role":"user","content":[{"type":"tool_result","content":\#(content),"is_error":\#(error),"tool_use_id":"\#(id)"}]},"tool_use_result":{"type":"create"},"tool_result_meta":\#(meta)}
        """#
    }

    @Test func `a session says who works`() {
        let (events, stream) = read(Self.start)
        #expect(
            events == [
                .session(id: Self.session, agent: "claude", version: "2.1.327", model: "m-1")
            ])
        #expect(stream.report.session == Self.session)
        #expect(stream.report.version == "2.1.327" && !stream.isComplete)
    }

    @Test func `commands tell their status, and edits their file`() {
        let (events, _) = read(
            call("Bash", #"{"command":"make test"}"#),
            answer(#""Exit code 2\nno rule""#, error: true),
            call("Write", #"{"file_path":"/w/a/b.c","content":"x"}"#), answer(#""created""#),
            call("Edit", #"{"file_path":"/etc/x"}"#), answer(#""refused""#, error: true))
        #expect(events.contains(.command(command: "make test", exitCode: 2, milliseconds: nil)))
        #expect(events.contains(.file(path: "a/b.c", change: "add")))
        #expect(!events.contains { if case .file("/etc/x", _) = $0 { true } else { false } })
    }

    @Test func `what was not allowed was not done`() {
        let meta = #"[{"id":"t1","non_execution_kind":"user-rejected"}]"#
        let (events, _) = read(
            call("Bash", #"{"command":"curl x"}"#),
            answer(#""This command requires approval""#, error: true, meta: meta))
        #expect(
            events.dropFirst() == [
                .error(message: "not allowed: Bash(curl x)"),
                .toolResult(id: "t1", isGood: false, output: "This command requires approval"),
            ])
    }

    @Test func `no more is remembered of calls than their answers need`() {
        var stream = ClaudeStream(directory: "/w")
        for number in 0..<1100 {
            _ = stream.read(call("Bash", #"{"command":"make"}"#, id: "c\(number)"))
        }
        #expect(stream.read(answer(#""""#, id: "c0")).count == 2)
        #expect(stream.read(answer(#""""#, id: "c1099")).count == 1)
        let long = String(repeating: "x", count: 100_000)
        let (events, _) = read(call("Bash", #"{"command":"\#(long)"}"#), answer(#""""#))
        guard events.count == 3, case .command(let command, _, _) = events[1] else {
            Issue.record("\(events.count) events")
            return
        }
        #expect(command.hasPrefix("xxx") && command.utf8.count <= 16 << 10)
        #expect(read(call("Bash", "{}", id: long), answer(#""""#, id: long)).events.count == 2)
        let denials = Array(repeating: #"{"tool_name":"A"}"#, count: 1100).joined(separator: ",")
        let line = result(#""subtype":"success","permission_denials":[\#(denials)]"#)
        #expect(read(line, line).stream.report.denied.count == 1024)
    }

    @Test(arguments: [
        "1795276800", "1795276800000", "1795276800.0", "\"1795276800\"", "1.7952768e9",
    ])
    func `the end of a limit is a number however it is written`(number: String) {
        let line =
            #"{"type":"rate_limit_event","rate_limit_info":{"status":"rejected","resetsAt":"#
            + number + "}}"
        let time = Timestamp("2026-11-21T16:00:00.000Z")
        #expect(time != nil)
        #expect(read(line).0 == [.rateLimit(status: "rejected", resetsAt: time)])
    }

    @Test(arguments: ["-1", "\"soon\"", "1e400", "\"nan\"", "9223372036854775807", "{}"])
    func `what is no time is none`(number: String) {
        let line =
            #"{"type":"rate_limit_event","rate_limit_info":{"status":"rejected","resetsAt":"#
            + number + "}}"
        #expect(read(line).0 == [.rateLimit(status: "rejected", resetsAt: nil)])
    }

    @Test func `success is a result that is no error, with its last words and denials`() {
        let (_, stream) = read(
            Self.start,
            result(
                #"""
                "subtype":"success","is_error":false,"result":"all done","total_cost_usd":0.030000000000000002,"usage":{"input_tokens":5,"cache_read_input_tokens":2,"output_tokens":3},"modelUsage":{"a":{"inputTokens":6000,"outputTokens":300,"cacheReadInputTokens":7,"costUSD":0.02},"b":{"inputTokens":1,"outputTokens":1}},"permission_denials":[{"tool_name":"Write","tool_input":{"file_path":"/w/x"}},{"tool_name":"Bash","tool_input":{"command":"rm y"}}]
                """#))
        let report = stream.report
        #expect(stream.isComplete && report.failure == nil && report.answer == "all done")
        #expect(report.denied == ["Write(x)", "Bash(rm y)"])
        #expect(report.usage == report.sessionUsage)
        #expect(
            report.sessionUsage == AgentUsage(tokensIn: 6008, tokensOut: 301, cost: 30000))
    }

    @Test func `of a session that goes on only the new is charged`() {
        let before = AgentUsage(tokensIn: 900, tokensOut: 40, cost: 30000)
        var stream = ClaudeStream(directory: "/w", before: before)
        let events = stream.read(
            result(
                #"""
                "subtype":"success","is_error":false,"total_cost_usd":0.05,"modelUsage":{"a":{"inputTokens":1000,"outputTokens":50}}
                """#))
        let new = AgentUsage(tokensIn: 100, tokensOut: 10, cost: 20000)
        #expect(events == [.usage(new)] && stream.report.usage == new)
    }

    @Test(
        arguments: [
            (
                #""subtype":"success","is_error":true,"terminal_reason":"api_error","api_error_status":401,"result":"bad key""#,
                AgentFailure.Kind.authentication
            ),
            (
                #""subtype":"success","is_error":true,"terminal_reason":"api_error","api_error_status":429,"result":"slow down""#,
                .rateLimit
            ),
            (
                #""subtype":"success","is_error":true,"terminal_reason":"api_error","api_error_status":529,"result":"busy""#,
                .overloaded
            ),
            (#""subtype":"success","is_error":true,"terminal_reason":"prompt_too_long""#, .tooLong),
            (
                #""subtype":"success","is_error":true,"terminal_reason":"api_error","stop_reason":"refusal""#,
                .refusal
            ),
            (#""subtype":"success","is_error":true,"terminal_reason":"api_error""#, .api),
            (
                #""subtype":"error_max_turns","is_error":true,"terminal_reason":"max_turns","errors":["Reached maximum number of turns (2)"]"#,
                .turns
            ),
            (
                #""subtype":"error_max_budget_usd","is_error":true,"terminal_reason":"budget_exhausted""#,
                .budget
            ),
            (
                #""subtype":"error_during_execution","is_error":true,"terminal_reason":"aborted_tools""#,
                .interrupted
            ),
            (#""subtype":"error_during_execution","is_error":false"#, .other),
            (#""subtype":"success""#, .other),
        ])
    func `a failure has its kind, whatever the subtype says`(
        _ members: String, _ kind: AgentFailure.Kind
    ) {
        let (_, stream) = read(result(members))
        #expect(stream.report.failure?.kind == kind)
    }

    @Test func `a limit says when it is lifted`() {
        let (events, stream) = read(
            #"{"type":"rate_limit_event","rate_limit_info":{"status":"rejected","resetsAt":1795276800,"rateLimitType":"five_hour"}}"#,
            result(#""subtype":"success","is_error":true,"api_error_status":429,"result":"limit""#))
        let time = Timestamp("2026-11-21T16:00:00.000Z")
        #expect(events.first == .rateLimit(status: "rejected", resetsAt: time))
        #expect(stream.report.failure == AgentFailure(.rateLimit, "limit", resetsAt: time))
        let (_, old) = read(
            result(
                #""subtype":"success","is_error":true,"result":"Claude AI usage limit reached|1795276800""#
            ))
        #expect(old.report.failure?.resetsAt == time)
    }

    @Test func `a stream that breaks off is not complete, and has used what it said`() {
        let (_, stream) = read(Self.start, call("Bash", "{}"), call("Bash", "{}", id: "t2"))
        #expect(!stream.isComplete && stream.report.failure == nil)
        #expect(stream.report.usage == AgentUsage(tokensIn: 1020, tokensOut: 1))
    }

    @Test(
        arguments: [
            "", "   ", "[SandboxDebug] hello", "{", #"{"type":7}"#, #"{"type":"novelty","a":[1]}"#,
            #"{"type":"assistant"}"#, #"{"type":"assistant","message":{"content":[{"type":"x"}]}}"#,
            #"{"type":"user","message":{"content":"text"}}"#, #"{"type":"rate_limit_event"}"#,
            #"{"type":"system"}"#, "\u{FFFD}\u{0}", #"["type"]"#,
        ])
    func `whatever a line holds, reading it is no error`(_ line: String) {
        let (events, stream) = read(line)
        #expect(!stream.isComplete && events.count <= 1)
    }

    @Test func `lines of random bytes are no error`() {
        var generator = SystemRandomNumberGenerator()
        let pieces = [
            "{", "}", "[", "]", "\"type\"", ":", "\"result\"", ",", "\"assistant\"", "\"message\"",
            "\"content\"", "null", "1e999", "\"\\ud800\"", "true", "\"usage\"", "-1",
        ]
        var stream = ClaudeStream(directory: "/w")
        for _ in 0..<2000 {
            let count = Int.random(in: 0..<20, using: &generator)
            let line = (0..<count).map { _ in pieces.randomElement(using: &generator) ?? "" }
            _ = stream.read(line.joined())
            _ = stream.report
        }
    }
}

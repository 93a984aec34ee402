import Model
import Testing

@testable import Execution

@Suite struct CodexStreamTests {
    static let noon = Timestamp(milliseconds: 1_795_262_400_000)  // 2026-11-21T12:00:00Z

    /// The stream after some lines, and what these meant.
    static func read(_ lines: [String]) -> (CodexStream, [AgentEvent]) {
        var stream = CodexStream(model: "gpt-5") { noon }
        var events: [AgentEvent] = []
        for line in lines { events += stream.read(line) }
        return (stream, events)
    }

    static let thread = #"{"type":"thread.started","thread_id":"01a1"}"#
    static let turn = #"{"type":"turn.started"}"#
    static let word =
        #"{"type":"item.completed","item":{"id":"item_9","type":"agent_message","text":"Done."}}"#
    static let completed =
        #"{"type":"turn.completed","usage":{"input_tokens":2000,"cached_input_tokens":1500,"#
        + #""cache_write_input_tokens":0,"output_tokens":100,"reasoning_output_tokens":40}}"#

    static func item(_ stage: String, _ item: String) -> String {
        #"{"type":"item.\#(stage)","item":{"id":"item_1",\#(item)}}"#
    }

    static func failed(_ message: String) -> String {
        let text = JSON.string(message).line
        return #"{"type":"turn.failed","error":{"message":\#(text)}}"#
    }

    // MARK: - Turns

    @Test func `a turn in order has a session, an answer and the usage of the session`() {
        let (stream, events) = Self.read([Self.thread, Self.turn, Self.word, Self.completed])
        let usage = AgentUsage(tokensIn: 2000, tokensOut: 100)
        #expect(
            events == [
                .session(id: "01a1", agent: "codex", version: nil, model: "gpt-5"),
                .message(text: "Done."), .usage(usage),
            ])
        let report = stream.report
        #expect(stream.isComplete)
        #expect(report.session == "01a1")
        #expect(report.model == "gpt-5")
        #expect(report.answer == "Done.")
        #expect(report.sessionUsage == usage)
        #expect(report.usage == usage)
        #expect(report.failure == nil)
    }

    @Test func `a turn that goes on with a session is charged for what is new`() {
        let before = AgentUsage(tokensIn: 1200, tokensOut: 60)
        var stream = CodexStream(before: before)
        #expect(stream.read(Self.completed) == [.usage(AgentUsage(tokensIn: 800, tokensOut: 40))])
        #expect(stream.report.usage == AgentUsage(tokensIn: 800, tokensOut: 40))
        #expect(stream.report.sessionUsage == AgentUsage(tokensIn: 2000, tokensOut: 100))
    }

    @Test func `a stream that ends early is incomplete`() {
        let (stream, _) = Self.read([Self.thread, Self.turn, Self.word])
        #expect(!stream.isComplete)
        #expect(stream.report.failure == nil)
        #expect(stream.report.session == "01a1")
    }

    @Test func `a turn without a word or a deed is a refusal`() {
        let (stream, _) = Self.read([Self.thread, Self.turn, Self.completed])
        #expect(stream.report.failure?.kind == .refusal)
        let (silent, _) = Self.read([
            Self.thread, Self.turn,
            Self.item("completed", #""type":"file_change","changes":[],"status":"completed""#),
            Self.completed,
        ])
        #expect(silent.report.failure == nil)
    }

    @Test func `lines that say nothing we know are kept, and blank ones are not`() {
        let odd = [
            "WARN something", "[]", "3", #"{"type":7}"#, #"{"type":"new.thing"}"#,
            #"{"type":"item.completed"}"#, #"{"type":"item.completed","item":{"type":"novel"}}"#,
            #"{"type":"thread.started"}"#, #"{"type":"error"}"#, "{\"type\":\"turn.st",
            Self.item("completed", #""type":"agent_message""#),
            Self.item("completed", #""type":"command_execution""#),
            Self.item("completed", #""type":"todo_list","items":3"#),
        ]
        for line in odd {
            #expect(Self.read([line]).1 == [.other(raw: line)])
        }
        #expect(Self.read(["", "  ", "\r"]).1.isEmpty)
        let long = String(repeating: "x", count: 2_000_000)
        #expect(Self.read([long]).1 == [.other(raw: long)])
        #expect(Self.read(odd + [Self.thread, Self.word, Self.completed]).0.report.failure == nil)
    }

    @Test func `a line of more than a megabyte is read like any other`() {
        let output = String(repeating: "x", count: 1_200_000)
        let (stream, events) = Self.read([
            Self.thread, Self.turn,
            Self.item(
                "completed",
                #""type":"command_execution","command":"ls","exit_code":0,"status":"completed","#
                    + #""aggregated_output":"\#(output)""#),
            Self.completed,
        ])
        #expect(events.contains(.command(command: "ls", exitCode: 0, milliseconds: nil)))
        #expect(stream.report.failure == nil)
    }

    // MARK: - Items

    @Test func `a command begins and ends`() {
        let command = #""type":"command_execution","command":"/bin/bash -c 'echo '\\''a'\\'''""#
        let (stream, events) = Self.read([
            Self.item("started", command + #","aggregated_output":"","status":"in_progress""#),
            Self.item(
                "completed",
                command + #","aggregated_output":"a\n","exit_code":0,"status":"completed""#),
        ])
        #expect(
            events == [
                .tool(id: "item_1", name: "shell", input: ["command": "echo 'a'"]),
                .command(command: "echo 'a'", exitCode: 0, milliseconds: 0),
                .toolResult(id: "item_1", isGood: true, output: "a\n"),
            ])
        #expect(stream.report.denied.isEmpty)
    }

    @Test func `a command that was declined is denied`() {
        let (stream, events) = Self.read([
            Self.item(
                "completed",
                #""type":"command_execution","command":"rm -rf /","aggregated_output":"","#
                    + #""exit_code":null,"status":"declined""#)
        ])
        #expect(stream.report.denied == ["shell"])
        #expect(events.first == .command(command: "rm -rf /", exitCode: nil, milliseconds: nil))
        #expect(events.last == .toolResult(id: "item_1", isGood: false, output: ""))
    }

    @Test func `a sandbox that cannot start is a failure, whatever codex says`() {
        let dead = Self.item(
            "completed",
            #""type":"command_execution","command":"ls","aggregated_output":"bwrap: Creating new "#
                + #"namespace failed: ENOSPC\n","exit_code":1,"status":"failed""#)
        let good = Self.item(
            "completed",
            #""type":"command_execution","command":"ls","aggregated_output":"bwrap: x","#
                + #""exit_code":0,"status":"completed""#)
        let (stream, _) = Self.read([Self.thread, dead, Self.word, Self.completed])
        #expect(
            stream.report.failure
                == AgentFailure(
                    .other,
                    "codex cannot start its sandbox here: bwrap: Creating new namespace failed: "
                        + "ENOSPC"))
        let both = [Self.thread, dead, good, Self.word, Self.completed]
        #expect(Self.read(both).0.report.failure == nil)
    }

    @Test func `files, thoughts, searches and steps are told`() {
        let (_, events) = Self.read([
            Self.item("completed", #""type":"reasoning","text":"hm""#),
            Self.item("started", #""type":"file_change","changes":[{"path":"a","kind":"add"}]"#),
            Self.item(
                "completed",
                #""type":"file_change","changes":[{"path":"/w/a","kind":"add"},"#
                    + #"{"path":"/w/b","kind":"delete"},{"kind":"add"}],"status":"completed""#),
            Self.item(
                "completed", #""type":"file_change","changes":[{"path":"a"}],"status":"failed""#),
            Self.item("completed", #""type":"web_search","query":"swift""#),
            Self.item(
                "updated", #""type":"todo_list","items":[{"text":"a","completed":true}]"#),
            Self.item("completed", #""type":"todo_list","items":[]"#),
            Self.item("completed", #""type":"error","message":"no metadata""#),
        ])
        #expect(
            events == [
                .thinking(text: "hm"), .file(path: "/w/a", change: "add"),
                .file(path: "/w/b", change: "delete"),
                .toolResult(id: "item_1", isGood: false, output: "the patch does not apply"),
                .tool(id: "item_1", name: "web_search", input: ["query": "swift"]),
                .toolResult(id: "item_1", isGood: true, output: ""),
                .tool(
                    id: "item_1", name: "todo_list", input: [["text": "a", "completed": true]]),
                .error(message: "no metadata"),
            ])
    }

    @Test func `a tool of a server answers, or is denied`() {
        let call =
            #""type":"mcp_tool_call","server":"srv","tool":"poke","arguments":{"x":"1"}"#
        let begin = Self.item(
            "started", call + #","result":null,"error":null,"status":"in_progress""#)
        let (_, events) = Self.read([
            begin,
            Self.item(
                "completed",
                call + #","result":{"content":[{"type":"text","text":"poked"},{"type":"x"}]},"#
                    + #""error":null,"status":"completed""#),
        ])
        #expect(
            events == [
                .tool(id: "item_1", name: "srv/poke", input: ["x": "1"]),
                .toolResult(id: "item_1", isGood: true, output: "poked\n{\"type\":\"x\"}"),
            ])
        let (denied, _) = Self.read([
            begin,
            Self.item(
                "completed",
                call + #","result":null,"error":{"message":"MCP tool call requires approval, but "#
                    + #"approval policy is never"},"status":"failed""#),
        ])
        #expect(denied.report.denied == ["srv/poke"])
    }

    // MARK: - As many tools as it may call

    private static let change = item(
        "completed", #""type":"file_change","changes":[],"status":"completed""#)

    private static func command(_ stage: String, _ id: String) -> String {
        #"{"type":"item.\#(stage)","item":{"id":"\#(id)","type":"command_execution","#
            + #""command":"ls","aggregated_output":"","exit_code":0,"status":"completed"}}"#
    }

    @Test func `after as many tools as it may call it has a last word`() {
        var stream = CodexStream(steps: 2)
        for line in [Self.thread, Self.change, Self.change] { _ = stream.read(line) }
        #expect(!stream.isComplete && !stream.isSpent)
        for line in [Self.word, Self.completed] { _ = stream.read(line) }
        #expect(stream.isComplete && !stream.isSpent)
        #expect(stream.report.failure == nil && stream.report.answer == "Done.")
    }

    @Test func `a tool too many ends the turn, unless it ends by itself`() {
        var stream = CodexStream(steps: 2)
        for line in [Self.thread, Self.change, Self.change, Self.change] { _ = stream.read(line) }
        #expect(stream.isComplete && stream.isSpent)
        #expect(
            stream.report.failure
                == AgentFailure(.turns, "codex has called 2 tools, as many as it may"))
        _ = stream.read(Self.word)
        #expect(stream.isComplete && stream.report.failure?.kind == .turns)
        _ = stream.read(Self.completed)
        #expect(stream.report.failure == nil)
    }

    @Test func `a tool too many ends the turn as soon as it begins`() {
        var stream = CodexStream(steps: 2)
        let both = [
            Self.command("started", "a"), Self.command("started", "b"),
            Self.command("completed", "b"), Self.command("completed", "a"),
        ]
        for line in [Self.thread] + both {
            _ = stream.read(line)
            #expect(!stream.isSpent)
        }
        _ = stream.read(Self.command("started", "c"))
        #expect(stream.isSpent && stream.report.failure?.kind == .turns)
    }

    @Test func `no more is remembered of what it calls than a turn can need`() {
        var stream = CodexStream()
        let id = String(repeating: "i", count: 100_000)
        _ = stream.read(Self.command("started", id))
        #expect(stream.started.isEmpty)
        let declined = Self.item(
            "completed", #""type":"command_execution","command":"x","status":"declined""#)
        for _ in 0..<1100 { _ = stream.read(declined) }
        #expect(stream.report.denied.count == 1024)
    }

    // MARK: - Errors

    @Test func `what codex retries is no failure, what it gives up on is`() {
        let retry =
            #"{"type":"error","message":"Reconnecting... 1/2 (unexpected status 529: Overloaded)"}"#
        let error = #"{"type":"error","message":"unexpected status 529: Overloaded"}"#
        let (good, events) = Self.read([Self.thread, retry, Self.word, Self.completed])
        #expect(good.report.failure == nil)
        #expect(
            events.contains(
                .error(message: "Reconnecting... 1/2 (unexpected status 529: Overloaded)")))
        let lines = [Self.thread, retry, error, Self.failed("unexpected status 529: Overloaded")]
        let (bad, all) = Self.read(lines)
        #expect(
            bad.report.failure == AgentFailure(.overloaded, "unexpected status 529: Overloaded"))
        #expect(all.count == 3)
        #expect(Self.read(Array(lines.prefix(3))).0.report.failure?.kind == .overloaded)
        #expect(Self.read(Array(lines.prefix(2))).0.report.failure == nil)
        #expect(!Self.read(Array(lines.prefix(2))).0.isComplete)
    }

    @Test func `a codex that waits for a limit has said all that it will`() {
        let wait =
            #"{"type":"error","message":"Reconnecting... 1/2 (exceeded retry limit, last "#
            + #"status: 429 Too Many Requests)"}"#
        var (stream, events) = Self.read([Self.thread, Self.turn, wait])
        #expect(stream.isComplete)
        #expect(
            stream.report.failure
                == AgentFailure(
                    .rateLimit, "exceeded retry limit, last status: 429 Too Many Requests"))
        #expect(events.last == .rateLimit(status: "rejected", resetsAt: nil))
        _ = stream.read(Self.word)
        #expect(!stream.isComplete)
        _ = stream.read(Self.completed)
        #expect(stream.report.failure == nil)
    }
}

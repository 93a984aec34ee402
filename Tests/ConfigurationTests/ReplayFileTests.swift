import Model
import Testing

@testable import Configuration

@Suite struct ReplayFileTests {
    private func parse(_ text: String) throws -> ReplayScript {
        try ReplayFile.parse(Array(text.utf8), file: "r.yaml")
    }

    @Test func `every step is read`() throws {
        let script = try parse(
            """
            tickets:
              Add a greeting:
                - - write: {path: src/a.txt, text: ''}
                  - edit: {path: a, find: x, replace: ''}
                  - delete: a
                  - run: 'true'
                  - commit: "a: b"
                  - say: hello
                  - ask: {text: which?, choices: [red, blue], freeform: false}
                  - ask: why?
                  - fail: 3
                  - sleep: 0.25
                  - sleep: 2
                  - hang: true
                  - ignore: TERM
                - []
                - - say: again
              'Nothing': []
            """)
        #expect(script.tickets.map(\.title) == ["Add a greeting", "Nothing"])
        #expect(
            script.steps(for: "Add a greeting", turn: 0) == [
                .write(path: "src/a.txt", text: ""), .edit(path: "a", find: "x", replace: ""),
                .delete(path: "a"), .run("true"), .commit(message: "a: b"), .say("hello"),
                .ask(text: "which?", choices: ["red", "blue"], freeform: false),
                .ask(text: "why?", choices: [], freeform: true), .fail(3),
                .sleep(milliseconds: 250), .sleep(milliseconds: 2000), .hang, .ignore(.term),
            ])
        #expect(script.steps(for: "Add a greeting", turn: 1) == [])
        #expect(script.steps(for: "Add a greeting", turn: 2) == [.say("again")])
        #expect(script.steps(for: "Add a greeting", turn: 3) == [])
        #expect(script.steps(for: "add a greeting", turn: 0) == [])
    }

    private static let steps =
        "write, edit, delete, run, commit, say, ask, fail, sleep, hang, ignore"

    @Test(
        arguments: [
            ("- wirte: {}", "unknown key 'wirte'; did you mean 'write'?"),
            ("- {run: a, say: b}", "a step must be one of \(steps), not a mapping"),
            ("- run", "a step must be one of \(steps), not 'run'"),
            ("- run:", "'run' must not be empty"),
            ("- write: {path: a}", "'write' needs 'text'"),
            ("- write: {path: a, text: b, zzzzz: c}", "unknown key 'write.zzzzz'"),
            ("- delete: ../a", "'delete' must be a path inside the worktree, not '../a'"),
            ("- delete: /a", "'delete' must be a path inside the worktree, not '/a'"),
            ("- delete: a/.GIT/x", "'delete' must be a path inside the worktree, not 'a/.GIT/x'"),
            ("- edit: {path: a, find: '', replace: b}", "'edit.find' must not be empty"),
            ("- fail: 0", "'fail' must be between 1 and 255, not '0'"),
            ("- sleep: -1", "'sleep' must be a number of seconds such as 0.5, not '-1'"),
            ("- sleep: 1.2345", "'sleep' must be a number of seconds such as 0.5, not '1.2345'"),
            ("- hang: false", "'hang' must be true"),
            ("- ignore: KILL", "'ignore' must be one of TERM, INT, HUP, not 'KILL'"),
            ("- ask: {choices: [a]}", "'ask' needs 'text'"),
        ])
    func `a wrong step is named with its line`(step: String, message: String) {
        let text = "tickets:\n  T:\n  -\n    \(step)\n"
        #expect(refusal { _ = try parse(text) } == ["r.yaml:4: \(message)"])
    }

    @Test(
        arguments: [
            ("tickets: {T: x}", "the turns of 'T' must be a list of lists, not 'x'"),
            ("tickets: {T: [{run: a}]}", "a turn of 'T' must be a list of steps, not a mapping"),
            ("tickets: []", "'tickets' must be a mapping, not a list"),
            ("ticket: {}", "unknown key 'ticket'; did you mean 'tickets'?"),
        ])
    func `a wrong shape is named with its line`(text: String, message: String) {
        #expect(refusal { _ = try parse(text) } == ["r.yaml:1: \(message)"])
    }

    @Test func `no bytes are a trap`() {
        let words = [
            "tickets:\n", "  T:\n", "  - - ", "  -\n", "run: a\n", "sleep: 999999\n", "sleep: .",
            "fail: 300\n", "ask: {", "}", "text: x", ",", "hang: true\n", "    - ", "~", "write: ",
        ]
        for seed in 1...3000 {
            var noise = Noise(seed: UInt64(seed))
            let bytes = noise.bytes(words)
            _ = refusal { _ = try ReplayFile.parse(bytes, file: "r") }
        }
    }
}

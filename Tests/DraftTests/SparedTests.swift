import Foundation
import TestSupport
import Testing

/// What is said at the end where a part of the tests was called off.
@Suite struct SparedTests {
    private func run(
        _ tool: String, in sandbox: Sandbox, _ environment: [String: String?] = [:]
    ) throws -> Outcome {
        // A copy, so that it looks at what these tests print and not at those that run now.
        try FileManager.default.createDirectory(
            at: sandbox.workTree.appending(path: ".build"), withIntermediateDirectories: true)
        for name in ["agent-report", "spared"] {
            let text = try String(
                contentsOf: Files.top.appending(path: "tools/\(name)"), encoding: .utf8)
            try sandbox.write("tools/\(name)", text, executable: true)
        }
        return try sandbox.run("tools/\(tool)", merged: true, environment: environment)
    }

    @Test func `where everything was tested nothing is said`() throws {
        let sandbox = try Sandbox(repository: false)
        try sandbox.write(".build/test.log", "◇ Suite SandboxContainerTests started.\n")
        let outcome = try run("spared .build/test.log", in: sandbox)
        #expect(outcome.output == "" && outcome.status == 0)
    }

    @Test func `containers that were called off are said last, as the others are`() throws {
        let sandbox = try Sandbox(repository: false)
        let outcome = try run(
            "agent-report", in: sandbox, ["SKIP_CONTAINERS": "1", "SKIP_REAL_AGENTS": "1"])
        #expect(
            outcome.output == """
                note: SKIP_CONTAINERS=1: nothing was tested in a container
                note: SKIP_REAL_AGENTS=1: nothing was tested with Claude Code, Codex, Aider and mini

                """)
        #expect(outcome.status == 0)
    }

    @Test func `containers that an ordinary user cannot make are said, too`() throws {
        let sandbox = try Sandbox(repository: false)
        let line = "➜ Suite SandboxContainerTests skipped: \"there is no Podman that works\"\n"
        try sandbox.write(".build/test.log", line)
        let outcome = try run("agent-report", in: sandbox)
        let said = outcome.output.split(separator: "\n")
        #expect(said.count == 1)
        #expect(said.first?.hasPrefix("note: /etc/subuid has no numbers for '") == true)
        #expect(said.first?.hasSuffix("': nothing was tested in a container") == true)
        #expect(outcome.status == 0)
    }
}

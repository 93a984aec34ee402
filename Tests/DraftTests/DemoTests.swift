import Foundation
import TestSupport
import Testing

/// The demonstration is a test of the whole way from a goal to landed commits.
@Suite struct DemoTests {
    private let top = Files.top

    /// Runs `tools/demo` with the programs under test.
    private func demonstrate(recording: String? = nil, in sandbox: Sandbox) throws -> Outcome {
        var environment: [String: String?] = [
            "DEMO_DIR": sandbox.root.appending(path: "demo").path,
            "DEMO_PROGRAMS": Bundle.main.executableURL?.deletingLastPathComponent().path,
        ]
        if let recording {
            let file = sandbox.workTree.appending(path: "recording.yaml")
            try Data(recording.utf8).write(to: file)
            environment["DEMO_RECORDING"] = file.path
        }
        let demo = top.appending(path: "tools/demo").path
        return try sandbox.run("'\(demo)'", merged: true, environment: environment)
    }

    private func recording() throws -> String {
        let file = top.appending(path: "tools/demo-project/recording.yaml")
        return try String(contentsOf: file, encoding: .utf8)
    }

    @Test func `the demonstration goes from a goal to four landed tickets`() throws {
        let sandbox = try Sandbox(repository: false)
        let outcome = try demonstrate(in: sandbox)
        #expect(outcome.status == 0, "\(outcome.output)")
        let commits = try sandbox.git(
            "log", "--format=%s", "main", in: sandbox.root.appending(path: "demo/tempo"))
        #expect(commits.split(separator: "\n").count == 5)
    }

    @Test(arguments: [
        ("in reversed(UNITS)", #"in ["m", "s"]"#), (#"or "s"]"#, #"or "m"]"#),
    ])
    func `edits that fail the project's tests fail the demonstration`(
        good: String, bad: String
    ) throws {
        let text = try recording()
        try #require(text.contains(good))
        let sandbox = try Sandbox(repository: false)
        let outcome = try demonstrate(recording: text.replacing(good, with: bad), in: sandbox)
        #expect(outcome.status == 1)
        #expect(outcome.output.contains("the demonstration failed: "), "\(outcome.output)")
    }
}

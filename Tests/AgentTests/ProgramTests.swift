import Foundation
import Model
import TestSupport
import Testing

/// Agents that are just programs: the lines of `Documentation/agents.md`, with a stub's model.
@Suite(.serialized, .realAgents) struct ProgramTests {
    /// The block of `draft.yaml` under a heading of the document.
    private func documented(_ heading: String) throws -> String {
        let file = RealAgent.top.appending(path: "Documentation/agents.md")
        let text = try String(contentsOf: file, encoding: .utf8)
        let section = try #require(
            text.components(separatedBy: "\n## \(heading)\n").dropFirst().first)
        let block = try #require(section.components(separatedBy: "```yaml\n").dropFirst().first)
        return try #require(block.components(separatedBy: "```").first)
    }

    /// Runs a ticket with the documented settings, and notes how it stands.
    private func check(_ agent: RealAgent, heading: String, _ script: JSON) throws {
        let bench = try AgentBench(agent, script)
        let program = URL(filePath: try agent.path()).deletingLastPathComponent().path
        try bench.replace(try documented(heading).replacing("MODEL", with: "openai/stub-model"))
        let ticket = try bench.ticket()
        try bench.draft(
            "run \(ticket)",
            environment: [
                "PATH": "\(Bundle.main.executableURL?.deletingLastPathComponent().path ?? "")"
                    + ":\(program):/usr/bin:/bin",
                "OPENAI_API_BASE": agent.address(bench.stub),
            ])
        let turns = try bench.turns()
        #expect(turns.first?["body"]?.line.contains("Write f") == true)
        #expect(turns.allSatisfy { $0["key"] == [true] && $0["model"] == "stub-model" })
        let files = try bench.sandbox.git("diff", "--name-only", "main", bench.head(ticket))
        #expect(files == "f")
        try bench.expect(
            ticket, "needs_human, job succeeded", "success, several turns of the model")
    }

    @Test func `Aider does a ticket`() throws {
        try check(.aider, heading: "Aider", [.says("I write it.\n\nf\n```\ngood\n```\n")])
    }

    @Test func `mini-swe-agent does a ticket`() throws {
        try check(
            .mini, heading: "mini-swe-agent",
            [
                ["text": "I write it.", "calls": [RealAgent.mini.shell("echo good >f")]],
                ["text": "I look.", "calls": [RealAgent.mini.shell("./check")]],
                [
                    "text": "Done.",
                    "calls": [
                        RealAgent.mini.shell("echo COMPLETE_TASK_AND_SUBMIT_FINAL_OUTPUT")
                    ],
                ],
            ])
    }
}

extension AgentBench {
    /// The commit that the revision of a ticket offers.
    func head(_ ticket: String) throws -> String {
        let review = try JSON(parsing: draft("review \(ticket) --json").stdout)
        return try #require(review["head_commit"]?.string)
    }
}

import Foundation
import Model
import TestSupport
import Testing

/// Goals that real agents plan.
@Suite(.serialized, .realAgents) struct PlanningTests {
    private static let plan = """
        I looked around.
        ```json
        {"tickets": [{"title": "Write f", "priority": "P1"},
         {"title": "Read f", "blocked_by": ["Write f"]}]}
        ```
        """

    private func goal(_ bench: AgentBench) throws -> String {
        try bench.draft("goal new 'Ship it' --description 'All of it' --quiet").stdout
            .trimmingCharacters(in: .newlines)
    }

    private func job(_ bench: AgentBench) throws -> JSON {
        let list = try JSON(parsing: bench.draft("job list --json").stdout)["jobs"]?.array
        return try #require(list?.first { $0["kind"] == "plan" })
    }

    @Test(arguments: [RealAgent.claude, .codex])
    func `the last words of an agent are its plan`(agent: RealAgent) throws {
        let bench = try AgentBench(
            agent, [.calls(agent.shell("git status")), .says(Self.plan)])
        let goal = try goal(bench)
        let said = try bench.draft("plan \(goal)")
        #expect(said.stdout.contains(": Write f\n") && said.stdout.contains(": Read f\n"))
        let job = try job(bench)
        #expect(job["status"] == "succeeded" && job["agent_session"] != .null)
        #expect((job["usage"]?["tokens_in"]?.integer ?? 0) > 0)
        let asked = try bench.turns().map(\.line).joined()
        for words in ["Ship it", "All of it", "at most 10", "draft.yaml"] {
            #expect(asked.contains(words), "\(words)")
        }
        #expect(try bench.sandbox.run("ls .draft/worktrees").stdout == "")
        let tickets = try bench.draft("ticket list --quiet").stdout.split(separator: "\n")
        try Matrix.note("git draft plan", agent, "\(tickets.count) tickets proposed")
    }

    @Test(arguments: [RealAgent.claude, .codex])
    func `an agent that plans may ask first`(agent: RealAgent) throws {
        let question = "{\"status\": \"needs_input\", \"question\": {\"text\": \"How far?\"}}\n"
        let asks: JSON = [
            .calls(agent.write(".draft/result.json", question)), .says("I asked."),
        ]
        // Who goes on begins a new session, and is told the answer.
        let bench = try AgentBench(
            agent,
            [
                "conversations": [
                    ["has": "to the end", "steps": [.says(Self.plan)]],
                    ["has": "", "steps": asks],
                ]
            ])
        let goal = try goal(bench)
        let said = try bench.draft("plan \(goal)", expecting: 1)
        #expect(said.stderr.contains("asks How far?"), "\(said.stderr)")
        let list = try JSON(parsing: bench.draft("questions --json").stdout)["questions"]?.array
        let id = try #require(list?.first?["id"]?.string)
        try bench.draft("answer \(id) 'to the end'")
        try bench.draft("plan \(goal)")
        #expect(try job(bench)["status"] == "succeeded")
    }

    @Test(arguments: [RealAgent.claude, .codex])
    func `words that are no plan are quoted`(agent: RealAgent) throws {
        let bench = try AgentBench(agent, [.says("I would rather not.")])
        let said = try bench.draft("plan \(goal(bench))", expecting: 1)
        #expect(said.stderr.contains("is no plan"), "\(said.stderr)")
        #expect(said.stderr.contains("it begins: I would rather not."), "\(said.stderr)")
    }
}

import Foundation
import Model
import TestSupport
import Testing

/// What a real agent makes of a skill.
@Suite(.serialized, .realAgents) struct RealSkillTests {
    private static let line = "Always put the word good into the file that it is about."

    /// Reads the skill as each of them does.
    private func reading(_ agent: RealAgent) -> JSON {
        agent == .claude
            ? ["tool": "Skill", "input": ["skill": "review"]]
            : agent.shell("cat ~/.codex/skills/review/SKILL.md")
    }

    @Test(arguments: SurroundingsTests.agents)
    func `a skill is found and read, and its text is not kept`(agent: RealAgent) throws {
        let bench = try AgentBench(
            agent,
            [
                "conversations": [
                    // What the agent tells its model by itself; nothing else has an answer.
                    [
                        "has": "Use whenever any file changes",
                        "steps": [
                            .calls(reading(agent)), .calls(agent.write("f", "good\n")),
                            .says("I was told: \(Self.line)"),
                        ],
                    ]
                ]
            ], policy: "skills: {defaults: [review]}")
        try bench.sandbox.write(
            ".draftsman-skills/review/SKILL.md",
            """
            ---
            name: review
            description: Use whenever any file changes
            ---
            \(Self.line)

            """)
        try bench.sandbox.run("echo .draftsman-skills/ >>.git/info/exclude")
        try bench.draft("trust --yes")
        let ticket = try bench.ticket()
        try bench.draft("run \(ticket)")
        let pushed = try bench.sandbox.run(
            """
            git for-each-ref --format='%(refname)' refs/draft | git rev-list --objects --stdin |
            cut -d' ' -f1 | git cat-file --batch
            """
        ).stdout
        #expect(!pushed.contains(Self.line))
        #expect(pushed.components(separatedBy: "[skill review ").count > 3)
        try bench.expect(ticket, "needs_human, job succeeded", "a skill is read")
    }
}

import Foundation
import Model
import TestSupport
import Testing

/// Claude Code itself, with a model that follows a script; one at a time.
@Suite(.serialized, .realAgents) struct ClaudeTests {
    @Test(arguments: Scenario.of(.claude)) func `a job of Claude Code`(_ scenario: Scenario) throws
    {
        try check(scenario, with: .claude)
    }

    @Test func `what Claude Code was not allowed to do is said`() throws {
        let call = RealAgent.claude.shell("touch /etc/git-draft-test")
        let bench = try AgentBench(.claude, [.calls(call), .says("I was not allowed to.")])
        let ticket = try bench.ticket()
        try bench.draft("run \(ticket)", expecting: 1)
        let denied = "the agent was not allowed to use: Bash(touch /etc/git-draft-test)"
        #expect(try bench.draft("status").stdout.contains(denied))
    }

    @Test func `git writes and starts nothing that Claude Code was not asked about`() throws {
        let claude = RealAgent.claude
        let bench = try AgentBench(
            .claude,
            [
                .calls(claude.shell("git grep -O'touch $CWD.made' good")),
                .calls(claude.shell("git diff --output=$CWD.made HEAD")),
                .calls(claude.shell("git stash list --output=$CWD.made")),
                .calls(claude.shell("git log --oneline")),
                .calls(claude.write("f", "good\n")), .says("f holds good."),
            ])
        let ticket = try bench.ticket()
        try bench.draft("run \(ticket)")
        #expect(try bench.sandbox.run("find . -name '*.made'").stdout == "")
        let told = try #require(try bench.turns().last?["body"]?.line)
        #expect(told.components(separatedBy: "This command requires approval").count == 4)
        try bench.expect(ticket, "needs_human, job succeeded", "git with an option that writes")
    }
}

/// Codex itself, with a model that follows a script; one at a time.
@Suite(.serialized, .realAgents) struct CodexTests {
    @Test(arguments: Scenario.of(.codex)) func `a job of Codex`(_ scenario: Scenario) throws {
        try check(scenario, with: .codex)
    }
}

/// Runs one job, notes how it ends for the table, and compares.
private func check(
    _ scenario: Scenario, with agent: RealAgent, sourceLocation: SourceLocation = #_sourceLocation
) throws {
    let bench = try AgentBench(
        agent, scenario.script(agent), settings: scenario.settings(agent),
        guardrails: scenario.guardrails)
    let ticket = try bench.ticket()
    let said = try bench.draft(
        "run \(ticket)", expecting: nil, environment: scenario.environment)
    let standing = try bench.standing(ticket)
    try Matrix.note(scenario.name, agent, standing)
    #expect(standing == scenario.standing, "\(said.output)", sourceLocation: sourceLocation)
    if !scenario.says.isEmpty {
        #expect(said.output.contains(scenario.says), sourceLocation: sourceLocation)
    }
    let strange = try bench.stub.requests().filter { $0["known"] != true || $0["key"] != [true] }
    #expect(strange.isEmpty, sourceLocation: sourceLocation)
}

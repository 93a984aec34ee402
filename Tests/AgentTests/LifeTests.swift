import Foundation
import Model
import TestSupport
import Testing

/// What happens to an agent while it works, and between its turns.
@Suite(.serialized, .realAgents) struct LifeTests {
    static let agents: [RealAgent] = [.claude, .codex]

    // MARK: - Ends

    @Test(arguments: agents) func `an agent that hangs after its last word has ended`(
        agent: RealAgent
    ) throws {
        let bench = try AgentBench(
            agent, [.calls(agent.write("f", "good\n")), .says("f holds good.")],
            wrapper: "AGENT \"$@\"\nsleep 1000")
        let ticket = try bench.ticket()
        try bench.draft("run \(ticket)")
        try bench.expect(ticket, "needs_human, job succeeded", "hangs after its last word")
    }

    @Test(arguments: agents) func `a job that is canceled leaves no agent`(
        agent: RealAgent
    ) throws {
        let bench = try AgentBench(agent, [["hang": "before"]])
        let ticket = try bench.ticket()
        let child = try bench.start(ticket)
        try bench.draft("cancel \(ticket)")
        _ = child.wait()
        #expect(try bench.processes().isEmpty)
        try bench.expect(ticket, "planned (canceled), job canceled (canceled)", "git draft cancel")
    }

    @Test(arguments: agents) func `a command of the agent's tool ends with the job`(
        agent: RealAgent
    ) throws {
        // Both run it in a session of its own.
        let bench = try AgentBench(
            agent, [.calls(agent.shell("python3 -c 'import time; time.sleep(600)'"))],
            settings: agent == .claude ? "args: ['--allowedTools=Bash(python3:*)']" : "")
        let ticket = try bench.ticket()
        let child = try bench.start(ticket)
        let end = ContinuousClock.now + .seconds(300)
        while try bench.commands("time.sleep(600)").isEmpty, ContinuousClock.now < end {
            usleep(50_000)
        }
        #expect(try !bench.commands("time.sleep(600)").isEmpty)
        try bench.draft("cancel \(ticket)")
        _ = child.wait()
        #expect(try bench.commands("time.sleep(600)").isEmpty)
        try bench.expect(
            ticket, "planned (canceled), job canceled (canceled)", "git draft cancel in a tool")
    }

    @Test(arguments: agents) func `SIGTERM ends the job and its agent`(agent: RealAgent) throws {
        let bench = try AgentBench(
            agent, [["hang": "within", "text": "I think about it, and think."]])
        let ticket = try bench.ticket()
        let child = try bench.start(ticket)
        child.signal(SIGTERM)
        _ = child.wait()
        #expect(try bench.processes().isEmpty)
        try bench.expect(
            ticket, "planned (canceled), job canceled (canceled)", "SIGTERM of the job")
    }

    @Test(arguments: agents) func `an agent that is killed has failed`(agent: RealAgent) throws {
        let bench = try AgentBench(agent, [["hang": "before"]])
        let ticket = try bench.ticket()
        let child = try bench.start(ticket)
        for (process, _) in try bench.processes() { kill(process, SIGKILL) }
        _ = child.wait()
        try bench.expect(
            ticket, "blocked (agent_failed), job failed (agent_failed)", "kill -9 of the agent")
    }

    @Test(arguments: agents) func `when git draft is killed, its agent ends, and another goes on`(
        agent: RealAgent
    ) throws {
        let bench = try AgentBench(
            agent,
            [
                ["hang": "before", "times": 1, "then": .calls(agent.write("f", "good\n"))],
                .says("f holds good."),
            ])
        let ticket = try bench.ticket()
        let child = try bench.start(ticket)
        child.signal(SIGKILL)
        _ = child.wait()
        let end = ContinuousClock.now + .seconds(300)
        while try !bench.processes().isEmpty, ContinuousClock.now < end { usleep(50_000) }
        #expect(try bench.processes().isEmpty)
        // Who clears up after the job may still be at it.
        var outcome = try bench.draft("run \(ticket)", expecting: nil)
        while outcome.status == 75, ContinuousClock.now < end {
            outcome = try bench.draft("run \(ticket)", expecting: nil)
        }
        #expect(outcome.status == 0, "\(outcome.output)")
        try bench.expect(ticket, "needs_human, job succeeded", "kill -9 of git draft, then again")
    }

    @Test func `Codex is stopped as soon as it has called as many tools as it may`() throws {
        let call = JSON.calls(RealAgent.codex.shell("git status"))
        let bench = try AgentBench(.codex, [call], settings: "max_turns: 2")
        let ticket = try bench.ticket()
        let said = try bench.draft("run \(ticket)", expecting: 1)
        // It may have begun with the next before the news of the last arrived; without an end of
        // its turn it would never stop.
        #expect(try bench.turns().count < 60, "\(said.output)")
    }

    // MARK: - Sessions

    @Test(arguments: agents) func `what fails goes back into the same session`(
        agent: RealAgent
    ) throws {
        let look: JSON =
            agent == .claude
            ? ["tool": "Read", "input": ["file_path": "$CWD/f"]] : agent.shell("cat f")
        let bench = try AgentBench(
            agent,
            [
                .calls(agent.write("f", "bad\n")), .says("f is written."),
                .calls(look), .calls(agent.write("f", "good\n")), .says("Now f holds good."),
            ], settings: agent == .claude ? "max_budget_usd: 5" : "")
        let ticket = try bench.ticket()
        try bench.draft("run \(ticket)")
        try bench.expect(ticket, "needs_human, job succeeded", "feedback in the same session")
        let job = try bench.job(ticket)
        #expect(job["counters"]?["iterations"] == 2)
        let turns = try bench.turns()
        #expect(turns.map { $0["step"]?.integer } == [0, 1, 2, 3, 4])
        #expect(turns[2]["body"]?.line.contains("wrong: bad") == true)
        // Both vendors count the whole session in its second turn.
        #expect(job["usage"]?["tokens_in"] == 5000)
        #expect(job["usage"]?["tokens_out"] == 250)
    }

    @Test(arguments: agents) func `the answer to a question reaches the session that asked`(
        agent: RealAgent
    ) throws {
        let question = """
            {"status": "needs_input", "question": {"text": "Which word?", "choices": \
            ["good", "better"]}}

            """
        let bench = try AgentBench(
            agent,
            [
                .calls(agent.write(".draft/result.json", question)), .says("I have to ask."),
                .calls(agent.write("f", "good\n")), .says("f holds good."),
            ])
        let ticket = try bench.ticket()
        let said = try bench.draft("run \(ticket)", expecting: 1)
        #expect(said.stdout.contains("asks Which word? (good, better)"), "\(said.output)")
        try bench.draft("answer \(ticket) good")
        try bench.draft("run \(ticket)")
        try bench.expect(ticket, "needs_human, job succeeded", "question and answer")
        let turns = try bench.turns()
        #expect(turns.map { $0["step"]?.integer } == [0, 1, 2, 3])
        #expect(turns[2]["body"]?.line.contains("Which word?") == true)
    }
}

extension AgentBench {
    /// Notes how a ticket stands for the table, and compares.
    func expect(
        _ ticket: String, _ standing: String, _ scenario: String,
        sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
        let found = try self.standing(ticket)
        try Matrix.note(scenario, agent, found)
        #expect(found == standing, sourceLocation: sourceLocation)
    }
}

import Foundation
import Model
import TestSupport
import Testing

/// The demonstration with a real agent, whose model does the first ticket.
@Suite(.serialized, .realAgents) struct DemoAgentTests {
    /// What the recording of the demonstration writes too, but in one turn.
    private func script(_ agent: RealAgent) throws -> JSON {
        [
            .calls(
                agent.write(
                    "tempo/splitting.py",
                    """
                    \"""Seconds as counts of units.\"""

                    from tempo import UNITS


                    def split(seconds):
                        \"""The units that make up the seconds, as (count, unit).\"""
                        parts = []
                        for unit in reversed(UNITS):
                            count, seconds = divmod(seconds, UNITS[unit])
                            if count:
                                parts.append((count, unit))
                        return parts

                    """)),
            .calls(
                agent.write(
                    "tests/test_splitting.py",
                    """
                    import unittest

                    from tempo.splitting import split


                    class SplittingTest(unittest.TestCase):
                        def test_large_units_come_first(self):
                            self.assertEqual(split(3725), [(1, "h"), (2, "m"), (5, "s")])

                    """)),
            .says("split() and its test are there."),
        ]
    }

    private func demonstrate(
        _ agent: RealAgent, _ stub: StubModel, key: String?, in sandbox: Sandbox
    ) throws -> Outcome {
        let program = URL(filePath: try agent.path()).deletingLastPathComponent().path
        let products = Bundle.main.executableURL?.deletingLastPathComponent().path ?? ""
        return try sandbox.run(
            "'\(RealAgent.top.appending(path: "tools/demo").path)'", merged: true,
            environment: [
                "DEMO_DIR": sandbox.root.appending(path: "demo").path,
                "DEMO_PROGRAMS": products, "DEMO_AGENT": "\(agent)",
                "PATH": "/usr/bin:/bin:\(program)", agent.keyName: key,
                agent.addressName: agent.address(stub),
            ])
    }

    @Test(arguments: [RealAgent.claude, .codex])
    func `the first ticket of the demonstration is done by a real agent`(agent: RealAgent) throws {
        let sandbox = try Sandbox(repository: false)
        let stub = try StubModel(try script(agent), key: AgentBench.key, in: sandbox)
        defer { stub.stop() }
        let outcome = try demonstrate(agent, stub, key: AgentBench.key, in: sandbox)
        #expect(outcome.status == 0, "\(outcome.output)")
        #expect(outcome.output.contains("One ticket done by \(agent)"))
        #expect(try stub.requests().count == 3)
        try Matrix.note("make demo", agent, outcome.status == 0 ? "one ticket landed" : "failed")
    }

    @Test func `without a key the demonstration says which one it needs`() throws {
        let sandbox = try Sandbox(repository: false)
        let stub = try StubModel([.says("Nothing.")], key: AgentBench.key, in: sandbox)
        defer { stub.stop() }
        let outcome = try demonstrate(.claude, stub, key: nil, in: sandbox)
        #expect(outcome.status == 1)
        #expect(outcome.output.contains("hint: export "))
        #expect(try stub.requests().isEmpty)
    }
}

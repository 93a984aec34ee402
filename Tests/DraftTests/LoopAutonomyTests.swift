import Foundation
import Model
import TestSupport
import Testing

/// What `--auto-approve` leaves to a person, by the policy on the base.
@Suite struct LoopAutonomyTests {
    /// A repository whose policy has further keys.
    private func bench(
        _ agent: String = "echo good > f", validation: String = "full: [./check]",
        policy: String
    ) throws -> LoopBench {
        let bench = try LoopBench(agent, validation: validation)
        try bench.sandbox.write("more", policy + "\n")
        let outcome = try bench.sandbox.run(
            "cat more >> draft.yaml && rm more && git commit -qam Policy")
        #expect(outcome.status == 0, "\(outcome.output)")
        return bench
    }

    private func revisions(_ bench: LoopBench) throws -> [JSON] {
        let names = try bench.sandbox.git(
            "ls-tree", "-r", "--name-only", "refs/draft/board", "revisions/")
        return try names.split(separator: "\n").map {
            try JSON(parsing: bench.sandbox.git("cat-file", "blob", "refs/draft/board:\($0)"))
        }
    }

    @Test(
        arguments: [
            (
                "seq 9 > f; echo good >> f", "max_diff_lines: 9",
                "changes 10 lines, at most 9 without a person (autonomy_config.max_diff_lines)"
            ),
            (
                "echo good > f; mkdir infra; echo a > infra/a",
                "sensitive_file_patterns: [\"infra/**\"]",
                "changes sensitive files (infra/a) (autonomy_config.sensitive_file_patterns)"
            ),
            (
                "echo good > f; echo a > .env", "max_diff_lines: 100",
                "changes sensitive files (.env) (autonomy_config.sensitive_file_patterns)"
            ),
        ])
    func `what is large or sensitive waits for a person`(
        agent: String, policy: String, reason: String
    ) throws {
        let bench = try bench(agent, policy: "autonomy_config: {\(policy)}")
        let start = try bench.sandbox.git("rev-parse", "main")
        let ticket = try bench.ticket()
        let said = try bench.draft("goal run inbox --auto-approve", expecting: 1)
        #expect(said.output.contains("\(reason); review it yourself"), "\(said.output)")
        #expect(said.stderr.contains("hint: git draft review \(ticket.prefix(6))"))
        #expect(try bench.record(ticket)["state"] == "needs_human")
        #expect(try revisions(bench).map { $0["status"] } == ["open"])
        #expect(try bench.sandbox.git("rev-parse", "main") == start)
        try bench.draft("review --approve \(ticket)")
        try bench.draft("goal run inbox --auto-approve")
        #expect(try bench.record(ticket)["state"] == "done")
    }

    @Test func `what stays within the limits is approved and lands`() throws {
        let bench = try bench(
            policy: "autonomy_config: {max_diff_lines: 1, sensitive_file_patterns: [g]}")
        let ticket = try bench.ticket()
        try bench.draft("goal run inbox --auto-approve")
        #expect(try bench.record(ticket)["state"] == "done")
    }

    @Test func `what no required command has validated waits for a person`() throws {
        let bench = try bench(
            validation: "full: [{command: ./check, required: false}]",
            policy: "autonomy_config: {require_verification_pass: true}")
        let ticket = try bench.ticket()
        let command = "goal run inbox --auto-approve --allow-no-validation why"
        let said = try bench.draft(command, expecting: 1)
        #expect(
            said.output.contains(
                "was validated by no required command (autonomy_config.require_verification_pass); "
                    + "review it yourself"), "\(said.output)")
        #expect(try revisions(bench).map { $0["status"] } == ["open"])
        #expect(try bench.record(ticket)["state"] == "needs_human")
        _ = try bench.sandbox.run(
            "sed -i s/pass:.true/pass:\\ false/ draft.yaml && git commit -qam Trust")
        let second = try bench.sandbox.draft(command, expecting: 1)
        #expect(second.output.contains("approving ticket"), "\(second.output)")
        #expect(
            second.stderr.hasSuffix("hint: git draft land \(ticket.prefix(6))\n"),
            "\(second.output)")
        #expect(try revisions(bench).map { $0["status"] } == ["approved"])
    }

    @Test func `sums beyond all numbers are too large`() throws {
        let bench = try bench(policy: "autonomy_config: {max_diff_lines: 9}")
        let ticket = try bench.ticket()
        try bench.draft("run \(ticket)")
        var revision = try #require(try revisions(bench).first?.object)
        revision["insertions"] = .integer(.max)
        revision["deletions"] = 2
        let id = try #require(revision["id"]?.string)
        try bench.sandbox.replaceOnBoard(
            "revisions/\(id.suffix(2))/\(id).json", with: JSON.object(revision).canonicalText)
        let said = try bench.draft("goal run inbox --auto-approve", expecting: 1)
        #expect(said.output.contains("changes \(Int64.max) lines, at most 9"), "\(said.output)")
    }

    @Test func `an approval leads to nothing where the policy says so`() throws {
        let bench = try bench(policy: "merge_config: {on_approve: nothing}")
        let ticket = try bench.ticket()
        let start = try bench.sandbox.git("rev-parse", "main")
        for _ in 1...2 {
            let said = try bench.draft("goal run inbox --auto-approve", expecting: 1)
            #expect(
                said.output.contains("is approved, and not landed (merge_config.on_approve)"),
                "\(said.output)")
            #expect(said.stderr.contains("hint: git draft land \(ticket.prefix(6))"))
            #expect(try bench.sandbox.git("rev-parse", "main") == start)
            #expect(try revisions(bench).map { $0["status"] } == ["approved"])
        }
        try bench.draft("land \(ticket)")
        #expect(try bench.record(ticket)["state"] == "done")
    }

    @Test(arguments: ["run", "take"])
    func `nobody works on a protected branch`(_ verb: String) throws {
        let bench = try bench(policy: "")
        let ticket = try bench.ticket()
        let goal = try #require(try bench.record(ticket)["goal_id"]?.string)
        let branch = verb == "take" ? "take/\(ticket)" : "goal/\(goal)/ticket/\(ticket)"
        _ = try bench.sandbox.run(
            "echo 'policy: {protected_branches: [main, \(branch)]}' >> draft.yaml; "
                + "git commit -qam Protect")
        let said = try bench.draft("\(verb) \(ticket)", expecting: 128)
        #expect(
            said.stderr.contains("no job works on '\(branch)', by 'policy.protected_branches'"),
            "\(said.stderr)")
        #expect(try bench.record(ticket)["state"] == "planned")
        #expect(try bench.sandbox.git("for-each-ref", "refs/heads/take", "refs/heads/goal").isEmpty)
    }
}

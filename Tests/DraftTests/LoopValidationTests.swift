import Foundation
import Model
import TestSupport
import Testing

/// Which commands decide.
@Suite struct LoopValidationTests {
    @Test func `without validation nothing runs, unless a person says why`() throws {
        for validation in ["", "full: [{command: \"true\", required: false}]"] {
            let bench = try LoopBench("echo good > f", validation: validation)
            let ticket = try bench.ticket()
            let said = try bench.draft("run \(ticket)", expecting: 128)
            #expect(said.stderr.contains("hint: git draft run --validate CMD \(ticket.prefix(6))"))
            #expect(try bench.jobs(ticket).isEmpty)
            try bench.draft("run --allow-no-validation 'only a draft' \(ticket)")
            let invocation = try bench.job(ticket)["invocation"]
            #expect(invocation?["allow_no_validation"] == "only a draft")
        }
    }

    @Test func `a command may be given instead`() throws {
        let bench = try LoopBench("echo $DRAFT_ITERATION > f", validation: "")
        let ticket = try bench.ticket()
        try bench.draft("run --validate '[ ! -e f ] || grep 2 f' \(ticket)")
        #expect(try bench.job(ticket)["counters"]?["iterations"] == 2)
    }

    @Test func `the ticket's own commands decide too`() throws {
        let bench = try LoopBench("echo good $DRAFT_ITERATION > f")
        let ticket = try bench.ticket("--verify 'grep 2 f'")
        try bench.draft("run \(ticket)")
        #expect(try bench.job(ticket)["counters"]?["iterations"] == 2)
    }

    @Test func `what is not required may fail`() throws {
        let bench = try LoopBench(
            "echo good > f",
            validation: "full: [./check, {command: \"exit 1\", required: false}]")
        let ticket = try bench.ticket()
        try bench.draft("run \(ticket)")
        let revision = try JSON(parsing: bench.draft("review \(ticket) --json").stdout)
        #expect(revision["verdicts"]?.array?.map { $0["exit_code"] } == [0, 1])
    }

    @Test func `a fast tier alone is the gate`() throws {
        let bench = try LoopBench(
            "[ $DRAFT_ITERATION = 1 ] && echo wrong > f || echo good > f",
            validation: "fast: [./check]")
        let ticket = try bench.ticket()
        try bench.draft("run \(ticket)")
        let job = try bench.job(ticket)
        #expect(job["counters"]?["full_runs"] == 0)
        let turns = try #require(job["iterations"]?.array)
        #expect(turns.map { $0["fast"] } == ["failed", "passed"])
        #expect(turns.map { $0["full"] } == ["skipped", "skipped"])
    }

    @Test func `what fails once and passes once does not pass`() throws {
        let bench = try LoopBench(
            "echo good $DRAFT_ITERATION > f",
            guardrails: "max_iterations: 1", validation: "full: [\"\(Self.flaky)\"]")
        let ticket = try bench.ticket()
        try bench.draft("run \(ticket)", expecting: 1)
        #expect(try bench.record(ticket)["reason"] == "iterations")
        let turn = try bench.job(ticket)["iterations"]?.array?.first
        #expect(turn?["full"] == "failed")
        let events = try bench.sandbox.git("grep", "-h", "flaky", "refs/draft/board", "--", "audit")
        #expect(events.contains("\"flaky\": true"))
    }

    /// Fails at the first look at `f`, and passes from the second on.
    private static let flaky =
        "[ ! -e f ] || [ -e $TMPDIR/seen ] || { touch $TMPDIR/seen; exit 1; }"
}

import Foundation
import Model
import TestSupport
import Testing

/// Each reason to stop stops, and says so.
@Suite struct LoopReasonTests {
    struct Case: Sendable, CustomTestStringConvertible {
        var reason: String
        var agent: String
        var guardrails = ""
        var validation = "full: [./check]"
        var setup = ""
        var status = "succeeded"
        var turns: Int64 = 1
        var testDescription: String { "\(reason) \(guardrails)" }
    }

    /// Prints a word of as many letters as there were turns, which no digit tells apart.
    static let word = "wrong$(head -c $DRAFT_ITERATION /dev/zero | tr '\\0' x)"

    static let cases = [
        Case(
            reason: "iterations", agent: "echo \(word) > f",
            guardrails: "max_iterations: 2, max_identical_failures: 9", turns: 2),
        Case(
            reason: "runtime", agent: "echo good > f; exec sleep 100",
            guardrails: "max_runtime_seconds: SECONDS"),
        Case(
            reason: "runtime", agent: "echo good > f", guardrails: "max_runtime_seconds: SECONDS",
            validation: "full: [\"[ ! -e f ] || sleep 100\"]"),
        Case(
            reason: "runtime", agent: "echo good > f", guardrails: "max_runtime_seconds: SECONDS",
            setup: "'case $PWD in */check-*) ;; *) sleep 100;; esac'", turns: 0),
        Case(
            reason: "full_runs", agent: "echo \(word) > f",
            guardrails: "max_full_validations: 1, max_identical_failures: 9", turns: 2),
        Case(reason: "files", agent: "echo good > f; echo 1 > g", guardrails: "max_files: 1"),
        Case(reason: "lines", agent: "seq 9 > f; echo good >> f", guardrails: "max_lines: 9"),
        Case(reason: "paths", agent: "echo good > f", guardrails: "deny: [f]"),
        Case(reason: "paths", agent: "echo good > f", guardrails: "allow: [\"src/**\"]"),
        Case(
            reason: "paths", agent: "mkdir src; mv check src/check; echo good > f",
            guardrails: "deny: [check]"),
        Case(reason: "paths", agent: "echo good > f; echo '{}' > package.json"),
        Case(
            reason: "paths", agent: "echo good > f; mkdir web; echo > web/yarn.lock",
            guardrails: "dependency_changes: false"),
        Case(
            reason: "identical_failure", agent: "echo wrong $DRAFT_ITERATION > f", turns: 2),
        Case(
            reason: "identical_failure",
            agent: """
                case $DRAFT_ITERATION in
                1 | 3) echo wrong $DRAFT_ITERATION > f ;;
                *) echo other > f ;;
                esac
                """, turns: 3),
        Case(
            reason: "repeated",
            agent: "case $DRAFT_ITERATION in 1 | 3) echo x > f ;; *) echo yy > f ;; esac",
            guardrails: "max_identical_failures: 9", turns: 3),
        Case(
            reason: "no_growth", agent: "for n in 1 2; do echo \(word) >> f; done",
            guardrails: "max_identical_failures: 9", turns: 3),
        Case(reason: "no_change", agent: "true"),
        Case(
            reason: "no_change", agent: "echo wrong > f",
            guardrails: "max_identical_failures: 9", turns: 2),
        Case(reason: "agent_failed", agent: "echo good > f; exit 3", status: "failed"),
        Case(
            reason: "setup_failed", agent: "echo good > f",
            setup: "'case $PWD in */check-*) ;; *) exit 3;; esac'", status: "failed", turns: 0),
    ]

    /// Runs the agent of a case; once more, with more time, if there was too little to begin.
    private func run(_ test: Case) throws -> (bench: LoopBench, ticket: String, said: Outcome) {
        var seconds = 2
        while true {
            let bench = try LoopBench(
                test.agent,
                guardrails: test.guardrails.replacing("SECONDS", with: "\(seconds)"),
                validation: test.validation, setup: test.setup)
            let ticket = try bench.ticket()
            let busy = test.reason == "runtime" ? "--allow-red-base busy" : ""
            let said = try bench.draft("run \(busy) \(ticket)", expecting: 1)
            let turns = try bench.job(ticket)["counters"]?["iterations"]?.integer
            if busy.isEmpty || turns == test.turns || seconds > 60 { return (bench, ticket, said) }
            seconds *= 6
        }
    }

    @Test(arguments: cases) func `a reason blocks the ticket`(_ test: Case) throws {
        let (bench, ticket, said) = try run(test)
        #expect(said.stdout.contains(" (\(test.reason)) after "), "\(said.output)")
        let record = try bench.record(ticket)
        #expect(record["state"] == "blocked")
        #expect(record["reason"]?.string == test.reason)
        let job = try bench.job(ticket)
        #expect(job["status"]?.string == test.status)
        #expect(job["reason"]?.string == test.reason)
        #expect(job["outcome"]?.string == (test.status == "failed" ? "failed" : "blocked"))
        #expect(job["sandbox"] == "none")
        #expect(job["usage"] == .null)
        #expect(job["counters"]?["iterations"]?.integer == test.turns)
        #expect(job["iterations"]?.array?.count == Int(test.turns))
        let findings = try #require(job["findings"]?.object)
        #expect(Set(findings.keys) == ["tried", "last_failure", "best_snapshot", "next"])
        #expect(findings["tried"]?.array?.count == Int(test.turns))
        let next = findings["next"]?.string ?? ""
        #expect(next.contains("git draft retry "), "\(next)")
        #expect(next.hasSuffix(" \(ticket.prefix(6))"), "\(next)")
        #expect((findings["best_snapshot"]?.string != nil) == (test.turns > 0 && job.isChanged))
        #expect(try bench.sandbox.eventTypes().contains("job.finished"))
        #expect(try bench.draft("status").output.contains(test.reason))
    }

    @Test func `what lists dependencies may change where the policy says so`() throws {
        let agent = "echo good > f; echo '{}' > package.json"
        let closed = try LoopBench(agent)
        let kept = try closed.ticket()
        try closed.draft("run \(kept)", expecting: 1)
        #expect(
            try closed.job(kept)["findings"]?["last_failure"]
                == "package.json: it lists dependencies, and 'guardrails.dependency_changes' is false"
        )
        let next = try closed.job(kept)["findings"]?["next"]?.string ?? ""
        #expect(next.contains("dependency_changes: true"), "\(next)")
        #expect(next.hasSuffix("git draft retry --fresh \(kept.prefix(6))"), "\(next)")
        let open = try LoopBench(agent, guardrails: "dependency_changes: true")
        let changed = try open.ticket()
        try open.draft("run \(changed)")
        #expect(try open.record(changed)["state"] == "needs_human")
    }

    @Test(arguments: ["echo good > f", "echo good > f; echo more >> package-lock.json"])
    func `what set-up writes of dependencies is not the agent's`(agent: String) throws {
        let bench = try LoopBench(agent, setup: "'echo new > package-lock.json'")
        let ticket = try bench.ticket()
        let isAgents = agent.contains("more")
        try bench.draft("run \(ticket)", expecting: isAgents ? 1 : 0)
        #expect(try bench.record(ticket)["state"]?.string == (isAgents ? "blocked" : "needs_human"))
    }

    @Test(
        arguments: ["question", "crash", "retry"],
        ["echo good > f", "echo good > f; echo more >> package-lock.json"])
    func `what set-up wrote is not the agent's where work goes on`(
        after way: String, agent: String
    ) throws {
        let bench = try LoopBench(
            """
            if [ -e g ]; then \(agent); exit; fi
            echo kept > g; echo wrong > f
            [ \(way) != question ] ||
                echo '{"status":"needs_input","question":{"text":"Which?"}}' > "$DRAFT_RESULT"
            """, guardrails: "max_iterations: \(way == "retry" ? 1 : 9)",
            setup: "'[ -e package-lock.json ] || echo $$ > package-lock.json'")
        let ticket = try bench.ticket()
        let crash = way == "crash" ? "snapshot-written" : nil
        try bench.draft(
            "run \(ticket)", expecting: 1, environment: ["GIT_DRAFT_TEST_CRASH": crash])
        let isAgents = agent.contains("more")
        if way == "question" { try bench.draft("answer \(ticket) this") }
        try bench.draft(
            "\(way == "retry" ? "retry" : "run") \(ticket)", expecting: isAgents ? 1 : 0)
        #expect(try bench.record(ticket)["state"]?.string == (isAgents ? "blocked" : "needs_human"))
        #expect(try bench.record(ticket)["reason"]?.string == (isAgents ? "paths" : nil))
    }

    @Test func `a set-up that fails on the base is not said to be a red base`() throws {
        let bench = try LoopBench("echo good > f", setup: "\"echo no luck; exit 3\"")
        let ticket = try bench.ticket()
        let said = try bench.draft("run \(ticket)", expecting: 128)
        #expect(
            said.stderr.contains("fails on the base (setup_failed)\n  no luck\n"), "\(said.stderr)")
        #expect(!said.stderr.contains("base_red"))
        #expect(try bench.record(ticket)["state"] == "planned")
        let hint = try #require(said.stderr.split(separator: "\n").last)
        #expect(
            try bench.sandbox.run(String(hint.dropFirst("hint: ".count))).stdout.contains("no luck")
        )
    }

    @Test func `a base that takes too long is not said to be red`() throws {
        let bench = try LoopBench(
            "echo good > f", guardrails: "max_runtime_seconds: 1", setup: "sleep 100")
        let ticket = try bench.ticket()
        let said = try bench.draft("run \(ticket)", expecting: 128)
        #expect(
            said.stderr.contains("'guardrails.max_runtime_seconds' of a job (runtime)"),
            "\(said.stderr)")
        #expect(!said.stderr.contains("base_red"))
    }

    @Test func `the time of a goal is up while its base is validated, too`() throws {
        let bench = try LoopBench(
            "echo good > f", guardrails: "max_runtime_seconds: 60",
            validation: "full: [\"sleep 1000\"]")
        let ticket = try bench.ticket()
        let said = try bench.draft("goal run inbox --timeout 1", expecting: 75)
        #expect(said.stderr.contains("error: the time is up; what ran was stopped in order\n"))
        #expect(try bench.jobs(ticket).isEmpty)
        let record = try bench.record(ticket)
        #expect(record["state"] == "planned" && record["reason"] == .null)
    }

    @Test func `a red base refuses, and nothing is done`() throws {
        let bench = try LoopBench("echo good > f", validation: "full: [\"exit 1\"]")
        let ticket = try bench.ticket()
        let said = try bench.draft("run \(ticket)", expecting: 128)
        #expect(said.stderr.contains("base_red"))
        #expect(said.stderr.contains("hint: git draft run --allow-red-base"))
        #expect(try bench.record(ticket)["state"] == "planned")
        #expect(try bench.jobs(ticket).isEmpty)
        try bench.draft("run --allow-red-base 'known' \(ticket)", expecting: 1)
        #expect(try bench.job(ticket)["invocation"]?["allow_red_base"] == "known")
    }

    @Test(arguments: [".draft", ".draft/worktrees"])
    func `a link where workspaces should be is refused once`(_ place: String) throws {
        let bench = try LoopBench("echo good > f")
        let ticket = try bench.ticket()
        try bench.sandbox.run("rm -rf .draft; mkdir -p $(dirname \(place)); ln -s /tmp \(place)")
        let said = try bench.draft("run \(ticket)", expecting: 128)
        #expect(said.stderr.components(separatedBy: "validating the base").count == 2)
        #expect(said.stderr.contains("is a link"))
        #expect(said.stderr.hasSuffix("hint: git config draft.worktreeRoot DIRECTORY\n"))
    }

    @Test(
        arguments: [
            ("--allow-red-base known", "full: ['test -e f']"),
            ("--validate 'test -e check'", "full: ['false']"), ("--allow-no-validation why", ""),
        ])
    func `what was said at the start holds after an answer`(
        _ option: String, validation: String
    ) throws {
        let bench = try LoopBench(
            """
            [ $DRAFT_ITERATION = 1 ] || { echo good > f; exit; }
            echo '{"status":"needs_input","question":{"text":"?"}}' > "$DRAFT_RESULT"
            """, validation: validation)
        let ticket = try bench.ticket()
        try bench.draft("run \(option) \(ticket)", expecting: 1)
        try bench.draft("answer \(ticket) yes")
        try bench.draft("run \(ticket)")
        #expect(try bench.jobs(ticket).count == 1)
    }

    @Test func `a change of what decides is noted`() throws {
        let bench = try LoopBench("echo good > f; echo all: > Makefile")
        let ticket = try bench.ticket()
        try bench.draft("run \(ticket)")
        #expect(try bench.sandbox.eventTypes().contains("guardrail.hit"))
        #expect(try bench.draft("review \(ticket)").stdout.contains("Makefile"))
    }

    @Test(arguments: ["later", "lost", "unknown"])
    func `an agent that cannot be is refused`(_ agent: String) throws {
        let bench = try LoopBench("echo good > f")
        let ticket = try bench.ticket()
        let before = try bench.sandbox.board()
        let said = try bench.draft("run --agent \(agent) \(ticket)", expecting: 128)
        #expect(said.stderr.contains("cannot start"))
        #expect(try bench.sandbox.board() == before)
    }

    @Test func `a program that is not there fails the job once`() throws {
        let bench = try LoopBench("true")
        let ticket = try bench.ticket()
        try bench.draft("run --agent gone \(ticket)", expecting: 1)
        #expect(try bench.jobs(ticket).map { $0["reason"]?.string } == ["agent_failed"])
    }
}

extension JSON {
    /// Whether a job's record has a snapshot with files in it.
    fileprivate var isChanged: Bool {
        (self["iterations"]?.array ?? []).contains { ($0["files"]?.integer ?? 0) > 0 }
    }
}

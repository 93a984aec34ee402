import Foundation
import Model
import TestSupport
import Testing

/// Jobs that use more of the machine than they may.
@Suite struct LimitJobTests {
    struct Case: Sendable, CustomTestStringConvertible {
        var limits: String
        var agent: String
        var words: String
        var keepsFiles = true
        var testDescription: String { limits }
    }

    /// Programs that would end by themselves, far above their limit.
    static let cases = [
        Case(
            limits: "memory: 96M",
            agent: "exec python3 -c 'import time\nb = [bytes([1]) * 2**20 for _ in range(400)]\n"
                + "time.sleep(300)'",
            words: "limit of memory: "),
        Case(
            limits: "processes: 25",
            agent: "set +e; for n in $(seq 60); do sleep 300 & done; wait",
            words: "limit of processes: "),
        Case(
            limits: "disk: 32M",
            agent: "trap '' TERM; mkdir many; cd many; head -c 70000000 /dev/zero | "
                + "split -a 5 -b 20000; sleep 300",
            words: "limit of disk: ", keepsFiles: false),
        Case(
            limits: "cpu_seconds: 1", agent: "(while :; do :; done) & while :; do :; done",
            words: "limit of cpu_seconds: "),
    ]

    @Test(arguments: cases) func `a limit blocks the ticket, and is named`(_ test: Case) throws {
        let bench = try LoopBench("echo good > f\n\(test.agent)", limits: test.limits)
        let ticket = try bench.ticket()
        let said = try bench.draft("run \(ticket)", expecting: 1)
        #expect(said.stdout.contains(" (limit) after "), "\(said.output)")
        let record = try bench.record(ticket)
        #expect(record["state"] == "blocked")
        #expect(record["reason"] == "limit")
        let job = try bench.job(ticket)
        #expect(job["status"] == "succeeded")
        #expect(job["outcome"] == "blocked")
        let words = job["findings"]?["last_failure"]?.string ?? ""
        #expect(words.hasPrefix(test.words), "\(words)")
        let error = job["errors"]?.array?.first
        #expect(error?["error_type"] == "limit")
        #expect(error?["message"]?.string == words)
        #expect((job["findings"]?["best_snapshot"]?.string != nil) == test.keepsFiles)
        #expect(try bench.sandbox.eventTypes().contains("guardrail.hit"))
        let file = bench.sandbox.workTree.appending(path: ".draft/workspaces/\(ticket)/many")
        #expect(!FileManager.default.fileExists(atPath: file.path))
    }

    @Test func `what only looks large is not stored, and holds nobody up`() throws {
        let bench = try LoopBench(
            "truncate -s 1G one two; echo good > f", guardrails: "max_iterations: 1",
            limits: "disk: 16M")
        let ticket = try bench.ticket()
        try bench.draft("run \(ticket)", expecting: 1)
        let job = try bench.job(ticket)
        let words = job["findings"]?["last_failure"]?.string ?? ""
        #expect(words == "these were left out of the snapshot: one, two; remove them")
        let size = try bench.sandbox.run("du -sk .git").stdout.split(separator: "\t").first
        #expect(size.flatMap { Int($0) } ?? .max < 2000)
    }

    @Test func `a job that git cannot compare is closed all the same`() throws {
        let bench = try LoopBench("echo good > f")
        try bench.sandbox.write(
            "../bin-broken/git",
            """
            #!/bin/sh
            case "$*" in
            *"diff-tree --stdin"*) echo "fatal: unable to read tree" >&2; exit 128 ;;
            esac
            exec /usr/bin/git "$@"

            """, executable: true)
        let path = try bench.sandbox.run("printf %s \"$PATH\"").stdout
        let broken = ["PATH": "\(bench.sandbox.root.path)/bin-broken:\(path)"]
        let ticket = try bench.ticket()
        _ = try bench.sandbox.run("git-draft run \(ticket)", environment: broken)
        #expect(try bench.job(ticket)["status"] == "failed")
        let said = try bench.sandbox.run("git-draft status", environment: broken)
        #expect(said.status == 0)
        #expect(!said.stderr.contains("warning"), "\(said.stderr)")
    }

    @Test func `a validation that goes beyond a limit is red, and says which`() throws {
        let hog = "python3 -c 'b = [bytes([1]) * 2**20 for _ in range(400)]'"
        let bench = try LoopBench(
            "echo good > f", guardrails: "max_iterations: 1",
            validation: "full: [\"[ ! -e f ] || \(hog)\"]", limits: "memory: 96M")
        let ticket = try bench.ticket()
        try bench.draft("run \(ticket)", expecting: 1)
        let job = try bench.job(ticket)
        let words = job["findings"]?["last_failure"]?.string ?? ""
        #expect(words.contains("limit of memory: "), "\(words)")
    }

    @Test func `a set-up that goes beyond a limit blocks the ticket`() throws {
        let bench = try LoopBench(
            "echo good > f",
            setup: "'case $PWD in */check-*) ;; *) while :; do :; done ;; esac'",
            limits: "cpu_seconds: 1")
        let ticket = try bench.ticket()
        let said = try bench.draft("run \(ticket)", expecting: 1)
        #expect(said.stdout.contains(" (limit) after "), "\(said.output)")
        let words = try bench.job(ticket)["findings"]?["last_failure"]?.string ?? ""
        #expect(words.contains("limit of cpu_seconds: "), "\(words)")
    }

    @Test func `output without an end is kept within bounds`() throws {
        let bench = try LoopBench("trap '' TERM; yes", guardrails: "max_runtime_seconds: 3")
        let ticket = try bench.ticket()
        try bench.draft("run --allow-red-base busy \(ticket)", expecting: 1)
        #expect(try bench.record(ticket)["reason"] == "runtime")
        let size = try bench.sandbox.run("du -sk .git").stdout.split(separator: "\t").first
        #expect(size.flatMap { Int($0) } ?? .max < 100_000)
    }
}

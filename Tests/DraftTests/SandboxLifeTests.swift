import Foundation
import Glibc
import Model
import TestSupport
import Testing

/// How what runs in bubblewrap ends.
@Suite struct SandboxLifeTests {
    /// An agent that leaves processes everywhere, and does not want to end.
    private static let stubborn = """
        trap '' TERM INT HUP
        setsid sleep 1001 & (sleep 1002 & sleep 1003) & nohup sleep 1004 >/dev/null 2>&1 &
        echo begun >begun
        while :; do sleep 1005; done
        """

    /// The processes of a job: those that have its folder in their environment.
    private func processes(of bench: SandboxBench) -> [Int32] {
        let needle = Data("DRAFT_JOB_FILES=\(bench.sandbox.workTree.path)/".utf8)
        let names = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
        return names.compactMap { Int32($0) }.filter {
            let environment = FileManager.default.contents(atPath: "/proc/\($0)/environ")
            return environment?.range(of: needle) != nil
        }
    }

    private func started() throws -> (SandboxBench, String, Child) {
        let bench = try SandboxBench(Self.stubborn)
        let ticket = try bench.sandbox.id("ticket new 'Do it'")
        let child = try bench.sandbox.start("git draft run \(ticket) --allow-red-base test")
        let trees = bench.sandbox.workTree.path + "/.draft/worktrees/\(ticket)/begun"
        eventually("the agent does not begin") {
            FileManager.default.fileExists(atPath: trees) && processes(of: bench).count > 5
        }
        return (bench, ticket, child)
    }

    @Test func `a cancel ends everything`() throws {
        let (bench, ticket, child) = try started()
        try bench.sandbox.draft("cancel \(ticket)")
        _ = child.wait()
        #expect(processes(of: bench).isEmpty)
        #expect(try bench.job(ticket)["status"] == "canceled")
    }

    @Test func `a deadline ends everything`() throws {
        // Where a busy machine has no time to begin, it gets more.
        for seconds in [3, 20, 150] {
            let bench = try SandboxBench(
                Self.stubborn, policy: "guardrails: {max_runtime_seconds: \(seconds)}")
            let ticket = try bench.sandbox.id("ticket new 'Do it'")
            try bench.sandbox.draft("run \(ticket) --allow-red-base test", expecting: 1)
            #expect(processes(of: bench).isEmpty)
            let begun = bench.sandbox.workTree.path + "/.draft/worktrees/\(ticket)/begun"
            guard FileManager.default.fileExists(atPath: begun) else { continue }
            #expect(try bench.job(ticket)["reason"] == "runtime")
            return
        }
        Issue.record("the agent does not begin")
    }

    @Test func `who kills the supervisor kills everything`() throws {
        let (bench, ticket, child) = try started()
        let id = try #require(try bench.job(ticket)["id"]?.string)
        let file = bench.sandbox.workTree.path + "/.git/draft/jobs/\(id)/pid"
        let text = try String(contentsOfFile: file, encoding: .utf8)
        let pid = try #require(Int32(text.trimmingCharacters(in: .newlines)))
        // Whoever started it first, lest the job is run again.
        kill(-child.identifier, SIGKILL)
        kill(pid, SIGKILL)
        eventually("something is left") { processes(of: bench).isEmpty }
        _ = child.wait()
    }
}

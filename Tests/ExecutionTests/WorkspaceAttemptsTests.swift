import Execution
import Foundation
import GitStore
import TestSupport
import Testing

@Suite struct WorkspaceAttemptsTests {
    @Test func `snapshots join the chain of their month once`() throws {
        let bench = try WorkspaceBench()
        let workspace = try bench.open()
        try bench.agent("echo 1 >>a; git checkout -q -b s; git commit -qam s; git checkout -q -")
        let first = try bench.snapshot(workspace)
        try bench.agent("echo 2 >>a")
        let second = try bench.snapshot(workspace, 2, after: first.commit)
        let attempts = Attempts(bench.repository)
        let end = try attempts.fold(
            job: "J-1", month: "2026-01", snapshots: [first.commit, second.commit], at: 1)
        #expect(try bench.user("git rev-parse refs/draft/attempts/2026-01") == end?.description)
        let again = try attempts.fold(
            job: "J-1", month: "2026-01", snapshots: [second.commit], at: 2)
        #expect(again == end)
        #expect(try bench.user("git rev-parse \(again!)^{tree}") == "\(ObjectID.emptyTree)")
        #expect(try bench.user("git rev-parse \(again!)^2") == "\(second.commit)")
        #expect(try bench.user("git rev-parse \(again!)^^1") == "\(first.commit)")
        try attempts.close(job: "J-1", month: "2026-01", at: 3)
        #expect(try bench.user("git for-each-ref refs/draft-local") == "")
        try workspace.remove()
        #expect(try bench.user("git for-each-ref refs/draft-local") == "")
        for stray in first.strays + [second.commit] { #expect(try bench.isKept("\(stray)")) }
        try bench.expectSound()
    }

    @Test func `of many writers none loses a snapshot`() async throws {
        let bench = try WorkspaceBench()
        let path = bench.sandbox.workTree.path
        let commits = try (0..<12).map { number in
            ObjectID(
                hex: try bench.user(
                    "git commit-tree -p HEAD -m \(number) $(git rev-parse HEAD^{tree})"))!
        }
        try await withThrowingTaskGroup(of: Void.self) { group in
            for commit in commits {
                group.addTask {
                    let repository = try Repository(containing: path)
                    try Attempts(repository).fold(
                        job: "J-1", month: "2026-01", snapshots: [commit], at: 1)
                }
            }
            try await group.waitForAll()
        }
        for commit in commits { #expect(try bench.isKept("\(commit)")) }
    }
}

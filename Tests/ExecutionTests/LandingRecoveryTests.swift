import Foundation
import GitStore
import Model
import TestSupport
import Testing

@testable import Execution

/// Each landing here is a process of its own that is killed at some point.
@Suite struct LandingRecoveryTests {
    let project: LandingProject
    let id: String
    let base: String

    init() throws {
        project = try LandingProject()
        id = try project.offer(
            "Change", ["a": "x\n", "b": "x\n", "dir/c": nil, "new/file": "new\n"])
        base = try project.git("rev-parse", "main")
    }

    /// Kills the process of the landing when it runs a git with such arguments.
    private func killed(
        at pattern: String, after script: String = ":", _ project: LandingProject? = nil,
        landing id: String? = nil
    ) async throws {
        let project = project ?? self.project
        try project.intercept(
            "case \"$GIT_INDEX_FILE $*\" in \(pattern)) \(script); kill -9 $PPID; exit 1;; esac")
        let (root, id) = (project.root, id ?? self.id)
        await #expect(processExitsWith: .signal(SIGKILL)) {
            [root = root as String, id = id as String] in
            do {
                let outcome = try LandingProject(opening: root).land(id)
                Issue.record("it came to its end: \(outcome)")
            } catch {
                Issue.record("it failed: \(error)")
            }
        }
        try project.stopIntercepting()
    }

    /// What a finished landing looks like, on the next landing or recovery.
    private func expectComplete(_ recovered: [RecoveredLanding]) throws {
        let commit = try project.git("rev-parse", "main")
        #expect(recovered.map(\.fate) == [.completed])
        #expect(recovered.map { "\($0.commit)" } == [commit])
        #expect(try project.git("rev-parse", "main^") == base)
        let ticket = try project.ticket(id)
        #expect(ticket.state == .done)
        #expect(ticket.landedCommit == commit)
        #expect(try project.landJobs().map(\.outcome) == ["landed"])
        #expect(try project.git("for-each-ref", "refs/draft-local/land") == "")
        #expect(try project.lander().recover(as: project.cy) == [])
    }

    private func expectMoved() throws {
        #expect(try project.status() == "")
        #expect(project.read("a") == "x\n")
        #expect(project.read("new/file") == "new\n")
        #expect(project.read("dir/c") == nil)
    }

    @Test func `a base that moved is completed, files included`() async throws {
        try await killed(at: "' update-index'*|*' update-index -q --refresh'")
        #expect(try project.git("rev-parse", "main") == base)
        // That was the check, before anything had begun; only the next one is after the base
        // has moved.
        #expect(try project.lander().recover(as: project.cy).isEmpty)
        #expect(try project.landJobs().isEmpty)
        try await killed(at: "' update-index'*")
        #expect(try project.git("rev-parse", "main^") == base)
        #expect(project.read("a") == "a\n")
        #expect(try project.ticket(id).state == .needsHuman)
        try expectComplete(project.lander().recover(as: project.cy))
        try expectMoved()
    }

    @Test func `a kill after the files moved loses nothing`() async throws {
        try await killed(at: "' read-tree -m -u'*", after: "/usr/bin/git \"$@\"")
        #expect(project.read("a") == "x\n")
        #expect(try project.ticket(id).state == .needsHuman)
        guard case .landed = try project.land(id) else {
            Issue.record("the next landing does not finish it")
            return
        }
        try expectMoved()
        #expect(try project.ticket(id).state == .done)
        #expect(try project.landJobs().count == 1)
    }

    @Test func `files that are half moved are moved to the end`() async throws {
        let script = "printf 'x\\n' >a; mkdir new; printf 'new\\n' >new/file; rm dir/c"
        try await killed(at: "' read-tree -m -u'*", after: script)
        #expect(try project.status() != "")
        try expectComplete(project.lander().recover(as: project.cy))
        try expectMoved()
    }

    @Test func `local changes made after a kill are respected`() async throws {
        try await killed(at: "' read-tree -m -u'*")
        try project.write("b", "mine\n")
        let recovered = try project.lander().recover(as: project.cy)
        try expectComplete(recovered)
        #expect(recovered.first?.notes.first?.hasSuffix(": b") == true)
        #expect(project.read("b") == "mine\n")
        #expect(project.read("a") == "a\n")
    }

    /// Has a landing begin, as if it were killed then; returns what it was to land.
    private func begin() throws -> String {
        let lander = project.lander()
        let snapshot = try project.board.snapshot()
        let candidate = try LandingCandidate(
            snapshot.require(Ticket.self, id), in: snapshot, by: project.cy)
        let target = try lander.target(snapshot)
        let maker = LandingCommit(
            git: lander.git, candidate: candidate, committer: lander.committer,
            now: Timestamp(milliseconds: 0))
        guard case .tree(let tree) = try maker.merge(into: target.base) else { return "" }
        let commit = try maker.make(tree: tree, on: target.base, settings: MergeSettings())
        try lander.begin(
            LandingJob(project.board.context.newID()), candidate, target, project.policy,
            keeping: commit, as: project.cy)
        return "\(commit)"
    }

    @Test func `a landing that had begun, but moved nothing, is undone`() throws {
        _ = try begin()
        #expect(try project.landJobs().map(\.status) == [.running])

        let lander = project.lander()
        let recovered = try lander.recover(as: project.cy)
        #expect(recovered.map(\.fate) == [.undone])
        #expect(try project.landJobs().map(\.status) == [.failed])
        #expect(try project.landJobs().map(\.reason) == ["crashed"])
        #expect(try project.ticket(id).state == .needsHuman)
        #expect(try project.revision(of: id).status == .approved)
        #expect(try project.git("rev-parse", "main") == base)
        try project.landed(id)
        #expect(try project.landJobs().count == 2)
    }

    @Test(arguments: [0, 41])
    func `the lock of a base that was about to move is in nobody's way`(written: Int) throws {
        let commit = try begin()
        try project.write(".git/refs/heads/main.lock", String("\(commit)\n".prefix(written)))
        #expect(try project.lander().recover(as: project.cy).map(\.fate) == [.undone])
        #expect(project.read(".git/refs/heads/main.lock") == nil)
        try project.landed(id)
    }

    @Test func `the lock of a base that is about to move elsewhere stays`() throws {
        _ = try begin()
        try project.write(".git/refs/heads/main.lock", "\(base)\n")
        #expect(try project.lander().recover(as: project.cy).map(\.fate) == [.undone])
        #expect(project.read(".git/refs/heads/main.lock") == "\(base)\n")
        try FileManager.default.removeItem(atPath: "\(project.path)/.git/refs/heads/main.lock")
    }

    // MARK: - With a remote

    private func remoteProject() throws -> (project: LandingProject, id: String, remote: String) {
        let project = try LandingProject { sandbox in
            try sandbox.addRemote()
            try sandbox.git("push", "--quiet", "--set-upstream", "origin", "main")
        }
        let id = try project.offer("Change a", ["a": "x\n"])
        return (project, id, "\(project.root)/origin.git")
    }

    @Test func `a push that arrived before the kill counts`() async throws {
        let (project, id, remote) = try remoteProject()
        try await killed(
            at: "*'push --porcelain'*", after: "/usr/bin/git \"$@\" >/dev/null", project,
            landing: id)
        let commit = try project.git("rev-parse", "main", in: remote)
        #expect(try project.git("rev-parse", "main") != commit)
        let recovered = try project.lander().recover(as: project.cy)
        #expect(recovered.map(\.fate) == [.completed])
        #expect(try project.git("rev-parse", "main") == commit)
        #expect(project.read("a") == "x\n")
        #expect(try project.ticket(id).landedCommit == commit)
        #expect(try project.git("for-each-ref", "refs/draft-local") == "")
    }

    @Test func `a push that the kill prevented is made again`() async throws {
        let (project, id, remote) = try remoteProject()
        try await killed(at: "*'push --porcelain'*", project, landing: id)
        #expect(try project.board.pending().count == 1)
        let recovered = try project.lander().recover(as: project.cy)
        #expect(recovered.map(\.fate) == [.completed])
        let commit = try project.git("rev-parse", "main", in: remote)
        #expect(try project.ticket(id).landedCommit == commit)
        #expect(try project.git("rev-parse", "main") == commit)
    }

    @Test func `a push that somebody else overtook is undone, and can land anew`() async throws {
        let (project, id, remote) = try remoteProject()
        try await killed(at: "*'push --porcelain'*", project, landing: id)
        try project.advance(["b": "theirs\n"], in: remote)
        let recovered = try project.lander().recover(as: project.cy)
        #expect(recovered.map(\.fate) == [.undone])
        #expect(try project.ticket(id).state == .needsHuman)
        #expect(try project.git("for-each-ref", "refs/draft-local") == "")
        let commit = try project.landed(id).commit
        #expect(try project.git("rev-parse", "main", in: remote) == commit)
        #expect(project.read("b") == "theirs\n")
    }

    @Test func `a push that a person has taken back meanwhile is not made again`() async throws {
        let (project, id, remote) = try remoteProject()
        let base = try project.git("rev-parse", "main", in: remote)
        try await killed(at: "*'push --porcelain'*", project, landing: id)
        let revision = try project.revision(of: id)
        try project.board.transact(as: project.ann) { transaction in
            try transaction.write(
                revision.record, ["status": "changes_requested"], as: .revisionClosed)
        }
        let recovered = try project.lander().recover(as: project.cy)
        #expect(recovered.map(\.fate) == [.undone])
        #expect(try project.git("rev-parse", "main", in: remote) == base)
    }
}

import Foundation
import GitStore
import Model
import TestSupport
import Testing

@testable import Execution

@Suite struct LandingRemoteTests {
    let project: LandingProject
    let remote: String

    init() throws {
        project = try LandingProject { sandbox in
            try sandbox.addRemote()
            try sandbox.git("push", "--quiet", "--set-upstream", "origin", "main")
        }
        remote = "\(project.root)/origin.git"
    }

    private func there(_ name: String) throws -> String {
        try project.git("for-each-ref", "--format=%(objectname)", name, in: remote)
    }

    private func pushBoard() throws {
        try project.git("push", "--quiet", "origin", "refs/draft/board:refs/draft/board")
    }

    /// Makes the remote's board one that somebody else wrote to.
    private func advanceBoard() throws {
        let clone = "\(project.root)/colleague"
        try project.git("clone", "--quiet", remote, clone)
        try project.git("fetch", "--quiet", "origin", "+refs/draft/*:refs/draft/*", in: clone)
        let board = try LandingProject.board(at: clone)
        try board.transact(as: project.cy) { transaction in
            try transaction.createTicket(NewTicket(title: "From a colleague"))
        }
        try project.git("push", "--quiet", "origin", "refs/draft/board", in: clone)
        try FileManager.default.removeItem(atPath: clone)
    }

    @Test func `base and board are pushed together, and the local branch follows`() throws {
        let id = try project.offer("Change a", ["a": "x\n"])
        let result = try project.landed(id)
        #expect(result.notes == [])
        #expect(try there("refs/heads/main") == result.commit)
        #expect(try there("refs/draft/board") == project.git("rev-parse", "refs/draft/board"))
        #expect(
            try project.git("rev-parse", "main", "origin/main")
                == "\(result.commit)\n\(result.commit)")
        #expect(project.read("a") == "x\n")
        #expect(try project.status() == "")
        let ticket = try project.ticket(id)
        #expect(ticket.state == .done)
        #expect(ticket.shown["landed"]?["remote"]?.string == "origin")
        #expect(try project.landJobs().map(\.outcome) == ["landed"])
        #expect(try project.git("for-each-ref", "refs/draft-local") == "")
        try pushBoard()
        try project.landed(project.offer("Change b", ["b": "x\n"]))
    }

    @Test func `a base that moved on the remote is merged with`() throws {
        let id = try project.offer("Change a", ["a": "x\n"])
        try project.advance(["b": "theirs\n"], in: remote)
        let commit = try project.landed(id).commit
        #expect(try there("refs/heads/main") == commit)
        #expect(project.read("b") == "theirs\n")
        #expect(project.read("a") == "x\n")
        #expect(try project.git("rev-list", "--count", "main") == "3")
    }

    @Test func `a race on the remote is tried again`() throws {
        let id = try project.offer("Change a", ["a": "x\n"])
        // The first push finds that somebody else was faster.
        let clone = "\(project.root)/clone"
        try project.git("clone", "--quiet", remote, clone)
        try project.write("b", "theirs\n", in: clone)
        try project.git("commit", "--quiet", "--all", "-m", "faster", in: clone)
        try project.intercept(
            """
            case "$*" in *"push --porcelain"*)
                if mkdir "\(project.root)/once" 2>/dev/null; then
                    env -u GIT_DIR git -C "\(clone)" push --quiet origin HEAD:main || exit 99
                fi;;
            esac
            """)
        let commit = try project.landed(id).commit
        #expect(FileManager.default.fileExists(atPath: "\(project.root)/once"))
        #expect(try there("refs/heads/main") == commit)
        #expect(project.read("b") == "theirs\n")
        #expect(try project.landJobs().count == 1)
        #expect(try project.git("for-each-ref", "refs/draft-local") == "")
    }

    @Test func `a remote that refuses changes nothing and hints at a pull request`() throws {
        let id = try project.offer("Change a", ["a": "x\n"])
        let hook = "\(remote)/hooks/update"
        try project.writeExecutable(
            hook, "#!/bin/sh\ncase $1 in refs/heads/main) exit 1;; esac\n")
        let base = try there("refs/heads/main")
        let refusal = try project.refused(id, besides: true)
        #expect(refusal?.reason == "'origin' refused the landing: hook declined")
        #expect(try project.ticket(id).state == .needsHuman)
        let job = try #require(project.landJobs().first)
        #expect(job.status == .failed)
        let fault = job.record.value("errors").array?.first
        #expect(fault?["message"]?.string == refusal?.reason)
        #expect(refusal?.hint?.hasPrefix("git push origin ") == true)
        #expect(try there("refs/heads/main") == base)
        #expect(try there("refs/draft/board") == "")
        try FileManager.default.removeItem(atPath: hook)
        try project.landed(id)
    }

    @Test func `a board that is behind the remote's must be synced first`() throws {
        try pushBoard()
        let id = try project.offer("Change a", ["a": "x\n"])
        try advanceBoard()
        let before = try Footprint(of: project)
        let (base, board) = (try there("refs/heads/main"), try there("refs/draft/board"))
        let error = #expect(throws: BoardError.self) { try project.land(id) }
        #expect(error?.code == .conflict)
        #expect(error?.description.contains("cannot bring two boards together") == true)
        #expect(try Footprint(of: project) == before)
        #expect(try there("refs/heads/main") == base)
        #expect(try there("refs/draft/board") == board)
    }

    @Test func `a local branch with commits of its own is refused`() throws {
        let id = try project.offer("Change a", ["a": "x\n"])
        let mine = try project.commit(["b": "mine\n"], on: "main", "mine")
        try project.git("reset", "--quiet", "--hard", mine)
        let refusal = try project.refused(id)
        #expect(refusal?.reason == "'main' has commits that 'origin' does not have")
        #expect(refusal?.hint == "git push origin main")
    }

    @Test func `overlapping local changes refuse the landing, with the files named`() throws {
        let id = try project.offer("Change a", ["a": "x\n"])
        let base = try there("refs/heads/main")
        try project.write("a", "mine\n")
        let refusal = try project.refused(id)
        #expect(refusal?.reason == "local changes in '\(project.path)' would be overwritten")
        #expect(refusal?.files == ["a"])
        #expect(try there("refs/heads/main") == base)
        #expect(try project.landJobs().isEmpty)
        // The remote's commits count as well as ours.
        try project.git("checkout", "--quiet", "a")
        try project.write("b", "mine\n")
        try project.advance(["b": "theirs\n"], in: remote)
        #expect(try project.refused(id)?.files == ["b"])
        try project.git("checkout", "--quiet", "b")
        try project.landed(id)
    }

    @Test func `a board that is only behind the remote's can be fetched`() throws {
        try pushBoard()
        let id = try project.offer("Change a", ["a": "x\n"])
        try pushBoard()
        try advanceBoard()
        let error = #expect(throws: BoardError.self) { try project.land(id) }
        #expect(error?.hint == "git fetch origin refs/draft/board:refs/draft/board")
        try project.git("fetch", "--quiet", "origin", "refs/draft/board:refs/draft/board")
        try project.landed(id)
    }

    @Test func `under changes made meanwhile the local branch stays behind, and says so`() throws {
        let id = try project.offer("Change a", ["a": "x\n"])
        let base = try project.git("rev-parse", "main")
        try project.intercept(
            """
            case "$*" in *"push --porcelain"*) echo mine >"\(project.path)/a";; esac
            """)
        let result = try project.landed(id)
        #expect(try there("refs/heads/main") == result.commit)
        #expect(result.notes.count == 1)
        #expect(result.notes.first?.hasPrefix("'main' stays behind here") == true)
        #expect(result.notes.first?.hasSuffix(": a") == true)
        #expect(try project.git("rev-parse", "main") == base)
        #expect(project.read("a") == "mine\n")
        #expect(try project.ticket(id).state == .done)
    }

    @Test func `where files cannot follow, the local branch stays with them`() throws {
        let large = String(repeating: "more\n", count: 20_000)
        let id = try project.offer("Change", ["a": "x\n", "new": "new\n", "zz": large])
        let base = try project.git("rev-parse", "main")
        try project.intercept(
            "case \"$*\" in \"read-tree -m -u \"*) trap '' XFSZ; ulimit -f 16;; esac")
        let result = try project.landed(id)
        let note = try #require(result.notes.first)
        #expect(note.hasPrefix("'main' stays behind here, for cannot update '\(project.path)'"))
        #expect(try there("refs/heads/main") == result.commit)
        #expect(try project.git("rev-parse", "main") == base)
        #expect(try project.status() == "")
        #expect(project.read("a") == "a\n")
        try project.stopIntercepting()
        try project.git("merge", "--quiet", "--ff-only", "origin/main")
        #expect(try project.git("rev-parse", "main") == result.commit)
        #expect(try project.status() == "")
    }

    @Test func `push false lands on the local branch only`() throws {
        project.policy.merge.push = false
        let base = try there("refs/heads/main")
        let commit = try project.landed(project.offer("Change a", ["a": "x\n"])).commit
        #expect(try project.git("rev-parse", "main") == commit)
        #expect(try there("refs/heads/main") == base)
    }

    @Test func `push true without an upstream is refused with the command`() throws {
        let local = try LandingProject()
        local.policy.merge.push = true
        let refusal = try local.refused(local.offer("Change a", ["a": "x\n"]))
        #expect(refusal?.hint?.hasPrefix("git branch --set-upstream-to=") == true)
    }

    @Test func `an answer that got lost is asked for again`() throws {
        let id = try project.offer("Change a", ["a": "x\n"])
        try project.intercept(
            """
            case "$*" in *"push --porcelain"*)
                /usr/bin/git "$@" >/dev/null 2>&1
                echo "fatal: the remote end hung up unexpectedly" >&2
                exit 128;;
            esac
            """)
        let commit = try project.landed(id).commit
        #expect(try there("refs/heads/main") == commit)
        #expect(try project.ticket(id).state == .done)
        #expect(try project.git("for-each-ref", "refs/draft-local") == "")
    }

    @Test func `what nobody can tell stays pending, and the next landing settles it`() throws {
        let id = try project.offer("Change a", ["a": "x\n"])
        try project.intercept(
            """
            case "$*" in *"push --porcelain"*)
                mkdir "\(project.root)/cut"
                /usr/bin/git "$@" >/dev/null 2>&1; exit 128;;
            *fetch*)
                if test -d "\(project.root)/cut"; then
                    echo "fatal: unable to connect" >&2; exit 128
                fi;;
            esac
            """)
        let error = #expect(throws: BoardError.self) { try project.land(id) }
        #expect(error?.code == .conflict)
        #expect(try project.ticket(id).state == .needsHuman)
        #expect(try project.board.pending().map(\.name) == [id])
        #expect(throws: BoardError.self) { try project.land(id) }
        try project.stopIntercepting()
        let commit = try project.landed(id).commit
        #expect(try there("refs/heads/main") == commit)
        #expect(try project.git("rev-parse", "main") == commit)
        #expect(try project.ticket(id).landedCommit == commit)
        #expect(project.read("a") == "x\n")
        #expect(try project.board.pending().isEmpty)
        #expect(try there("refs/draft/board") != "")
    }

    @Test func `git daemon takes a landing too`() throws {
        let daemon = try GitDaemon(serving: project.root)
        defer { daemon.stop() }
        try project.git("remote", "set-url", "origin", "\(daemon.url)/origin.git")
        let commit = try project.landed(project.offer("Change a", ["a": "x\n"])).commit
        #expect(try there("refs/heads/main") == commit)
        #expect(try there("refs/draft/board") == project.git("rev-parse", "refs/draft/board"))
    }

    @Test func `a push's answer is read from git's words`() {
        func answer(_ text: String, _ errors: String = "") -> String {
            switch Upstream.answer(text, errors: errors) {
            case .accepted: "accepted"
            case .raced: "raced"
            case .refused(let reason): "refused: \(reason)"
            case .unknown: "unknown"
            }
        }
        let atomic = "!\tx:refs/draft/board\t[rejected] (atomic push failed)\n"
        #expect(answer(atomic + "!\tx:refs/heads/main\t[rejected] (stale info)") == "raced")
        #expect(
            answer(atomic + "!\tx:refs/heads/main\t[remote rejected] (protected branch)")
                == "refused: protected branch")
        #expect(answer("", "fatal: the remote end hung up unexpectedly") == "unknown")
        #expect(
            answer("", "fatal: the receiving end does not support --atomic push")
                == "refused: the receiving end does not support --atomic push")
    }
}

/// A `git daemon` on a port of the loopback interface.
private final class GitDaemon {
    let url: String
    private let child: ChildHandle

    init(serving root: String) throws {
        for _ in 0..<50 {
            let port = Int.random(in: 20_000..<60_000)
            let log = "\(root)/daemon-\(port).log"
            let command = ChildCommand(
                [
                    "git", "daemon", "--verbose", "--log-destination=stderr", "--export-all",
                    "--reuseaddr", "--listen=127.0.0.1", "--port=\(port)",
                    "--enable=receive-pack", "--base-path=\(root)", root,
                ], environment: ["PATH": "/usr/bin:/bin", "HOME": root], directory: root)
            let child = try ChildHandle(
                starting: command, output: .null, error: .file(log), parentDeathSignal: 15)
            while try ChildHandle.wait(any: [child], timeout: .milliseconds(20)).isEmpty {
                let text = (try? String(contentsOfFile: log, encoding: .utf8)) ?? ""
                guard text.contains("Ready to rumble") else { continue }
                (url, self.child) = ("git://127.0.0.1:\(port)", child)
                return
            }
        }
        throw CocoaError(.executableLoad)
    }

    func stop() {
        child.terminate()
        _ = try? ChildHandle.wait(any: [child], timeout: .seconds(30))
    }
}

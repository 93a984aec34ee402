import Foundation
import GitStore
import Model
import Testing

@testable import Execution

@Suite struct LandingWorktreeTests {
    let project: LandingProject

    init() throws { project = try LandingProject() }

    @Test func `local changes to other files stay as they are`() throws {
        let id = try project.offer("Change a", ["a": "x\n"])
        try project.write("b", "mine\n")
        try project.write("staged", "mine\n")
        try project.git("add", "staged")
        try project.write("untracked", "mine\n")
        try project.landed(id)
        #expect(project.read("a") == "x\n")
        #expect(project.read("b") == "mine\n")
        #expect(try project.status() == " M b\nA  staged\n?? untracked")
    }

    @Test func `local changes to the same files refuse the landing, and are named`() throws {
        let id = try project.offer("Change", ["a": "x\n", "b": "x\n", "d": "x\n"])
        try project.write("a", "mine\n")
        try project.write("b", "mine\n")
        try project.git("add", "b")
        let refusal = try project.refused(id)
        #expect(refusal?.files == ["a", "b"])
        #expect(refusal?.hint == "git -C \(project.path) status")
        #expect(try project.ticket(id).state == .needsHuman)
        #expect(try project.revision(of: id).status == .approved)
        try project.git("reset", "--quiet", "--hard")
        try project.landed(id)
    }

    @Test(arguments: ["new", "other.log"])
    func `an untracked or ignored file in the way refuses the landing`(file: String) throws {
        let id = try project.offer("Add", [file: "theirs\n"])
        try project.write(file, "mine\n")
        #expect(try project.refused(id)?.files == [file])
        #expect(project.read(file) == "mine\n")
    }

    @Test func `a directory and a file in each other's way refuse the landing`() throws {
        let first = try project.offer("Add", ["x/y": "theirs\n"])
        let second = try project.offer("Add", ["z": "theirs\n"])
        try project.write("x", "mine\n")
        try FileManager.default.createDirectory(
            atPath: "\(project.path)/z", withIntermediateDirectories: false)
        try project.write("z/keep.log", "mine\n")
        #expect(try project.refused(first)?.files == ["x"])
        #expect(try project.refused(second)?.files == ["z/keep.log"])
    }

    @Test func `a file that was only touched is no local change`() throws {
        let id = try project.offer("Change a", ["a": "x\n"])
        try FileManager.default.setAttributes(
            [.modificationDate: Date(timeIntervalSince1970: 5)],
            ofItemAtPath: "\(project.path)/a")
        try project.landed(id)
        #expect(project.read("a") == "x\n")
    }

    @Test func `a linked work tree of the base moves, another does not`() throws {
        let (linked, other) = ("\(project.root)/linked", "\(project.root)/other")
        try project.git("checkout", "--quiet", "-b", "mine")
        try project.git("worktree", "add", "--quiet", linked, "main")
        try project.git("worktree", "add", "--quiet", "-b", "third", other, "main")
        let id = try project.offer("Change a", ["a": "x\n"])
        try project.landed(id)
        #expect(project.read("a", in: linked) == "x\n")
        #expect(try project.status(in: linked) == "")
        #expect(project.read("a") == "a\n")
        #expect(project.read("a", in: other) == "a\n")
        #expect(try project.status() == "")
    }

    @Test func `of two work trees of the base both move or none`() throws {
        let linked = "\(project.root)/linked"
        try project.git("worktree", "add", "--quiet", "--force", linked, "main")
        let id = try project.offer("Change a", ["a": "x\n"])
        try project.write("a", "mine\n", in: linked)
        #expect(try project.refused(id)?.files == ["a"])
        #expect(project.read("a") == "a\n")
        try project.git("checkout", "--quiet", "a", in: linked)
        try project.landed(id)
        #expect(project.read("a") == "x\n")
        #expect(project.read("a", in: linked) == "x\n")
    }

    @Test func `a work tree that cannot move takes all of them back`() throws {
        let linked = "\(project.root)/linked"
        try project.git("worktree", "add", "--quiet", "--force", linked, "main")
        let id = try project.offer("Change a", ["a": "x\n", "new": "new\n"])
        let base = try project.git("rev-parse", "main")
        try project.intercept(
            """
            case "$GIT_INDEX_FILE $PWD $*" in " \(linked) read-tree -m -u"*)
                test "$(cat "\(project.path)/a")" = x && touch "\(project.root)/moved"
                echo "error: the disk is full" >&2; exit 128;;
            esac
            """)
        guard case .refused(let refusal) = try project.land(id) else {
            Issue.record("it landed")
            return
        }
        #expect(refusal.reason == "cannot update '\(linked)': the disk is full")
        #expect(FileManager.default.fileExists(atPath: "\(project.root)/moved"))
        #expect(try project.git("rev-parse", "main") == base)
        for directory in [project.path, linked] {
            #expect(project.read("a", in: directory) == "a\n")
            #expect(try project.status(in: directory) == "")
        }
        #expect(try project.ticket(id).state == .needsHuman)
        #expect(try project.landJobs().map(\.status) == [.failed])
        try project.stopIntercepting()
        try project.landed(id)
    }

    @Test func `a work tree that git moves halfway is as it was, and moves later`() throws {
        let large = String(repeating: "more\n", count: 20_000)
        let files: [String: String?] = [
            "a": "x\n", "b": nil, "d": "1\n2\n3\n4\n5\n" + large, "dir/c": "x\n", "new": "new\n",
            "zz": large,
        ]
        let id = try project.offer("Change", files)
        let base = try project.git("rev-parse", "main")
        // As on a full disk: what is small is written, of what is large only how it begins.
        try project.intercept(
            "case \"$*\" in \"read-tree -m -u \"*) trap '' XFSZ; ulimit -f 16;; esac")
        guard case .refused(let refusal) = try project.land(id) else {
            Issue.record("it landed")
            return
        }
        #expect(refusal.reason.hasPrefix("cannot update '\(project.path)': "))
        #expect(refusal.files == [])
        #expect(try project.git("rev-parse", "main") == base)
        #expect(try project.status() == "")
        #expect(project.read("a") == "a\n" && project.read("b") == "b\n")
        #expect(project.read("new") == nil && project.read("zz") == nil)
        try project.stopIntercepting()
        try project.landed(id)
        #expect(try project.status() == "")
        #expect(project.read("zz") == large)
    }

    @Test func `a folder that becomes a file is taken back, too`() throws {
        let id = try project.offer("Change", ["a": "x\n", "dir/c": nil, "dir": "x\n"])
        try project.intercept(
            """
            case "$*" in "read-tree -m -u "*)
                [ -e ../once ] || { touch ../once; echo x >a; rm -r dir; echo x >dir; exit 128; };;
            esac
            """)
        guard case .refused(let refusal) = try project.land(id) else {
            Issue.record("it landed")
            return
        }
        #expect(refusal.files == [])
        #expect(try project.status() == "")
        #expect(project.read("a") == "a\n" && project.read("dir/c") == "c\n")
        try project.stopIntercepting()
        try project.landed(id)
        #expect(try project.status() == "")
        #expect(project.read("dir") == "x\n")
    }

    @Test func `what the user changes beside a move that fails stays`() throws {
        let id = try project.offer("Change", ["a": "x\n", "b": "x\n", "d": "x\n"])
        try project.intercept(
            """
            case "$*" in "read-tree -m -u "*)
                [ -e ../once ] || { touch ../once; echo x >a; echo mine >b; exit 128; };;
            esac
            """)
        guard case .refused(let refusal) = try project.land(id) else {
            Issue.record("it landed")
            return
        }
        #expect(refusal.files == ["b"])
        #expect(project.read("b") == "mine\n")
        #expect(try project.status() == " M b")
    }

    @Test func `a work tree that was deleted does not count`() throws {
        let linked = "\(project.root)/linked"
        try project.git("checkout", "--quiet", "-b", "mine")
        try project.git("worktree", "add", "--quiet", linked, "main")
        try FileManager.default.removeItem(atPath: linked)
        try project.landed(project.offer("Change a", ["a": "x\n"]))
    }

    @Test func `a detached head stays where it is`() throws {
        try project.git("checkout", "--quiet", "--detach")
        let head = try project.git("rev-parse", "HEAD")
        try project.landed(project.offer("Change a", ["a": "x\n"]))
        #expect(try project.git("rev-parse", "HEAD") == head)
        #expect(project.read("a") == "a\n")
        #expect(try project.status() == "")
    }

    @Test func `a rebase of the base in progress refuses the landing`() throws {
        let id = try project.offer("Change a", ["a": "x\n"])
        let onto = try project.commit(["b": "theirs\n"], on: "main", "theirs")
        let mine = try project.commit(["b": "mine\n"], on: "main", "mine")
        try project.git("reset", "--quiet", "--hard", mine)
        #expect(throws: ExecutionError.self) { try project.git("rebase", "--quiet", onto) }
        let refusal = try project.refused(id)
        #expect(refusal?.reason == "a rebase of 'main' is in progress in '\(project.path)'")
        try project.git("rebase", "--abort")
        try project.landed(id)
    }

    @Test func `a merge in progress refuses the landing`() throws {
        let id = try project.offer("Change a", ["a": "x\n"])
        let other = try project.commit(["b": "theirs\n"], on: "main", "theirs")
        try project.git("merge", "--quiet", "--no-ff", "--no-commit", other)
        #expect(
            try project.refused(id)?.reason == "a merge is in progress in '\(project.path)'")
    }
}

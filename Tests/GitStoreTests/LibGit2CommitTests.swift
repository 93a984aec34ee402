import Foundation
import GitStore
import TestSupport
import Testing

@Suite struct LibGit2CommitTests {
    private let sandbox: Sandbox
    private let repository: Repository

    init() throws {
        sandbox = try Sandbox()
        repository = try sandbox.open()
    }

    @Test func `a commit reads back, and git accepts it`() throws {
        let bob = Signature(
            name: "Bøb", email: "b@example.com", seconds: 1_700_000_000, offset: -330)
        let first = try repository.commit("first\n")
        let tree = try repository.readCommit(first).tree
        let id = try repository.writeCommit(
            tree: tree, parents: [first], author: bob, committer: ann,
            message: "ticket 7k2f9q: planned\n\nDraft-Time: 12\nDraft-Kind: x: y\n")
        let commit = try repository.readCommit(id)
        #expect(commit.parents == [first])
        #expect(commit.author == bob)
        #expect(commit.committer == ann)
        #expect(commit.subject == "ticket 7k2f9q: planned")
        #expect(commit.trailer("draft-time") == "12")
        #expect(commit.trailers.map(\.value) == ["12", "x: y"])
        try repository.move("refs/heads/main", to: id, from: nil)
        try sandbox.git("git fsck --strict --no-dangling")
        #expect(
            try sandbox.git("git log -1 --format='%an <%ae> %at %ai' \(id)")
                == "Bøb <b@example.com> 1700000000 2023-11-14 16:43:20 -0530")
        let trailers = try sandbox.git("git log -1 --format='%(trailers)' \(id)")
        #expect(trailers.hasPrefix("Draft-Time: 12\nDraft-Kind: x: y"))
    }

    @Test(arguments: [
        "only\n", "title\n\nbody text\n", "Key: value\n", "t\n\na: b\nnot one\n", "",
        "t\n\nbody\n\n\n",
    ])
    func `text that is no trailer is none`(message: String) throws {
        let tree = try repository.updating(tree: nil, with: [TreeChange]())
        let id = try repository.writeCommit(
            tree: tree, parents: [], author: ann, committer: ann, message: message)
        #expect(try repository.readCommit(id).trailers.isEmpty)
    }

    @Test func `a name that would break the format is cleaned or refused`() throws {
        let tree = try repository.updating(tree: nil, with: [TreeChange]())
        let odd = Signature(name: " <A\nB> . ", email: "x>\n@y", seconds: 1)
        let id = try repository.writeCommit(
            tree: tree, parents: [], author: odd, committer: ann, message: "x")
        try repository.move("refs/heads/main", to: id, from: nil)
        try sandbox.git("git fsck --strict --no-dangling")
        #expect(try repository.readCommit(id).author.name == "AB")
        let nobody = Signature(name: " . ", email: "x@y", seconds: 1)
        expect(.invalid) {
            try repository.writeCommit(
                tree: tree, parents: [], author: nobody, committer: ann, message: "x")
        }
        expect(.invalid) {
            try repository.writeCommit(
                tree: tree, parents: [], author: ann, committer: ann, message: "a\u{0}b")
        }
    }

    @Test func `the empty tree needs not be written first`() throws {
        let id = try repository.writeCommit(
            tree: .emptyTree, parents: [], author: ann, committer: ann, message: "x")
        try repository.move("refs/heads/main", to: id, from: nil)
        try sandbox.git("git fsck --strict --no-dangling && git ls-tree main")
    }

    @Test func `a commit on something that is missing is refused`() throws {
        let missing = try #require(ObjectID(hex: String(repeating: "12", count: 20)))
        expect(.notFound) {
            try repository.writeCommit(
                tree: missing, parents: [], author: ann, committer: ann, message: "x")
        }
    }

    @Test func `commits that git made are read, whatever they hold`() throws {
        try sandbox.git("git commit -q --allow-empty -m first")
        try sandbox.git("git commit -q --allow-empty -m 'a\n\nb'")
        try sandbox.git("git checkout -q -b side HEAD~1 && git commit -q --allow-empty -m side")
        try sandbox.git("git merge -q --no-ff -m merge main")
        let head = try #require(try repository.headCommit())
        let merge = try repository.readCommit(head)
        #expect(merge.parents.count == 2)
        #expect(merge.message == "merge\n")
        #expect(merge.author.name == "Ann Author")
        let raw =
            "tree \(merge.tree)\nauthor A <a@b> 1 +0000\ncommitter A <a@b> 1 +0000\n"
            + "gpgsig -----BEGIN\n line\n  two\n -----END\nother x\n\nsigned\n"
        try raw.write(toFile: sandbox.path("raw"), atomically: true, encoding: .utf8)
        let id = try sandbox.git("git hash-object -t commit -w raw")
        let signed = try repository.readCommit(try #require(ObjectID(hex: id)))
        #expect(signed.signature == "-----BEGIN\nline\n two\n-----END")
        #expect(signed.message == "signed\n")
    }

    @Test func `a malformed commit is an error`() throws {
        for text in ["", "tree", "tree x\\n\\n", "author\\n", "garbage without end"] {
            let id = try sandbox.git(
                "printf '\(text)' | git hash-object --literally -t commit -w --stdin")
            let name = try #require(ObjectID(hex: id))
            expect(.corrupt) { try repository.readCommit(name) }
        }
    }
}

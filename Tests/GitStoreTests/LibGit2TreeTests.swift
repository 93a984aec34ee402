import Foundation
import GitStore
import TestSupport
import Testing

@Suite struct LibGit2TreeTests {
    private let sandbox: Sandbox
    private let repository: Repository

    init() throws {
        sandbox = try Sandbox()
        repository = try sandbox.open()
    }

    @Test func `a tree is sorted as git sorts it`() throws {
        let blob = try repository.write(blob: "x".utf8)
        let paths = ["foo.txt", "foo/bar", "foo0", "foo-bar", "a/b/c", "a.b", "ab", "z", "Ä/ö"]
        let tree = try repository.updating(tree: nil, with: paths.map { TreeChange($0, blob) })
        let commit = try repository.writeCommit(
            tree: tree, parents: [], author: ann, committer: ann, message: "x")
        try repository.move("refs/heads/main", to: commit, from: nil)
        try sandbox.git("git fsck --strict --no-dangling")
        let listed = try sandbox.git("git -c core.quotePath=false ls-tree -r --name-only \(tree)")
        #expect(Set(listed.split(separator: "\n").map(String.init)) == Set(paths))
        try sandbox.git("git ls-tree -r \(tree) | git update-index --index-info")
        #expect(try sandbox.git("git write-tree") == "\(tree)")
    }

    @Test func `a folder that becomes empty is left out`() throws {
        let blob = try repository.write(blob: "x".utf8)
        let base = try repository.updating(
            tree: nil, with: [(path: "a/b/c", blob: blob), (path: "d", blob: blob)])
        let less = try repository.updating(tree: base, with: [(path: "a/b/c", blob: nil)])
        #expect(try repository.tree(less).map(\.name) == ["d"])
        let none = try repository.updating(tree: less, with: [(path: "d", blob: nil)])
        #expect(none == .emptyTree)
        #expect(try repository.tree(none).isEmpty)
        #expect(try sandbox.git("git cat-file -t \(none)") == "tree")
        let same = try repository.updating(tree: base, with: [(path: "x/y", blob: nil)])
        #expect(same == base)
    }

    @Test func `what cannot be in a tree is refused`() throws {
        let blob = try repository.write(blob: "x".utf8)
        let base = try repository.updating(tree: nil, with: [TreeChange("a/b", blob)])
        let deep = Array(repeating: "a", count: 5_000).joined(separator: "/")
        for path in ["", "/a", "a/", "a//b", ".", "../x", "a/.git/b", ".GIT", "a\u{0}b", deep] {
            expect(.invalid) {
                try repository.updating(tree: base, with: [TreeChange(path, blob)])
            }
        }
        for paths in [["a"], ["a/b/c"], ["x", "x"], ["x", "x/y"]] {
            expect(.invalid) {
                try repository.updating(tree: base, with: paths.map { TreeChange($0, blob) })
            }
        }
    }

    @Test func `an entry is found by its path`() throws {
        let blob = try repository.write(blob: "x".utf8)
        let tree = try repository.updating(tree: nil, with: [TreeChange("a/b/c", blob)])
        #expect(try repository.entry(at: "a/b/c", in: tree)?.id == blob)
        #expect(try repository.entry(at: "a/b", in: tree)?.isTree == true)
        for path in ["a/x", "x", "", "a/b/c/d", "a//b"] {
            #expect(try repository.entry(at: path, in: tree) == nil)
        }
    }

    @Test func `one change in a large tree touches only its own folders`() throws {
        let blob = try repository.write(blob: "x".utf8)
        var changes: [TreeChange] = []
        for folder in 0..<256 {
            for file in 0..<40 { changes.append(TreeChange("t/\(folder)/\(file).json", blob)) }
        }
        let base = try repository.updating(tree: nil, with: changes)
        let other = try repository.write(blob: "y".utf8)
        let journal = WriteJournal()
        let tree = try repository.updating(
            tree: base, with: [TreeChange("t/17/4.json", other)], journal: journal)
        #expect(journal.count == 3)
        #expect(try sandbox.git("git diff --name-only \(base) \(tree)") == "t/17/4.json")
    }

    @Test(arguments: 1...5)
    func `random changes give the tree that git's index gives`(seed: Int) throws {
        var state = UInt64(seed)
        func next(_ bound: Int) -> Int {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int(state >> 33) % bound
        }
        var tree: ObjectID?
        var expected: [String: ObjectID] = [:]
        for round in 0..<30 {
            var changes: [String: ObjectID?] = [:]
            for _ in 0..<(1 + next(6)) {
                let path = "\(next(4))/\(["x", "x.y", "x-"][next(3)])/\(next(6))"
                let blob = try repository.write(blob: "\(round) \(next(9))".utf8)
                changes[path] = .some(next(3) == 0 ? nil : blob)
            }
            for (path, blob) in changes { expected[path] = blob }
            tree = try repository.updating(
                tree: tree, with: changes.map { TreeChange($0.key, $0.value) })
        }
        let info = expected.map { "100644 \($0.value) 0\t\($0.key)\n" }.joined()
        try info.write(toFile: sandbox.path("info"), atomically: true, encoding: .utf8)
        let judged = try sandbox.git("git update-index --index-info < info && git write-tree")
        #expect(judged == "\(try #require(tree))")
    }

    @Test func `a malformed tree is an error`() throws {
        for bytes in ["100644 a", "x a\\0aaaaaaaaaaaaaaaaaaaa", "100644 a\\0short", "100644 "] {
            let id = try sandbox.git(
                "printf '\(bytes)' | git hash-object --literally -t tree -w --stdin")
            let name = try #require(ObjectID(hex: id))
            expect(.corrupt) { try repository.tree(name) }
        }
    }
}

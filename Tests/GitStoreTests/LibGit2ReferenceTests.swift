import Foundation
import GitStore
import TestSupport
import Testing

@Suite struct LibGit2ReferenceTests {
    private let sandbox: Sandbox
    private let repository: Repository

    init() throws {
        sandbox = try Sandbox()
        repository = try sandbox.open()
    }

    @Test func `a reference that does not exist has no target`() throws {
        #expect(try repository.target(of: "refs/draft/board") == nil)
    }

    @Test(arguments: [true, false])
    func `of writers that saw the same reference one succeeds`(isNew: Bool) async throws {
        let base = try repository.commit("base")
        if !isNew { try repository.move("refs/draft/board", to: base, from: nil) }
        let wins = await withTaskGroup(of: Bool.self) { group in
            for writer in 0..<8 {
                group.addTask { [sandbox] in
                    guard let mine = try? sandbox.open(),
                        let commit = try? mine.commit("\(writer)", on: [base])
                    else { return false }
                    let old = isNew ? nil : base
                    return (try? mine.move("refs/draft/board", to: commit, from: old)) != nil
                }
            }
            return await group.reduce(0) { $0 + ($1 ? 1 : 0) }
        }
        #expect(wins == 1)
        try sandbox.git("git fsck --strict --no-dangling")
    }

    @Test func `eight writers that try again lose nothing, also beside pack-refs`() async throws {
        try repository.move("refs/draft/board", to: try repository.commit("base"), from: nil)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for writer in 0..<8 {
                group.addTask { [sandbox] in
                    let mine = try sandbox.open()
                    var left = 10
                    while left > 0 {
                        let tip = try #require(try mine.target(of: "refs/draft/board"))
                        let next = try mine.commit("\(writer) \(left)", on: [tip])
                        do {
                            try mine.move("refs/draft/board", to: next, from: tip)
                            left -= 1
                        } catch GitError.Code.modified, GitError.Code.locked {}
                    }
                }
            }
            group.addTask { [sandbox] in
                // git itself gives up if it meets one of our locks; that is no loss.
                for _ in 0..<10 { _ = try sandbox.run("git pack-refs --all --prune") }
            }
            try await group.waitForAll()
        }
        #expect(try sandbox.git("git rev-list --count refs/draft/board") == "81")
        try sandbox.git("git fsck --strict --no-dangling")
    }

    @Test func `a lost race says so`() throws {
        let (a, b) = (try repository.commit("a"), try repository.commit("b"))
        try repository.move("refs/draft/board", to: a, from: nil)
        let error = #expect(throws: GitError.self) {
            try repository.move("refs/draft/board", to: b, from: b)
        }
        #expect(error?.code == .modified)
        #expect(error?.action == "update reference 'refs/draft/board'")
        expect(.exists) {
            try repository.move("refs/draft/board", to: b, from: nil)
        }
        expect(.modified) {
            try repository.move("refs/draft/other", to: b, from: a)
        }
        try sandbox.git("git pack-refs --all --prune")
        expect(.exists) {
            try repository.move("refs/draft/board", to: b, from: nil)
        }
        #expect(try repository.target(of: "refs/draft/board") == a)
    }

    @Test func `what never leaves this clone has no reflog to outlive it`() throws {
        try repository.move("refs/draft-local/x", to: try repository.commit("a"), from: nil)
        #expect(try sandbox.git("git reflog show refs/draft-local/x") == "")
    }

    @Test(arguments: ["refs/draft/board", "refs/draft/leases/y"])
    func `our shared references have a reflog`(name: String) throws {
        let (a, b) = (try repository.commit("a"), try repository.commit("b"))
        try repository.move(name, to: a, from: nil, reflog: "made")
        try repository.move(name, to: b, from: a, reflog: "moved")
        let log = try sandbox.git("git reflog show --format='%H %gs %gn' \(name)")
        #expect(log == "\(b) moved git-draft\n\(a) made git-draft")
    }

    @Test(arguments: ["true", "false", "always"])
    func `the reflog names the committer, whatever git is set to`(setting: String) throws {
        try sandbox.git("git config core.logAllRefUpdates \(setting)")
        let mine = try sandbox.open(environment: [
            "GIT_COMMITTER_NAME": "Cy", "GIT_COMMITTER_EMAIL": "cy@example.com",
        ])
        let commit = try mine.commit("a")
        try mine.move("refs/draft/board", to: commit, from: nil, reflog: "one line")
        #expect(
            try sandbox.git("git reflog show --format='%gn <%ge> %gs' refs/draft/board")
                == "Cy <cy@example.com> one line")
    }

    @Test func `a reference is deleted only if it did not move`() throws {
        let (a, b) = (try repository.commit("a"), try repository.commit("b"))
        try repository.move("refs/draft-local/x", to: a, from: nil)
        expect(.modified) {
            try repository.delete("refs/draft-local/x", expecting: b)
        }
        try sandbox.git("git pack-refs --all")
        try repository.delete("refs/draft-local/x", expecting: a)
        #expect(try repository.target(of: "refs/draft-local/x") == nil)
        #expect(try sandbox.git("git for-each-ref") == "")
        expect(.modified) {
            try repository.delete("refs/draft-local/x", expecting: a)
        }
    }

    @Test(arguments: [
        "0000000000000000000000000000000000000000\n", "ref: refs/heads/main\n",
        "ref: refs/draft/board\n", "", "\u{0}\u{0}\u{0}", "garbage\n",
    ])
    func `a damaged reference is an error, not a value`(text: String) throws {
        try repository.move("refs/heads/main", to: try repository.commit("a"), from: nil)
        try sandbox.git("mkdir -p .git/refs/draft")
        try text.write(
            toFile: sandbox.path(".git/refs/draft/board"), atomically: true, encoding: .utf8)
        expect(.corrupt) { try repository.target(of: "refs/draft/board") }
    }

    @Test func `references are listed by prefix, loose and packed`() throws {
        let a = try repository.commit("a")
        for name in ["refs/draft/b", "refs/draft/a/x", "refs/drafty", "refs/heads/m"] {
            try repository.move(name, to: a, from: nil)
        }
        try sandbox.git("git pack-refs --all --prune")
        try repository.move("refs/draft/c", to: a, from: nil)
        let names = try repository.references(under: "refs/draft/").map(\.name)
        #expect(names == ["refs/draft/a/x", "refs/draft/b", "refs/draft/c"])
        #expect(try repository.branches() == [Reference(name: "m", id: a)])
        #expect(try repository.references(under: "refs/none/").isEmpty)
    }

    @Test func `an object that is missing is not pointed at`() throws {
        let missing = try #require(ObjectID(hex: String(repeating: "12", count: 20)))
        expect(.notFound) {
            try repository.move("refs/draft/board", to: missing, from: nil)
        }
        #expect(throws: GitError.self) {
            try repository.move("refs/draft/../x", to: try repository.commit("a"), from: nil)
        }
    }

    @Test func `HEAD is unborn, on a branch, or detached`() throws {
        #expect(try repository.headBranch() == "main")
        #expect(try repository.isHeadUnborn())
        #expect(try repository.headCommit() == nil)
        try sandbox.git("git commit -q --allow-empty -m x")
        let head = try sandbox.git("git rev-parse HEAD")
        #expect(try repository.headCommit()?.description == head)
        try sandbox.git("git checkout -q --detach")
        #expect(try repository.headBranch() == nil)
        #expect(try repository.headCommit()?.description == head)
    }
}

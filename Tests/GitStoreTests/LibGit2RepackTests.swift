import Foundation
import GitStore
import TestSupport
import Testing

@Suite struct LibGit2RepackTests {
    @Test func `objects are found after their pack was replaced`() throws {
        let sandbox = try Sandbox()
        let repository = try Repository(containing: sandbox.workTree.path)
        let texts = (0..<50).map { "blob \($0)\n" }
        let ids = try texts.map { try repository.write(blob: Array($0.utf8)) }
        let tree = try repository.updating(
            tree: nil, with: ids.enumerated().map { ("f\($0)", $1) })
        let person = Signature(name: "A", email: "a@example.com", seconds: 1)
        let commit = try repository.writeCommit(
            tree: tree, parents: [], author: person, committer: person, message: "c")
        try repository.move("refs/heads/x", to: commit, from: nil)
        try sandbox.git("repack", "-a", "-d", "-q")
        #expect(try repository.readBlob(ids[0]) == Array(texts[0].utf8))
        for _ in 0..<3 {
            // Another object, hence a pack of another name; the one that is open goes.
            let more = try repository.write(blob: Array("\(UUID())".utf8))
            let bigger = try repository.updating(tree: tree, with: [("more", more)])
            let next = try repository.writeCommit(
                tree: bigger, parents: [commit], author: person, committer: person, message: "n")
            let old = try #require(try repository.target(of: "refs/heads/x"))
            try repository.move("refs/heads/x", to: next, from: old)
            try sandbox.git("repack", "-a", "-d", "-q")
            for (id, text) in zip(ids, texts) {
                #expect(try repository.readBlob(id) == Array(text.utf8))
            }
            #expect(try repository.readBlob(more).count == 36)
        }
    }
}

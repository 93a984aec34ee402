import Foundation
import GitStore
import TestSupport
import Testing

@Suite struct LibGit2ObjectTests {
    private let sandbox: Sandbox
    private let repository: Repository

    init() throws {
        sandbox = try Sandbox()
        repository = try sandbox.open()
    }

    @Test(arguments: ["", "{}", "\u{0}binary\u{0}", String(repeating: "long ", count: 100_000)])
    func `a blob reads back as it was written, and git agrees`(text: String) throws {
        let id = try repository.write(blob: text.utf8)
        #expect(try repository.readBlob(id) == Array(text.utf8))
        #expect(repository.contains(id))
        #expect(try repository.kind(of: id) == .blob)
        #expect(try sandbox.git("git cat-file -s \(id)") == "\(text.utf8.count)")
    }

    @Test func `a packed blob reads back too, also when it was packed after we opened`() throws {
        let text = String(repeating: "abc", count: 1_000)
        let id = try repository.write(blob: text.utf8)
        try repository.move("refs/draft/x", to: id, from: nil)
        try sandbox.git("git repack -a -d -q && git prune-packed")
        #expect(try sandbox.run("test -e \(sandbox.loose(id))").status != 0)
        #expect(try repository.readBlob(id) == Array(text.utf8))
        #expect(repository.contains(id))
        expect(.tooLarge) { try repository.readBlob(id, limit: 2_999) }
    }

    @Test func `a blob larger than the limit is not read`() throws {
        let id = try repository.write(blob: "12345".utf8)
        #expect(try repository.readBlob(id, limit: 5).count == 5)
        let error = #expect(throws: GitError.self) { try repository.readBlob(id, limit: 4) }
        #expect(error?.code == .tooLarge)
        #expect(error?.description == "object \(id) has 5 bytes, more than 4")
    }

    @Test func `what is missing or of another kind is said`() throws {
        let blob = try repository.write(blob: "x".utf8)
        let missing = try #require(ObjectID(hex: String(repeating: "ab", count: 20)))
        let absent = #expect(throws: GitError.self) { try repository.readBlob(missing) }
        #expect(absent?.description == "cannot read blob '\(missing)': object not found")
        expect(.corrupt) { try repository.readCommit(blob) }
        expect(.corrupt) { try repository.tree(blob) }
        #expect(!repository.contains(missing))
        #expect(try repository.kind(of: missing) == nil)
    }

    @Test func `names compare by bytes and read only forty digits`() throws {
        let low = try #require(ObjectID(hex: "00" + String(repeating: "ff", count: 19)))
        let high = try #require(ObjectID(hex: "80" + String(repeating: "00", count: 19)))
        #expect(low < high)
        #expect(ObjectID(bytes: high.bytes) == high)
        #expect(ObjectID(hex: high.description) == high)
        for (digit, count) in [("0", 0), ("a", 2), ("0", 39), ("0", 41), ("g", 40), ("é", 20)] {
            #expect(ObjectID(hex: String(repeating: digit, count: count)) == nil)
        }
        #expect(try sandbox.git("git hash-object -t tree /dev/null") == "\(ObjectID.emptyTree)")
    }

    @Test(arguments: ["blob", "tree", "commit"], ["empty", "one", "half", "less one"])
    func `a truncated object is an error, not a hang`(kind: String, cut: String) throws {
        let filler = (0..<4_000).map { "\($0 &* 7_919)" }.joined(separator: " ")
        let blob = try repository.write(blob: filler.utf8)
        let tree = try repository.write(
            tree: (0..<200).map { TreeEntry(name: "\($0)", id: blob) })
        let commit = try repository.writeCommit(
            tree: tree, parents: [], author: ann, committer: ann, message: filler)
        let id = ["blob": blob, "tree": tree, "commit": commit][kind] ?? .zero
        let file = URL(filePath: sandbox.loose(id))
        let whole = try Data(contentsOf: file)
        let lengths = ["empty": 0, "one": 1, "half": whole.count / 2, "less one": whole.count - 1]
        try sandbox.git("chmod u+w \(file.path)")
        try whole.prefix(lengths[cut] ?? 0).write(to: file)
        let error = #expect(throws: GitError.self) {
            switch kind {
            case "blob": _ = try repository.readBlob(id)
            case "tree": _ = try repository.tree(id)
            default: _ = try repository.readCommit(id)
            }
        }
        #expect(error?.description == "object \(id) is truncated")
        #expect(error?.code == .truncated)
        expect(.truncated) {
            try repository.move("refs/draft/x", to: id, from: nil)
        }
        if kind == "tree" {
            expect(.truncated) {
                try repository.updating(tree: id, with: [TreeChange("new", blob)])
            }
        }
    }

    @Test func `a damaged object is replaced when the same is written again`() throws {
        let id = try repository.write(blob: "contents".utf8)
        let path = sandbox.loose(id)
        try sandbox.git("chmod u+w \(path) && : > \(path)")
        #expect(try repository.write(blob: "contents".utf8) == id)
        #expect(try sandbox.git("git cat-file blob \(id)") == "contents")
    }

    @Test func `a truncated file beside a good pack does no harm`() throws {
        let id = try repository.write(blob: "contents".utf8)
        try repository.move("refs/draft/x", to: id, from: nil)
        try sandbox.git("git repack -a -d -q")
        let path = sandbox.loose(id)
        try sandbox.git("mkdir -p $(dirname \(path)) && : > \(path)")
        #expect(try repository.readBlob(id) == Array("contents".utf8))
    }

    @Test func `a lying header, rubbish and foreign contents are errors`() throws {
        let id = try repository.write(blob: "contents".utf8)
        let path = sandbox.loose(id)
        let deflate = "perl -MCompress::Zlib -e 'undef $/; print compress(<STDIN>)'"
        try sandbox.git("rm -f \(path); printf 'blob 8\\0contents' | \(deflate) > \(path)")
        #expect(try repository.readBlob(id) == Array("contents".utf8))
        for header in ["blob 3", "blob 9", "blob 99999999999999", "blob -1", "bulb 8", "blob"] {
            try sandbox.git("printf '\(header)\\0contents' | \(deflate) > \(path)")
            #expect(throws: GitError.self, "\(header)") { try repository.readBlob(id) }
        }
        try Data("this is not zlib at all".utf8).write(to: URL(filePath: path))
        expect(.corrupt) { try repository.readBlob(id) }
        let other = try repository.write(blob: "other".utf8)
        try sandbox.git("cp -f \(sandbox.loose(other)) \(path)")
        expect(.corrupt) { try repository.readBlob(id) }
    }

    @Test func `objects of an alternate are found`() throws {
        let id = try repository.write(blob: "shared".utf8)
        try sandbox.git("git clone -q --shared . ../clone 2>&1")
        let clone = try sandbox.open("../clone")
        #expect(try clone.readBlob(id) == Array("shared".utf8))
    }

    @Test func `objects that are being pushed are seen by a hook`() throws {
        try sandbox.git("mkdir -p ../incoming/pack")
        let id = try sandbox.git(
            "echo quarantined | GIT_OBJECT_DIRECTORY=$PWD/../incoming git hash-object -w --stdin")
        let name = try #require(ObjectID(hex: id))
        #expect(!repository.contains(name))
        let hook = try sandbox.open(environment: [
            "GIT_OBJECT_DIRECTORY": sandbox.path("../incoming"),
            "GIT_ALTERNATE_OBJECT_DIRECTORIES": sandbox.path(".git/objects"),
        ])
        #expect(try hook.readBlob(name) == Array("quarantined\n".utf8))
    }
}

import Foundation
import Model
import TestSupport
import Testing

/// Repositories and settings of every shape, each with a whole job in bubblewrap.
@Suite struct SandboxPlaceTests {
    private static let agent = "git log --format=log:%s -1; git add -A; echo good >f; id -u"

    private func bench() throws -> SandboxBench { try SandboxBench(Self.agent) }

    /// Makes a ticket somewhere, runs it, and expects a revision.
    private func run(
        _ sandbox: Sandbox, in directory: URL, _ options: String = "",
        sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
        let made = try sandbox.draft("ticket new 'Do it' --quiet", in: directory)
        let ticket = made.stdout.trimmingCharacters(in: .newlines)
        try sandbox.draft(
            "run \(ticket) --allow-red-base test \(options)", in: directory,
            sourceLocation: sourceLocation)
        let log = try sandbox.draft("logs \(ticket)", in: directory).stdout
        #expect(log.contains("log:"), sourceLocation: sourceLocation)
        #expect(log.contains("\n1001\n"), sourceLocation: sourceLocation)
    }

    @Test func `a linked work tree`() throws {
        let bench = try bench()
        try bench.sandbox.git("worktree", "add", "-q", "-b", "other", "../linked one")
        try run(bench.sandbox, in: bench.sandbox.root.appending(path: "linked one"))
    }

    @Test func `a bare repository`() throws {
        let bench = try bench()
        try bench.sandbox.git("clone", "-q", "--bare", ".", "../bare.git")
        let bare = bench.sandbox.root.appending(path: "bare.git")
        try bench.sandbox.git("config", "draft.sandbox", "bwrap", in: bare)
        try bench.sandbox.draft("init", in: bare)
        try bench.sandbox.draft("trust --yes", in: bare)
        try run(bench.sandbox, in: bare)
    }

    @Test(arguments: [
        "a b", "it's", "q\"$HOME`x`", "ünï\u{301} 字", "-dash", "semi;colon&", "back\\slash",
    ])
    func `a path with odd characters`(name: String) throws {
        let bench = try bench()
        let place = bench.sandbox.root.appending(path: name)
        try bench.sandbox.git("clone", "-q", "--", bench.sandbox.workTree.path, place.path)
        try bench.sandbox.git("config", "draft.sandbox", "bwrap", in: place)
        try bench.sandbox.git("remote", "remove", "origin", in: place)
        try bench.sandbox.draft("init", in: place)
        try bench.sandbox.draft("trust --yes", in: place)
        try run(bench.sandbox, in: place)
    }

    @Test func `work trees that are elsewhere, behind a link`() throws {
        let bench = try bench()
        let real = bench.sandbox.root.appending(path: "real place")
        try FileManager.default.createDirectory(at: real, withIntermediateDirectories: true)
        let link = bench.sandbox.root.appending(path: "link")
        try FileManager.default.createSymbolicLink(at: link, withDestinationURL: real)
        try bench.sandbox.git("config", "draft.worktreeRoot", link.path + "/trees")
        try run(bench.sandbox, in: bench.sandbox.workTree)
        #expect(FileManager.default.fileExists(atPath: real.path + "/trees"))
    }

    @Test func `objects that come from another repository`() throws {
        let bench = try bench()
        let copy = bench.sandbox.root.appending(path: "copy")
        try bench.sandbox.git("clone", "-q", "--shared", ".", copy.path)
        try bench.sandbox.git("config", "draft.sandbox", "bwrap", in: copy)
        try bench.sandbox.git("remote", "remove", "origin", in: copy)
        try bench.sandbox.draft("init", in: copy)
        try bench.sandbox.draft("trust --yes", in: copy)
        try run(bench.sandbox, in: copy)
    }

    @Test func `a PATH with all that one can hold`() throws {
        let bench = try bench()
        let root = bench.sandbox.root.path
        for folder in ["home/.local/bin", "kit/bin", "kit/lib"] {
            try FileManager.default.createDirectory(
                atPath: "\(root)/\(folder)", withIntermediateDirectories: true)
        }
        try Data("key".utf8).write(to: URL(filePath: "\(root)/home/.netrc"))
        try Data("text".utf8).write(to: URL(filePath: "\(root)/kit/lib/data"))
        try Data("#!/bin/sh\ncat $(dirname $0)/../lib/data\n".utf8)
            .write(to: URL(filePath: "\(root)/kit/bin/tool"))
        try FileManager.default.setAttributes(
            [.posixPermissions: 0o755], ofItemAtPath: "\(root)/kit/bin/tool")
        try bench.sandbox.write(
            "agent",
            """
            #!/bin/sh
            tool; [ -e \(root)/home/.netrc ] && echo 'there is a key'; id -u; echo log:
            echo good >f

            """, executable: true)
        try bench.sandbox.git("commit", "-q", "-a", "-m", "use a tool")
        let path = "\(root)/kit/bin:/no/such:relative::\(root)/home:\(root)/home/.local/bin"
        let ticket = try bench.sandbox.id("ticket new 'Do it'")
        try bench.sandbox.run(
            "PATH=\"$PATH:\(path)\" git draft run \(ticket) --allow-red-base test")
        let log = try bench.sandbox.draft("logs \(ticket)").stdout
        #expect(log.contains("text"))
        #expect(!log.contains("there is a key"))
    }

    @Test func `what a policy opens can be written, and is refused where it must not be`() throws {
        let cache = FileManager.default.temporaryDirectory
            .appending(path: "cache-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: cache, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: cache) }
        let bench = try SandboxBench(
            "echo kept >\(cache.path)/x; echo good >f",
            policy: "sandbox: {writable: ['\(cache.path)']}")
        _ = try bench.run()
        #expect(FileManager.default.fileExists(atPath: cache.path + "/x"))
        let other = try SandboxBench(
            "echo good >f", policy: "sandbox: {writable: ['/usr']}")
        let (_, log) = try other.run(expecting: 128)
        #expect(log.contains("cannot open '/usr' of 'sandbox.writable': it is the system's"))
    }

    @Test func `a submission and a landing are judged in a cell, too`() throws {
        let bench = try SandboxBench("echo good >f", check: "id -u >&2; [ $(id -u) = 1001 ]")
        let (ticket, _) = try bench.run("")
        try bench.sandbox.draft("review --approve \(ticket)")
        try bench.sandbox.draft("land \(ticket)")
        let mine = try bench.sandbox.id("ticket new 'By hand'")
        try bench.sandbox.draft("take \(mine)")
        let place = bench.sandbox.workTree.path + "/.draft/worktrees/take-\(mine)"
        try Data("mine\n".utf8).write(to: URL(filePath: place + "/g"))
        try bench.sandbox.draft("submit \(mine)")
        let jobs = try bench.sandbox.json("job list")["jobs"]?.array ?? []
        #expect(!jobs.isEmpty && jobs.allSatisfy { $0["sandbox"] == "bwrap" })
    }
}

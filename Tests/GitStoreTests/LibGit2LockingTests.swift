import Foundation
import GitStore
import TestSupport
import Testing

@Suite struct LibGit2LockingTests {
    private let sandbox: Sandbox
    private let repository: Repository

    init() throws {
        sandbox = try Sandbox()
        repository = try sandbox.open()
    }

    // MARK: - The kernel lock

    /// What a child of another test may take to execute its program; until then it has the lock.
    private static let otherTests = Duration.seconds(300)

    @Test func `one holds the lock, others wait or are told`() throws {
        let path = sandbox.path(".git/draft-lock")
        do {
            let lock = try FileLock(path)
            let second = try FileLock.tryLock(path)
            if second != nil { Issue.record("two hold one lock") }
            let error = #expect(throws: GitError.self) {
                _ = try FileLock(path, waiting: .milliseconds(20))
            }
            #expect(error?.code == .locked)
            #expect(error?.description == "another git-draft is writing; try again")
            #expect(try sandbox.run("flock -n \(path) true").status == 1)
            _ = consume lock
        }
        #expect(try sandbox.run("flock -w 300 \(path) true").status == 0)
    }

    @Test func `readers share, a writer does not`() throws {
        let path = sandbox.path(".git/draft-lock")
        let one = try FileLock(path, .shared)
        let two = try FileLock(path, .shared, waiting: .zero)
        expect(.locked) { _ = try FileLock(path, waiting: .zero) }
        _ = consume one
        _ = consume two
        _ = try FileLock(path, waiting: Self.otherTests)
    }

    @Test func `a child does not inherit the lock`() throws {
        let path = sandbox.path(".git/draft-lock")
        let lock = try FileLock(path)
        let child = Process()
        child.executableURL = URL(filePath: "/bin/sleep")
        child.arguments = ["1000"]
        try child.run()
        defer { kill(child.processIdentifier, SIGKILL) }
        _ = consume lock
        #expect(throws: Never.self) { _ = try FileLock(path, waiting: Self.otherTests) }
    }

    @Test func `a killed holder gives the lock back`() throws {
        let path = sandbox.path(".git/draft-lock")
        try sandbox.git("flock \(path) sh -c 'kill -9 $PPID' || true")
        #expect(throws: Never.self) { _ = try FileLock(path, waiting: Self.otherTests) }
    }

    @Test func `the lock excludes, also while its file is replaced`() async throws {
        let path = sandbox.path(".git/draft-lock")
        let counter = sandbox.path("counter")
        try "0".write(toFile: counter, atomically: true, encoding: .utf8)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<8 {
                group.addTask {
                    for _ in 0..<20 {
                        let lock = try FileLock(path, waiting: .seconds(600))
                        let value = try Int(String(contentsOfFile: counter, encoding: .utf8)) ?? 0
                        try "\(value + 1)".write(toFile: counter, atomically: true, encoding: .utf8)
                        // Only a holder may do this without breaking the exclusion.
                        if value % 10 == 0 { try? FileManager.default.removeItem(atPath: path) }
                        _ = consume lock
                    }
                }
            }
            try await group.waitForAll()
        }
        #expect(try String(contentsOfFile: counter, encoding: .utf8) == "160")
    }

    @Test func `a lock that cannot be made is an error, not a wait`() throws {
        expect(.system) { _ = try FileLock(sandbox.path("absent/lock")) }
        try sandbox.git("ln -s /etc/passwd link")
        expect(.system) { _ = try FileLock(sandbox.path("link")) }
    }

    // MARK: - A lock file that was left behind

    @Test func `a lock file that nobody holds is removed`() throws {
        let a = try repository.commit("a")
        try repository.move("refs/draft/board", to: a, from: nil)
        try sandbox.git("touch .git/refs/draft/board.lock")
        let b = try repository.commit("b", on: [a])
        try repository.move("refs/draft/board", to: b, from: a)
        #expect(try repository.target(of: "refs/draft/board") == b)
        #expect(try !repository.recoverStaleLock(ref: "refs/draft/board"))
        // What is not ours is for git to say.
        try repository.move("refs/heads/x", to: a, from: nil)
        try sandbox.git("touch .git/refs/heads/x.lock")
        expect(.locked) { try repository.move("refs/heads/x", to: b, from: a) }
        try sandbox.git("rm .git/refs/heads/x.lock")
    }

    @Test func `a lock file that a live process has open stays, however old it is`() throws {
        try sandbox.git(
            "mkdir -p .git/refs/draft && touch -d 2001-01-01 .git/refs/draft/board.lock")
        let holder = Process()
        holder.executableURL = URL(filePath: "/bin/sleep")
        holder.arguments = ["1000"]
        let path = sandbox.path(".git/refs/draft/board.lock")
        holder.standardInput = FileHandle(forReadingAtPath: path)
        try holder.run()
        holder.standardInput = nil
        defer { kill(holder.processIdentifier, SIGKILL) }
        #expect(try !repository.recoverStaleLock(ref: "refs/draft/board"))
        kill(holder.processIdentifier, SIGKILL)
        holder.waitUntilExit()
        #expect(FileManager.default.fileExists(atPath: path))
        try sandbox.git("rm \(path)")
    }

    // MARK: - Garbage collection

    @Test func `a collection that runs is waited for, one that is gone is not`() throws {
        let host = try sandbox.git("hostname")
        let live = ProcessInfo.processInfo.processIdentifier
        try sandbox.git("echo '\(live) \(host)' > .git/gc.pid")
        let error = #expect(throws: GitError.self) {
            try repository.awaitGarbageCollection(waiting: .milliseconds(20))
        }
        #expect(error?.code == .locked)
        #expect(error?.description.contains("process \(live)") == true)
        for text in ["999999999 \(host)", "\(live) another-host", "", "x y", "-1 \(host)"] {
            try sandbox.git("echo '\(text)' > .git/gc.pid")
            #expect(throws: Never.self) {
                try repository.awaitGarbageCollection(waiting: .milliseconds(20))
            }
        }
    }

    @Test func `what a collection took away is written again`() throws {
        let journal = WriteJournal()
        let commit = try repository.commit("kept", journal: journal)
        #expect(journal.count == 4)
        #expect(try repository.acknowledge(journal) == 0)
        try sandbox.git("git prune --expire=now")
        #expect(!repository.contains(commit))
        #expect(try repository.acknowledge(journal) == 4)
        try repository.move("refs/draft/board", to: commit, from: nil)
        try sandbox.git("git repack -a -d -q")
        #expect(try repository.readCommit(commit).message == "kept\n")
        #expect(try repository.acknowledge(journal) == 0)
        try sandbox.git("git update-ref -d refs/draft/board && git repack -a -d -q")
        try sandbox.git("git prune --expire=now; rm -f .git/objects/pack/*")
        #expect(try repository.acknowledge(journal) == 4)
        try sandbox.git("git cat-file -e '\(commit)^{tree}' && git fsck --strict --no-dangling")
    }

    @Test func `a writer beside git gc --prune=now loses nothing`() throws {
        let collector = Process()
        collector.executableURL = URL(filePath: "/bin/sh")
        collector.arguments = [
            "-c",
            "while kill -0 $PPID && ! test -e stop; "
                + "do git gc --quiet --prune=now && echo x >> rounds; done",
        ]
        collector.currentDirectoryURL = sandbox.workTree
        try collector.run()
        var acknowledged: [ObjectID] = []
        var tip: ObjectID?
        // Counted from here: a limit of the test would count the time until it gets its turn.
        let end = ContinuousClock.now + .seconds(900)
        let writing = Result {
            while acknowledged.count < 25 || rounds() < 3 {
                try #require(ContinuousClock.now < end, "the writer does not get on")
                let journal = WriteJournal()
                try repository.awaitGarbageCollection()
                do {
                    let blob = try repository.write(
                        blob: "record \(acknowledged.count)".utf8, journal: journal)
                    let base = try tip.map { try repository.readCommit($0).tree }
                    let tree = try repository.updating(
                        tree: base, with: [TreeChange("r/\(acknowledged.count)", blob)],
                        journal: journal)
                    let next = try repository.writeCommit(
                        tree: tree, parents: tip.map { [$0] } ?? [], author: ann, committer: ann,
                        message: "\(acknowledged.count)", journal: journal)
                    try repository.move("refs/draft/board", to: next, from: tip)
                    try repository.acknowledge(journal)
                    tip = next
                    acknowledged.append(next)
                } catch GitError.Code.notFound, GitError.Code.locked {
                    // Taken away before the reference moved: nothing was promised yet.
                }
            }
        }
        try sandbox.git("touch stop")
        collector.waitUntilExit()
        try writing.get()
        let count = "\(acknowledged.count)"
        try sandbox.git("git fsck --strict --no-dangling --connectivity-only")
        #expect(try sandbox.git("git rev-list --count refs/draft/board") == count)
        #expect(try sandbox.git("git ls-tree --name-only refs/draft/board:r | wc -l") == count)
    }

    /// How often the collector in the background went through.
    private func rounds() -> Int {
        let data = try? Data(contentsOf: URL(filePath: sandbox.path("rounds")))
        return (data?.count ?? 0) / 2
    }

    // MARK: - Files of our own

    @Test func `of files half written only those go whose writer is gone`() throws {
        let folder = sandbox.path(".git/draft")
        try sandbox.run("mkdir -p \(folder); cd \(folder); touch dead.1.new kept.new.1")
        // Its locks are its own: no child of another test can hold them as well.
        let path = "\(folder)/busy.2.new"
        let writer = Process()
        writer.executableURL = URL(filePath: "/usr/bin/flock")
        writer.arguments = ["--no-fork", path, "sh", "-c", "echo; exec sleep 1000"]
        let output = Foundation.Pipe()
        writer.standardOutput = output
        try writer.run()
        defer {
            kill(writer.processIdentifier, SIGKILL)
            writer.waitUntilExit()
        }
        #expect(output.fileHandleForReading.availableData == Data("\n".utf8))
        try repository.replaceFile("\(folder)/file", with: "old\n")
        try repository.replaceFile("\(folder)/file", with: "new\n")
        repository.removeUnfinishedFiles(in: folder)
        let left = try sandbox.run("ls \(folder)").stdout
        #expect(left == "busy.2.new\nfile\nkept.new.1\n")
        #expect(try repository.readSmallFile("\(folder)/file") == "new\n")
        #expect(try repository.readSmallFile("\(folder)/other") == nil)
        #expect(try repository.readSmallFile("\(folder)/file/other") == nil)
        // What is there and cannot be read is not taken for nothing.
        #expect(throws: GitError.self) { try repository.readSmallFile(folder) }
        #expect(throws: GitError.self) {
            try repository.readSmallFile("\(folder)/file", limit: 3)
        }
        #expect(try repository.readSmallFile("\(folder)/file", limit: 4) == "new\n")
    }

    // MARK: - Durability

    @Test func `what is written durably is written, and the switch goes back`() throws {
        let id = try repository.durably { () throws(GitError) in
            try repository.write(blob: "durable".utf8)
        }
        #expect(try repository.readBlob(id) == Array("durable".utf8))
        let plain = try repository.durably(false) { () throws(GitError) in
            try repository.write(blob: "plain".utf8)
        }
        #expect(repository.contains(plain))
    }
}

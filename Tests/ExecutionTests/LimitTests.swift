import Execution
import Foundation
import TestSupport
import Testing

/// Programs that use more than they may; every one would end by itself, well below what hurts.
///
/// One after another: what others give back of the machine hides what is sent meanwhile.
@Suite(.serialized) struct LimitTests {
    let bench: CellBench
    let leash: Leash

    init() throws {
        bench = try CellBench()
        leash = try Leash(in: bench.sandbox)
    }

    /// Who holds a limit: the supervisor alone, or with the kernel; and where it is held.
    enum Holder: String, CaseIterable, CustomTestStringConvertible {
        case watch, kernel, bwrap

        var testDescription: String { rawValue }
    }

    /// Runs a script as a job does, in a process of its own, and expects which limit ends it.
    ///
    /// Whatever held the leash must be gone afterwards.
    private func expect(
        _ kind: LimitBreach.Kind?, _ amount: Int64, _ holder: Holder, _ script: String,
        _ location: SourceLocation = #_sourceLocation
    ) async throws {
        let command = bench.arguments(
            [], ["sh", "-c", "exec 3>'\(leash.path)'\n\(script)"],
            in: holder == .bwrap ? .bwrap : .plain)
        let root = bench.sandbox.root
        let usesGroups = holder == .kernel
        let word = kind?.rawValue
        await #expect(processExitsWith: .success, sourceLocation: location) {
            [
                command = command as [String], root = root as String,
                usesGroups = usesGroups as Bool, word = word as String?, amount = amount as Int64
            ] in
            let kind = word.flatMap { LimitBreach.Kind(rawValue: $0) }
            let outcome = try bounded(command, root, kind, amount, usesGroups)
            if let kind {
                guard case .limit(let breach) = outcome.cause else {
                    Issue.record("it ended otherwise: \(outcome)")
                    return
                }
                #expect(breach.kind == kind)
                #expect(breach.allowed == amount)
            } else {
                #expect(outcome.isSuccess, "\(outcome)")
            }
        }
        #expect(leash.waitForRelease() == "", sourceLocation: location)
    }

    // MARK: - Memory

    private static let hog = """
        python3 -c 'import time
        b = [bytes([1]) * 2**20 for _ in range(400)]
        time.sleep(300)'
        """

    @Test(arguments: Holder.allCases)
    func `a program that takes too much memory is ended`(_ holder: Holder) async throws {
        try await expect(.memory, 96 << 20, holder, Self.hog)
    }

    @Test(arguments: Holder.allCases)
    func `many that take too much together are ended`(_ holder: Holder) async throws {
        let part = "python3 -c 'import time; b = bytes([1]) * (40 << 20); time.sleep(300)'"
        try await expect(
            .memory, 128 << 20, holder, "for n in 1 2 3 4 5 6; do \(part) & done; wait")
    }

    @Test(arguments: [Holder.watch, .bwrap])
    func `what processes share is counted once`(_ holder: Holder) async throws {
        try await expect(
            nil, 200 << 20, holder,
            """
            python3 -c 'import os, time
            b = bytes([1]) * (80 << 20)
            for _ in range(5):
                if os.fork() == 0: time.sleep(1); os._exit(0)
            for _ in range(5): os.wait()'
            """)
    }

    @Test(arguments: Holder.allCases)
    func `files that are memory count`(_ holder: Holder) async throws {
        try await expect(
            .memory, 96 << 20, holder,
            """
            python3 -c 'import os, time
            f = os.memfd_create("hog")
            for _ in range(300): os.write(f, bytes([1]) * 2**20)
            time.sleep(300)'
            """)
    }

    @Test func `file systems that are memory count`() async throws {
        try await expect(
            .memory, 96 << 20, .bwrap, "head -c 300000000 /dev/zero >/dev/shm/hog; sleep 300")
    }

    @Test(arguments: [Holder.watch, .bwrap])
    func `files in memory count while they are sent`(_ holder: Holder) async throws {
        try await expect(
            .memory, 64 << 20, holder,
            """
            python3 -c 'import os, socket, time
            a, b = socket.socketpair()
            for _ in range(40):
                f = os.memfd_create("hog")
                os.write(f, bytes([1]) * (8 << 20))
                socket.send_fds(a, [b"x"], [f])
                os.close(f)
                time.sleep(0.1)
            time.sleep(300)'
            """)
    }

    @Test(arguments: [Holder.watch, .bwrap])
    func `memory that is shared counts whoever filled it`(_ holder: Holder) async throws {
        try await expect(
            .memory, 64 << 20, holder,
            """
            python3 -c 'import mmap, os, time
            m = mmap.mmap(-1, 120 << 20)
            if os.fork() == 0:
                for n in range(120): m.write(bytes([1]) * 2**20)
                os._exit(0)
            os.wait()
            time.sleep(300)'
            """)
    }

    @Test func `files without a name count in a file system that others see`() async throws {
        try await expect(
            .memory, 64 << 20, .watch,
            """
            python3 -c 'import os, time
            name = "/dev/shm/git-draft-test-%d" % os.getpid()
            f = os.open(name, os.O_CREAT | os.O_RDWR, 0o600)
            os.unlink(name)
            for _ in range(100): os.write(f, bytes([1]) * 2**20)
            time.sleep(300)'
            """)
    }

    @Test func `files in memory count whatever others do with theirs`() async throws {
        let root = bench.sandbox.root
        await #expect(processExitsWith: .success) { [root = root as String] in
            let others = try memoryFile(128 << 20)
            let script = """
                import os, time
                print("begun", flush=True)
                f = os.memfd_create("hog")
                for _ in range(100): os.write(f, bytes([1]) * 2**20)
                time.sleep(300)
                """
            let outcome = try bounded(["python3", "-c", script], root, .memory, 64 << 20, false) {
                _, _ in try? others.close()
            }
            guard case .limit(let breach) = outcome.cause else {
                Issue.record("it ended otherwise: \(outcome)")
                return
            }
            #expect(breach.kind == .memory)
        }
    }

    @Test(arguments: [Holder.watch, .bwrap])
    func `a program without its first thread is ended`(_ holder: Holder) async throws {
        try await expect(
            .memory, 64 << 20, holder,
            """
            python3 -c 'import ctypes, os, threading, time
            def work():
                b = [bytes([1]) * 2**20 for _ in range(150)]
                time.sleep(300)
                os._exit(0)
            threading.Thread(target=work).start()
            ctypes.CDLL(None).pthread_exit(None)'
            """)
    }

    // MARK: - Processes

    @Test(arguments: Holder.allCases)
    func `a fork bomb is ended`(_ holder: Holder) async throws {
        // Each forks twice, seven generations deep: 255 at most.
        let bomb = """
            python3 -c 'import os, time
            for n in range(7):
                os.fork()
            time.sleep(300)'
            """
        try await expect(.processes, 40, holder, bomb)
    }

    @Test(arguments: Holder.allCases)
    func `threads count as processes do`(_ holder: Holder) async throws {
        let threads = """
            python3 -c 'import threading, time
            for n in range(90):
                threading.Thread(target=time.sleep, args=(300,)).start()'
            """
        try await expect(.processes, 40, holder, threads)
    }

    // MARK: - Processor

    @Test(arguments: [Holder.watch, .bwrap])
    func `the time of all processes counts`(_ holder: Holder) async throws {
        try await expect(
            .cpuSeconds, 2, holder, "for n in 1 2 3; do (while :; do :; done) & done; wait")
    }

    @Test(arguments: [Holder.watch, .bwrap])
    func `the time of many short processes counts`(_ holder: Holder) async throws {
        try await expect(
            .cpuSeconds, 2, holder, "while :; do python3 -c 'sum(range(3000000))'; done")
    }

    // MARK: - Disk

    @Test(arguments: [Holder.watch, .bwrap])
    func `many small files fill no disk`(_ holder: Holder) async throws {
        try await expect(
            .disk, 16 << 20, holder,
            "mkdir -p a/b && cd a/b && head -c 60000000 /dev/zero | split -a 5 -b 5000; sleep 300")
    }

    @Test(arguments: [Holder.watch, .bwrap])
    func `one large file fills no disk`(_ holder: Holder) async throws {
        try await expect(
            .disk, 32 << 20, holder, "head -c 200000000 /dev/zero >big; sleep 300")
    }

    @Test func `a file without a name fills no disk`() async throws {
        try await expect(
            .disk, 32 << 20, .watch,
            "exec 4>big; rm big; head -c 200000000 /dev/zero >&4; sleep 300")
    }

    /// Writes files without a name, 160 MiB together; how each is kept is left open.
    private static func unnamed(_ keep: String) -> String {
        """
            for n in range(20):
                f = os.open("big", os.O_CREAT | os.O_RDWR, 0o600)
                os.unlink("big")
                os.write(f, bytes([1]) * (8 << 20))
                \(keep)
                time.sleep(0.1)
            time.sleep(300)
        """
    }

    @Test(arguments: [Holder.watch, .bwrap])
    func `files without a name fill no disk while they are sent`(_ holder: Holder) async throws {
        try await expect(
            .disk, 32 << 20, holder,
            """
            python3 -c 'import os, socket, time
            a, b = socket.socketpair()
            if True:
            \(Self.unnamed(#"socket.send_fds(a, [b"x"], [f]); os.close(f)"#))'
            """)
    }

    @Test(arguments: [Holder.watch, .bwrap])
    func `files without a name fill no disk while they are mapped`(_ holder: Holder) async throws {
        let map = "libc.mmap(None, ctypes.c_size_t(8 << 20), 1, 1, f, ctypes.c_long(0))"
        try await expect(
            .disk, 32 << 20, holder,
            """
            python3 -c 'import ctypes, os, time
            libc = ctypes.CDLL(None)
            if True:
            \(Self.unnamed("\(map); os.close(f)"))'
            """)
    }

    @Test(arguments: [Holder.watch, .bwrap])
    func `files that only one thread has open fill no disk`(_ holder: Holder) async throws {
        try await expect(
            .disk, 32 << 20, holder,
            """
            python3 -c 'import ctypes, os, threading, time
            def work():
                if ctypes.CDLL(None).unshare(0x400) != 0: os._exit(1)
            \(Self.unnamed(""))
            t = threading.Thread(target=work)
            t.start()
            t.join()'
            """)
    }

    @Test func `a file far down fills no disk`() async throws {
        try await expect(
            .disk, 32 << 20, .watch,
            """
            python3 -c 'import os, time
            for _ in range(60):
                os.mkdir("n" * 200)
                os.chdir("n" * 200)
            with open("big", "wb") as f: f.write(bytes(100 << 20))
            time.sleep(300)'
            """)
        // Too long a path for the removal of the test's folder.
        _ = try bench.sandbox.run(
            bench.sandbox.command("rm", "-rf", String(repeating: "n", count: 200)))
    }

    @Test func `what was there before does not count`() async throws {
        _ = try bench.sandbox.run(bench.sandbox.command("fallocate", "-l", "3G", "old"))
        _ = try bench.sandbox.run(bench.sandbox.command("mkdir", "folder"))
        let root = bench.sandbox.root
        await #expect(processExitsWith: .success) { [root = root as String] in
            let script = """
                [ -e old ] || mv folder/old .
                chmod 600 old; echo >>old; mv old folder; ln -sf / all; sleep 2
                """
            let most: Int64 = 2 << 30
            // As much that others take of the machine meanwhile cannot be told from it.
            for _ in 1...3 {
                let before = freeBytes(root)
                let outcome = try bounded(["sh", "-c", script], root, nil, most, false)
                if outcome.isSuccess { return }
                guard before - freeBytes(root) < most else { continue }
                let facts = "date +%s.%N; stat -c '%n %b %W %Z' old folder/old; stat -f ."
                var text: [UInt8] = []
                _ = try bounded(["sh", "-c", facts], root, .memory, most, false) { text += $1 }
                Issue.record("\(outcome)\n\(String(decoding: text, as: UTF8.self))")
                return
            }
            Issue.record("others take more of the machine than it holds")
        }
    }

    // MARK: - Ends

    @Test func `what hides from the supervisor is ended with the rest`() async throws {
        try await expect(
            .memory, 96 << 20, .watch,
            "(setsid sh -c 'trap \"\" TERM HUP; \(Self.hog.replacing("'", with: "'\\''"))' &)\nsleep 300"
        )
    }

    @Test func `who ignores a stop is ended for a limit`() async throws {
        try await expect(.cpuSeconds, 1, .watch, "trap '' TERM INT HUP; while :; do :; done")
    }

    @Test func `a command within its limits is left alone`() async throws {
        for holder in Holder.allCases {
            try await expect(nil, 8 << 30, holder, "echo hello >f; cat f; sleep 1")
        }
    }

    @Test func `the limit of a file is named`() async throws {
        let command = [
            bench.program, "--limit", "file_size=65536", "--", "sh", "-c", "yes >f; exit $?",
        ]
        let root = bench.sandbox.root
        await #expect(processExitsWith: .success) {
            [command = command as [String], root = root as String] in
            let outcome = try bounded(command, root, .fileSize, 65536, false)
            #expect(outcome.cause == .limit(LimitBreach(.fileSize, allowed: 65536)))
        }
    }

    @Test func `a gigabyte of output is read, and little of it kept`() throws {
        let command = bench.sandbox.command("head", "-c", "1000000000", "/dev/zero")
        var kept = BoundedOutput(limit: 64 * 1024)
        var count = 0
        let outcome = try ChildProcess.run(command) { _, bytes in
            kept.append(bytes)
            count += bytes.count
        }
        #expect(outcome.isSuccess)
        #expect(count == 1_000_000_000)
        #expect(kept.text.utf8.count < 70 * 1024)
    }

    @Test(arguments: [
        (LimitBreach(.memory, allowed: 1 << 30, used: 1_288_490_189), "1.2 GiB, at most 1.0 GiB"),
        (LimitBreach(.disk, allowed: 1023, used: 1 << 40), "1.0 TiB, at most 1023 bytes"),
        (LimitBreach(.fileSize, allowed: .max), "at most 8388607.9 TiB"),
        (LimitBreach(.processes, allowed: 10, used: 11), "11, at most 10"),
        (LimitBreach(.cpuSeconds, allowed: 2, used: 3), "3 s, at most 2 s"),
    ])
    func `a breach says which limit and how much`(_ breach: LimitBreach, _ words: String) {
        #expect("\(breach)" == "limit of \(breach.kind.rawValue): \(words)")
    }
}

import Execution
import Foundation
import Testing

@Suite struct SupervisionRunTests {
    let sandbox: SupervisionSandbox

    init() throws { sandbox = try SupervisionSandbox() }

    @Test func `both streams and the exit status come back`() throws {
        let result = try sandbox.run(sandbox.shell("echo out; echo err >&2; exit 3"))
        #expect(result.outcome.end == .exited(3))
        #expect(result.outcome.cause == .itself)
        #expect(result.output == "out\n")
        #expect(result.errors == "err\n")
    }

    @Test func `a program that is still being written is waited for`() throws {
        try sandbox.write("#!/bin/sh\necho whole\n", to: "program", mode: 0o755)
        let path = "\(sandbox.root)/program"
        // The writer outlives the shell that started it by a moment, which may be long where
        // much else runs.
        for attempt in 1...20 {
            _ = try sandbox.run(
                sandbox.shell(
                    "sh -c 'exec 3>>program; echo >held; sleep 0.2' >/dev/null & "
                        + "until test -e held; do :; done; rm held"))
            do {
                #expect(try sandbox.run(sandbox.command(path)).output == "whole\n")
                break
            } catch {
                let isBusy = (error as? ExecutionError)?.code == .notExecutable
                guard isBusy, attempt < 20 else { throw error }
            }
        }
        let writer = try #require(FileHandle(forWritingAtPath: path))
        let error = #expect(throws: ExecutionError.self) {
            try sandbox.run(sandbox.command(path))
        }
        #expect(error?.code == .notExecutable)
        try writer.close()
    }

    @Test func `merged streams keep their order`() throws {
        var command = sandbox.shell("echo 1; echo 2 >&2; echo 3")
        command.mergesStreams = true
        let result = try sandbox.run(command)
        #expect(result.output == "1\n2\n3\n")
        #expect(result.errors.isEmpty)
    }

    @Test func `a signal that ends the program is told`() throws {
        let result = try sandbox.run(sandbox.shell("kill -USR1 $$"))
        #expect(result.outcome.end == .signaled(SIGUSR1))
        #expect(result.outcome.cause == .itself)
    }

    @Test func `the environment is exact and the directory is entered`() throws {
        var command = sandbox.command("env")
        #expect(
            try sandbox.run(command).output.split(separator: "\n").sorted()
                == ["LC_ALL=C", "PATH=/usr/local/bin:/usr/bin:/bin", "SECRET=a b=c"])
        command.arguments = ["pwd", "-P"]
        let path = try unsafe String(cString: #require(realpath(sandbox.root, nil)))
        #expect(try sandbox.run(command).output == path + "\n")
    }

    @Test func `the child leads a session and holds three descriptors`() throws {
        let stat = try sandbox.run(sandbox.command("cat", "/proc/self/stat")).output
        let fields = stat.split(separator: " ")
        #expect(fields[4] == fields[0] && fields[5] == fields[0], "group and session are its own")
        // The fourth is the directory that is being listed.
        let descriptors = try sandbox.run(sandbox.command("ls", "/proc/self/fd")).output
        #expect(descriptors == "0\n1\n2\n3\n")
    }

    @Test func `signals are neither blocked nor ignored in the child`() throws {
        let text = try sandbox.run(sandbox.command("cat", "/proc/self/status")).output
        for name in ["SigBlk", "SigIgn", "SigCgt"] {
            let line = try #require(text.split(separator: "\n").first { $0.hasPrefix(name) })
            let signals = try #require(UInt64(line.suffix(16), radix: 16))
            // 32 and 33 belong to the C library, which lets nobody touch them.
            #expect(signals & ~(0b11 << 31) == 0, "\(line)")
        }
    }

    @Test func `a megabyte of input goes through`() throws {
        let input = [UInt8](repeating: UInt8(ascii: "x"), count: 1 << 20)
        #expect(try sandbox.run(sandbox.command("wc", "-c", input: input)).output == "1048576\n")
        var count = 0
        _ = try ChildProcess.run(sandbox.command("cat", input: input)) { count += $1.count }
        #expect(count == 1 << 20)
    }

    @Test func `a child that reads nothing is no error`() throws {
        let input = [UInt8](repeating: 0, count: 1 << 20)
        let result = try sandbox.run(sandbox.shell("exec 0<&-; exit 7", input: input))
        #expect(result.outcome.end == .exited(7))
        #expect(try sandbox.run(sandbox.command("true", input: input)).outcome.isSuccess)
        #expect(try sandbox.run(sandbox.command("cat", input: [])).outcome.isSuccess)
        #expect(try sandbox.run(sandbox.command("cat")).output.isEmpty)
    }

    @Test func `a quarter of a gigabyte leaves the memory flat`() async {
        // In a process of its own, whose memory no other test needs.
        await #expect(processExitsWith: .success) {
            var kept = BoundedOutput(limit: 4096)
            var most = 0
            let before = try Self.peakMemory()
            let command = ChildCommand(
                plain: ["head", "-c", "268435456", "/dev/zero"], testEnvironment, "/")
            let outcome = try ChildProcess.run(command) { stream, bytes in
                kept.append(bytes)
                most = max(most, bytes.count)
            }
            #expect(outcome.isSuccess)
            #expect(kept.total == 268_435_456)
            #expect(kept.bytes.count <= 4096)
            #expect(most <= 65536)
            #expect(try Self.peakMemory() - before < 128 << 10, "in KiB")
        }
    }

    private static func peakMemory() throws -> Int {
        let status = try String(contentsOfFile: "/proc/self/status", encoding: .utf8)
        let line = try #require(status.split(separator: "\n").first { $0.hasPrefix("VmHWM") })
        return try #require(line.split(separator: " ").dropLast().last.flatMap { Int($0) })
    }

    @Test func `a missing program, directory or permission is named`() throws {
        try sandbox.write("#!/bin/sh\n", to: "plain")
        try sandbox.write("#!/no/such/shell\n", to: "orphan", mode: 0o755)
        func failure(_ change: (inout ChildCommand) -> Void) -> ExecutionError? {
            var command = sandbox.command("true")
            change(&command)
            return #expect(throws: ExecutionError.self) { try sandbox.run(command) }
        }
        var error = failure { $0.arguments = ["no-such-program"] }
        #expect(error?.code == .programNotFound)
        #expect(
            error.map { "\($0)" } == "cannot run 'no-such-program': no such program in PATH")
        error = failure { $0.arguments = ["./missing"] }
        #expect(error?.code == .programNotFound)
        error = failure { $0.arguments = ["./orphan"] }
        #expect(error?.code == .programNotFound)
        error = failure { $0.arguments = ["./plain"] }
        #expect(error?.code == .notExecutable)
        error = failure {
            $0.arguments = ["plain"]
            $0.environment["PATH"] = sandbox.root
        }
        #expect(error?.code == .notExecutable)
        error = failure { $0.directory = "/no/such/place" }
        #expect(error?.code == .directory)
        #expect(
            error.map { "\($0)" } == "cannot enter '/no/such/place': No such file or directory")
        error = failure { $0.arguments = [] }
        #expect(error?.code == .invalidArgument)
        error = failure { $0.arguments = ["true", "a\0b"] }
        #expect(error?.code == .invalidArgument)
    }

    @Test func `a relative entry of PATH runs nothing`() throws {
        try sandbox.write("#!/bin/sh\n", to: "here", mode: 0o755)
        var command = sandbox.command("here")
        command.environment["PATH"] = ".::bin"
        let error = #expect(throws: ExecutionError.self) { try sandbox.run(command) }
        #expect(error?.code == .programNotFound)
    }

    @Test func `the deadline ends a child that ignores SIGTERM`() throws {
        // A busy machine may need more than one second to get as far as the trap.
        for seconds in [1, 10, 100] {
            var command = sandbox.shell("trap '' TERM; echo ready; exec sleep 1000")
            let deadline = ContinuousClock.now + .seconds(seconds)
            command.deadline = deadline
            command.grace = .milliseconds(50)
            let result = try sandbox.run(command)
            #expect(result.outcome.cause == .deadline)
            #expect(ContinuousClock.now >= deadline)
            guard result.output == "ready\n" else { continue }
            #expect(result.outcome.end == .signaled(SIGKILL))
            return
        }
        Issue.record("the child does not begin")
    }

    @Test func `a child that is asked to stop may still say so`() throws {
        let stop = try StopSignal()
        let script = "trap 'echo bye; exit 4' TERM; echo ready; while :; do sleep 0.01; done"
        var output = ""
        let outcome = try ChildProcess.run(sandbox.shell(script), stop: stop) { stream, bytes in
            guard stream == .output else { return }
            output += String(decoding: bytes, as: UTF8.self)
            if output == "ready\n" { stop.request() }
        }
        #expect(outcome.end == .exited(4))
        #expect(outcome.cause == .stop)
        #expect(output == "ready\nbye\n")
    }

    @Test func `a stop without a descriptor is noticed too`() throws {
        var asked = 0
        let outcome = try ChildProcess.run(
            sandbox.command("sleep", "1000"),
            shouldStop: {
                asked += 1
                return asked == 3
            })
        #expect(outcome.end == .signaled(SIGTERM))
        #expect(outcome.cause == .stop)
    }

    @Test func `an error of the handler stops the child and is thrown on`() throws {
        struct Enough: Error {}
        let leash = try Leash(in: sandbox)
        let command = sandbox.shell("exec 3>'\(leash.path)'; echo go; exec sleep 1000")
        #expect(throws: Enough.self) {
            try ChildProcess.run(command) { _, _ in throw Enough() }
        }
        #expect(leash.waitForRelease() == "")
    }

    @Test func `who keeps the pipe open holds nobody up`() throws {
        let command = sandbox.shell("echo early; sleep 1000 & echo $!")
        let result = try sandbox.run(command)
        #expect(result.outcome.isSuccess)
        let lines = result.output.split(separator: "\n")
        #expect(lines.first == "early")
        let pid = try #require(lines.last.flatMap { pid_t($0) })
        #expect(kill(pid, SIGKILL) == 0, "a plain run leaves it alive")
    }

    @Test func `descriptors are given back`() async {
        // In a process of its own, in which no other test opens any.
        await #expect(processExitsWith: .success) {
            func run(_ arguments: String..., input: [UInt8]? = nil) throws {
                var command = ChildCommand(plain: arguments, testEnvironment, "/")
                command.input = input
                _ = try ChildProcess.run(command)
            }
            func runAll() throws {
                try run("cat", input: [1, 2, 3])
                try? run("no-such-program")
                try run("sh", "-c", "exit 1")
            }
            try runAll()
            let before = try openDescriptors()
            for _ in 0..<50 { try runAll() }
            #expect(try openDescriptors() < before + 50)
        }
    }
}

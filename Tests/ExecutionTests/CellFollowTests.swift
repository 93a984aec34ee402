import Foundation
import TestSupport
import Testing

@testable import Execution

/// How everything in a sandbox ends with whoever started it, though that is nobody's parent there.
@Suite struct CellFollowTests {
    let bench: CellBench
    let leash: Leash

    init() throws {
        bench = try CellBench()
        leash = try Leash(in: bench.sandbox)
    }

    /// A command below the cell program, which is the first process and follows a file.
    private func command(_ script: String, following path: String) -> ChildCommand {
        let words = bench.arguments(["--first", "--follow", path], ["bash", "-c", script])
        var command = ChildCommand(
            plain: CellBench.bwrap + ["--as-pid-1", "--"] + words, bench.sandbox.environment,
            bench.sandbox.root)
        command.deadline = .now + .seconds(300)
        return command
    }

    /// Leaves processes everywhere that do not want to end, and all hold the leash.
    private var stubborn: String {
        """
        trap '' TERM INT HUP
        exec 3>'\(leash.path)'
        setsid sleep 1001 & (sleep 1002 & sleep 1003) &
        echo ready; exec sleep 1004
        """
    }

    @Test func `what nobody holds any more ends everything at once`() throws {
        var lifeline: Lifeline? = try Lifeline("\(bench.sandbox.root)/held")
        let command = command(stubborn, following: lifeline?.path ?? "")
        let outcome = try ChildProcess.run(command) { _, _ in lifeline = nil }
        #expect(outcome.cause == .itself)
        #expect(outcome.end == .exited(128 + SIGKILL))
        #expect(leash.waitForRelease() == "")
    }

    @Test func `a supervisor that is killed lets go, and others inside cannot hold on`()
        async throws
    {
        let path = "\(bench.sandbox.root)/held"
        // Whoever can only read the file gets no lock that would be in the way.
        let script = """
            import fcntl, struct, sys
            file = open(sys.argv[1])
            def lock(kind, wait):
                fcntl.fcntl(file, 37 + wait, struct.pack("hhqqi4x", kind, 0, 0, 0, 0))
            try:
                lock(fcntl.F_WRLCK, False)
            except OSError as error:
                print("kept" if error.errno == 9 else error, flush=True)
            lock(fcntl.F_RDLCK, True)

            """
        try bench.sandbox.write(script, to: "lock.py")
        let place = bench.sandbox.root
        let lock =
            "trap '' TERM INT HUP; exec 3>'\(leash.path)'; python3 '\(place)/lock.py' '\(path)'"
        let command = command("\(lock) & \(stubborn)", following: path)
        await #expect(processExitsWith: .signal(SIGKILL)) {
            [root = bench.sandbox.root as String, words = command.arguments as [String]] in
            let lifeline = try Lifeline("\(root)/held")
            var command = ChildCommand(plain: words, testEnvironment, root)
            command.parentDeathSignal = 0
            command.arguments.removeAll { $0 == "--die-with-parent" }
            try withExtendedLifetime(lifeline) {
                var text = ""
                _ = try ChildProcess.run(command) { _, bytes in
                    text += String(decoding: bytes, as: UTF8.self)
                    if text.contains("kept\n"), text.contains("ready\n") { kill(getpid(), SIGKILL) }
                }
            }
        }
        #expect(leash.waitForRelease() == "")
    }

    @Test func `a command that ends by itself is not held up`() throws {
        let lifeline = try Lifeline("\(bench.sandbox.root)/held")
        let command = command("echo done; exit 3", following: lifeline.path)
        let result = try withExtendedLifetime(lifeline) { try bench.sandbox.run(command) }
        #expect(result.outcome.end == .exited(3))
        #expect(result.output == "done\n")
    }

    @Test func `without anybody to follow it does not begin`() throws {
        let path = "\(bench.sandbox.root)/held"
        let missing = try bench.sandbox.run(command("echo begun", following: path))
        #expect(missing.outcome.end == .exited(126) && missing.output.isEmpty)
        #expect(
            missing.errors == "git-draft-cell: cannot open '\(path)': No such file or directory\n")
        _ = try Lifeline(path)
        let free = try bench.sandbox.run(command("echo begun", following: path))
        #expect(free.outcome.end == .exited(126) && free.output.isEmpty)
        let words = "nobody holds '\(path)': whoever started the job has ended"
        #expect(free.errors == "git-draft-cell: \(words)\n")
    }
}

import Execution
import Foundation
import TestSupport
import Testing

/// Each test is a process of its own, for it kills whatever is below it.
@Suite struct SupervisionTreeTests {
    let sandbox: SupervisionSandbox
    let leash: Leash

    init() throws {
        sandbox = try SupervisionSandbox()
        leash = try Leash(in: sandbox)
    }

    @Test func `background children of a clean exit are killed`() async throws {
        let root = sandbox.root
        let path = leash.path
        await #expect(processExitsWith: .success) {
            [root = root as String, path = path as String] in
            let outcome = try supervise("exec 3>'\(path)'; sleep 1000 & sleep 1000 & exit 3", root)
            #expect(outcome.end == .exited(3))
            #expect(outcome.cause == .itself)
            #expect(outcome.leftovers == 2)
        }
        #expect(leash.waitForRelease() == "")
    }

    @Test func `no session, double fork or ignored signal escapes`() async throws {
        let root = sandbox.root
        let path = leash.path
        await #expect(processExitsWith: .success) {
            [root = root as String, path = path as String] in
            // The daemon says so once it is one: only then the leader goes on.
            let script = """
                exec 3>'\(path)'; mkfifo ready
                (setsid sh -c 'trap "" TERM HUP; (setsid sh -c "trap \\"\\" TERM HUP
                    echo >ready; while :; do sleep 1000; done" &) ; sleep 1000' &)
                read line <ready; echo go; exec sleep 1000
                """
            let outcome = try supervise(script, root, stop: StopSignal())
            #expect(outcome.end == .signaled(SIGTERM))
            #expect(outcome.cause == .stop)
            #expect(outcome.leftovers >= 2)
        }
        #expect(leash.waitForRelease() == "")
    }

    @Test(arguments: ["", "setsid;"])
    func `processes that live on by forking are caught`(_ step: String) async throws {
        let root = sandbox.root
        let path = leash.path
        await #expect(processExitsWith: .success) {
            [root = root as String, path = path as String, step = step as String] in
            let hopper = "use POSIX; for (;;) { exit if fork; \(step) }"
            let script = "exec 3>'\(path)'; perl -MPOSIX=setsid -e '\(hopper)' & exit 0"
            let outcome = try supervise(script, root)
            #expect(outcome.end == .exited(0))
        }
        #expect(leash.waitForRelease() == "")
    }

    @Test func `children that restart each other are caught`() async throws {
        let root = sandbox.root
        let path = leash.path
        await #expect(processExitsWith: .success) {
            [root = root as String, path = path as String] in
            let bomb =
                "for (1..6) { unless (fork) { for (;;) { if (my $p = fork) "
                + "{ waitpid $p, 0 } else { setsid; select undef, undef, undef, 0.01; exit } } } }"
            let script = "exec 3>'\(path)'; perl -MPOSIX=setsid -e '\(bomb)' & wait; exit 0"
            let outcome = try supervise(script, root)
            #expect(outcome.leftovers >= 6)
        }
        #expect(leash.waitForRelease() == "")
    }

    @Test func `a git that runs beside is spared`() async throws {
        let root = sandbox.root
        await #expect(processExitsWith: .success) { [root = root as String] in
            let beside = try ChildHandle(
                starting: ChildCommand(
                    ["sh", "-c", "sleep 1000 & sleep 1000"], environment: testEnvironment,
                    directory: root), parentDeathSignal: SIGKILL)
            #expect(try supervise("sleep 1000 & exit 0", root).leftovers == 1)
            #expect(kill(beside.pid, 0) == 0)
            #expect(try ChildHandle.wait(any: [beside], timeout: .zero).isEmpty)
            _ = kill(-beside.pid, SIGKILL)
            #expect(try ChildHandle.wait(any: [beside]).count == 1)
            #expect(beside.end == .signaled(SIGKILL))
        }
    }

    @Test func `only one at a time kills descendants`() async throws {
        let root = sandbox.root
        await #expect(processExitsWith: .success) { [root = root as String] in
            let command = ChildCommand(
                ["echo", "hello"], environment: testEnvironment, directory: root)
            var codes: [ExecutionError.Code] = []
            _ = try ChildProcess.run(command) { _, _ in
                do { _ = try ChildProcess.run(command) } catch let error as ExecutionError {
                    codes.append(error.code)
                }
                var plain = command
                plain.killsDescendants = false
                #expect(try ChildProcess.run(plain).isSuccess)
            }
            #expect(codes == [.busy])
            #expect(try ChildProcess.run(command).isSuccess)
        }
    }

    @Test func `a signal to the supervisor ends the child at once`() async throws {
        let root = sandbox.root
        let path = leash.path
        await #expect(processExitsWith: .success) {
            [root = root as String, path = path as String] in
            let stop = try StopSignal.catchingTermination()
            let script = "exec 3>'\(path)'; kill -TERM $PPID; sleep 1000 & sleep 1000"
            let outcome = try supervise(script, root, stop: stop)
            #expect(outcome.cause == .stop)
            #expect(outcome.end == .signaled(SIGTERM))
            #expect(stop.signal == SIGTERM)
            #expect(stop.isRequested)
        }
        #expect(leash.waitForRelease() == "")
    }

    @Test func `a child dies with a supervisor that is killed`() async throws {
        let root = sandbox.root
        let path = leash.path
        await #expect(processExitsWith: .signal(SIGKILL)) {
            [root = root as String, path = path as String] in
            _ = try supervise("exec 3>'\(path)'; kill -KILL $PPID; exec sleep 1000", root)
        }
        #expect(leash.waitForRelease() == "")
    }

    @Test func `what a crash left is found by its marker`() async throws {
        let marker = "DRAFT_JOB=\(UUID().uuidString)"
        let other = try Leash(in: sandbox)
        let script = """
            exec 3>'\(leash.path)'
            (setsid env '\(marker)' sh -c 'echo >ready1; sleep 1000' >/dev/null 2>&1 &)
            exec 3>'\(other.path)'
            (setsid env '\(marker)0' sh -c 'echo $$ >ready2; exec sleep 1000' >/dev/null 2>&1 &)
            read line <ready1; read line <ready2; echo $line
            """
        _ = try sandbox.run(sandbox.command("mkfifo", "ready1", "ready2"))
        let output = try sandbox.run(sandbox.shell(script)).output
        let bystander = try #require(pid_t(output.dropLast()))
        #expect(try Supervision.sweep(marker: marker) >= 1)
        #expect(leash.waitForRelease() == "")
        #expect(other.isHeld)
        #expect(try Supervision.sweep(marker: marker) == 0)
        #expect(kill(bystander, SIGKILL) == 0)
        #expect(throws: ExecutionError.self) { try Supervision.sweep(marker: "DRAFT_JOB") }
    }
}

@Suite struct SupervisionSweepTests {
    @Test func `who executes one program after another is found all the same`() throws {
        let sandbox = try SupervisionSandbox()
        let leash = try Leash(in: sandbox)
        // It ends when its folder is gone.
        try sandbox.write(": >\"$1\"; exec /bin/sh \"$0\" \"$1\"\n", to: "hop")
        // In one look of a hundred, such a process shows nothing.
        for number in 1...40 {
            let marker = "DRAFT_JOB=\(UUID().uuidString)"
            let hop = "setsid /bin/sh ./hop begun-\(number) 3>'\(leash.path)' >/dev/null 2>&1"
            _ = try sandbox.run(sandbox.shell("(env '\(marker)' \(hop) &)"))
            eventually("it does not begin") { sandbox.exists("begun-\(number)") }
            #expect(try Supervision.sweep(marker: marker) >= 1)
        }
        #expect(leash.waitForRelease() == "")
    }
}

/// The environment of the children of child processes.
let testEnvironment = ["PATH": "/usr/local/bin:/usr/bin:/bin", "LC_ALL": "C"]

/// Runs a shell script as a job does; what it prints requests the stop.
func supervise(
    _ script: String, _ directory: String, stop: StopSignal? = nil
) throws -> ChildOutcome {
    let command = ChildCommand(
        ["sh", "-c", script], environment: testEnvironment, directory: directory)
    return try ChildProcess.run(command, stop: stop) { _, _ in stop?.request() }
}

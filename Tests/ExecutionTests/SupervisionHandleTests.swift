import Execution
import Foundation
import Testing

@Suite struct SupervisionHandleTests {
    let sandbox: SupervisionSandbox

    init() throws { sandbox = try SupervisionSandbox() }

    private func start(
        _ script: String, error: ChildHandle.Destination = .null
    ) throws -> ChildHandle {
        // The threads of tests come and go, hence no signal when this one does.
        try ChildHandle(starting: sandbox.shell(script), error: error, parentDeathSignal: 0)
    }

    @Test func `the first of several to end is found`() throws {
        let long = try start("exec sleep 1000")
        let short = try start("exit 5")
        let ended = try ChildHandle.wait(any: [long, short])
        #expect(ended.map(\.pid) == [short.pid])
        #expect(short.end == .exited(5))
        #expect(long.end == nil)
        long.terminate()
        #expect(try ChildHandle.wait(any: [long]).map(\.pid) == [long.pid])
        #expect(long.end == .signaled(SIGTERM))
        long.terminate(SIGKILL)
        #expect(long.end == .signaled(SIGTERM), "a late signal hits nobody")
    }

    @Test func `a wait ends when its time is up or a stop is requested`() throws {
        let child = try start("exec sleep 1000")
        #expect(try ChildHandle.wait(any: [child], timeout: .milliseconds(1)).isEmpty)
        let stop = try StopSignal()
        stop.request()
        #expect(try ChildHandle.wait(any: [child], stop: stop).isEmpty)
        #expect(try ChildHandle.wait(any: []).isEmpty)
        child.terminate(SIGKILL)
        _ = try ChildHandle.wait(any: [child])
    }

    @Test func `what a child complains of is added to a file`() throws {
        let path = "\(sandbox.root)/errors"
        for word in ["one", "two"] {
            _ = try ChildHandle.wait(any: [start("echo \(word) >&2", error: .file(path))])
        }
        #expect(try String(contentsOfFile: path, encoding: .utf8) == "one\ntwo\n")
        try FileManager.default.createSymbolicLink(
            atPath: path + "-link", withDestinationPath: path)
        let error = #expect(throws: ExecutionError.self) {
            try start("true", error: .file(path + "-link"))
        }
        #expect(error?.code == .system)
    }

    @Test func `a child hears of the death of its parent`() async throws {
        let leash = try Leash(in: sandbox)
        await #expect(processExitsWith: .signal(SIGKILL)) {
            [root = sandbox.root as String, path = leash.path as String] in
            let script = """
                trap 'echo heard >&3; exit' TERM; exec 3>'\(path)'; kill -KILL $PPID
                while :; do sleep 0.01; done
                """
            let command = ChildCommand(
                ["sh", "-c", script], environment: testEnvironment, directory: root)
            let child = try ChildHandle(starting: command, parentDeathSignal: SIGTERM)
            _ = try ChildHandle.wait(any: [child])
        }
        #expect(leash.waitForRelease() == "heard\n")
    }

    @Test func `a process that comes too late for its parent is signalled at once`() async {
        await #expect(processExitsWith: .signal(SIGUSR1)) {
            try Supervision.dieWithParent(SIGUSR1, parent: getpid())
            waitUntilReadable(-1)
        }
    }

    @Test func `a stop stays requested`() throws {
        let stop = try StopSignal()
        #expect(!stop.isRequested)
        stop.request()
        stop.request()
        #expect(stop.isRequested)
        #expect(stop.isRequested)
    }

    @Test func `caught signals act as before once nobody listens`() async {
        await #expect(processExitsWith: .signal(SIGTERM)) {
            let stop = try StopSignal.catchingTermination()
            _ = kill(getpid(), SIGTERM)
            waitUntilReadable(stop.descriptor)
            #expect(stop.isRequested)
            func forget() throws { _ = try StopSignal(catching: [SIGTERM]) }
            try forget()
            _ = kill(getpid(), SIGTERM)
            waitUntilReadable(-1)
        }
    }
}

/// Waits for a word on a descriptor, or for the signal that is on its way.
private func waitUntilReadable(_ descriptor: Int32) {
    var entry = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
    while unsafe poll(&entry, 1, 300_000) < 0, errno == EINTR {}
}

@Suite struct SupervisionOutputTests {
    @Test(arguments: [1, 7, 100, 5000])
    func `head and tail are kept within the limit`(_ piece: Int) {
        var output = BoundedOutput(limit: 200)
        let all = (0..<5000).map { UInt8(ascii: "a") + UInt8($0 % 26) }
        for start in stride(from: 0, to: all.count, by: piece) {
            output.append(all[start..<min(start + piece, all.count)])
        }
        let kept = output.bytes
        #expect(output.isTruncated)
        #expect(output.total == 5000)
        #expect(kept.count <= 200)
        #expect(kept.starts(with: all.prefix(76)))
        #expect(kept.suffix(76) == all.suffix(76))
        #expect(output.text.contains("\n[… 4848 bytes left out …]\n"))
    }

    @Test func `what fits is kept as it is`() {
        var output = BoundedOutput(limit: 200)
        let all = [UInt8](repeating: 0xFF, count: 200)
        for byte in all { output.append([byte]) }
        #expect(output.bytes == all)
        #expect(!output.isTruncated)
        output.append([1])
        #expect(output.isTruncated)
        #expect(output.bytes.count <= 200)
    }

    @Test func `no character is cut in two`() {
        for offset in 0..<4 {
            var output = BoundedOutput(limit: 200)
            output.append(ArraySlice(String(repeating: "x", count: offset).utf8))
            for _ in 0..<100 { output.append(ArraySlice("🦊".utf8)) }
            output.append(ArraySlice(String(repeating: "y", count: offset).utf8))
            #expect(String(validating: output.bytes, as: UTF8.self) != nil)
        }
    }

    @Test func `lines come out whole whatever the pieces`() {
        let text = Array("one\n\ntwo \u{E9}\nlast".utf8)
        for piece in 1...text.count {
            var splitter = LineSplitter()
            var lines: [String] = []
            for start in stride(from: 0, to: text.count, by: piece) {
                let slice = text[start..<min(start + piece, text.count)]
                lines += splitter.append(slice).map(\.text)
            }
            #expect(lines == ["one", "", "two \u{E9}"])
            #expect(splitter.finish()?.text == "last")
            #expect(splitter.finish() == nil)
        }
    }

    @Test func `an endless line is cut, and the next one is not`() {
        var splitter = LineSplitter(limit: 4)
        var lines = splitter.append(ArraySlice("abcdef".utf8))
        lines += splitter.append(ArraySlice("ghi\nxy\n".utf8))
        #expect(lines.map(\.text) == ["abcd", "xy"])
        #expect(lines.map(\.isTruncated) == [true, false])
    }
}

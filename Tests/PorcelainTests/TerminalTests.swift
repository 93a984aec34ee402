import Foundation
import Testing

@testable import Porcelain

@Suite struct ColorTests {
    @Test(
        arguments: [
            (nil, nil, [:], true, true),
            (nil, nil, [:], false, false),
            (.always, "never", ["NO_COLOR": "1", "TERM": "dumb"], false, true),
            (.never, "always", [:], true, false),
            (nil, "always", ["NO_COLOR": "1"], false, true),
            (nil, "false", [:], true, false),
            (nil, "true", [:], false, false),
            (nil, "nonsense", [:], true, true),
            (.auto, "never", [:], true, true),
            (nil, nil, ["NO_COLOR": ""], true, true),
            (nil, nil, ["NO_COLOR": "0"], true, false),
            (nil, "auto", ["TERM": "dumb"], true, false),
            (nil, nil, ["GIT_PAGER_IN_USE": "true"], false, true),
            (nil, nil, ["GIT_PAGER_IN_USE": "0"], false, false),
        ] as [(ColorMode?, String?, [String: String], Bool, Bool)])
    func `colour is decided in order`(
        option: ColorMode?, setting: String?, environment: [String: String], isTTY: Bool,
        expected: Bool
    ) {
        #expect(
            ColorMode.isOn(
                option: option, setting: setting,
                environment: environment.merging(["TERM": "xterm"]) { given, _ in given },
                isTTY: isTTY)
                == expected)
    }

    @Test func `a terminal without a name is dumb`() {
        #expect(!ColorMode.isOn(option: nil, setting: nil, environment: [:], isTTY: true))
        #expect(ColorMode.isOn(option: .always, setting: nil, environment: [:], isTTY: false))
    }

    @Test func `styles add up and are off without colour`() {
        let style = Style.bold + .red
        #expect(style.applied(to: "x", color: true) == "\u{1b}[1;31mx\u{1b}[m")
        #expect(style.applied(to: "x", color: false) == "x")
        #expect(Style.plain.applied(to: "x", color: true) == "x")
        let terminal = Recording().terminal(isTTY: true).colored(.always, environment: [:])
        #expect(terminal.styled("x", .green) == "\u{1b}[32mx\u{1b}[m")
        #expect(terminal.styledNote("x", .green) == "\u{1b}[32mx\u{1b}[m")
    }
}

@Suite struct TerminalTests {
    @Test func `answers and remarks go apart and lose their secrets`() throws {
        let recording = Recording()
        var terminal = recording.terminal()
        terminal.redact = { $0.replacing("hunter2", with: "***") }
        try terminal.writeLine("the word is hunter2")
        terminal.note("not hunter2")
        #expect(recording.output == "the word is ***\n")
        #expect(recording.error == "not ***\n")
    }

    @Test(arguments: [
        (["y"], true), (["YES"], true), (["n"], false), ([""], false), ([], false),
        (["what", "yes"], true), (["a", "b", "c", "y"], false),
    ])
    func `a question is answered`(answers: [String], expected: Bool) {
        let recording = Recording(answers: answers)
        #expect(recording.terminal(isTTY: true).ask("really\u{1b}c?") == expected)
        #expect(recording.error.hasPrefix("really\\x1bc? [y/N] "))
    }

    @Test func `nobody is asked without a terminal`() {
        let recording = Recording(answers: ["y"])
        #expect(recording.terminal().ask("really?") == nil)
        #expect(recording.error == "")
    }

    @Test func `a pager is for people who have none yet`() {
        let terminal = Recording().terminal(isTTY: true, width: 99)
        #expect(shouldPage(terminal, environment: [:], pager: "less -S"))
        #expect(!shouldPage(terminal, environment: [:], pager: "cat"))
        #expect(!shouldPage(terminal, environment: [:], pager: ""))
        #expect(!shouldPage(terminal, environment: ["GIT_PAGER_IN_USE": "true"], pager: "less"))
        #expect(!shouldPage(Recording().terminal(), environment: [:], pager: "less"))
        let environment = pagerEnvironment(["LESS": "R", "HOME": "/h"], terminal: terminal)
        #expect(
            environment == [
                "LESS": "R", "HOME": "/h", "LV": "-c", "COLUMNS": "99", "GIT_PAGER_IN_USE": "true",
            ])
    }

    @Test func `the size is taken from the environment if it makes sense`() {
        var terminal = Recording().terminal()
        terminal.measure(environment: ["COLUMNS": "123", "LINES": "45"])
        #expect((terminal.width, terminal.height) == (123, 45))
        terminal.measure(environment: ["COLUMNS": "-3", "LINES": "99999999999999999999"])
        #expect(terminal.width > 0 && terminal.height > 0)
    }
}

@Suite struct DescriptorTests {
    @Test func `more than a pipe holds is written whole`() throws {
        let (pipe, answer) = (Pipe(), Pipe())
        let writer = pipe.fileHandleForWriting.fileDescriptor
        // A full non-blocking pipe is waited for.
        #expect(fcntl(writer, F_SETFL, O_NONBLOCK) == 0)
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/wc")
        process.arguments = ["-c"]
        process.standardInput = pipe.fileHandleForReading
        process.standardOutput = answer
        try process.run()
        try writeAll(String(repeating: "0123456789", count: 50_000), to: writer)
        try pipe.fileHandleForWriting.close()
        let count = try answer.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        #expect(String(decoding: count, as: UTF8.self) == "500000\n")
    }

    @Test func `a pipe without a reader is reported`() throws {
        signal(SIGPIPE, SIG_IGN)
        let pipe = Pipe()
        try pipe.fileHandleForReading.close()
        // A child of another test has the reader, too, until it executes its program.
        let error = #expect(throws: (any Error).self) {
            for _ in 0..<20_000 {
                try writeAll("x", to: pipe.fileHandleForWriting.fileDescriptor)
                usleep(3000)
            }
        }
        #expect(error is BrokenPipe)
    }

    @Test(.enabled(if: FileManager.default.fileExists(atPath: "/dev/full")))
    func `a full disk is reported`() throws {
        let full = try FileHandle(forWritingTo: URL(filePath: "/dev/full"))
        let error = #expect(throws: WriteError.self) {
            try writeAll("x", to: full.fileDescriptor)
        }
        #expect(error?.description == "cannot write the output: no space left on device")
    }

    @Test func `lines are read one at a time`() throws {
        let pipe = Pipe()
        try pipe.fileHandleForWriting.write(contentsOf: Data("one\n\nthree".utf8))
        try pipe.fileHandleForWriting.close()
        let reader = pipe.fileHandleForReading.fileDescriptor
        #expect(readLine(from: reader) == "one")
        #expect(readLine(from: reader) == "")
        #expect(readLine(from: reader) == "three")
        #expect(readLine(from: reader) == nil)
    }
}

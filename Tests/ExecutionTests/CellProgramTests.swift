import Execution
import Foundation
import TestSupport
import Testing

/// What `git-draft-cell` does before it becomes the command.
@Suite struct CellProgramTests {
    let bench: CellBench

    init() throws { bench = try CellBench() }

    // MARK: - Becoming the command

    @Test(arguments: CellBench.Place.allCases)
    func `it becomes the command`(_ place: CellBench.Place) throws {
        let script = "echo $0 $1; echo $SECRET >&2; exit 7"
        let result = try bench.run([], ["sh", "-c", script, "a b", "--"], in: place)
        #expect(result.outcome.end == .exited(7))
        #expect(result.output == "a b --\n")
        #expect(result.errors == "a b=c\n")
    }

    @Test func `a signal ends the command as it would without`() throws {
        #expect(try bench.run([], ["sh", "-c", "kill -9 $$"]).outcome.end == .signaled(SIGKILL))
    }

    @Test(arguments: [
        (["nowhere"], 127, "cannot run 'nowhere': no such program in PATH"),
        (["./nowhere"], 127, "cannot run './nowhere': No such file or directory"),
        (["/etc/passwd"], 126, "cannot run '/etc/passwd': Permission denied"),
        ([""], 127, "cannot run '': no such program in PATH"),
    ])
    func `a command that cannot run is told as a shell does`(
        _ command: [String], _ status: Int32, _ words: String
    ) throws {
        let result = try bench.run([], command)
        #expect(result.outcome.end == .exited(status))
        #expect(result.errors == "git-draft-cell: \(words)\n")
    }

    @Test(arguments: [
        ([], "no command given"),
        (["--"], "no command given"),
        (["--what", "--", "true"], "unknown option '--what', or it has no value"),
        (["--limit"], "unknown option '--limit', or it has no value"),
        (["--limit", "bones=3", "--", "true"], "unknown limit 'bones'"),
        (["--limit", "core=3k", "--", "true"], "option '--limit' needs a number, not '3k'"),
        (["--limit", "core=-1", "--", "true"], "option '--limit' needs a number, not '-1'"),
        (["--limit", "core", "--", "true"], "option '--limit' needs NAME=VALUE, not 'core'"),
        (["--listen", "0=/a", "--", "true"], "port 0 is out of range"),
        (["--listen", "65536=/a", "--", "true"], "port 65536 is out of range"),
    ])
    func `what it is told wrong is refused`(_ arguments: [String], _ words: String) throws {
        let result = try bench.sandbox.run(
            ChildCommand(plain: [bench.program] + arguments, [:], bench.sandbox.root))
        #expect(result.outcome.end == .exited(126))
        #expect(result.errors == "git-draft-cell: \(words)\n")
    }

    @Test func `a program of the work tree is not found by a relative path`() throws {
        try bench.sandbox.write("#!/bin/sh\necho mine\n", to: "tool", mode: 0o755)
        for path in [".", "", ":", "\(bench.sandbox.root)/missing:."] {
            let result = try bench.sandbox.run(
                ChildCommand(
                    plain: [bench.program, "--", "tool"], ["PATH": path], bench.sandbox.root))
            #expect(result.outcome.end == .exited(127), "\(path)")
        }
        let found = try bench.sandbox.run(
            ChildCommand(
                plain: [bench.program, "--", "tool"], ["PATH": ".:\(bench.sandbox.root)"],
                bench.sandbox.root))
        #expect(found.output == "mine\n")
    }

    @Test(arguments: CellBench.Place.allCases)
    func `no descriptor but the three streams is handed on`(_ place: CellBench.Place) throws {
        let list = "ls /proc/self/fd | tr '\\n' ' '"
        let command = bench.arguments([], ["sh", "-c", list], in: place)
        let quoted = command.map { "'\($0.replacing("'", with: "'\\''"))'" }
        let script = "exec 7</dev/null 8>leak; exec \(quoted.joined(separator: " "))"
        // The last one is the listing itself.
        #expect(try bench.sandbox.run(bench.sandbox.shell(script)).output == "0 1 2 3 ")
    }

    // MARK: - The environment

    /// Runs a command with an environment of its own, and returns what it printed.
    private func run(
        _ options: [String], _ environment: [String: String], _ command: [String]
    ) throws -> (outcome: ChildOutcome, output: String, errors: String) {
        try bench.sandbox.run(
            ChildCommand(
                plain: [bench.program] + options + ["--"] + command, environment,
                bench.sandbox.root))
    }

    @Test func `what variables carry is the whole environment`() throws {
        let carried = [
            "DRAFT_CELL_0": "A=b=c\nd", "DRAFT_CELL_1": "EMPTY=", "DRAFT_CELL_2": "PATH=/usr/bin",
            "DRAFT_CELL_3": "LEFT=1", "OTHER": "x", "PATH": "/nowhere",
        ]
        let result = try run(["--environment", "3"], carried, ["env", "-0"])
        #expect(
            result.output.split(separator: "\0") == ["A=b=c\nd", "EMPTY=", "PATH=/usr/bin"])
        let none = try run(["--environment", "0"], carried, ["/usr/bin/env"])
        #expect(none.outcome.isSuccess && none.output.isEmpty)
    }

    @Test func `others are kept if they are wanted, each name once`() throws {
        let carried = [
            "DRAFT_CELL_0": "A=new", "DRAFT_CELL_1": "B=1", "DRAFT_CELL_7": "C=1", "A": "old",
            "AB": "kept", "PATH": "/usr/bin",
        ]
        let result = try run(["--environment", "2", "--keep-environment"], carried, ["env"])
        #expect(
            Set(result.output.split(separator: "\n")) == [
                "A=new", "B=1", "AB=kept", "PATH=/usr/bin",
            ])
        #expect(result.output.split(separator: "\n").count == 4)
    }

    @Test(arguments: [[:], ["DRAFT_CELL_0": "plain"], ["DRAFT_CELL_0": "=x"]])
    func `a variable that carries none is refused`(_ environment: [String: String]) throws {
        let result = try run(["--environment", "1"], environment, ["/usr/bin/env"])
        #expect(result.outcome.end == .exited(126))
        #expect(
            result.errors == "git-draft-cell: variable 'DRAFT_CELL_0' does not hold NAME=VALUE\n")
    }

    // MARK: - Limits

    @Test(arguments: CellBench.Place.allCases)
    func `limits bind, and are never raised`(_ place: CellBench.Place) throws {
        let options = [
            "files=100", "file_size=4096", "cpu_seconds=77", "data=99999744", "processes=50",
        ].flatMap { ["--limit", $0] }
        let script = """
            import resource
            for name in ("NOFILE", "FSIZE", "CPU", "DATA", "NPROC", "CORE"):
                print(name, "%d/%d" % resource.getrlimit(getattr(resource, "RLIMIT_" + name)))

            """
        let words = try bench.probe(script, options: options, in: place)
        #expect(
            words == [
                "NOFILE": "100/100", "FSIZE": "4096/4096", "CPU": "77/82",
                "DATA": "99999744/99999744", "NPROC": "50/50", "CORE": "0/0",
            ])
        let hard = try bench.probe(script, in: place)["NOFILE"]?.split(separator: "/").last
        let raised = try bench.probe(script, options: ["--limit", "files=1000000000"], in: place)
        #expect(raised["NOFILE"]?.split(separator: "/").last == hard)
    }

    @Test func `a file that grows too large ends who writes it`() throws {
        let result = try bench.run(
            ["--limit", "file_size=65536"], ["sh", "-c", "exec head -c 200000 /dev/zero >big"])
        #expect(result.outcome.end == .signaled(SIGXFSZ))
        let size =
            try FileManager.default
            .attributesOfItem(atPath: "\(bench.sandbox.root)/big")[.size] as? Int
        #expect(size == 65536)
    }

    @Test func `a program that takes too much of the processor is ended`() throws {
        let result = try bench.run(
            ["--limit", "cpu_seconds=1"], ["sh", "-c", "while :; do :; done"])
        #expect(result.outcome.end == .signaled(SIGXCPU))
    }

    @Test(.enabled(if: getuid() != 0, "the superuser of the machine is not counted"))
    func `processes are counted inside the sandbox`() throws {
        let script = "for i in 1 2 3 4 5 6 7 8 9 10 11 12; do sleep 5 & done; wait"
        let result = try bench.run(["--limit", "processes=8"], ["sh", "-c", script], in: .bwrap)
        #expect(result.errors.contains("fork"))
    }

    @Test func `the kernel takes it first when memory runs out`() throws {
        let result = try bench.run([], ["cat", "/proc/self/oom_score_adj"])
        #expect(result.output == "500\n")
    }

    // MARK: - Work goes on

    @Test(arguments: CellBench.Place.allCases)
    func `the tools of a repository work`(_ place: CellBench.Place) throws {
        let script = """
            set -e
            git init -q r && cd r && echo a >f && git add f
            git -c user.name=A -c user.email=a@b commit -qm m && git clone -q . ../c
            cat f | sort | uniq -c >/dev/null
            python3 -c 'import concurrent.futures as c, subprocess, threading
            print(sum(c.ThreadPoolExecutor(4).map(len, ["a"] * 9)), subprocess.call(["true"]))'
            """
        let result = try bench.run([], ["sh", "-c", script], in: place)
        #expect(result.outcome.isSuccess, "\(result.errors)")
        #expect(result.output == "9 0\n")
    }
}

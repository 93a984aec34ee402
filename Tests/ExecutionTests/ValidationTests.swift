import Foundation
import GitStore
import Model
import TestSupport
import Testing

@testable import Execution

/// What kills everything that it started needs a process of its own.
@Suite struct ValidationTests {
    static func runner(
        _ root: String, redactor: Redactor = Redactor(values: []), stop: StopSignal? = nil,
        deadline: ContinuousClock.Instant? = nil
    ) -> ValidationRunner {
        ValidationRunner(
            sandbox: NoSandbox(), cell: Cell(workspace: root, phase: .validation),
            redactor: redactor,
            environment: ["PATH": "/usr/bin:/bin", "GREETING": "hello"], stop: stop,
            deadline: deadline)
    }

    static func command(
        _ command: String, name: String? = nil, required: Bool = true, timeout: Int = 60
    ) -> ValidationCommand {
        ValidationCommand(name: name, command: command, required: required, timeout: timeout)
    }

    let sandbox: Sandbox
    let root: String

    init() throws {
        sandbox = try Sandbox()
        root = sandbox.workTree.path
    }

    @Test func `every command runs, also after a failure`() async throws {
        let root = root
        await #expect(processExitsWith: .success) { [root = root as String] in
            var pieces: [String: String] = [:]
            let verdicts = try Self.runner(root).run(
                [
                    Self.command("echo $GREETING; echo oops >&2; exit 3", name: "first"),
                    Self.command("kill -9 $$"), Self.command("pwd", required: false),
                ], tier: "fast", in: root
            ) { name, bytes in
                pieces[name, default: ""] += String(decoding: bytes, as: UTF8.self)
            }
            #expect(verdicts.map(\.exitCode) == [3, 137, 0])
            #expect(verdicts.map(\.passed) == [false, false, true])
            #expect(verdicts.map(\.name) == ["first", "kill -9 $$", "pwd"])
            #expect(verdicts[0].output == "hello\noops\n")
            #expect(verdicts[0].tail == "hello\noops\n")
            #expect(verdicts[2].output == "\(root)\n")
            #expect(pieces["first"] == "hello\noops\n")
            #expect(verdicts.failures.count == 2)
            #expect(!verdicts.isGreen)
        }
    }

    @Test func `a deadline ends a command, and the rest does not begin`() async throws {
        let root = root
        await #expect(processExitsWith: .success) { [root = root as String] in
            let own = try Self.runner(root).run(
                [Self.command("sleep 1000", timeout: 1), Self.command("true")], tier: "full",
                in: root)
            #expect(own.map(\.ended) == [.deadline, .byItself])
            #expect(own.map(\.exitCode) == [nil, 0])
            let late = try Self.runner(root, deadline: .now).run(
                [Self.command("touch began")], tier: "full", in: root)
            #expect(late.map(\.ended) == [.deadline])
            #expect(!late.isGreen)
            let stop = try StopSignal()
            stop.request()
            let stopped = try Self.runner(root, stop: stop).run(
                [Self.command("touch began")], tier: "full", in: root)
            #expect(stopped.map(\.ended) == [.stopped])
            #expect(!FileManager.default.fileExists(atPath: "\(root)/began"))
        }
    }

    @Test func `secrets and floods are kept out`() async throws {
        let root = root
        await #expect(processExitsWith: .success) { [root = root as String] in
            let runner = Self.runner(root, redactor: Redactor(values: ["hunter2hunter2"]))
            var live = ""
            let verdict = try runner.run(
                [Self.command("printf hunter2; printf 'hunter2\\n'; seq 100000; echo end")],
                tier: "fast", in: root
            ) { live += String(decoding: $1, as: UTF8.self) }[0]
            #expect(verdict.output.hasPrefix("[redacted]\n1\n2\n"))
            #expect(!live.contains("hunter2hunter2"))
            #expect(verdict.output.utf8.count <= Verdict.outputLimit)
            #expect(verdict.tail.utf8.count <= Verdict.tailLimit)
            #expect(verdict.tail.hasSuffix("\n99999\n100000\nend\n"))
        }
    }

    @Test func `the same failure has the same signature`() async throws {
        let root = root
        await #expect(processExitsWith: .success) { [root = root as String] in
            func signature(_ text: String, _ status: Int) throws -> String {
                let command = Self.command("cat text; exit \(status)", name: "test")
                try text.write(toFile: "\(root)/text", atomically: true, encoding: .utf8)
                return try Self.runner(root).run([command], tier: "full", in: root)[0].signature
            }
            let first = try signature("failed in 12 ms\n", 1)
            #expect(try signature("failed in 9 ms\n", 1) == first)
            #expect(try signature("failed in 9 ms\n", 2) != first)
            #expect(try signature("broke in 9 ms\n", 1) != first)
        }
    }

    @Test func `green wants a required command that passed and is no setup`() {
        func verdict(_ status: Int32, tier: String = "full", required: Bool = true) -> Verdict {
            Verdict(
                of: Self.command("x", required: required), tier: tier, exitCode: status,
                ended: .byItself, duration: 0, output: "")
        }
        #expect(![Verdict]().isGreen)
        #expect(![verdict(0, tier: "setup")].isGreen)
        #expect(![verdict(0, required: false)].isGreen)
        #expect([verdict(0), verdict(1, required: false)].isGreen)
        #expect(![verdict(0), verdict(1, tier: "setup")].isGreen)
    }

    /// A key of the empty tree.
    private static func key(
        _ commands: [ValidationCommand], policyHash: String = "p",
        in sandbox: any Execution.Sandbox = NoSandbox(),
        _ settings: SandboxSettings = SandboxSettings(), reachesRegistries: Bool = false
    ) -> VerdictCache.Key {
        VerdictCache.Key(
            tree: .emptyTree, policyHash: policyHash, commands: commands,
            surroundings: VerdictSurroundings(
                sandbox, settings, reachesRegistries: reachesRegistries))
    }

    @Test func `a verdict survives the cache, and another policy is another key`() throws {
        let repository = try Repository(containing: root)
        let cache = VerdictCache(repository: repository)
        let command = Self.command("make", required: false)
        let verdict = Verdict(
            of: command, tier: "full", exitCode: nil, ended: .deadline, duration: 7,
            output: "é\n\u{7}")
        let key = Self.key([command])
        #expect(cache.verdicts(for: key) == nil)
        try cache.keep([verdict], for: key)
        #expect(cache.verdicts(for: key) == [verdict])
        for other in [Self.key([command], policyHash: "q"), Self.key([])] {
            #expect(cache.verdicts(for: other) == nil)
        }
        let file = "\(root)/.git/draft/verdicts/\(key.file)"
        try "{".write(toFile: file, atomically: true, encoding: .utf8)
        #expect(cache.verdicts(for: key) == nil)
    }

    @Test func `many verdicts on much that was printed survive the cache`() throws {
        let cache = VerdictCache(repository: try Repository(containing: root))
        let command = Self.command("make")
        // Escaped, each of these takes six times as much.
        let output = String(repeating: "\u{1b}", count: Verdict.tailLimit)
        let verdict = Verdict(
            of: command, tier: "full", exitCode: 0, ended: .byItself, duration: 7, output: output)
        let key = Self.key([command])
        let verdicts = [Verdict](repeating: verdict, count: 40)
        try cache.keep(verdicts, for: key)
        #expect(cache.verdicts(for: key) == verdicts)
    }

    @Test func `a verdict holds for the sandbox that it was given in`() {
        let bare = Self.key([])
        #expect(bare == Self.key([], in: NoSandbox(remark: "it does not work")))
        // What was wanted does not count, only what there was.
        #expect(bare == Self.key([], SandboxSettings(mode: .none, namesMode: true, require: true)))
        var less = SandboxSettings()
        less.limits.processes = 20
        let keys = [
            bare, Self.key([], in: Apart(kind: .bwrap)), Self.key([], in: Apart(kind: .container)),
            Self.key([], in: Apart(kind: .container, imageName: "a")),
            Self.key([], in: Apart(kind: .container, imageName: "b")),
            Self.key([], SandboxSettings(network: ["example.com"])),
            Self.key([], SandboxSettings(writable: ["/srv/cache"])),
            Self.key([], SandboxSettings(environment: ["TOKEN"])),
            Self.key([], less), Self.key([], reachesRegistries: true),
        ]
        #expect(Set(keys).count == keys.count)
    }

    /// What only says what it is.
    private struct Apart: Execution.Sandbox {
        let kind: SandboxKind
        var imageName: String?

        func wrap(_ command: ChildCommand, in cell: Cell) -> ChildCommand { command }
    }

    @Test func `the policy hash follows what decides, not how it is said`() {
        var policy = Policy.builtIn(cores: 2)
        let hash = policy.policyHash
        #expect(hash.utf8.count == 64)
        #expect(Policy.builtIn(cores: 64).policyHash == hash)
        policy.validation.full = [Self.command("make")]
        #expect(policy.policyHash != hash)
    }

    @Test func `the tail of a text begins with a whole character`() {
        #expect(Verdict.tail(of: "aéb", limit: 2) == "b")
        #expect(Verdict.tail(of: "aéb", limit: 3) == "éb")
        #expect(Verdict.tail(of: "ab", limit: 9) == "ab")
    }
}

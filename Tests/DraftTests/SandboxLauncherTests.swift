import Foundation
import Model
import TestSupport
import Testing

/// What starts a cell runs outside of it; a job must not have it do anything.
@Suite struct SandboxLauncherTests {
    /// A repository whose agent's settings load a library that leaves a mark, where it can.
    private func bench(_ mode: String, _ variable: String) throws -> SandboxBench {
        let bench = try SandboxBench("echo \"loads $\(variable)\"; echo good >f", mode: mode)
        let root = bench.sandbox.root.path
        // Where it is named by its path alone, it stands in for one that bubblewrap needs.
        let library = variable == "LD_PRELOAD" ? "evil.so" : "libselinux.so.1"
        try FileManager.default.createDirectory(
            atPath: "\(root)/cache", withIntermediateDirectories: true)
        let source = """
            #include <fcntl.h>
            __attribute__((constructor)) static void leave(void) {
                open("\(root)/mark", O_CREAT | O_WRONLY, 0600);
            }

            """
        let compiled = try bench.sandbox.run(
            "cc -shared -fPIC -x c -o '\(root)/cache/\(library)' -", input: source)
        try #require(compiled.status == 0, "\(compiled.stderr)")
        let value = variable == "LD_PRELOAD" ? "\(root)/cache/\(library)" : "\(root)/cache"
        try bench.sandbox.write(
            "draft.yaml",
            """
            validation: {full: [./check]}
            agents:
              script: {kind: command, command: [./agent], env: {\(variable): '\(value)'}}
            sandbox: {writable: ['\(root)/cache']}

            """)
        try bench.sandbox.git("commit", "-q", "-a", "-m", "load a library")
        try bench.sandbox.draft("trust --yes")
        return bench
    }

    private func isMarked(_ bench: SandboxBench) -> Bool {
        FileManager.default.fileExists(atPath: "\(bench.sandbox.root.path)/mark")
    }

    @Test func `a library that settings name is loaded where nothing keeps jobs apart`() throws {
        let bench = try bench("none", "LD_PRELOAD")
        let (_, log) = try bench.run()
        #expect(log.contains("loads $SANDBOX/cache/evil.so"))
        #expect(isMarked(bench))
    }

    @Test(arguments: ["LD_PRELOAD", "LD_LIBRARY_PATH"])
    func `bubblewrap loads no library for a job, which finds its variables`(
        variable: String
    ) throws {
        let bench = try bench("bwrap", variable)
        let (ticket, log) = try bench.run()
        #expect(try bench.job(ticket)["sandbox"] == "bwrap")
        #expect(log.contains("loads $SANDBOX/cache"))
        #expect(!isMarked(bench))
    }

    @Test func `a library of the user's shell is not loaded by bubblewrap either`() throws {
        let bench = try bench("bwrap", "LC_UNUSED")
        let root = bench.sandbox.root.path
        let (ticket, _) = try bench.run(environment: ["LD_LIBRARY_PATH": "\(root)/cache"])
        #expect(try bench.job(ticket)["sandbox"] == "bwrap")
        #expect(!isMarked(bench))
    }

    @Test func `nothing of the user is shown because settings name it`() throws {
        let bench = try SandboxBench("true")
        let root = bench.sandbox.root.path
        for (path, text) in [("keys/.ssh/id", "a key"), ("docs/bin/plan", "a plan")] {
            let file = URL(filePath: "\(root)/\(path)")
            try FileManager.default.createDirectory(
                at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
            try Data(text.utf8).write(to: file)
        }
        try bench.sandbox.write(
            "agent",
            "#!/bin/sh\nfor x in \"$@\" \"$SSL_CERT_FILE\" \(root)/keys \(root)/docs; do\n"
                + "[ ! -e \"$x\" ] || echo \"there is $x\"; done; echo looked; echo good >f\n",
            executable: true)
        try bench.sandbox.write(
            "draft.yaml",
            """
            validation: {full: [./check]}
            agents:
              script:
                kind: command
                command: [./agent, \(root)/keys/.ssh/id, \(root)/docs/bin/plan]
                env:
                  PATH: '/usr/bin:/bin:\(root)/docs/bin:\(root)/keys/.ssh'
                  JAVA_HOME: '\(root)/docs'
                  SSL_CERT_FILE: '\(root)/keys/.ssh/id'

            """)
        try bench.sandbox.git("commit", "-q", "-a", "-m", "look")
        try bench.sandbox.draft("trust --yes")
        let (_, log) = try bench.run()
        #expect(log.contains("looked"))
        #expect(!log.contains("there is"), "\(log)")
    }
}

import Foundation
import Model
import TestSupport
import Testing

/// Bubblewrap is tried by the command that starts a job, and believed by the job's process.
@Suite struct SandboxTrialTests {
    let bench: SandboxBench
    let root: String

    init() throws {
        bench = try SandboxBench("echo good >f")
        root = bench.sandbox.root.path
    }

    /// Puts a script before bubblewrap, which writes down how often it is called: `$count`.
    private func intercept(_ script: String) throws -> [String: String?] {
        let path = URL(filePath: "\(root)/bin/bwrap")
        try FileManager.default.createDirectory(
            at: path.deletingLastPathComponent(), withIntermediateDirectories: true)
        let text = """
            #!/bin/sh
            for word; do last=$word; done
            echo "$last" >>'\(root)/calls'
            count=$(wc -l <'\(root)/calls')
            \(script)
            exec /usr/bin/bwrap "$@"

            """
        try Programs.write(text, to: path.path)
        let old = try bench.sandbox.run("printf %s \"$PATH\"").stdout
            .replacing("$SANDBOX", with: root)
        return ["PATH": "\(root)/bin:\(old)"]
    }

    private func calls() throws -> [String] {
        try String(contentsOfFile: "\(root)/calls", encoding: .utf8)
            .split(separator: "\n").map(String.init)
    }

    @Test func `it is tried once, and each program of the job is another call`() throws {
        let path = try intercept("")
        let (ticket, _) = try bench.run(environment: path)
        #expect(try bench.job(ticket)["sandbox"] == "bwrap")
        #expect(try calls().map { String($0.suffix(7)) } == ["in/true", "./agent", "./check"])
    }

    @Test func `it is not tried again until it is another program or fails`() throws {
        let path = try intercept(
            "if [ -e '\(root)/broken' ]; then echo 'bwrap: no more' >&2; exit 1; fi")
        func run() throws -> Int {
            let before = (try? calls().count) ?? 0
            let ticket = try bench.sandbox.id("ticket new 'Do it'")
            _ = try bench.sandbox.run(
                "git draft run --allow-red-base test \(ticket)", environment: path)
            return try calls()[before...].count { $0.hasSuffix("in/true") }
        }
        #expect(try run() == 1)
        #expect(try run() == 0)
        _ = try bench.sandbox.run("echo '# another' >>'\(root)/bin/bwrap'")
        #expect(try run() == 1)
        #expect(try run() == 0)
        _ = try bench.sandbox.run("touch '\(root)/broken'")
        // It is believed once more; what each job asks then is whose word the failure was.
        #expect(try run() > 0)
        #expect(try bench.sandbox.run("test -e .git/draft/bwrap").status == 1)
        _ = try bench.sandbox.run("rm '\(root)/broken'")
        #expect(try run() == 1)
        // What somebody else wrote there is not believed.
        _ = try bench.sandbox.run("echo forged >.git/draft/bwrap")
        #expect(try run() == 1)
    }

    @Test(arguments: ["", "--allow-red-base test"])
    func `one that works no more is an error, and nothing runs without it`(
        options: String
    ) throws {
        let path = try intercept(
            """
            if [ "$count" -gt 1 ]; then
                echo "bwrap: Creating new namespace failed: Operation not permitted" >&2
                exit 1
            fi
            """)
        let ticket = try bench.sandbox.id("ticket new 'Do it'")
        let outcome = try bench.sandbox.run(
            "git draft run \(ticket) \(options)", environment: path)
        #expect(outcome.status != 0)
        let jobs = try bench.sandbox.json("job list")["jobs"]?.array ?? []
        #expect(!jobs.isEmpty)
        for job in jobs {
            #expect(job["sandbox"] == "bwrap" && job["reason"] == "system", "\(job)")
            let error = job["errors"]?.array?.last?["message"]?.string
            #expect(
                error == "cannot start the sandbox: bwrap: Creating new namespace failed: "
                    + "Operation not permitted")
        }
        // The trial, and for each job what is meant and what asks whose word the failure was.
        #expect(try calls().count == 1 + 2 * jobs.count)
        #expect(try bench.sandbox.run("ls .draft/worktrees/*/f").status != 0)
    }

    @Test func `one that is gone is an error, too`() throws {
        let path = try intercept("rm '\(root)/bin/bwrap'")
        let ticket = try bench.sandbox.id("ticket new 'Do it'")
        let outcome = try bench.sandbox.run(
            "git draft run --allow-red-base test \(ticket)", environment: path)
        #expect(outcome.status != 0)
        #expect(try calls().count == 1)
        let error = try bench.job(ticket)["errors"]?.array?.last?["message"]?.string
        #expect(error?.hasPrefix("cannot start the sandbox: '") == true, "\(error ?? "")")
    }

    @Test func `an agent that speaks like bubblewrap fails for itself`() throws {
        let bench = try SandboxBench("echo 'bwrap: no permission' >&2; exit 1")
        let (ticket, _) = try bench.run(expecting: 1)
        #expect(try bench.job(ticket)["reason"] == "agent_failed")
    }
}

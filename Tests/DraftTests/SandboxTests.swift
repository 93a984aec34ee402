import Foundation
import TestSupport
import Testing

/// What the other tests rely on.
@Suite struct SandboxTests {
    @Test func `output of any size on both streams arrives`() throws {
        let outcome = try Sandbox().run("yes out | head -c 300000; yes err | head -c 300000 >&2")
        #expect(outcome.stdout.utf8.count == 300_000)
        #expect(outcome.stderr.utf8.count == 300_000)
        #expect(outcome.output == outcome.stdout + outcome.stderr)
    }

    @Test func `merged streams keep their order`() throws {
        let outcome = try Sandbox().run("echo 1 >&2; echo 2; echo 3 >&2", merged: true)
        #expect(outcome.output == "1\n2\n3\n")
    }

    @Test func `a grandchild that lives on is not waited for, but is found`() throws {
        let sandbox = try Sandbox()
        let start = ContinuousClock.now
        let started = "until grep -q ^sleep /proc/$!/cmdline; do :; done"
        #expect(try sandbox.run("sleep 1000 & \(started); exit 3").status == 3)
        #expect(ContinuousClock.now - start < .seconds(900))
        let left = sandbox.end(grace: .zero)
        #expect(left.count == 1)
        #expect(left.first?.hasSuffix(": sleep 1000") == true)
    }

    @Test func `locks and temporary files that stay are found`() throws {
        let sandbox = try Sandbox()
        try sandbox.run("touch .git/index.lock; mktemp -d")
        let left = sandbox.end(grace: .zero)
        #expect(left.first == "$SANDBOX/repo/.git/index.lock")
        #expect(left.dropFirst().allSatisfy { $0.hasPrefix("$SANDBOX/tmp/") })
        #expect(left.count == 2)
        #expect(!FileManager.default.fileExists(atPath: sandbox.root.path))
    }

    @Test func `a command may be left running, and signalled`() throws {
        let child = try Sandbox().start("echo ready; sleep 1000")
        child.signal(SIGTERM)
        #expect(child.wait().status == 128 + SIGTERM)
    }

    @Test func `nothing of the machine comes in, and the same happens twice`() throws {
        let history = { () throws -> String in
            let sandbox = try Sandbox()
            let settings = try sandbox.run("git config --list --show-scope | grep -v ^local")
            #expect(
                settings.stdout == "global\tdraft.sandbox=none\nglobal\tmaintenance.auto=false\n")
            let commit = try sandbox.commitFile("folder/file", "text\n")
            let remote = try sandbox.addRemote()
            try sandbox.git("push", "--quiet", "origin", "main")
            let clone = try sandbox.clone(remote, as: "clone")
            #expect(try sandbox.git("rev-parse", "HEAD", in: clone) == commit)
            return commit
        }
        #expect(try history() == history())
    }

    @Test func `git finds the program under test`() throws {
        let outcome = try Sandbox().run("git draft --version")
        #expect(outcome.status == 0)
        #expect(outcome.stdout.contains("."))
    }
}

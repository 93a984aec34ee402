import Foundation
import Glibc
import TestSupport
import Testing

/// What becomes of a checkout in which a tree was judged when somebody killed that.
@Suite struct CrashCheckoutTests {
    @Test func `a command that only reads removes a dead checkout, and lets a live one be`() throws
    {
        let bench = try LoopBench(
            "echo good > f", validation: "full: ['touch $LOG/begun; exec sleep 1001']")
        let ticket = try bench.ticket()
        let child = try bench.sandbox.start(
            "exec git-draft run \(ticket)", environment: ["LOG": bench.log.path])
        let end = ContinuousClock.now + .seconds(300)
        while !FileManager.default.fileExists(atPath: bench.log.path + "/begun"), .now < end {
            usleep(3000)
        }
        let checkouts =
            "find .git/draft .draft -name '*check-*'; git for-each-ref 'refs/draft-local/*check-*'"
        let live = try bench.sandbox.run(checkouts).output
        #expect(live.contains(".draft/worktrees/check-"), "\(live)")
        try bench.draft("status")
        #expect(try bench.sandbox.run(checkouts).output == live)
        // Neither of the two processes is to tidy up after the other.
        let pid = try bench.sandbox.run("cat .git/draft/jobs/*/pid").stdout
        let supervisor = try #require(Int32(pid.trimmingCharacters(in: .newlines)))
        kill(supervisor, SIGSTOP)
        kill(-child.identifier, SIGKILL)
        _ = child.wait()
        kill(supervisor, SIGKILL)
        // What it held locked is free only when the kernel is done with it.
        let locks = "for lock in checkout launch lock; do flock .git/draft/jobs/*/$lock true; done"
        try bench.sandbox.run(locks)
        #expect(try bench.sandbox.run(checkouts).output == live)
        try bench.draft("status")
        #expect(try bench.sandbox.run(checkouts).output == "")
    }
}

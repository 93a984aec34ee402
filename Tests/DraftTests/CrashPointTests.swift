import Foundation
import Model
import TestSupport
import Testing

/// Every process dies exactly where a test wants it; no command is needed to repair that.
@Suite struct CrashPointTests {
    private static let ofJobs = [
        "lease-written", "workspace-half-made", "agent-running", "snapshot-written", "validation",
    ]

    private static let ofLandings = ["land-begun", "land-validated"]

    @Test func `whatever dies, a job is closed, its work kept, and the next run completes`()
        throws
    {
        let titles =
            Self.ofJobs + Self.ofLandings
            + ["revision-stored", "approval-stored", "base-moved", "warm"]
        let project = try CrashProject(titles.map { ($0, CrashProject.twoTurns($0)) })
        try project.complete(project.ticket("warm"))
        for point in Self.ofJobs {
            let ticket = try project.ticket(point)
            try project.draft("run \(ticket)", expecting: 1, crash: point)
            try project.expectSound("\(point)")
            let state = try project.state(ticket)
            #expect(state.state == "planned", "\(point)")
            #expect(state.reason == "crashed", "\(point)")
            let jobs = try project.jobs().filter { $0["ticket_id"]?.string == ticket }
            #expect(jobs.map { $0["status"] } == ["failed", "failed", "failed"], "\(point)")
            #expect(jobs.map { $0["reason"] } == ["crashed", "crashed", "crashed"], "\(point)")
            try project.complete(ticket)
            try project.expectSound("\(point), completed")
            #expect(try project.sandbox.git("show", "main:\(point).txt") == "hello")
        }
        try revisionStored(project)
        try approvalStored(project)
        for point in Self.ofLandings { try landing(project, point) }
        try baseMoved(project)
    }

    /// Nothing has moved: the job is closed, and the approval stands.
    private func landing(_ project: CrashProject, _ point: String) throws {
        let ticket = try project.ticket(point)
        try project.draft("run \(ticket)")
        try project.draft("review --approve \(ticket)")
        let base = try project.sandbox.git("rev-parse", "main")
        try project.draft("land \(ticket)", expecting: 137, crash: point)
        try project.expectSound("\(point)")
        #expect(try project.sandbox.git("rev-parse", "main") == base)
        #expect(try project.state(ticket).state == "needs_human")
        let job = try project.lastJob(ticket)
        #expect(job["kind"] == "land")
        #expect(job["status"] == "failed")
        #expect(job["reason"] == "crashed")
        try project.draft("land \(ticket)")
        #expect(try project.state(ticket).state == "done")
        try project.expectSound("\(point), completed")
    }

    private func revisionStored(_ project: CrashProject) throws {
        let ticket = try project.ticket("revision-stored")
        try project.draft("run \(ticket)", crash: "revision-stored")
        try project.expectSound("revision-stored")
        #expect(try project.state(ticket).state == "needs_human")
        try project.complete(ticket)
        try project.expectSound("revision-stored, completed")
    }

    private func approvalStored(_ project: CrashProject) throws {
        let ticket = try project.ticket("approval-stored")
        try project.draft("run \(ticket)")
        try project.draft("review --approve \(ticket)", expecting: 137, crash: "approval-stored")
        try project.expectSound("approval-stored")
        #expect(try project.state(ticket).state == "needs_human")
        try project.draft("land \(ticket)")
        #expect(try project.state(ticket).state == "done")
        try project.expectSound("approval-stored, completed")
    }

    /// The base has moved: any command says so, with the files in place.
    private func baseMoved(_ project: CrashProject) throws {
        let ticket = try project.ticket("base-moved")
        try project.draft("run \(ticket)")
        try project.draft("review --approve \(ticket)")
        try project.draft("land \(ticket)", expecting: 137, crash: "base-moved")
        #expect(try project.sandbox.git("show", "main:base-moved.txt") == "hello")
        try project.expectSound("base-moved")
        #expect(try project.state(ticket).state == "done")
        #expect(try project.sandbox.git("status", "--porcelain") == "")
        let landed = try project.sandbox.run("git log --format=%B main | grep -c '\(ticket)'")
        #expect(landed.stdout == "1\n")
        let job = try project.lastJob(ticket)
        #expect(job["kind"] == "land")
        #expect(job["outcome"] == "landed")
        // Whoever completes a landing knows what its tree was found to be.
        let events = try project.json("log \(ticket)")["events"]?.array
        let done = events?.first { $0["type"] == "land.done" }?["payload"]?["validation"]
        #expect(done?["job_id"] == job["id"])
        #expect(done?["verdicts"]?.array?.compactMap { $0["passed"] } == [true])
    }

    @Test func `a job goes on from a snapshot that it did not live to write down`() throws {
        let turns = """
                - - write: {path: a.txt, text: "helo\\n"}
                - - write: {path: b.txt, text: "hello\\n"}
                - - edit: {path: a.txt, find: helo, replace: hello}
            """
        let project = try CrashProject([("warm", CrashProject.twoTurns("warm")), ("T", turns)])
        try project.complete(project.ticket("warm"))
        let ticket = try project.ticket("T")
        try project.draft("run \(ticket)", expecting: 1, crash: "snapshot-written")
        let turnsDone = try project.jobs().filter { $0["ticket_id"]?.string == ticket }
            .map { $0["counters"]?["iterations"]?.integer }
        #expect(turnsDone == [3, 2, 1])
        try project.draft("run \(ticket)")
        let revision = try project.json("review \(ticket)")["head_commit"]?.string ?? ""
        #expect(try project.sandbox.git("show", "\(revision):a.txt") == "hello")
        #expect(try project.sandbox.git("show", "\(revision):b.txt") == "hello")
        try project.complete(ticket)
        try project.expectSound()
    }

    @Test func `a secret in a snapshot stays in this clone though the job died`() throws {
        let token = "ghp_" + String(repeating: "aB3dE6", count: 6)
        let turns = "    - - write: {path: key.txt, text: \"\(token)\\n\"}"
        let project = try CrashProject([("warm", CrashProject.twoTurns("warm")), ("T", turns)])
        try project.complete(project.ticket("warm"))
        let ticket = try project.ticket("T")
        try project.draft("run \(ticket)", expecting: 1, crash: "snapshot-written")
        try project.expectSound()
        func commits(_ references: String) throws -> String {
            try project.sandbox.git("log", "--format=%H", "--glob=\(references)", "--", "key.txt")
        }
        #expect(try commits("refs/draft/*") == "")
        #expect(try commits("refs/draft-local/*") != "")
    }

    @Test func `a baseline whose process dies is closed and says so`() throws {
        let project = try CrashProject([("T", CrashProject.twoTurns("T"))])
        let ticket = try project.ticket("T")
        for point in ["lease-written", "workspace-half-made"] {
            let outcome = try project.draft("run \(ticket)", expecting: 128, crash: point)
            #expect(outcome.stderr.contains("the process of the job died"))
            try project.expectSound("\(point)")
        }
        try project.complete(ticket)
        try project.expectSound()
        let refs = try project.sandbox.git("for-each-ref", "--format=%(refname)")
        #expect(!refs.contains("refs/draft-local/"))
        #expect(!refs.contains("refs/heads/goal/"))
    }
}

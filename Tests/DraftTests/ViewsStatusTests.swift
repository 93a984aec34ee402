import Foundation
import GitStore
import Model
import TestSupport
import Testing

@Suite struct ViewsStatusTests {
    @Test func `without a board status says how to make one`() throws {
        let sandbox = try Sandbox()
        try sandbox.commitFile("file", "one\n")
        for command in ["status", "board", "ticket list", "log"] {
            let outcome = try sandbox.run("git draft \(command)")
            #expect(outcome.status == 128)
            #expect(outcome.stderr.contains("hint: git draft init"))
            #expect(outcome.stdout.isEmpty)
        }
    }

    @Test func `of a history that was cut off twice status says what is there`() throws {
        let sample = try ViewsSample()
        let sandbox = sample.sandbox
        let remote = try sandbox.addRemote()
        try sandbox.git("push", "--quiet", "origin", "main")
        let url = "file://\(remote.path)"
        try sandbox.git("clone", "--quiet", "--depth=1", url, "../shallow")
        let shallow = sandbox.root.appending(path: "shallow")
        #expect(try sandbox.run("git draft init", in: shallow).status == 0)
        try sandbox.commitFile("file", "two\n")
        try sandbox.commitFile("file", "three\n")
        try sandbox.git("push", "--quiet", "origin", "main")
        try sandbox.git("fetch", "--quiet", "--depth=1", in: shallow)
        for view in ["status", "status --json", "status --porcelain"] {
            let outcome = try sandbox.run("git draft \(view)", in: shallow)
            #expect(outcome.status == 0, "\(outcome.stderr)")
        }
    }

    @Test func `an empty board asks for a ticket`() throws {
        let sample = try ViewsSample()
        let outcome = try sample.draft("status")
        #expect(outcome.status == 0)
        #expect(outcome.stdout.contains("no tickets"))
        #expect(outcome.stderr == "hint: git draft ticket new TITLE\n")
    }

    @Test func `what runs is shown with its stage, turn, time and sandbox`() throws {
        let sample = try ViewsSample()
        let ticket = try sample.ticket("Say hello")
        let now = Timestamp("2001-09-09T02:00:00.000Z")
        try sample.job(
            ticket,
            [
                "stage": "full validation", "started_at": "2001-09-09T01:50:00.000Z",
                "sandbox": "bwrap", "limits": ["max_iterations": 5],
                "counters": ["iterations": 2, "full_runs": 1, "runtime": 10],
            ])
        let outcome = try sample.draft(
            "status", environment: ["GIT_DRAFT_TEST_TIME": now?.description])
        #expect(
            outcome.stdout.contains("full validation, iteration 2 of 5, 10m 00s, sandbox bwrap"))
        #expect(outcome.stdout.contains("running (1)"))
        #expect(outcome.stdout.contains("Say hello"))
    }

    @Test func `what waits and what failed is shown with what to do`() throws {
        let sample = try ViewsSample()
        let asking = try sample.ticket("Which colour")
        let job = try sample.job(asking, status: .waitingForInput)
        try sample.move(asking, .executing, .needsHuman, reason: "question", job: job)
        let question = try sample.question(
            asking, "which one?", choices: ["blue", "red"], job: job)
        let offered = try sample.ticket("Look at me")
        try sample.move(offered, .executing, .needsHuman)
        try sample.revision(offered, base: "a", head: "b")
        let stuck = try sample.ticket("Stuck")
        let failed = try sample.job(
            stuck, status: .succeeded,
            ["findings": ["tried": "all of it", "last_failure": "make: 1\nmore", "next": nil]])
        try sample.move(stuck, .executing, .blocked, reason: "identical_failure", job: failed)

        let outcome = try sample.draft("status")
        #expect(outcome.stdout.contains("asks: which one?"))
        #expect(outcome.stdout.contains("choices: blue | red"))
        #expect(outcome.stdout.contains("git draft answer \(question.prefix(6)) ANSWER"))
        #expect(outcome.stdout.contains("review revision 1: 1 file, +2 −1"))
        #expect(outcome.stdout.contains("git draft review \(offered.prefix(6)) --approve"))
        #expect(outcome.stdout.contains("identical_failure"))
        #expect(outcome.stdout.contains("tried: all of it"))
        #expect(outcome.stdout.contains("last failure: make: 1\n"))
        #expect(outcome.stderr == "hint: git draft answer \(question.prefix(6)) ANSWER\n")

        let ids = try sample.draft("status --quiet").stdout.split(separator: "\n").map(String.init)
        #expect(Set(ids) == [asking, offered, stuck])
        let document = try sample.json("status --json")
        #expect(
            document.object?.keys
                == ["board", "failed", "running", "schema", "unpushed", "waiting"])
        #expect(document["waiting"]?.array?.count == 2)
        #expect(document["failed"]?.array?[0]["job"]?["id"]?.string == failed)
        #expect(document["failed"]?.array?[0]["ticket"]?["_stamp"] == nil)
    }

    @Test func `what was answered waits for its turn, and for nobody`() throws {
        let sample = try ViewsSample()
        let ticket = try sample.ticket("Which colour")
        let job = try sample.job(
            ticket, status: .queued, ["started_at": "2001-09-09T01:50:00.000Z"])
        try sample.move(ticket, .executing, .needsHuman, reason: "question", job: job)
        let outcome = try sample.draft("status")
        #expect(outcome.stdout.contains("queued, since it was answered"))
        #expect(outcome.stdout.split(separator: "\n").filter { $0.contains("colour") }.count == 1)
        #expect(!outcome.stdout.contains("waiting for a person"))
        #expect(outcome.stderr == "hint: git draft run \(ticket.prefix(6))\n")
        #expect(try sample.json("status --json")["waiting"] == [])
    }

    @Test func `advice can be switched off`() throws {
        let sample = try ViewsSample()
        try sample.sandbox.git("config", "advice.draftNext", "false")
        #expect(try sample.draft("status").stderr.isEmpty)
    }

    @Test func `what is not pushed and not merged is counted`() throws {
        let sample = try ViewsSample()
        let remote = try sample.sandbox.addRemote()
        _ = remote
        #expect(try sample.draft("status").stdout.contains("never synced with origin"))
        try sample.sandbox.git("update-ref", "refs/draft-remotes/origin/board", "refs/draft/board")
        try sample.ticket("One")
        let tip = try sample.sandbox.git("rev-parse", "refs/draft/board")
        try sample.ticket("Two")
        #expect(try sample.draft("status").stdout.contains("2 changes of the board, not on origin"))
        try sample.sandbox.git("update-ref", "refs/draft-remotes/origin/board", "refs/draft/board")
        try sample.sandbox.git("update-ref", "refs/draft/board", tip)
        let unpushed = try sample.json("status --json")["unpushed"]
        #expect(unpushed?["board"]?.integer == 0)
        #expect(unpushed?["unmerged"]?.integer == 1)
    }

    @Test func `commits of the base that were not pushed are named with their tickets`() throws {
        let sample = try ViewsSample()
        try sample.sandbox.addRemote()
        try sample.sandbox.git("push", "--quiet", "-u", "origin", "main")
        let commit = try sample.sandbox.commitFile("file", "two\n")
        let ticket = try sample.ticket("Landed")
        try sample.board.transact(as: .system) { transaction in
            let record = try transaction.require(Ticket.self, ticket).record
            try transaction.write(
                record,
                ["landed/\(commit)": ["tree": "t", "remote": nil, "at": nil, "by": nil]],
                as: .landDone)
        }
        let outcome = try sample.draft("status")
        #expect(outcome.stdout.contains("1 commit of main, not pushed (\(ticket.prefix(6)))"))
    }
}

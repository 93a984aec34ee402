import Foundation
import GitStore
import Model
import TestSupport
import Testing

@Suite struct ViewsListTests {
    private func titles(_ document: JSON) -> [String] {
        (document["tickets"]?.array ?? []).compactMap { $0["title"]?.string }
    }

    @Test func `a title that quotes the first line of a key does not cut the list off`() throws {
        let sample = try ViewsSample()
        let title = "Look for \"-----BEGIN RSA PRIVATE KEY-----\" in files"
        try sample.ticket(title, priority: 90)
        try sample.ticket("Next")
        #expect(titles(try sample.json("ticket list --json")) == [title, "Next"])
    }

    @Test func `a line of --porcelain can be read back`() throws {
        let sample = try ViewsSample()
        let titles = ["-", #"a\tb"#, "c-d"]
        for title in titles { try sample.ticket(title) }
        let lines = try sample.draft("ticket list --porcelain").stdout.split(separator: "\n")
        let shown = lines.compactMap { $0.split(separator: "\t").last }
        #expect(shown == [#"\x2d"#, #"a\\tb"#, "c-d"])
        #expect(lines.allSatisfy { $0.split(separator: "\t")[4] == "-" })
    }

    @Test func `tickets are listed by priority, and filtered`() throws {
        let sample = try ViewsSample()
        let goal = try sample.board.transact(as: ViewsSample.person) {
            try $0.createGoal(title: "Big").id
        }
        let low = try sample.ticket("Write the PARSER", labels: ["ui"], priority: 10)
        try sample.ticket("Test it", goal: goal, description: "the parser, I mean", priority: 90)
        let gone = try sample.ticket("Forget it")
        try sample.move(gone, .abandoned)
        let asked = try sample.ticket("Ask", state: .proposed)

        #expect(
            titles(try sample.json("ticket list --json")) == ["Test it", "Ask", "Write the PARSER"])
        #expect(
            titles(try sample.json("ticket list --json parser")) == ["Test it", "Write the PARSER"])
        #expect(titles(try sample.json("ticket list --json 'the parser' write")).count == 1)
        #expect(titles(try sample.json("ticket list --json --state abandoned")) == ["Forget it"])
        #expect(
            titles(try sample.json("ticket list --json --state proposed --state abandoned")).count
                == 2)
        #expect(titles(try sample.json("ticket list --json --all")).count == 4)
        #expect(titles(try sample.json("ticket list --json --label ui")) == ["Write the PARSER"])
        #expect(titles(try sample.json("ticket list --json --goal \(goal)")) == ["Test it"])
        #expect(titles(try sample.json("ticket list --json --limit 1")) == ["Test it"])
        #expect(titles(try sample.json("ticket list --json nothing")).isEmpty)
        #expect(try sample.draft("ticket list --quiet ui").stdout.isEmpty)
        #expect(try sample.draft("ticket list --quiet write").stdout == "\(low)\n")
        #expect(try sample.draft("ticket list -z ask").stdout == "\(asked)\0")
        #expect(try sample.draft("ticket list --state nowhere").status == 129)
        #expect(try sample.draft("ticket list --json --quiet").status == 129)
    }

    @Test func `an unreadable record is listed and is no failure`() throws {
        let sample = try ViewsSample()
        try sample.ticket("Fine")
        let bad = try sample.ticket("Broken")
        let path = "tickets/\(bad.suffix(2))/\(bad).json"
        try sample.store(path, "{\"schema\": 99")
        for command in ["ticket list", "board", "status"] {
            let outcome = try sample.draft(command)
            #expect(outcome.status == 0)
            #expect(outcome.stderr.contains("warning: cannot read '\(path)'"))
            #expect(outcome.stdout.contains("Fine") || command == "status")
        }
    }

    @Test func `a ticket is shown with all that belongs to it`() throws {
        let sample = try ViewsSample()
        let blocker = try sample.ticket("First")
        let ticket = try sample.ticket("Second", blockedBy: [blocker], labels: ["ui", "api"])
        let after = try sample.ticket("Third", blockedBy: [ticket])
        let job = try sample.job(ticket, status: .succeeded)
        try sample.revision(ticket, base: "a", head: "b", job: job)
        try sample.question(ticket, "which one?")
        let text = try sample.draft("ticket show \(ticket.prefix(8))").stdout
        #expect(text.hasPrefix("ticket \(ticket)\nSecond\n"))
        for part in ["api, ui", "First", "Third", "1 file, +2 −1", "which one?", "created"] {
            #expect(text.contains(part), "\(part)")
        }
        #expect(text.contains(job.prefix(6)))
        let document = try sample.json("ticket show --json \(ticket)")
        #expect(document["blocked_by"] == [.string(blocker)])
        #expect(document["labels"] == ["api", "ui"])
        #expect(document.object?.keys.contains { $0.hasPrefix("_") } == false)
        #expect(try sample.draft("ticket show \(after) --at 2001-01-01").status == 128)
        #expect(try sample.draft("ticket show zzzz").stderr == "fatal: no ticket 'zzzz'\n")
    }

    @Test func `jobs are listed and shown`() throws {
        let sample = try ViewsSample()
        let ticket = try sample.ticket("Say hello")
        let other = try sample.job(try sample.ticket("Other"), status: .failed)
        let job = try sample.job(
            ticket, status: .running,
            [
                "iterations": [
                    ["n": 1, "fast": "passed", "full": "failed", "files": 3, "lines": 9]
                ],
                "usage": ["cost": 1_230_000], "log_tail": "the \u{1b}[31mend\u{1b}[m",
            ])
        #expect(try sample.draft("job list --quiet").stdout == "\(job)\n\(other)\n")
        #expect(try sample.draft("job list --quiet --ticket \(ticket)").stdout == "\(job)\n")
        #expect(try sample.draft("job list --quiet --state failed").stdout == "\(other)\n")
        #expect(try sample.json("job list --json")["jobs"]?.array?.count == 2)
        let text = try sample.draft("job show \(job)").stdout
        for part in ["Say hello", "running", "fast passed", "3 files, 9 lines", "$1.23", "the end"]
        {
            #expect(text.contains(part), "\(part)")
        }
        #expect(try sample.json("job show --json \(job)")["id"]?.string == job)
    }

    @Test func `a commit of the board, a time and a day lead back`() throws {
        let sample = try ViewsSample()
        let first = try sample.ticket("One")
        let commit = try sample.sandbox.git("rev-parse", "refs/draft/board")
        let seconds = try sample.sandbox.git("log", "-1", "--format=%ct", "refs/draft/board")
        let second = try sample.ticket("Two")
        let time = Timestamp(milliseconds: (Int64(seconds) ?? 0) * 1000).description
        for when in [commit, String(commit.prefix(10)), time, time.prefix(19) + "+00:00"] {
            #expect(try sample.draft("ticket list --quiet --at \(when)").stdout == "\(first)\n")
        }
        let day = String(time.prefix(10))
        #expect(
            try sample.draft("ticket list --quiet --at \(day)").stdout == "\(first)\n\(second)\n")
        #expect(try sample.draft("ticket list --at 0000000").status == 128)
        #expect(try sample.draft("ticket list --at yesterday").status == 128)
        #expect(try sample.draft("log --at \(commit)").stdout.contains("Two") == false)
    }

    @Test func `a commit of the board from the end of all time is later than any time`() throws {
        let sample = try ViewsSample()
        try sample.ticket("One")
        let made = try sample.sandbox.run(
            """
            set -e
            id=$(git cat-file commit refs/draft/board |
                sed -E '/^committer /s/> [0-9]+/> 9223372036854775807/' |
                git hash-object -t commit -w --stdin --literally)
            git update-ref refs/draft/board "$id"
            """)
        #expect(made.status == 0, "\(made.output)")
        let list = try sample.draft("ticket list --quiet --at 2030-01-01")
        #expect(list.status == 0 && list.stdout == "", "\(list.output)")
    }
}

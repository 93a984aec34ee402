import Foundation
import GitStore
import Model
import TestSupport
import Testing

@Suite struct ViewsLogTests {
    @Test func `a ticket's log holds what happened to all that belongs to it`() throws {
        let sample = try ViewsSample()
        let ticket = try sample.ticket("Mine")
        try sample.ticket("Another")
        let job = try sample.job(ticket)
        try sample.question(ticket, "which one?", job: job)
        try sample.move(ticket, .executing, .blocked, reason: "red")
        let lines = try sample.draft("log \(ticket.prefix(6))").stdout.split(separator: "\n")
        #expect(lines.count == 5)
        #expect(lines[0].contains("ticket   \(ticket.prefix(6)) created → planned 'Mine'"))
        #expect(lines[0].hasSuffix("by ann@example.com"))
        #expect(lines[1].contains("job      \(job.prefix(6)) created by executor for ann@"))
        #expect(lines[2].contains("asked 'which one?'"))
        #expect(lines[4].contains("transitioned executing → blocked"))
        #expect(lines[4].hasSuffix("(red)"))
        #expect(try sample.draft("log \(job)").stdout.split(separator: "\n").count == 2)
        #expect(try sample.draft("log board").stdout.split(separator: "\n").count == 1)
    }

    @Test func `the log can be limited, and asked who did something`() throws {
        let sample = try ViewsSample()
        let ticket = try sample.ticket("Mine")
        try sample.job(ticket)
        try sample.ticket("Other")
        func count(_ arguments: String) throws -> Int? {
            try sample.json("log --json \(arguments)")["events"]?.array?.count
        }
        #expect(try count("") == 5)
        #expect(try count("--limit 2") == 2)
        #expect(try count("--limit 0") == 0)
        #expect(try count("--actor executor") == 1)
        #expect(try count("--actor ann@example.com") == 5)
        #expect(try count("--actor human --limit 1") == 1)
        let last = try sample.json("log --json --limit 1")["events"]?.array?.first
        #expect(last?["writes"]?["title"] == "Other")
        #expect(try sample.draft("log zzzz").status == 128)
        #expect(try sample.draft("log -f --at 2001-01-01").status == 129)
    }

    @Test func `what an ended claim still wrote is marked`() throws {
        let sample = try ViewsSample()
        let ticket = try sample.ticket("Mine")
        let executor = Actor.executor(job: "j", onBehalfOf: nil)
        for _ in 1...2 {
            try sample.board.transact(as: executor) { transaction in
                try transaction.claim(try transaction.require(Ticket.self, ticket), for: "j")
            }
            try sample.move(ticket, .planned)
        }
        #expect(try sample.draft("log \(ticket)").stdout.contains("superseded") == false)
        var late = Event(
            type: .ticketEdited, subjectKind: .ticket, subjectID: ticket, actor: executor,
            fence: 1, lamport: 99, replica: "0123456789abcdef", n: 0,
            createdAt: Timestamp(milliseconds: 1_000_000_200_000))
        late.ticketID = ticket
        try sample.store(late.path, late.stored.canonicalText)
        let lines = try sample.draft("log \(ticket)").stdout.split(separator: "\n")
        #expect(lines.last?.hasSuffix("superseded") == true)
        #expect(lines.count { $0.contains("superseded") } == 1)
    }

    @Test func `a followed log goes on with what happens, as lines of JSON`() throws {
        let sample = try ViewsSample()
        let ticket = try sample.ticket("Mine")
        let child = try sample.sandbox.start(
            "exec git-draft log \(ticket) -f --json >$HOME/out")
        let wait = { (word: String) in
            try sample.sandbox.run("until grep -qs \(word) $HOME/out; do :; done")
        }
        _ = try wait("ticket.created")
        try sample.ticket("Other")
        let job = try sample.job(ticket)
        _ = try wait(job)
        child.signal(SIGINT)
        #expect(child.wait().status == 130)
        let lines = try sample.sandbox.run("cat $HOME/out").stdout.split(separator: "\n")
        #expect(lines.count == 2)
        #expect(
            try lines.map { try JSON(parsing: String($0))["type"]?.string }
                == ["ticket.created", "job.created"])
    }
}

@Suite struct ViewsLogsTests {
    @Test func `a job's log is the file while there is one`() throws {
        let sample = try ViewsSample()
        let ticket = try sample.ticket("Mine")
        let job = try sample.job(ticket)
        #expect(try sample.draft("logs \(job)").stdout.isEmpty)
        try sample.sandbox.write(".git/draft/jobs/\(job)/log", "one\n\u{1b}[31mtwo\u{1b}[m\u{7}")
        #expect(try sample.draft("logs \(job)").stdout == "one\n\\x1b[31mtwo\\x1b[m\\x07\n")
        #expect(try sample.draft("logs \(ticket)").stdout.hasPrefix("one\n"))
        let shown = try sample.draftOnTerminal("logs \(job)")
        #expect(shown.stdout == "one\r\ntwo\\x07\r\n")
        let other = try sample.ticket("Other")
        let outcome = try sample.draft("logs \(other)")
        #expect(outcome.status == 128)
        #expect(outcome.stderr.contains("hint: git draft run \(other.prefix(6))"))
    }

    @Test func `lines of an agent are made readable on a terminal`() throws {
        let sample = try ViewsSample()
        let job = try sample.job(try sample.ticket("Mine"))
        let line = #"{"t": 1500, "type": "tool", "name": "sh", "input": {"command": "ls"}}"#
        try sample.sandbox.write(".git/draft/jobs/\(job)/log", line + "\n")
        #expect(try sample.draft("logs \(job)").stdout == line + "\n")
        let shown = try sample.draftOnTerminal("logs --color never \(job)")
        #expect(shown.stdout == "1s      → sh {\"command\":\"ls\"}\r\n")
    }

    @Test func `a link is no log`() throws {
        let sample = try ViewsSample()
        let job = try sample.job(try sample.ticket("Mine"))
        try sample.sandbox.run(
            "mkdir -p .git/draft/jobs/\(job); ln -s /etc/passwd .git/draft/jobs/\(job)/log")
        #expect(try sample.draft("logs \(job)").stdout.isEmpty)
    }

    @Test func `after a job its log is found in the evidence`() throws {
        let sample = try ViewsSample()
        let job = try sample.job(try sample.ticket("Mine"), status: .succeeded)
        let folder = "\(job.suffix(2))/\(job)"
        for (name, text) in [
            ("001-work-order.json", "{}"), ("002-setup.log", "made ready\n"),
            ("003-agent-log.log", "worked\n"), ("004-validation.log", "fine"),
        ] {
            try sample.sandbox.write("evidence/\(folder)/\(name)", text)
        }
        let script = """
            export GIT_INDEX_FILE=$PWD/index GIT_WORK_TREE=$PWD/evidence GIT_DIR=$PWD/.git
            cd evidence && git add . &&
            git update-ref refs/draft/evidence/2001-09 $(git commit-tree -m x $(git write-tree))
            """
        #expect(try sample.sandbox.run(script).status == 0)
        let outcome = try sample.draft("logs \(job)")
        #expect(
            outcome.stdout == """
                ==> 002-setup.log <==
                made ready
                ==> 003-agent-log.log <==
                worked
                ==> 004-validation.log <==
                fine

                """)
    }

    @Test func `a followed log ends with its job`() throws {
        let sample = try ViewsSample()
        let job = try sample.job(try sample.ticket("Mine"))
        try sample.sandbox.write(".git/draft/jobs/\(job)/log", "one\n")
        let child = try sample.sandbox.start("exec git-draft logs -f \(job) >$HOME/out")
        try sample.sandbox.run("until grep -qs one $HOME/out; do :; done")
        try sample.sandbox.run("echo two >>.git/draft/jobs/\(job)/log")
        try sample.end(job)
        #expect(child.wait().status == 0)
        #expect(try sample.sandbox.run("cat $HOME/out").stdout == "one\ntwo\n")
    }
}

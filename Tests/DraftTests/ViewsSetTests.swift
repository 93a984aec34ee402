import Foundation
import GitStore
import Model
import TestSupport
import Testing

/// Every command that shows something shows it to people, to tools, briefly, and as it was.
@Suite struct ViewsSetTests {
    /// The commands that show something; TICKET, JOB and GOAL are records of the sample.
    static let commands = [
        "status", "board", "goal list", "goal show GOAL", "goal graph GOAL", "goal progress GOAL",
        "ticket list", "ticket show TICKET", "ready", "questions", "job list", "job show JOB",
        "log", "log TICKET", "logs JOB", "logs TICKET", "diff TICKET", "diff JOB",
        "review TICKET",
    ]

    @Test func `each has --json, --quiet and --at`() throws {
        let sample = try ViewsSample()
        let names = try fill(sample)
        let tip = try sample.sandbox.git("rev-parse", "refs/draft/board")
        // What happens later is nothing that was there then.
        let later = try sample.ticket("Later")
        for command in Self.commands.map({ named($0, names) }) {
            let now = try sample.draft("\(command) --json --at \(tip)")
            #expect(now.status == 0, "\(command): \(now.stderr)")
            #expect((try? JSON(parsing: now.stdout)) != nil, "\(command): \(now.stdout)")
            #expect(!now.output.contains(later), "\(command)")
            let brief = try sample.draft("\(command) --quiet --at \(tip)")
            #expect(brief.status == 0, "\(command): \(brief.stderr)")
            let ids = brief.stdout.split(separator: "\n")
            #expect(!ids.isEmpty && Set(ids).count == ids.count, "\(command): \(brief.stdout)")
            #expect(ids.allSatisfy { $0.utf8.count == 16 }, "\(command): \(brief.stdout)")
            #expect(!brief.stdout.contains(later), "\(command)")
            let short = try sample.draft("\(command) -q --at \(tip)")
            #expect(short.stdout == brief.stdout, "\(command): \(short.stderr)")
            let early = try sample.draft("\(command) --at 1999-01-01")
            #expect(early.status == 128, "\(command)")
            #expect(early.stderr.contains("there was no board yet at"), "\(command)")
            let both = try sample.draft("\(command) --json --quiet")
            #expect(both.status == 129, "\(command)")
        }
    }

    @Test func `what cannot look back or be brief says so`() throws {
        let sample = try ViewsSample()
        for (command, why) in [
            ("logs -f x --at 2001-01-01", "--follow and --at exclude each other"),
            ("logs -f x --quiet", "--follow and --quiet exclude each other"),
            ("log -f --at 2001-01-01", "--follow and --at exclude each other"),
            ("board --watch --at 2001-01-01", "--watch and --at exclude each other"),
            ("diff x --stat --quiet", "--quiet and --stat exclude each other"),
            (
                "review x --approve --at 2001-01-01",
                "--at only shows a revision, and decides nothing"
            ),
            ("goal run x --progress=jsonl --json", "--progress and --json exclude each other"),
            ("config --quiet --show-origin", "--quiet and --show-origin exclude each other"),
        ] {
            let outcome = try sample.draft(command)
            #expect(outcome.status == 129, "\(command)")
            #expect(outcome.stderr.hasPrefix("error: \(why)\n"), "\(command): \(outcome.stderr)")
        }
        let keys = try sample.draft("config -q sandbox").stdout
        #expect(keys.contains("sandbox.mode\n") && !keys.contains("="))
    }

    @Test func `a look back shows what was, and offers nothing to do`() throws {
        let sample = try ViewsSample()
        let ticket = try sample.ticket("Mine")
        let tip = try sample.sandbox.git("rev-parse", "refs/draft/board")
        try sample.move(ticket, .blocked, reason: "budget")
        let then = try sample.draft("status --at \(tip)")
        #expect(then.stdout.contains("1 planned") && then.stderr.isEmpty)
        let now = try sample.draft("status")
        #expect(now.stdout.contains("failed (1)") && now.stderr.contains("hint: git draft retry"))
        #expect(try sample.draft("ready --quiet --at \(tip)").stdout == "\(ticket)\n")
        #expect(try sample.draft("ready --quiet").stdout == "")
    }

    /// Makes something of each kind to look at.
    private func fill(_ sample: ViewsSample) throws -> [String: String] {
        let goal = try sample.board.transact(as: ViewsSample.person) {
            try $0.createGoal(title: "Big").id
        }
        let base = try sample.sandbox.git("rev-parse", "HEAD")
        let head = try sample.sandbox.commitFile("file", "two\n")
        let ticket = try sample.ticket("Mine", goal: goal)
        try sample.ticket("Ready", goal: goal)
        let job = try sample.job(
            ticket, status: .succeeded,
            ["base_commit": .string(base), "iterations": [["n": 1, "snapshot": .string(head)]]])
        try sample.move(ticket, .executing, .needsHuman, job: job)
        try sample.revision(ticket, base: base, head: head, job: job)
        try sample.question(ticket, "which one?", job: job)
        return ["TICKET": ticket, "JOB": job, "GOAL": goal]
    }

    private func named(_ command: String, _ names: [String: String]) -> String {
        names.reduce(command) { $0.replacing($1.key, with: $1.value) }
    }
}

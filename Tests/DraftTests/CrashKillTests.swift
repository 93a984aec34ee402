import Foundation
import Glibc
import Model
import TestSupport
import Testing

/// `kill -9` at moments that repeat themselves: when the board has moved so often.
@Suite struct CrashKillTests {
    private enum Target: Int, CaseIterable { case command, supervisor, both, tree }

    private func kill(_ target: Target, in project: CrashProject) {
        let running = project.processes()
        let victims =
            switch target {
            case .command: running.filter(\.isCommand)
            case .supervisor: running.filter(\.isSupervisor)
            case .both: running.filter { $0.isSupervisor || $0.isCommand }
            case .tree: running
            }
        for victim in victims { _ = Glibc.kill(victim.id, SIGKILL) }
    }

    @Test func `thirty kills lose nothing, and every ticket lands`() throws {
        var random = CrashRandom(seed: 7)
        let names = (1...30).map { "t\($0)" }
        let project = try CrashProject(
            names.map { ($0, CrashProject.twoTurns($0)) },
            policy: "guardrails: {max_iterations: 60, max_full_validations: 60}")
        var tickets: [String] = []
        var current: String?
        for number in 0..<30 {
            let target = Target.allCases[number % Target.allCases.count]
            let ticket: String
            if let current, try project.state(current).state == "planned" {
                ticket = current
            } else {
                ticket = try project.ticket(names[tickets.count])
                tickets.append(ticket)
                current = ticket
            }
            let moves = Int.random(in: 1...12, using: &random)
            let child = try project.start("run \(ticket)")
            try project.waitForBoard(moves: moves, of: child)
            kill(target, in: project)
            let outcome = child.wait()
            let remark: Comment = "kill \(number), \(target) after \(moves): \(outcome.output)"
            try project.expectSound(remark, before: true)
            let state = try project.state(ticket).state
            #expect(["planned", "needs_human"].contains(state), remark)
        }
        for ticket in tickets { try project.complete(ticket) }
        try project.expectSound()
        for name in names.prefix(tickets.count) {
            #expect(try project.sandbox.git("show", "main:\(name).txt") == "hello")
        }
    }

    @Test func `a lock that a killed process left on a reference of ours holds nobody up`()
        throws
    {
        let project = try CrashProject([("a", CrashProject.twoTurns("a"))])
        let ticket = try project.ticket("a")
        try project.draft("run \(ticket)", expecting: 128, crash: "lease-written")
        let month = try #require(
            try project.json("ticket show \(ticket)")["created_at"]?.string
        ).prefix(7)
        let replica = try project.sandbox.git("for-each-ref", "--format=%(refname)")
            .split(separator: "\n").first { $0.hasPrefix("refs/draft/leases/") }
        let names = [
            "refs/draft/evidence/\(month)", "refs/draft/attempts/\(month)", "refs/draft/board",
            String(try #require(replica)),
        ]
        for name in names { try project.sandbox.write(".git/\(name).lock", "") }
        try project.complete(ticket)
        try project.expectSound()
    }

    @Test(arguments: [1, 2])
    func `a goal that is killed in the middle is done in the end, and lands nothing twice`(
        seed: UInt64
    ) throws {
        var random = CrashRandom(seed: seed)
        let names = ["a", "b", "c"]
        let project = try CrashProject(
            names.map { ($0, CrashProject.twoTurns($0)) },
            policy: "guardrails: {max_iterations: 60, max_full_validations: 60}")
        let goal = try project.draft("goal new Greet --quiet").stdout
            .trimmingCharacters(in: .newlines)
        var tickets: [String] = []
        for name in names {
            let after = name == "b" ? "--blocked-by \(tickets[0])" : ""
            tickets.append(try project.ticket(name, "--goal \(goal) \(after)"))
        }
        for round in 0..<5 {
            let child = try project.start("goal run \(goal) --auto-approve")
            try project.waitForBoard(moves: Int.random(in: 2...30, using: &random), of: child)
            kill(round.isMultiple(of: 2) ? .tree : .command, in: project)
            let outcome = child.wait()
            try project.expectSound(
                "seed \(seed), round \(round): \(outcome.output)", before: true)
        }
        try project.draft("goal run \(goal) --auto-approve")
        try project.expectSound()
        let messages = try project.sandbox.git("log", "--format=%B", "main")
        for ticket in tickets {
            #expect(messages.split(separator: "Draft-Ticket: \(ticket)").count == 2)
            let shown = try project.json("ticket show \(ticket)")
            #expect(shown["state"] == "done")
            let stored = try project.sandbox.stored("tickets", ticket)
            #expect(stored["landed"]?.object?.count == 1)
        }
        #expect(try project.sandbox.git("status", "--porcelain") == "")
        let events = try project.sandbox.eventTypes().filter { $0 == "land.done" }
        #expect(events.count == tickets.count)
    }
}

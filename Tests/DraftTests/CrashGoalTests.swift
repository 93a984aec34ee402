import Foundation
import Glibc
import Model
import TestSupport
import Testing

/// What `goal run` says in the end, however its landings end.
@Suite struct CrashGoalTests {
    /// Set-up that does not end while a test wants so.
    private static let hanging = """
        setup: ['if [ -e "$ROOT/wait" ]; then touch "$ROOT/hangs"; sleep 100; fi']
        sandbox: none
        """

    /// An agent that waits until it may go on.
    private static let patient = """
            - - run: touch $ROOT/begun; while [ ! -e $ROOT/go ]; do sleep 0.05; done
              - write: {path: b.txt, text: "hello\\n"}
        """

    private let project: CrashProject
    private let goal: String

    init() throws {
        project = try CrashProject(
            [("a", CrashProject.twoTurns("a")), ("b", Self.patient)], policy: Self.hanging)
        goal = try project.draft("goal new G --quiet").stdout.trimmingCharacters(in: .newlines)
    }

    private func approved(_ title: String) throws -> String {
        let ticket = try project.ticket(title, "--goal \(goal)")
        try project.draft("run \(ticket)")
        try project.draft("review --approve \(ticket)")
        return ticket
    }

    private func remove(_ name: String) throws {
        try FileManager.default.removeItem(at: project.sandbox.root.appending(path: name))
    }

    /// Runs the goal until the validation of a landing hangs; no other will.
    private func startLanding() throws -> (Child, goal: Int32, land: Int32) {
        try project.touch("wait")
        let child = try project.start("goal run \(goal) --auto-approve")
        eventually("the validation does not hang") { project.exists("hangs") }
        try remove("wait")
        let commands = project.processes().filter(\.isCommand)
        let run = try #require(commands.first { $0.words[1] == "goal" })
        let land = try #require(commands.first { $0.words[1] == "land" })
        return (child, run.id, land.id)
    }

    @Test(arguments: [true, false])
    func `a landing that is stopped alone is left to a person, unless somebody lands it meanwhile`(
        isLanded: Bool
    ) throws {
        let first = try approved("a")
        let second = try project.ticket("b", "--goal \(goal)")
        let (child, _, land) = try startLanding()
        kill(land, SIGINT)
        eventually("the next job does not begin") { project.exists("begun") }
        #expect(try project.state(first).state == "needs_human")
        if isLanded { try project.draft("land \(first)") }
        try project.touch("go")
        let outcome = child.wait()
        #expect(try project.state(second).state == "done")
        let hint = "hint: git draft land \(first.prefix(6))\n"
        #expect(outcome.stderr.contains("canceled\n\(hint)"), "\(outcome.output)")
        #expect(outcome.status == (isLanded ? 0 : 1), "\(outcome.output)")
        #expect(
            outcome.stdout.contains("\(isLanded ? 2 : 1) of 2 tickets done\n"),
            "\(outcome.output)")
        #expect(outcome.stderr.hasSuffix(hint) == !isLanded, "\(outcome.output)")
        #expect(try project.state(first).state == (isLanded ? "done" : "needs_human"))
        try project.expectSound()
    }

    @Test func `whoever stops a landing of a goal wants no other of it`() throws {
        try project.touch("go")
        let tickets = [try approved("a"), try approved("b")]
        let base = try project.sandbox.git("rev-parse", "main")
        let (child, run, land) = try startLanding()
        // A terminal tells both.
        for process in [run, land] { kill(process, SIGINT) }
        let outcome = child.wait()
        #expect(outcome.status == 130, "\(outcome.output)")
        let hint = outcome.stderr.split(separator: "\n").last?.split(separator: " ") ?? []
        #expect(hint.prefix(4) == ["hint:", "git", "draft", "land"], "\(outcome.output)")
        #expect(Set(hint.dropFirst(4)) == Set(tickets.map { $0.prefix(6) }), "\(outcome.output)")
        #expect(try project.sandbox.git("rev-parse", "main") == base)
        try project.expectSound()
    }

    @Test func `what is in the way of a landing holds up neither jobs nor other tickets`() throws {
        let tickets = [try approved("a"), try project.ticket("b", "--goal \(goal)")]
        try project.touch("go")
        let lock = project.sandbox.workTree.appending(path: ".git/index.lock")
        try Data().write(to: lock)
        let words = "goal run \(goal) --auto-approve"
        let outcome = try project.draft(words, expecting: 75)
        #expect(outcome.stdout.contains("0 of 2 tickets done\n"), "\(outcome.output)")
        #expect(outcome.stderr.contains("index.lock"), "\(outcome.output)")
        #expect(try tickets.map { try project.state($0).state } == ["needs_human", "needs_human"])
        try FileManager.default.removeItem(at: lock)
        try project.draft(words)
        #expect(try tickets.map { try project.state($0).state } == ["done", "done"])
        try project.expectSound()
    }

    @Test func `several landings are one document`() throws {
        try project.touch("go")
        let tickets = [try approved("a"), try approved("b")]
        let outcome = try project.draft("land \(tickets.joined(separator: " ")) --json")
        let landed = try JSON(parsing: outcome.stdout)["tickets"]?.array ?? []
        #expect(Set(landed.compactMap { $0["id"]?.string }) == Set(tickets))
        #expect(landed.allSatisfy { $0["state"] == "done" })
    }

    @Test func `a landing that dies after the base has moved counts`() throws {
        let ticket = try approved("a")
        let outcome = try project.draft(
            "goal run \(goal) --auto-approve", expecting: 0, crash: "base-moved")
        #expect(outcome.stdout.contains("1 of 1 ticket done\n"), "\(outcome.output)")
        #expect(try project.state(ticket).state == "done")
        try project.expectSound()
    }
}

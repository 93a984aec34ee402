import Foundation
import Model
import TestSupport
import Testing

/// Several commands at once.
@Suite struct CrashTogetherTests {
    @Test func `of two runs of one ticket one refuses`() throws {
        let turns = """
                - - write: {path: a.txt, text: "hello\\n"}
                  - run: while [ ! -e $ROOT/go ]; do sleep 0.05; done
            """
        let project = try CrashProject([("warm", CrashProject.twoTurns("warm")), ("T", turns)])
        try project.complete(project.ticket("warm"))
        for _ in 0..<3 {
            let ticket = try project.ticket("T")
            let children = [
                try project.start("run \(ticket)"), try project.start("run \(ticket)"),
            ]
            eventually("none refuses") { children.contains(where: project.hasEnded) }
            try project.touch("go")
            let outcomes = children.map { $0.wait() }.sorted { $0.status < $1.status }
            #expect(outcomes[0].status == 0, "\(outcomes[0].output)")
            #expect([75, 128].contains(outcomes[1].status), "\(outcomes[1].output)")
            #expect(outcomes[1].stderr.contains("already"), "\(outcomes[1].output)")
            #expect(try project.state(ticket).state == "needs_human")
            try project.expectSound()
            try FileManager.default.removeItem(at: project.sandbox.root.appending(path: "go"))
            try project.draft("ticket move \(ticket) abandoned")
        }
    }

    @Test func `as many jobs run at once as the policy says, however many commands ask`() throws {
        let names = ["a", "b", "c", "d"]
        func turns(_ name: String) -> String {
            """
                - - run: echo begin >>$ROOT/order; sleep 0.1; echo end >>$ROOT/order
                  - write: {path: \(name).txt, text: "hello\\n"}
            """
        }
        let project = try CrashProject(
            names.map { ($0, turns($0)) }, policy: "execute_config: {max_parallel_jobs: 1}")
        let tickets = try names.map { try project.ticket($0) }
        let children = [
            try project.start("run \(tickets[0]) \(tickets[1])"),
            try project.start("run \(tickets[2]) \(tickets[3])"),
        ]
        for child in children {
            let outcome = child.wait()
            #expect(outcome.status == 0, "\(outcome.output)")
        }
        let order = try String(
            contentsOf: project.sandbox.root.appending(path: "order"), encoding: .utf8)
        #expect(order == String(repeating: "begin\nend\n", count: 4))
        try project.expectSound()
    }

    @Test func `a ticket that may not run does not stop the others`() throws {
        let project = try CrashProject([
            ("a", CrashProject.twoTurns("a")), ("b", CrashProject.twoTurns("b")),
        ])
        let first = try project.ticket("a")
        let second = try project.ticket("b", "--blocked-by \(first)")
        let outcome = try project.draft("run \(first) \(second)", expecting: 128)
        #expect(outcome.stderr.contains("waits for"), "\(outcome.output)")
        #expect(try project.state(first).state == "needs_human")
        try project.complete(first)
        try project.complete(second)
        try project.expectSound()
    }
}

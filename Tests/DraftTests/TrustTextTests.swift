import Foundation
import Model
import TestSupport
import Testing

/// Nothing is approved by itself as long as it holds text of others.
@Suite struct TrustTextTests {
    private static let eve: [String: String?] = [
        "GIT_AUTHOR_NAME": "Eve", "GIT_AUTHOR_EMAIL": "eve@example.com",
        "GIT_COMMITTER_NAME": "Eve", "GIT_COMMITTER_EMAIL": "eve@example.com",
    ]

    private func bench() throws -> LoopBench {
        try LoopBench("cat > \"$LOG/order-$DRAFT_TICKET\"; echo good > f")
    }

    private func run(_ bench: LoopBench, expecting status: Int32) throws -> Outcome {
        try bench.draft("goal run inbox --auto-approve", expecting: status)
    }

    @Test func `what the user wrote is landed`() throws {
        let bench = try bench()
        let ticket = try bench.ticket("--description 'do this'")
        _ = try run(bench, expecting: 0)
        let order = try bench.order("order-\(ticket)")
        #expect(order["untrusted"] == [])
        #expect(
            order["authors"] == [
                "ticket.title": "git:ann@example.com", "ticket.description": "git:ann@example.com",
            ])
    }

    @Test func `what somebody else wrote is done, and waits for a review`() throws {
        let bench = try bench()
        let ticket = try bench.ticket("--description 'do this'")
        try bench.draft("ticket edit \(ticket) --description 'and that'", environment: Self.eve)
        let said = try run(bench, expecting: 1)
        #expect(
            said.output.contains(
                "holds text of others (untrusted_input): ticket.description by "
                    + "git:eve@example.com; review it yourself"), "\(said.output)")
        #expect(said.stderr.contains("hint: git draft review \(ticket.prefix(6))"))
        #expect(try bench.order("order-\(ticket)")["untrusted"] == ["ticket.description"])
        #expect(try bench.record(ticket)["state"] == "needs_human")
        try bench.draft("review --approve \(ticket)")
        _ = try run(bench, expecting: 0)
    }

    @Test func `a proposal of others is not accepted by itself, and trusted once it is`() throws {
        let bench = try bench()
        let ticket = try bench.sandbox.id("ticket new 'Do it' --proposed")
        try bench.draft("ticket edit \(ticket) --title 'Do more'", environment: Self.eve)
        let said = try run(bench, expecting: 1)
        #expect(said.stderr.contains("ticket.title by git:eve@example.com"), "\(said.output)")
        #expect(said.stderr.contains("hint: git draft accept \(ticket.prefix(6))"))
        #expect(try bench.record(ticket)["state"] == "proposed")
        try bench.draft("accept \(ticket)")
        _ = try run(bench, expecting: 0)
    }

    @Test func `what is written after the acceptance was not seen`() throws {
        let bench = try bench()
        let ticket = try bench.sandbox.id("ticket new 'Do it' --proposed")
        try bench.draft("accept \(ticket)")
        try bench.draft("ticket edit \(ticket) --title 'Do more'", environment: Self.eve)
        _ = try run(bench, expecting: 1)
        #expect(try bench.record(ticket)["state"] == "needs_human")
    }

    @Test func `whom the policy lists is a member`() throws {
        let bench = try bench()
        _ = try bench.sandbox.run(
            "echo 'policy: {invokers: [ann@example.com, eve@example.com]}' >> draft.yaml; "
                + "git commit -qam policy")
        let ticket = try bench.ticket()
        try bench.draft("ticket edit \(ticket) --description 'and that'", environment: Self.eve)
        _ = try run(bench, expecting: 0)
    }

    @Test func `a ticket that an agent proposes on its own is not accepted by itself`() throws {
        let bench = try LoopBench(
            """
            echo good >> f
            if [ ! -e "$LOG/once" ]; then
                touch "$LOG/once"; cd "$TREE"
                export GIT_AUTHOR_NAME=A GIT_AUTHOR_EMAIL=ann@example.com
                git draft ticket new 'More' --proposed --quiet
            fi
            """)
        _ = try bench.ticket()
        let tree = ["TREE": bench.sandbox.workTree.path]
        try bench.draft("goal run inbox --auto-approve", expecting: 1, environment: tree)
        let said = try bench.draft("goal run inbox --auto-approve", expecting: 1, environment: tree)
        #expect(said.stderr.contains("ticket.title by job:"), "\(said.output)")
    }
}

import Foundation
import Model
import TestSupport
import Testing

/// A repository whose jobs run in bubblewrap; the agent is the script `agent` of its tree.
///
/// What the agent prints is what the tests look at: nothing else comes out of a cell. In a script,
/// `@ROOT@` is the folder of everything that the test has, and `@PID@` the process of the tests.
final class SandboxBench {
    let sandbox: Sandbox

    /// Makes the repository and its board.
    ///
    /// - Parameters:
    ///   - agent: The script that is the agent.
    ///   - check: The script that decides whether the work is good.
    ///   - setup: The script that prepares the work tree; `nil` for none.
    ///   - mode: What `draft.sandbox` says.
    ///   - policy: Further lines of `draft.yaml`.
    /// - Throws: What the commands throw that make it.
    init(
        _ agent: String, check: String = "grep -q good f", setup: String? = nil,
        mode: String = "auto", policy: String = ""
    ) throws {
        sandbox = try Sandbox()
        try sandbox.git("config", "draft.sandbox", mode)
        for (name, text) in [("agent", agent), ("check", check), ("prepare", setup ?? "true")] {
            let text = text.replacing("@ROOT@", with: sandbox.root.path)
                .replacing("@PID@", with: "\(getpid())")
            try sandbox.write(name, "#!/bin/sh\n\(text)\n", executable: true)
        }
        try sandbox.write(
            "draft.yaml",
            """
            setup: [\(setup == nil ? "" : "./prepare")]
            validation: {full: [./check]}
            agents: {script: {kind: command, command: [./agent]}}
            \(policy)

            """)
        try sandbox.git("add", "-A")
        try sandbox.git("commit", "-q", "-m", "start")
        try sandbox.draft("init")
        try sandbox.draft("trust --yes")
    }

    /// Runs a new ticket, and returns what the log of its job says.
    func run(
        _ options: String = "--allow-red-base test", expecting status: Int32 = 0,
        environment: [String: String?] = [:], sourceLocation: SourceLocation = #_sourceLocation
    ) throws -> (ticket: String, log: String) {
        let ticket = try sandbox.id("ticket new 'Do it'")
        let outcome = try sandbox.draft(
            "run \(ticket) \(options)", expecting: status, environment: environment,
            sourceLocation: sourceLocation)
        let log = try sandbox.run("git draft logs \(ticket)")
        return (ticket, log.stdout + outcome.stderr)
    }

    /// The last job of a ticket.
    func job(_ ticket: String) throws -> JSON {
        let jobs = try sandbox.json("job list")["jobs"]?.array ?? []
        return try #require(jobs.first { $0["ticket_id"]?.string == ticket })
    }

    /// A file of the work that a ticket has to show.
    func file(_ name: String, of ticket: String) throws -> String {
        let goal = try #require(sandbox.stored("tickets", ticket)["goal_id"]?.string)
        return try sandbox.git("show", "goal/\(goal)/ticket/\(ticket):\(name)")
    }
}

import Foundation
import Glibc
import Model
import TestSupport
import Testing

/// Ends that a person wants, and agents that do not want to end.
@Suite struct CrashStopTests {
    /// A mistake, a turn that hangs, and the mistake mended.
    private static let hanging = """
            - - write: {path: a.txt, text: "helo\\n"}
            - - write: {path: half.md, text: "half\\n"}
              - run: touch $ROOT/hangs
              - hang: true
            - - edit: {path: a.txt, find: helo, replace: hello}
        """

    private func hangingProject() throws -> (project: CrashProject, ticket: String, Child) {
        let project = try CrashProject([("T", Self.hanging)])
        let ticket = try project.ticket("T")
        let child = try project.start("run \(ticket)")
        eventually("the agent does not hang") { project.exists("hangs") }
        return (project, ticket, child)
    }

    @Test(arguments: [SIGINT, SIGTERM])
    func `a signal cancels the job, keeps its work, and the next run goes on`(
        signal: Int32
    ) throws {
        let (project, ticket, child) = try hangingProject()
        kill(try project.command().id, signal)
        let outcome = child.wait()
        #expect(outcome.status == 130, "\(outcome.output)")
        let hint = "canceled\nhint: git draft run \(ticket.prefix(6))\n"
        #expect(outcome.stderr.hasSuffix(hint), "\(outcome.output)")
        try project.expectSound()
        let job = try project.lastJob(ticket)
        #expect(job["status"] == "canceled")
        #expect(try project.state(ticket).state == "planned")
        try project.draft("run \(ticket)")
        let revision = try project.json("review \(ticket)")["head_commit"]?.string ?? ""
        #expect(try project.sandbox.git("show", "\(revision):half.md") == "half")
        #expect(try project.lastJob(ticket)["resumes"] == job["id"])
        try project.complete(ticket)
        try project.expectSound()
    }

    @Test(arguments: [SIGINT, SIGTERM])
    func `a signal ends a landing that has moved nothing, and leaves nothing of it`(
        signal: Int32
    ) throws {
        let turns = """
                - - write: {path: a.txt, text: "hello\\n"}
            """
        let project = try CrashProject(
            [("T", turns)],
            policy: """
                setup: ['if [ -e "$ROOT/wait" ]; then touch "$ROOT/hangs"; sleep 100; fi']
                sandbox: none
                """)
        let ticket = try project.ticket("T")
        try project.draft("run \(ticket)")
        try project.draft("review --approve \(ticket)")
        try project.touch("wait")
        let base = try project.sandbox.git("rev-parse", "main")
        let child = try project.start("land \(ticket)")
        eventually("the validation does not hang") { project.exists("hangs") }
        #expect(try project.lastJob(ticket)["kind"] == "land")
        #expect(try project.lastJob(ticket)["status"] == "running")
        let status = try project.draft("status").stdout
        #expect(status.contains("running (1)\n"))
        #expect(status.contains("landing, validating"))
        #expect(!status.contains("git draft land"))
        kill(try project.command().id, signal)
        let outcome = child.wait()
        #expect(outcome.status == 130, "\(outcome.output)")
        let hint = "canceled\nhint: git draft land \(ticket.prefix(6))\n"
        #expect(outcome.stderr.hasSuffix(hint), "\(outcome.output)")
        let refs = try project.sandbox.git("for-each-ref", "--format=%(refname)")
        #expect(!refs.contains("refs/draft-local/land/"))
        #expect(!refs.contains(".check-"))
        try project.expectSound()
        #expect(try project.lastJob(ticket)["status"] == "canceled")
        #expect(try project.sandbox.git("rev-parse", "main") == base)
        #expect(try project.state(ticket).state == "needs_human")
        _ = try project.sandbox.run("rm ../wait")
        try project.draft("land \(ticket)")
        #expect(try project.state(ticket).state == "done")
        try project.expectSound()
    }

    @Test func `a command that is killed alone has canceled nothing`() throws {
        let turns = """
                - - write: {path: a.txt, text: "helo\\n"}
                - - run: "[ -e $ROOT/hangs ] || { touch $ROOT/hangs; sleep 100; }"
                  - edit: {path: a.txt, find: helo, replace: hello}
            """
        let project = try CrashProject([("T", turns)])
        let ticket = try project.ticket("T")
        let child = try project.start("run \(ticket)")
        eventually("the agent does not hang") { project.exists("hangs") }
        kill(try project.command().id, SIGKILL)
        _ = child.wait()
        try project.expectSound()
        let job = try project.lastJob(ticket)
        #expect(job["status"] == "failed")
        #expect(job["reason"] == "crashed")
        #expect(job["counters"]?["iterations"] == 1)
        let (state, reason) = try project.state(ticket)
        #expect(state == "planned" && reason == "crashed")
        try project.draft("run \(ticket)")
        let next = try project.lastJob(ticket)
        #expect(next["resumes"] == job["id"])
        #expect(next["invocation"]?["keeps_counters"] == true)
        #expect(next["counters"]?["iterations"] == 2)
        try project.complete(ticket)
        try project.expectSound()
    }

    @Test func `another process cancels a running job`() throws {
        let (project, ticket, child) = try hangingProject()
        try project.draft("cancel \(ticket)")
        #expect(try project.lastJob(ticket)["status"] == "canceled")
        let outcome = child.wait()
        #expect(outcome.status == 1, "\(outcome.output)")
        try project.expectSound()
        #expect(try project.state(ticket).state == "planned")
        try project.draft("cancel \(ticket)", expecting: 128)
        try project.draft("run \(ticket)")
        try project.complete(ticket)
    }

    @Test func `a person who takes the ticket back ends its job`() throws {
        let (project, ticket, child) = try hangingProject()
        try project.draft("ticket move \(ticket) planned")
        let outcome = child.wait()
        #expect(outcome.status == 1, "\(outcome.output)")
        #expect(outcome.stdout.contains("superseded, since the ticket is planned now"))
        let job = try project.lastJob(ticket)
        #expect(job["status"] == "superseded")
        #expect(job["reason"] == "lease_lost")
        try project.expectSound()
    }

    @Test func `a goal does not start again what was canceled`() throws {
        let project = try CrashProject([("T", Self.hanging)])
        let goal = try project.draft("goal new G --quiet").stdout
            .trimmingCharacters(in: .newlines)
        let ticket = try project.ticket("T", "--goal \(goal)")
        let child = try project.start("goal run \(goal) --auto-approve")
        eventually("the agent does not hang") { project.exists("hangs") }
        try project.draft("cancel \(ticket)")
        let outcome = child.wait()
        #expect(outcome.status == 1, "\(outcome.output)")
        #expect(try project.state(ticket).state == "planned")
        try project.draft("goal run \(goal) --auto-approve")
        try project.expectSound()
    }

    @Test func `a job that waits for an answer can be canceled`() throws {
        let turns = """
                - - write: {path: a.txt, text: "helo\\n"}
                  - ask: {text: "which?", choices: [this, that], freeform: false}
                - - edit: {path: a.txt, find: helo, replace: hello}
            """
        let project = try CrashProject([("T", turns)])
        let ticket = try project.ticket("T")
        try project.draft("run \(ticket)", expecting: 1)
        #expect(try project.state(ticket).state == "needs_human")
        try project.draft("cancel \(ticket)")
        #expect(try project.lastJob(ticket)["status"] == "canceled")
        #expect(try project.json("questions")["questions"] == [])
        try project.expectSound()
        try project.complete(ticket)
    }

    @Test func `an answer survives the death of the job that it queued`() throws {
        let turns = """
                - - ask: {text: "which?", choices: [this, that], freeform: false}
                - - write: {path: a.txt, text: "hello\\n"}
            """
        let project = try CrashProject([("T", turns)])
        let ticket = try project.ticket("T")
        try project.draft("run \(ticket)", expecting: 1)
        try project.draft("answer \(ticket) this")
        try project.draft("run \(ticket)", expecting: 1, crash: "lease-written")
        try project.waitForSilence()
        #expect(try project.lastJob(ticket)["status"] == "queued")
        try project.draft("run \(ticket)")
        try project.complete(ticket)
        try project.expectSound()
    }

    @Test func `retry starts where it is told`() throws {
        let turns = """
                - - write: {path: a.txt, text: "helo\\n"}
                - - write: {path: b.txt, text: "hello\\n"}
                  - fail: 3
                - - write: {path: c.txt, text: "hello\\n"}
                  - fail: 3
                - - write: {path: d.txt, text: "hello\\n"}
                  - fail: 3
                - - write: {path: a.txt, text: "hello\\n"}
            """
        let project = try CrashProject([("T", turns)])
        let ticket = try project.ticket("T")
        try project.draft("run \(ticket)", expecting: 1)
        let first = try project.lastJob(ticket)
        #expect(first["reason"] == "agent_failed")
        let snapshots = first["iterations"]?.array?.compactMap { $0["snapshot"]?.string } ?? []
        #expect(snapshots.count == 2)
        try project.draft("retry --at 1 \(ticket)", expecting: 1)
        let second = try project.lastJob(ticket)
        #expect(second["invocation"]?["start"]?.string == snapshots.first)
        try project.draft("retry \(ticket)", expecting: 1)
        let third = try project.lastJob(ticket)
        #expect(third["resumes"] == second["id"])
        let tip = try #require(third["iterations"]?.array?.last?["snapshot"]?.string)
        let files = try project.sandbox.git("ls-tree", "--name-only", tip, "--", "*.txt")
        let names = try project.sandbox.git("ls-tree", "--name-only", tip)
            .split(separator: "\n").filter { $0.hasSuffix(".txt") }
        #expect(names == ["a.txt", "c.txt", "d.txt"], "\(files)")
        try project.draft("retry --fresh \(ticket)")
        let fresh = try project.lastJob(ticket)
        #expect(fresh["invocation"]?["start"] == .null)
        try project.complete(ticket)
        try project.expectSound()
        #expect(
            try project.sandbox.git("ls-tree", "--name-only", "main").contains("c.txt") == false)
    }

    // MARK: - Agents that do not want to end

    private static func daemons(_ number: Int) -> String {
        """
              - run: setsid -f sh -c 'trap "" TERM HUP INT; sleep \(number); sleep \(number)'
              - run: (setsid sh -c 'sleep \(number) & sleep \(number) &' &)
              - run: env -i setsid -f /bin/sleep \(number)
              - run: nohup sleep \(number) >/dev/null 2>&1 &
        """
    }

    @Test func `no daemon of an agent survives its turn`() throws {
        let number = Int.random(in: 100_000_000...999_999_999)
        let turns = """
                - - write: {path: a.txt, text: "hello\\n"}
            """ + "\n" + Self.daemons(number)
        let project = try CrashProject([("T", turns)])
        let ticket = try project.ticket("T")
        try project.draft("run \(ticket)")
        #expect(project.processes(or: "\(number)").map(\.words) == [])
        try project.complete(ticket)
        try project.expectSound()
    }

    @Test func `no daemon survives a supervisor that was killed`() throws {
        let number = Int.random(in: 100_000_000...999_999_999)
        let turns =
            """
                - - write: {path: a.txt, text: "hello\\n"}
            """ + "\n" + Self.daemons(number) + "\n" + """
                      - run: "[ -e $ROOT/hangs ] || { touch $ROOT/hangs; sleep 100; }"
                """
        let project = try CrashProject([("T", turns)])
        let ticket = try project.ticket("T")
        let child = try project.start("run \(ticket)")
        eventually("the agent does not hang") { project.exists("hangs") }
        let supervisor = project.processes().first(where: \.isSupervisor)
        kill(try #require(supervisor).id, SIGKILL)
        let outcome = child.wait()
        #expect(outcome.status == 0, "\(outcome.output)")
        try project.waitForSilence(or: "\(number)")
        try project.expectSound()
    }

    @Test func `an agent is killed at its deadline, not after its turn`() throws {
        let turns = """
                - - write: {path: a.txt, text: "hello\\n"}
                  - ignore: TERM
                  - run: trap '' TERM; sleep 100
                  - run: touch $ROOT/late
            """
        let project = try CrashProject(
            [("T", turns)], policy: "guardrails: {max_runtime_seconds: 2}")
        let ticket = try project.ticket("T")
        try project.draft("run --allow-red-base slow \(ticket)", expecting: 1)
        let state = try project.state(ticket)
        #expect(state.state == "blocked")
        #expect(state.reason == "runtime")
        #expect(!project.exists("late"))
        try project.expectSound()
    }

    /// Kills the landing of an approved ticket while the remote, which has it, does not answer.
    ///
    /// Before that `isPushed` is called.
    private func lostLanding(
        _ isPushed: (CrashProject, String) throws -> Void
    ) throws -> (project: CrashProject, ticket: String) {
        let project = try CrashProject([("T", CrashProject.twoTurns("T"))])
        let bare = try project.sandbox.addRemote()
        let root = project.sandbox.root.path
        try Programs.write(
            "#!/bin/sh\ntouch '\(root)/hangs'\nwhile [ -e '\(root)/wait' ]; do sleep 0.1; done\n",
            to: bare.appending(path: "hooks/post-receive").path)
        try project.sandbox.git("push", "--quiet", "--set-upstream", "origin", "main")
        let ticket = try project.ticket("T")
        try project.draft("run \(ticket)")
        try project.draft("review --approve \(ticket)")
        try project.touch("wait")
        try FileManager.default.removeItem(atPath: "\(root)/hangs")
        let child = try project.start("land \(ticket)")
        eventually("the remote does not hang") { project.exists("hangs") }
        try isPushed(project, ticket)
        kill(try project.command().id, SIGKILL)
        try FileManager.default.removeItem(atPath: "\(root)/wait")
        _ = child.wait()
        try project.waitForSilence()
        return (project, ticket)
    }

    @Test func `a landing whose answer is lost is not shown as running, and is found out`() throws {
        let (project, ticket) = try lostLanding { project, _ in
            let status = try project.draft("status").stdout
            #expect(status.contains("running (1)\n"), "\(status)")
        }
        let status = try project.draft("status").stdout
        #expect(!status.contains("running ("), "\(status)")
        #expect(status.contains("git draft land \(ticket.prefix(6))"), "\(status)")
        try project.draft("land \(ticket)")
        #expect(try project.state(ticket).state == "done")
        #expect(try project.sandbox.run("git log --oneline origin/main | wc -l").stdout == "2\n")
        try project.expectSound()
    }

    @Test func `nobody decides about a ticket that a remote may have taken`() throws {
        func refuse(_ project: CrashProject, _ words: String) throws {
            let before = try project.sandbox.git("rev-parse", "refs/draft/board^{tree}")
            let outcome = try project.draft(words, expecting: 75)
            #expect(
                outcome.stderr.contains("it is unknown whether the remote took the landing of"),
                "\(words): \(outcome.output)")
            #expect(outcome.stderr.contains("\nhint: git draft land "), "\(outcome.output)")
            let after = try project.sandbox.git("rev-parse", "refs/draft/board^{tree}")
            #expect(after == before, "\(words)")
        }
        let (project, ticket) = try lostLanding { project, ticket in
            try refuse(project, "ticket move \(ticket) planned")
            try refuse(project, "cancel \(ticket)")
        }
        for words in [
            "ticket move \(ticket) planned", "ticket move \(ticket) abandoned", "cancel \(ticket)",
            "review --approve \(ticket)", "review --request-changes -m no \(ticket)",
            "retry \(ticket)", "take \(ticket)", "ticket rm \(ticket)",
        ] { try refuse(project, words) }
        #expect(try project.sandbox.git("for-each-ref", "refs/heads/take") == "")
        try project.draft("land \(ticket)")
        #expect(try project.state(ticket).state == "done")
        #expect(try project.sandbox.run("git log --oneline origin/main | wc -l").stdout == "2\n")
        try project.draft("ticket move \(ticket) planned", expecting: 128)
        try project.expectSound()
    }
}

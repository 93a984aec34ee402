import Foundation
import GitStore
import Model
import Testing

@testable import Execution

@Suite struct LandingLocalTests {
    let project: LandingProject

    init() throws { project = try LandingProject() }

    @Test func `a landing moves base, files and ticket together`() throws {
        let base = try project.git("rev-parse", "main")
        let id = try project.offer(
            "Say more", ["a": "more\n", "new": "new\n", "dir/c": nil],
            description: "Because less\nis not enough.\n")
        let commit = try project.landed(id).commit
        #expect(try project.git("rev-parse", "main", "HEAD") == "\(commit)\n\(commit)")
        #expect(try project.git("rev-parse", "main^@") == base)
        #expect(try project.status() == "")
        #expect(project.read("a") == "more\n")
        #expect(project.read("new") == "new\n")
        #expect(project.read("dir/c") == nil)
        let ticket = try project.ticket(id)
        #expect(ticket.state == .done)
        #expect(ticket.landedCommit == commit)
        let landed = ticket.shown["landed"]
        #expect(try landed?["tree"]?.string == project.git("rev-parse", "main^{tree}"))
        #expect(landed?["by"]?.string == "git:cy@example.com")
        #expect(landed?["remote"]?.isNull == true)
        #expect(try project.revision(of: id).status == .approved)
        let job = try #require(project.landJobs().first)
        #expect(job.status == .succeeded)
        #expect(job.outcome == "landed")
        let started = try #require(project.events(.landStarted).first)
        #expect(started.subjectID == id)
        #expect(started.payload["old_base"]?.string == base)
        #expect(started.payload["new_base"]?.string == commit)
        #expect(try project.events(.landDone).map(\.jobID) == [job.id])
        #expect(try project.git("for-each-ref", "refs/draft-local/land") == "")
        #expect(try project.git("fsck", "--strict", "--no-dangling") == "")
    }

    @Test func `the commit says who did it, who landed it and with what help`() throws {
        let id = try project.offer("Say more", ["a": "x\n"], description: "Why.\n\n- so\n\n")
        try project.landed(id)
        let revision = try project.revision(of: id)
        let format = "%an <%ae>%n%cn <%ce>%n%B"
        #expect(
            try project.git("log", "-1", "--format=\(format)", "main") == """
                Ann Author <ann@example.com>
                Cy Committer <cy@example.com>
                Say more

                Why.

                - so

                Draft-Ticket: \(id)
                Draft-Revision: 1
                Draft-Job: \(revision.jobID ?? "")
                Assisted-by: replay 1.0

                """)
    }

    @Test func `the message is what the policy says, with the ticket's words filled in`() throws {
        project.policy.merge.message = "{title} ({id}) of {goal}\n\n{{x}} {description}"
        let id = try project.offer("Say {id}", ["a": "x\n"], description: "Why.")
        try project.landed(id)
        let goal = try #require(
            project.board.snapshot().view(Goal.self, project.ticket(id).goalID)?.title)
        let message = try project.git("log", "-1", "--format=%B", "main")
        #expect(
            message.hasPrefix("Say {id} (\(id)) of \(goal)\n\n{x} Why.\n\nDraft-Ticket: \(id)\n"))
        project.policy.merge.message = "{description}"
        let bare = try project.offer("Only a title", ["b": "x\n"])
        try project.landed(bare)
        #expect(try project.git("log", "-1", "--format=%s", "main") == "Only a title")
    }

    @Test func `a person's work was assisted by nobody`() throws {
        let id = try project.offer("By hand", ["a": "x\n"], agent: nil)
        try project.landed(id)
        let message = try project.git("log", "-1", "--format=%B", "main")
        #expect(!message.contains("Assisted-by"))
        #expect(message.hasPrefix("By hand\n\nDraft-Ticket: \(id)\n"))
    }

    @Test func `settings for signing and signing off are honoured`() throws {
        let program = "\(project.root)/gpg"
        let script = """
            #!/bin/sh
            cat >/dev/null
            echo "[GNUPG:] SIG_CREATED " >&2
            printf -- '-----BEGIN PGP SIGNATURE-----\\nmade\\n-----END PGP SIGNATURE-----\\n'
            """
        try project.writeExecutable(program, script)
        for (key, value) in [
            ("gpg.program", program), ("commit.gpgSign", "true"), ("format.signOff", "true"),
            ("i18n.commitEncoding", "ISO-8859-1"),
        ] { try project.git("config", key, value) }
        try project.landed(project.offer("Grüße", ["a": "x\n"]))
        let commit = try project.git("cat-file", "commit", "main")
        #expect(commit.contains("\ngpgsig -----BEGIN PGP SIGNATURE-----\n made\n"))
        #expect(commit.hasSuffix("\nSigned-off-by: Cy Committer <cy@example.com>"))
        #expect(commit.contains("\n\nGrüße\n"))
        #expect(!commit.contains("\nencoding "))
    }

    @Test func `the reflogs say what moved the branch`() throws {
        let id = try project.offer("Change a", ["a": "x\n"])
        try project.landed(id)
        let line = "draft: land \(id.prefix(6)) Change a"
        #expect(try project.git("reflog", "-1", "--format=%gs", "main") == line)
        #expect(try project.git("reflog", "-1", "--format=%gs", "HEAD") == line)
    }

    @Test func `strategy merge keeps the commits of the branch`() throws {
        project.policy.merge.strategy = .merge
        let id = try project.offer("Say more", ["a": "x\n"])
        let head = try project.revision(of: id).headCommit
        try project.landed(id)
        #expect(try project.git("rev-parse", "main^2") == head)
        #expect(try project.git("log", "-1", "--format=%s", "main") == "Say more")
    }

    @Test func `a base that moved is merged with`() throws {
        let id = try project.offer("First line", ["d": "one\n2\n3\n4\n5\n"])
        let moved = try project.commit(["d": "1\n2\n3\n4\nfive\n"], on: "main", "meanwhile")
        try project.git("reset", "--quiet", "--hard", moved)
        try project.landed(id)
        #expect(project.read("d") == "one\n2\n3\n4\nfive\n")
        #expect(try project.git("rev-parse", "main^") == moved)
        #expect(try project.status() == "")
    }

    @Test func `a conflict blocks the ticket and names the files`() throws {
        let id = try project.offer("Two files", ["a": "x\n", "b": "x\n", "d": "x\n"])
        let moved = try project.commit(["a": "y\n", "b": "y\n"], on: "main", "meanwhile")
        try project.git("reset", "--quiet", "--hard", moved)
        let outcome = try project.land(id)
        guard case .conflict(let files) = outcome else {
            Issue.record("\(outcome)")
            return
        }
        #expect(files == ["a", "b"])
        #expect(try project.git("rev-parse", "main") == moved)
        #expect(try project.status() == "")
        let ticket = try project.ticket(id)
        #expect(ticket.state == .blocked)
        #expect(ticket.reason == "conflict")
        #expect(try project.revision(of: id).status == .approved)
        let job = try #require(project.landJobs().first)
        #expect(job.outcome == "blocked")
        let hint = "git draft retry --fresh \(id.prefix(6))"
        #expect(job.record.value("findings")["next"]?.string == hint)
        #expect(try project.git("for-each-ref", "refs/draft-local/land") == "")
        #expect(job.record.value("findings")["last_failure"]?.string == "conflict in a, b")
        let refused = try project.events(.landRefused)
        #expect(refused.first?.payload["files"] == ["a", "b"])
    }

    @Test func `only what a person approved can land`() throws {
        let id = try project.offer("Not yet", ["a": "x\n"], approve: false)
        let refusal = try project.refused(id)
        #expect(
            refusal?.reason == "revision 1 of ticket \(id.prefix(6)) is open, not approved")
        #expect(refusal?.hint == "git draft review \(id.prefix(6)) --approve")
    }

    @Test func `an approval under another policy does not count`() throws {
        let id = try project.offer("Old rules", ["a": "x\n"])
        project.policy.guardrails.maxFiles = 3
        let refusal = try project.refused(id)
        #expect(refusal?.reason.hasSuffix("approved under another policy; review it again") == true)
    }

    @Test func `findings never land`() throws {
        let id = try project.offer("Look", ["a": "x\n"])
        let revision = try project.revision(of: id)
        try project.board.transact(as: project.ann) { transaction in
            try transaction.write(
                revision.record, ["findings": "it is slow"], as: .revisionOpened)
        }
        #expect(try project.refused(id)?.reason.contains("findings") == true)
    }

    @Test func `what has landed, or waits for another ticket, is refused`() throws {
        let first = try project.offer("First", ["a": "x\n"])
        let second = try project.offer("Second", ["b": "x\n"])
        try project.board.transact(as: project.ann) { transaction in
            try transaction.block(
                transaction.require(Ticket.self, second),
                by: transaction.require(Ticket.self, first))
        }
        #expect(try project.refused(second)?.hint == "git draft land \(first.prefix(6))")
        try project.landed(first)
        #expect(try project.refused(first)?.reason.contains("is done") == true)
        try project.landed(second)
    }

    @Test func `a change that the base has already is refused`() throws {
        let first = try project.offer("First", ["a": "x\n"])
        let second = try project.offer("Second", ["a": "x\n"])
        try project.landed(first)
        #expect(try project.refused(second)?.reason == "'main' has all of it already")
    }

    @Test func `a bare repository has no files to move`() throws {
        let bare = try LandingProject(bare: true)
        let id = try bare.offer("Say more", ["a": "x\n"])
        let commit = try bare.landed(id).commit
        #expect(try bare.git("rev-parse", "main") == commit)
        #expect(try bare.ticket(id).state == .done)
    }

    @Test func `two landings at once both arrive`() async throws {
        let ids = try ["a", "b", "dir/c", "d"].map {
            try project.offer("Change \($0)", [$0: "x\n"])
        }
        let cy = project.cy
        let lander = project.lander()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for id in ids {
                group.addTask {
                    guard case .landed = try lander.land(id, as: cy) else {
                        Issue.record("not landed")
                        return
                    }
                }
            }
            try await group.waitForAll()
        }
        #expect(try project.git("rev-list", "--count", "main") == "5")
        #expect(try project.status() == "")
    }
}

import Foundation
import GitStore
import Model
import Testing

@testable import Execution

/// What validates kills everything that it started: it needs a process of its own.
@Suite struct LandingValidationTests {
    /// A project in which `a` and `b` must not both be `x`.
    static func project() throws -> LandingProject {
        let project = try LandingProject()
        project.policy.setup = [ValidationCommand(command: "cp a prepared")]
        project.policy.validation.full = [
            ValidationCommand(
                name: "apart",
                command: "echo ran >>\(project.root)/runs; cmp prepared a && ! cmp a b")
        ]
        return project
    }

    static func runs(_ project: LandingProject) -> Int {
        let text = try? String(contentsOfFile: "\(project.root)/runs", encoding: .utf8)
        return text?.split(separator: "\n").count ?? 0
    }

    @Test func `two tickets that each pass and together fail do not both land`() async {
        await #expect(processExitsWith: .success) {
            let project = try Self.project()
            let first = try project.offer("a is x", ["a": "x\n"])
            let second = try project.offer("b is x", ["b": "x\n"])
            let commit = try project.landed(first).commit
            let outcome = try project.land(second)
            guard case .red(let verdicts) = outcome else {
                Issue.record("\(outcome)")
                return
            }
            #expect(verdicts.map(\.name) == ["cp a prepared", "apart"])
            #expect(verdicts.map(\.passed) == [true, false])
            #expect(try project.git("rev-parse", "main") == commit)
            #expect(project.read("b") == "b\n")
            let ticket = try project.ticket(second)
            #expect(ticket.state == .blocked)
            #expect(ticket.reason == "red")
            #expect(try project.revision(of: second).status == .approved)
            let job = try #require(project.landJobs().last { $0.ticketID == second })
            #expect(job.status == .succeeded)
            #expect(job.outcome == "blocked")
            let refused = try #require(project.events(.landRefused).first)
            #expect(refused.payload["verdicts"]?.array?.count == 1)
            #expect(try project.git("for-each-ref", "refs/draft-local/land") == "")
        }
    }

    @Test func `a tree that passed in a fresh checkout is not validated again`() async {
        await #expect(processExitsWith: .success) {
            let project = try Self.project()
            let id = try project.offer("a is x", ["a": "x\n"])
            let head = try #require(ObjectID(hex: try project.revision(of: id).headCommit))
            let lander = project.lander()
            let result = try lander.validation.validate(head, policy: project.policy, job: "j")
            #expect(result.isGreen)
            #expect(!result.isCached)
            #expect(
                try lander.validation.validate(head, policy: project.policy, job: "j").isCached)
            #expect(Self.runs(project) == 1)
            try project.landed(id)
            #expect(Self.runs(project) == 1)
            let done = try #require(project.events(.landDone).first).payload["validation"]
            #expect(done?["cached"] == true)
            #expect(done?["job_id"] == "j")
            #expect(done?["evidence"]?["path"] == "j/j/001-validation.log")
            #expect(done?["verdicts"]?.array?.count == 2)
        }
    }

    @Test func `a landing keeps the proof that this very tree was validated`() async {
        await #expect(processExitsWith: .success) {
            let project = try Self.project()
            let id = try project.offer("a is x", ["a": "x\n"])
            let commit = try project.landed(id).commit
            let job = try #require(project.landJobs().first)
            let done = try #require(project.events(.landDone).first?.payload["validation"])
            #expect(try done["tree"]?.string == project.git("rev-parse", "\(commit)^{tree}"))
            #expect(done["policy_hash"]?.string == project.policy.policyHash)
            #expect(done["cached"] == false)
            #expect(done["job_id"]?.string == job.id)
            #expect(done["verdicts"]?.array?.compactMap { $0["passed"] } == [true, true])
            let evidence = try #require(done["evidence"].flatMap { EvidenceReference($0) })
            let text = try project.git("cat-file", "blob", "\(evidence.blob)")
            #expect(text.contains("\n== apart: passed in "))
            #expect(job.record.value("log_tail").string?.contains("apart: passed") == true)
            #expect(try project.events(.validationRan).map(\.subjectID) == [job.id])
            // What a red tree printed is kept as well.
            let other = try project.offer("b is x", ["b": "x\n"])
            guard case .red = try project.land(other) else {
                Issue.record("it landed")
                return
            }
            let refused = try #require(project.events(.landRefused).first?.payload["validation"])
            let red = try #require(refused["evidence"].flatMap { EvidenceReference($0) })
            let said = try project.git("cat-file", "blob", "\(red.blob)")
            #expect(said.contains("\n== apart: failed in "))
        }
    }

    @Test func `a verdict without its proof is found out again`() async {
        await #expect(processExitsWith: .success) {
            let project = try Self.project()
            let id = try project.offer("a is x", ["a": "x\n"])
            let head = try #require(ObjectID(hex: try project.revision(of: id).headCommit))
            var validation = project.lander().validation
            validation.keep = nil
            _ = try validation.validate(head, policy: project.policy, job: "j")
            #expect(Self.runs(project) == 1)
            try project.landed(id)
            #expect(Self.runs(project) == 2)
        }
    }

    @Test func `the job of a landing is seen while it validates`() async {
        await #expect(processExitsWith: .success) {
            let project = try Self.project()
            let seen = "\(project.root)/seen"
            let look = "git -C \(project.path) log --format=%s refs/draft/board"
            project.policy.validation.full = [
                ValidationCommand(command: "\(look) >\(seen)")
            ]
            try project.landed(project.offer("a is x", ["a": "x\n"]))
            let before = try String(contentsOfFile: seen, encoding: .utf8)
            let lines = before.split(separator: "\n").prefix(2)
            #expect(lines.first?.hasSuffix(": queued → running (human)") == true)
            #expect(lines.last?.hasSuffix(": new → queued (human)") == true)
            let types = try project.board.snapshot().events { $0.subjectKind == .job }
                .filter { $0.ticketID != nil }.map(\.type)
            #expect(
                types.suffix(4) == [
                    "job.created", "job.started", "validation.ran", "job.finished",
                ])
        }
    }

    @Test func `a red tree is judged again, and a failed setup ends it`() async {
        await #expect(processExitsWith: .success) {
            let project = try Self.project()
            let commit = try #require(
                ObjectID(hex: try project.commit(["b": "a\n"], on: "main", "red")))
            let validation = project.lander().validation
            for _ in 0..<2 {
                let result = try validation.validate(commit, policy: project.policy, job: "j")
                #expect(!result.isGreen)
                #expect(!result.isCached)
            }
            #expect(Self.runs(project) == 2)
            project.policy.setup = [ValidationCommand(command: "exit 4")]
            let result = try validation.validate(commit, policy: project.policy, job: "j")
            #expect(result.verdicts.map(\.exitCode) == [4])
            #expect(Self.runs(project) == 2)
        }
    }

    @Test func `the ticket's own commands judge the merged tree too`() async {
        await #expect(processExitsWith: .success) {
            let project = try Self.project()
            let id = try project.offer("a is x", ["a": "x\n"], validation: ["grep -q y a"])
            guard case .red(let verdicts) = try project.land(id) else {
                Issue.record("it landed")
                return
            }
            #expect(verdicts.failures.map(\.name) == ["grep -q y a"])
        }
    }

    @Test func `the fast tier judges where there is no full one`() async {
        await #expect(processExitsWith: .success) {
            let project = try Self.project()
            project.policy.validation.full = []
            project.policy.validation.fast = [ValidationCommand(command: "false")]
            guard case .red(let verdicts) = try project.land(project.offer("a", ["a": "x\n"]))
            else {
                Issue.record("it landed")
                return
            }
            #expect(verdicts.map(\.tier) == ["setup", "fast"])
        }
    }

    @Test func `what changes while the tree is validated is seen`() async {
        await #expect(processExitsWith: .success) {
            let project = try Self.project()
            let id = try project.offer("a is x", ["a": "x\n"])
            let moved = try project.commit(["d": "moved\n"], on: "main", "meanwhile")
            let once = "mkdir \(project.root)/once 2>/dev/null || exit 0"
            let move = "git -C \(project.path) reset --quiet --hard \(moved)"
            project.policy.validation.full = [ValidationCommand(command: "\(once); \(move)")]
            let review = try #require(try project.board.snapshot().list(Review.self).first)
            let hash = project.policy.policyHash
            try project.board.transact(as: project.ann) { transaction in
                try transaction.write(
                    review.record, ["policy_hash": .string(hash)], as: .reviewGiven)
            }
            try project.landed(id)
            #expect(try project.git("rev-parse", "main^") == moved)
            #expect(project.read("d") == "moved\n")
            #expect(project.read("a") == "x\n")
            #expect(try project.landJobs().count == 1)
        }
    }
}

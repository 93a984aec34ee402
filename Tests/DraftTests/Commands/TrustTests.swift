import Foundation
import GitStore
import Glibc
import Model
import Porcelain
import TestSupport
import Testing

@testable import git_draft

@Suite struct TrustTests {
    private let sandbox: Sandbox

    init() throws {
        sandbox = try Sandbox.withBoard()
        try sandbox.commitFile(
            "draft.yaml", "setup: [make deps]\nvalidation: {full: [make test]}\n")
    }

    /// A session as a command has it.
    private func session() throws -> Session {
        let terminal = Terminal(output: { _ in }, error: { _ in })
        let home = sandbox.root.appending(path: "home").path
        return try Session(
            Context(
                directory: sandbox.workTree.path, environment: ["HOME": home], terminal: terminal))
    }

    private func check() throws {
        let session = try session()
        try Trust.check(PolicyLoader(session).current().policy, in: session)
    }

    @Test func `however much is accepted stays so`() throws {
        let commands = (1...120).map { "'echo \($0) \(String(repeating: "x", count: 1000))'" }
        try sandbox.commitFile("draft.yaml", "setup: [\(commands.joined(separator: ", "))]\n")
        try sandbox.draft("trust --yes")
        try check()
        // What was accepted before and what is accepted later keep each other.
        try sandbox.commitFile("draft.yaml", "setup: [make deps]\n")
        try sandbox.draft("trust --yes")
        try sandbox.git("reset", "--quiet", "--hard", "HEAD~1")
        try check()
    }

    @Test func `commands are refused until they are accepted, and when they change`() throws {
        let error = #expect(throws: CommandError.self) { try check() }
        #expect(error?.description == "the commands of this repository were not accepted yet")
        #expect(error?.hint == "git draft trust")
        let first = try sandbox.draft("trust --yes")
        #expect(first.stdout == "+ setup: make deps\n+ validation.full: make test\n")
        try check()
        try sandbox.commitFile(
            "draft.yaml", "setup: [curl evil]\nvalidation: {full: [make test]}\n")
        #expect(throws: CommandError.self) { try check() }
        let second = try sandbox.draft("trust --yes")
        #expect(
            second.stdout
                == "- setup: make deps\n+ setup: curl evil\n  validation.full: make test\n")
        try check()
        #expect(try sandbox.eventTypes().filter { $0 == "trust.accepted" }.count == 2)
    }

    @Test func `settings that run nothing need no new acceptance`() throws {
        try sandbox.draft("trust --yes")
        try sandbox.commitFile(
            "draft.yaml",
            "setup: [make deps]\nvalidation: {full: [make test]}\nguardrails: {max_files: 3}\n")
        try check()
        let again = try sandbox.draft("trust")
        #expect(again.stderr == "these commands are accepted\n")
    }

    @Test func `the script of a replay agent is part of the set`() throws {
        let yaml = "agents: {default: demo, demo: {kind: replay, file: replay.yaml}}\n"
        try sandbox.commitFile("replay.yaml", "tickets: {}\n")
        try sandbox.commitFile("draft.yaml", yaml)
        try sandbox.draft("trust --yes")
        try check()
        try sandbox.commitFile("replay.yaml", "tickets: {Hello: [[{run: evil}]]}\n")
        #expect(throws: CommandError.self) { try check() }
    }

    @Test func `nothing is accepted without a terminal, or from inside a job`() throws {
        let board = try sandbox.board()
        let silent = try sandbox.draft("trust", expecting: 128)
        #expect(silent.stderr.contains("hint: git draft trust --yes"))
        let job = try sandbox.draft(
            "trust --yes", expecting: 128, environment: ["DRAFT_JOB": "x"])
        #expect(job.stderr.contains("a job cannot decide"))
        #expect(try sandbox.board() == board)
        #expect(throws: CommandError.self) { try check() }
    }

    @Test func `what was accepted is kept outside of the repository, for the owner only`() throws {
        try sandbox.draft("trust --yes")
        let list = try sandbox.run(
            "find \"$HOME/.local/state/git-draft/trust\" -type f ! -empty -printf '%m %f\\n'"
        ).stdout
        let name = SHA256.hex(
            Array(sandbox.workTree.resolvingSymlinksInPath().path.utf8) + Array("/.git".utf8))
        #expect(list == "600 \(name)\n")
    }

    @Test func `to show the commands accepts nothing`() throws {
        let shown = try sandbox.draft("trust --show")
        #expect(shown.stdout == "setup: make deps\nvalidation.full: make test\n")
        #expect(shown.stderr.contains("not accepted yet"))
        #expect(try sandbox.json("trust --show")["accepted"]?.bool == false)
        #expect(throws: CommandError.self) { try check() }
    }

    @Test func `only what is committed on the base counts, and the difference is said`() throws {
        try sandbox.write("draft.yaml", "setup: [other]\n")
        let differs = try sandbox.draft("trust --show")
        #expect(differs.stdout.contains("make deps"))
        #expect(differs.stderr.contains("warning: 'draft.yaml' here differs from the one on"))
        try sandbox.git("rm", "--quiet", "--cached", "draft.yaml")
        try sandbox.git("commit", "--quiet", "-m", "remove it")
        let untracked = try sandbox.draft("trust")
        #expect(untracked.stderr.contains("is not committed on 'main'"))
        #expect(untracked.stderr.contains("hint: git add draft.yaml && git commit"))
    }

    @Test func `settings are shown with where they come from`() throws {
        try sandbox.commitFile(
            "draft.yaml", "guardrails: {max_files: 3}\nexecute_config: {yolo_mode: true}\n")
        let outcome = try sandbox.draft("config --show-origin guardrails.max_files")
        #expect(outcome.stdout == "draft.yaml\t3\n")
        #expect(outcome.stderr.components(separatedBy: "warning:").count == 2)
        #expect(try sandbox.draft("config base_branch").stdout == "main\n")
        try sandbox.commitFile("draft.yaml", "execute_config: {max_parallel_jobs: 1}\n")
        let jobs = try sandbox.draft("config --show-origin execute_config.max_parallel_jobs")
        let isAll = max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN))) == 1
        #expect(jobs.stdout == "\(isAll ? "built-in" : "draft.yaml")\t1\n")
        #expect(try sandbox.draft("config --show-origin base_branch").stdout == "board\tmain\n")
        try sandbox.git("config", "draft.baseBranch", "main")
        let own = try sandbox.draft("config draft.baseBranch").stdout
        #expect(own == "main\n")
        let unknown = try sandbox.draft("config guardrails.max_file", expecting: 128)
        #expect(unknown.stderr.contains("did you mean 'guardrails.max_files'?"))
    }
}

@Suite struct TrustUpstreamTests {
    private let sandbox: Sandbox

    init() throws {
        sandbox = try Sandbox()
        try sandbox.commitFile("draft.yaml", "setup: [make deps]\n")
        try sandbox.addRemote()
        try sandbox.git("push", "--quiet", "-u", "origin", "main")
        try sandbox.draft("init")
        try sandbox.draft("trust --yes")
    }

    @Test func `commands that were fetched must be accepted before they count`() throws {
        let clone = try sandbox.clone(sandbox.root.appending(path: "origin.git"), as: "clone")
        try sandbox.run("echo 'setup: [curl evil]' > draft.yaml", in: clone)
        try sandbox.git("commit", "--quiet", "-am", "more", in: clone)
        try sandbox.git("push", "--quiet", in: clone)
        #expect(try sandbox.draft("trust").stderr == "these commands are accepted\n")
        try sandbox.git("fetch", "--quiet")
        let shown = try sandbox.draft("trust --show")
        #expect(shown.stdout == "setup: curl evil\n")
        #expect(shown.stderr.contains("on 'origin/main', which counts"))
        #expect(shown.stderr.contains("these commands are not accepted yet"))
        let ticket = try sandbox.id("ticket new Work --verify true")
        let run = try sandbox.draft("run \(ticket)", expecting: 128)
        #expect(run.stderr.contains("the commands of this repository were not accepted yet"))
    }

    @Test func `what is committed but not pushed counts once it is pushed`() throws {
        try sandbox.git("rm", "--quiet", "draft.yaml")
        try sandbox.git("commit", "--quiet", "-m", "remove it")
        try sandbox.git("push", "--quiet")
        try sandbox.commitFile("draft.yaml", "setup: [make all]\n")
        let waiting = try sandbox.draft("trust")
        #expect(waiting.stderr.contains("is not committed on 'origin/main'"))
        #expect(waiting.stderr.contains("hint: git push origin main\n"))
        try sandbox.git("push", "--quiet")
        #expect(try sandbox.draft("trust --yes").stdout.contains("+ setup: make all\n"))
    }
}

import Foundation
import Glibc
import Model
import TestSupport
import Testing

/// Whole jobs in containers of a real Podman, as the user who runs the tests.
@Suite(.enabled(if: TestEngine.isUsable, "there is no Podman that works"), .serialized)
struct SandboxContainerTests {
    @Test func `a job does everything in a container`() throws {
        let project = try ContainerProject(
            """
            id -u; grep CapEff /proc/self/status; cat /etc/draft-test
            touch /x 2>/dev/null && echo root is written || echo root is kept
            echo x 2>/dev/null >.git && echo link is written || echo link is kept
            ls /proc/1/root/home /root/.ssh \(NSHomeDirectory())/.ssh 2>/dev/null | wc -l
            sed 1,2d /proc/net/dev | grep -vc 'lo:'
            ls \(ContainerProject.outside) 2>/dev/null && echo outside is seen || echo outside is hidden
            unshare -U true 2>/dev/null && echo namespace || echo no namespace
            echo "$WORD"; mkdir -p "$HOME/deep" && echo good >f && git add f && git commit -qm work
            """)
        try Data("secret\n".utf8).write(to: project.sandbox.root.appending(path: "outside"))
        let ticket = try project.run()
        let log = try project.log(ticket)
        for line in [
            "CapEff:\t0000000000000000", "made for tests", "root is kept", "link is kept",
            "outside is hidden", "no namespace", "a word with $ and \"", "set up in /home",
        ] {
            #expect(log.contains(line), "\(line): \(log)")
        }
        let user = geteuid() == 0 ? 1001 : geteuid()
        #expect(log.contains("\n\(user)\n") && !log.contains("\nroot is written"))
        let job = try project.job(ticket)
        #expect(job["sandbox"]?.string == "container")
        #expect(job["status"] == "succeeded")
        let tree = project.sandbox.workTree.appending(path: ".draft/worktrees/\(ticket)")
        let file = try FileManager.default.attributesOfItem(
            atPath: tree.appending(path: "f").path)
        #expect(file[.ownerAccountID] as? NSNumber == NSNumber(value: geteuid()))
        #expect(try project.containers().isEmpty)
        #expect(try project.sandbox.git("show", "refs/heads/\(project.branch(ticket)):f") == "good")
    }

    @Test func `an image is made once, and anew for other versions`() throws {
        let project = try ContainerProject("echo good >f")
        try project.sandbox.commitFile(".python-version", "3.12\n")
        try project.sandbox.run(
            "\(TestEngine.words()) rmi --force \(project.image()); true")
        let first = try project.run()
        let logs = try project.sandbox.run("cat .git/draft/jobs/*/log").stdout
        #expect(logs.components(separatedBy: "STEP ").count > 2 || logs.contains("python:3.12"))
        let name = try project.image()
        #expect(name.hasPrefix("git-draft/"))
        let second = try project.run()
        #expect(try !project.log(second).contains("STEP "))
        #expect(try project.image() == name && first != second)
        try project.sandbox.git("rm", "--quiet", ".python-version")
        try project.sandbox.git("commit", "--quiet", "-m", "any")
        #expect(try project.image() != name)
    }

    @Test func `an image that cannot be had is a failure of set-up, and is quoted`() throws {
        let project = try ContainerProject("echo good >f", validation: "")
        try project.sandbox.commitFile(".python-version", "3.1.4\n")
        let ticket = try project.sandbox.id("ticket new 'Do it'")
        // The base is asked once, and then the person.
        let refused = try project.draft("run --validate true \(ticket)", expecting: 128)
        #expect(refused.stderr.components(separatedBy: "validating the base").count == 2)
        #expect(refused.stderr.contains("cannot make the image of the container: "))
        #expect(refused.stderr.hasSuffix("hint: git config draft.containerRegistry REGISTRY\n"))
        try project.draft("run --allow-no-validation 'none here' \(ticket)", expecting: 1)
        let job = try project.job(ticket)
        #expect(job["reason"] == "setup_failed")
        let message = job["errors"]?.array?.first?["message"]?.string ?? ""
        #expect(message.hasPrefix("cannot make the image of the container: "))
        #expect(message.contains("python:3.1.4"))
    }

    @Test func `an image that is named is taken as it is, and git-draft brings its libraries`()
        throws
    {
        let project = try ContainerProject("exit 9", image: TestEngine.image)
        let ticket = try project.sandbox.id("ticket new 'Replay'")
        try project.draft("run --agent replay \(ticket)")
        let log = try project.log(ticket)
        #expect(log.contains("made for tests") && !log.contains("STEP "), "\(log)")
    }

    /// An agent that does not want to end.
    private static let stubborn =
        "trap '' TERM; echo good >f; touch started; while :; do sleep 1; done"

    @Test func `a deadline leaves no container`() throws {
        // Where a busy machine has no time to begin, it gets more.
        for seconds in [6, 30, 150] {
            let project = try ContainerProject(
                Self.stubborn, more: "guardrails: {max_runtime_seconds: \(seconds)}")
            let ticket = try project.sandbox.id("ticket new 'Do it'")
            try project.draft("run --allow-red-base busy \(ticket)", expecting: 1)
            #expect(try project.containers().isEmpty)
            guard project.exists(".draft/worktrees/\(ticket)/started") else { continue }
            #expect(try project.job(ticket)["reason"] == "runtime")
            return
        }
        Issue.record("the agent does not start")
    }

    @Test(arguments: ["cancel", "kill", "kill without help", "kill one by one"])
    func `however a job ends, no container is left`(_ end: String) throws {
        let project = try ContainerProject(Self.stubborn)
        let ticket = try project.sandbox.id("ticket new 'Do it'")
        let child = try project.sandbox.start("exec git-draft run \(ticket)")
        try project.wait("the agent starts") {
            project.exists(".draft/worktrees/\(ticket)/started")
        }
        #expect(try project.containers().count == 1)
        let supervisors = project.supervisors()
        #expect(supervisors.count == 1)
        switch end {
        case "cancel": try project.draft("cancel \(ticket)")
        case "kill one by one":
            // Who hears of the first death begins to end the job, and is killed at that. No
            // process is left then; what the engine knows of it, the next command removes.
            kill(-child.identifier, SIGKILL)
            _ = child.wait()
            project.supervisors().forEach { kill($0, SIGKILL) }
            try project.wait("a command removes the container") {
                try project.draft("status")
                return try project.containers().isEmpty
            }
        default:
            // An engine that is stopped cannot hand a signal on.
            if end != "kill" { project.engines().forEach { kill($0, SIGSTOP) } }
            // All at once: nobody lives to do anything about the end of the others.
            for process in supervisors { kill(process, SIGSTOP) }
            for process in [-child.identifier] + supervisors { kill(process, SIGKILL) }
        }
        _ = child.wait()
        try project.wait("the container ends") { try project.containers().isEmpty }
        project.engines().forEach { kill($0, SIGKILL) }
        try project.draft("status")
        #expect(try project.job(ticket)["status"] != "running")
    }

    @Test func `an engine that cannot start it is not the fault of the program`() throws {
        let project = try ContainerProject("echo good >f")
        let words = try TestEngine.words().replacing("/usr/sbin/runc", with: "/no/such/runc")
        try project.sandbox.git("config", "draft.containerProgram", words)
        let ticket = try project.sandbox.id("ticket new 'Do it'")
        let outcome = try project.draft("run \(ticket)", expecting: 128)
        #expect(outcome.stderr.contains("runc"), "\(outcome.stderr)")
        #expect(!outcome.stderr.contains("base_red"))
    }

    @Test func `doctor tells the engine and the image`() throws {
        let project = try ContainerProject("true")
        let checks = try project.sandbox.json("doctor")["checks"]?.array ?? []
        let named = Dictionary(
            checks.map { ($0["name"]?.string ?? "", $0) }, uniquingKeysWith: { $1 })
        #expect(named["container"]?["text"]?.string?.hasPrefix("podman version ") == true)
        #expect(named["image"]?["containerfile"]?.string?.contains("buildpack-deps") == true)
        try project.sandbox.git("config", "draft.containerProgram", "/no/such/engine")
        let outcome = try project.sandbox.run("git draft doctor")
        #expect(outcome.status == 1 && outcome.stdout.contains("/no/such/engine"))
    }

    @Test func `doctor starts a container where there is an image, and none where it cannot`()
        throws
    {
        // Of the image nothing runs.
        let project = try ContainerProject("true", image: TestEngine.image)
        let good = try project.sandbox.run("git draft doctor")
        #expect(good.stdout.contains(" starts containers\n"), "\(good.output)")
        let words = try TestEngine.words().replacing("/usr/sbin/runc", with: "/bin/false")
        try project.sandbox.git("config", "draft.containerProgram", words)
        let bad = try project.sandbox.run("git draft doctor")
        #expect(bad.status == 1, "\(bad.output)")
        #expect(bad.stdout.contains("problem  container: cannot start "), "\(bad.output)")
        #expect(try project.containers().isEmpty)
    }
}

/// A repository whose jobs run in containers, by an agent that is a script of it.
struct ContainerProject {
    let sandbox: Sandbox

    /// A file of the machine that no job is shown.
    static let outside = "/etc/shadow"

    init(
        _ agent: String, validation: String = "full: ['test ! -e f || grep -q good f']",
        image: String? = nil, more: String = ""
    ) throws {
        sandbox = try Sandbox()
        try sandbox.write("agent.sh", "\(agent)\n")
        try sandbox.write(
            "replay.yaml",
            """
            tickets:
              Replay:
                - - write: {path: f, text: "good\\n"}
                  - run: cat /etc/draft-test

            """)
        let named = image.map { ", image: '\($0)'" } ?? ""
        try sandbox.write(
            "draft.yaml",
            """
            sandbox: {mode: container\(named)}
            setup: ['echo set up in "$HOME" | sed s,/.*/,/,']
            validation: {\(validation)}
            \(more)
            agents:
              default: script
              script: {kind: command, command: [sh, agent.sh], env: {WORD: 'a word with $ and "'}}
              replay: {kind: replay, file: replay.yaml}

            """)
        try sandbox.git("add", "--all")
        try sandbox.git("commit", "--quiet", "-m", "start")
        try sandbox.git("config", "draft.containerProgram", TestEngine.words())
        try sandbox.git("config", "draft.containerRegistry", TestEngine.registry)
        try draft("init")
        try draft("trust --yes")
    }

    @discardableResult
    func draft(
        _ words: String, expecting status: Int32 = 0,
        sourceLocation: SourceLocation = #_sourceLocation
    ) throws -> Outcome {
        // The clock of a test stands still, and a deadline is to come.
        let real: [String: String?] = ["GIT_DRAFT_TEST_SEED": nil, "GIT_DRAFT_TEST_TIME": nil]
        return try sandbox.draft(
            words, expecting: status, environment: real, sourceLocation: sourceLocation)
    }

    /// Runs a new ticket to its end; returns its id.
    func run() throws -> String {
        let ticket = try sandbox.id("ticket new 'Do it'")
        try draft("run \(ticket)")
        return ticket
    }

    func log(_ ticket: String) throws -> String { try draft("logs \(ticket)").stdout }

    func job(_ ticket: String) throws -> JSON {
        let jobs = try sandbox.json("job list")["jobs"]?.array ?? []
        return try #require(jobs.first { $0["ticket_id"]?.string == ticket })
    }

    func branch(_ ticket: String) throws -> String {
        let goal = try sandbox.stored("tickets", ticket)["goal_id"]?.string ?? ""
        return "goal/\(goal)/ticket/\(ticket)"
    }

    /// The image that the next job would use.
    func image() throws -> String {
        let checks = try JSON(parsing: sandbox.run("git draft doctor --json").stdout)["checks"]
        let check = checks?.array?.first { $0["name"]?.string == "image" }
        return try #require(check?["image"]?.string)
    }

    /// The containers of this repository's jobs, running or not.
    func containers() throws -> [Substring] {
        let format = "--format '{{.Labels}}'"
        return try sandbox.run("\(TestEngine.words()) ps --all \(format)").stdout
            .split(separator: "\n").filter { $0.contains("$SANDBOX/") }
    }

    /// The processes of the engine that started a container of this repository's jobs.
    func engines() -> [Int32] {
        let label = Data("\(sandbox.workTree.path)/.git/draft/jobs/".utf8)
        let names = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
        return names.compactMap { Int32($0) }.filter { process in
            let words = FileManager.default.contents(atPath: "/proc/\(process)/cmdline")
            return words?.range(of: Data("podman\0".utf8))?.lowerBound == 0
                && words?.range(of: label) != nil
        }
    }

    /// The processes of this repository's jobs.
    func supervisors() -> [Int32] {
        let home = Data("HOME=\(sandbox.root.path)/home\u{0}".utf8)
        let names = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
        return names.compactMap { Int32($0) }.filter { process in
            func contents(_ name: String) -> Data {
                FileManager.default.contents(atPath: "/proc/\(process)/\(name)") ?? Data()
            }
            return contents("cmdline").range(of: Data("\u{0}_supervise\u{0}".utf8)) != nil
                && contents("environ").range(of: home) != nil
        }
    }

    func exists(_ path: String) -> Bool {
        FileManager.default.fileExists(atPath: sandbox.workTree.appending(path: path).path)
    }

    /// Waits until something is so, for five minutes at most.
    func wait(
        _ what: String, sourceLocation: SourceLocation = #_sourceLocation,
        until isSo: () throws -> Bool
    ) throws {
        let end = ContinuousClock.now + .seconds(300)
        while try !isSo() {
            guard ContinuousClock.now < end else {
                Issue.record("it takes too long until \(what)", sourceLocation: sourceLocation)
                return
            }
            usleep(50_000)
        }
    }
}

import Foundation
import Testing

@testable import Execution

@Suite struct GitProgramTests {
    let sandbox: SupervisionSandbox
    let user: GitProgram

    init() throws {
        sandbox = try SupervisionSandbox()
        for name in ["home", "empty", "work"] {
            try FileManager.default.createDirectory(
                atPath: "\(sandbox.root)/\(name)", withIntermediateDirectories: true)
        }
        user = GitProgram(environment: [
            "PATH": "/usr/local/bin:/usr/bin:/bin", "HOME": "\(sandbox.root)/home",
            "GIT_CONFIG_NOSYSTEM": "1", "GIT_CEILING_DIRECTORIES": sandbox.root,
            "GIT_AUTHOR_NAME": "Ann Author", "GIT_AUTHOR_EMAIL": "ann@example.com",
            "GIT_COMMITTER_NAME": "Ann Author", "GIT_COMMITTER_EMAIL": "ann@example.com",
        ])
    }

    private var work: String { "\(sandbox.root)/work" }

    /// A controller's git on an agent's tree, in a given environment.
    private func control(
        _ environment: [String: String] = [:], excludesFile: String? = nil
    ) throws -> GitProgram {
        let directory = "\(sandbox.root)/control.git"
        if !sandbox.exists("control.git") {
            _ = try user.run(["init", "--quiet", "--bare", directory], in: sandbox.root)
        }
        let settings = GitProgram.Control(
            gitDirectory: directory, workTree: work, home: "\(sandbox.root)/empty",
            excludesFile: excludesFile)
        return GitProgram(
            environment: user.environment.merging(environment) { $1 }, profile: .control(settings))
    }

    @Test func `git answers with bytes, words and a status`() throws {
        _ = try user.run(["init", "--quiet", "--initial-branch=main"], in: work)
        let hash = try user.run(
            ["hash-object", "-w", "--stdin"], in: work, input: Array("hello\n".utf8))
        #expect(hash.text == "ce013625030ba8dba906f756967f9e9ca394464a")
        #expect(try user.run(["cat-file", "blob", hash.text], in: work).text == "hello")
        let answer = try user.run(
            ["rev-parse", "--quiet", "--verify", "main"], in: work, allowed: [0, 1])
        #expect(answer.status == 1)
    }

    @Test func `a failure quotes what git says is wrong`() throws {
        let error = #expect(throws: ExecutionError.self) {
            try user.run(["rev-parse", "HEAD"], in: work)
        }
        #expect(error?.code == .failed)
        #expect(error?.status == 128)
        #expect(
            error.map { "\($0)" }
                == "cannot run 'git rev-parse': not a git repository "
                + "(or any of the parent directories): .git")
    }

    @Test func `quoted words carry no control characters`() throws {
        var program = user
        let bin = "\(sandbox.root)/bin"
        try FileManager.default.createDirectory(
            atPath: bin, withIntermediateDirectories: true)
        let script = "#!/bin/sh\nprintf 'To here\\nerror: \\033[31mred\\t\\r\\n' >&2\nexit 1\n"
        try sandbox.write(script, to: "bin/git", mode: 0o755)
        program = GitProgram(environment: ["PATH": "\(bin):/usr/bin:/bin"])
        let error = #expect(throws: ExecutionError.self) { try program.run(["push"], in: work) }
        #expect(error?.reason == "[31mred")
    }

    @Test func `output, time and patience are bounded`() throws {
        _ = try user.run(["init", "--quiet"], in: work)
        var program = user
        program.outputLimit = 1000
        var error = #expect(throws: ExecutionError.self) {
            try program.run(["help", "--all"], in: work)
        }
        #expect(error?.code == .outputLimit)
        // What makes git list so much is there again at the next try.
        #expect(error?.isAboutContents == true)
        program = user
        program.timeLimit = .milliseconds(20)
        error = #expect(throws: ExecutionError.self) {
            try program.run(["-c", "alias.wait=!sleep 1000", "wait"], in: work)
        }
        #expect(error?.code == .deadline)
        program = user
        program.stop = try StopSignal()
        program.stop?.request()
        error = #expect(throws: ExecutionError.self) {
            try program.run(["-c", "alias.wait=!sleep 1000", "wait"], in: work)
        }
        #expect(error?.code == .stopped)
    }

    @Test func `the environment does not lead the controller elsewhere`() throws {
        let decoy = "\(sandbox.root)/decoy"
        _ = try user.run(["init", "--quiet", decoy], in: sandbox.root)
        try sandbox.write("[user]\n\tname = Mallory\n", to: "home/.gitconfig")
        let hostile = [
            "GIT_DIR": "\(decoy)/.git", "GIT_WORK_TREE": decoy, "GIT_INDEX_FILE": "/nowhere",
            "GIT_OBJECT_DIRECTORY": "/nowhere", "GIT_CONFIG_COUNT": "1",
            "GIT_CONFIG_KEY_0": "user.name", "GIT_CONFIG_VALUE_0": "Mallory",
            "GIT_CONFIG_PARAMETERS": "'user.name=Mallory'",
            "XDG_CONFIG_HOME": "\(sandbox.root)/home",
        ]
        let git = try control(hostile)
        #expect(
            try git.run(["rev-parse", "--absolute-git-dir", "--show-toplevel"], in: work).text
                == "\(sandbox.root)/control.git\n\(work)")
        let name = try git.run(["config", "user.name"], in: work, allowed: [0, 1])
        #expect(name.status == 1)
        #expect(try git.run(["write-tree"], in: work).text.hasPrefix("4b825dc"))
        let found = try GitProgram(
            environment: user.environment.merging(["GIT_DIR": "\(decoy)/.git"]) { $1 }
        )
        .run(["rev-parse", "--absolute-git-dir"], in: work)
        #expect(found.text == "\(decoy)/.git", "the user's own git keeps its environment")
    }

    @Test func `a nested repository runs nothing of its own`() throws {
        let nested = "\(work)/nested"
        _ = try user.run(["init", "--quiet", nested], in: sandbox.root)
        let payload = "\(sandbox.root)/payload"
        try sandbox.write("#!/bin/sh\n: >'\(sandbox.root)/ran'\n", to: "payload", mode: 0o755)
        for (key, value) in [
            ("core.fsmonitor", payload), ("filter.evil.clean", payload),
            ("filter.evil.process", payload), ("core.hooksPath", "\(sandbox.root)/hooks"),
        ] {
            _ = try user.run(["-C", nested, "config", key, value], in: work)
        }
        try sandbox.write("one\n", to: "work/one")
        try sandbox.write("* filter=evil\n", to: "work/nested/.gitattributes")
        try sandbox.write("two\n", to: "work/nested/two")
        // The trap works: an ordinary status in there springs it.
        _ = try user.run(["-C", nested, "status"], in: work)
        #expect(sandbox.exists("ran"))
        try FileManager.default.removeItem(atPath: "\(sandbox.root)/ran")

        let git = try control()
        let listing = ["ls-files", "-z", "--modified", "--others", "--deleted"]
        let files = try git.run(listing + ["--exclude-standard"], in: work)
        #expect(files.bytes == Array("nested/\0one\0".utf8))
        _ = try git.run(
            ["update-index", "--add", "--remove", "-z", "--stdin"], in: work,
            input: Array("one\0".utf8))
        #expect(try git.run(["write-tree"], in: work).text.count == 40)
        #expect(!sandbox.exists("ran"))
    }

    @Test func `the user's excludes count, and no others`() throws {
        try sandbox.write("*.log\n", to: "ignore")
        try sandbox.write("[core]\n\texcludesFile = /dev/null\n", to: "home/.gitconfig")
        try sandbox.write("x", to: "work/a.log")
        try sandbox.write("x", to: "work/b.txt")
        let list = ["ls-files", "--others", "--exclude-standard"]
        let git = try control(excludesFile: "\(sandbox.root)/ignore")
        #expect(try git.run(list, in: work).text == "b.txt")
        #expect(try control().run(list, in: work).text == "a.log\nb.txt")
    }

    @Test func `only repositories on this machine can be fetched`() throws {
        let agent = "\(sandbox.root)/agent"
        _ = try user.run(["init", "--quiet", "--initial-branch=main", agent], in: sandbox.root)
        _ = try user.run(["-C", agent, "commit", "-qm", "one", "--allow-empty"], in: work)
        let git = try control()
        _ = try git.run(["fetch", "--quiet", "--no-tags", agent, "main:refs/agent/main"], in: work)
        #expect(try git.run(["rev-parse", "refs/agent/main"], in: work).text.count == 40)
        let error = #expect(throws: ExecutionError.self) {
            try git.run(["fetch", "ext::sh -c 'touch \(sandbox.root)/ran'"], in: work)
        }
        #expect(error?.reason == "transport 'ext' not allowed")
        #expect(!sandbox.exists("ran"))
    }
}

import Foundation
import Model
import TestSupport
import Testing

/// What `git draft doctor` finds, and what it leaves alone.
@Suite struct DoctorTests {
    /// Makes a program in a folder of the sandbox that tests put first in the path.
    private func program(_ sandbox: Sandbox, _ name: String, _ script: String) throws {
        try Programs.write(
            "#!/bin/sh\n\(script)\n", to: sandbox.root.appending(path: "bin/\(name)").path)
    }

    /// Runs it with those programs; returns what it says of everything, by name.
    private func doctor(
        _ sandbox: Sandbox, expecting status: Int32 = 0, in directory: URL? = nil,
        _ environment: [String: String?] = [:]
    ) throws -> [String: JSON] {
        let path = "\(sandbox.root.path)/bin:\(try sandbox.run("printf %s \"$PATH\"").stdout)"
        let outcome = try sandbox.draft(
            "doctor --json", expecting: status, in: directory,
            environment: environment.merging(["PATH": path]) { $1 })
        let json = try JSON(parsing: outcome.stdout)
        #expect(json["schema"] == 1 && json["ok"] == .bool(status == 0))
        let checks = try #require(json["checks"]?.array)
        return Dictionary(
            checks.map { ($0["name"]?.string ?? "", $0) }, uniquingKeysWith: { $1 })
    }

    @Test func `a board in order has no problem`() throws {
        let sandbox = try Sandbox.withBoard()
        let before = try sandbox.board()
        let found = try doctor(sandbox)
        for name in ["git", "libgit2", "repository", "identity", "board", "worktrees"] {
            #expect(found[name]?["level"] == "ok", "\(name)")
        }
        #expect(found["board"]?["text"]?.string?.contains("1 goal, 0 tickets") == true)
        #expect(found["validation"]?["level"] == "warning")
        #expect(found["default"]?["hint"]?.string?.hasPrefix("npm install") == true)
        #expect(try sandbox.board() == before)
        #expect(try sandbox.run("ls .draft").status != 0)
    }

    @Test func `a draft yaml that differs from the one that counts is a warning`() throws {
        let sandbox = try Sandbox()
        try sandbox.commitFile("draft.yaml", "validation: {full: ['true']}\n")
        try sandbox.draft("init")
        #expect(try doctor(sandbox)["draft.yaml"]?["level"] == "ok")
        try sandbox.write("draft.yaml", "validation: {full: ['false']}\n")
        let found = try doctor(sandbox)["draft.yaml"]
        #expect(found?["level"] == "warning")
        #expect(found?["hint"] == "git diff main -- draft.yaml")
    }

    @Test func `outside of a repository only the machine is looked at`() throws {
        let sandbox = try Sandbox(repository: false)
        let found = try doctor(sandbox)
        #expect(found["repository"]?["level"] == "note")
        #expect(found["git"]?["level"] == "ok" && found["board"] == nil)
        #expect(found["claude"]?["text"] == "Claude Code is not installed")
    }

    @Test func `agents are found with version and key, the value unsaid`() throws {
        let sandbox = try Sandbox.withBoard()
        try program(sandbox, "claude", "echo '9.9 (Claude Code)'; echo more")
        try program(sandbox, "codex", "echo no >&2; exit 3")
        let found = try doctor(sandbox, ["ANTHROPIC_API_KEY": "sk-ant-secretsecret"])
        let claude = try #require(found["claude"])
        #expect(claude["version"] == "9.9 (Claude Code)" && claude["default"] == true)
        #expect(claude["path"] == "$SANDBOX/bin/claude")
        #expect(claude["credential"] == "ANTHROPIC_API_KEY" && claude["level"] == "ok")
        #expect(found["codex"]?["level"] == "warning")
        #expect(found["codex"]?["text"]?.string?.hasSuffix("/bin/codex: no") == true)
        #expect(!"\(found)".contains("secretsecret"))
        let without = try doctor(sandbox)
        #expect(without["claude"]?["level"] == "warning")
        #expect(without["claude"]?["hint"] == "export ANTHROPIC_API_KEY=KEY")
    }

    @Test func `an agent that hangs holds nobody up, and leaves nothing`() throws {
        let sandbox = try Sandbox.withBoard()
        try program(sandbox, "claude", "trap '' TERM; sleep 1000 & while :; do sleep 1; done")
        let found = try doctor(sandbox)
        #expect(found["claude"]?["text"]?.string?.contains("in time") == true)
        #expect(found["claude"]?["level"] == "warning")
    }

    @Test func `nothing that the repository brings is run`() throws {
        let sandbox = try Sandbox()
        let trace = sandbox.root.appending(path: "trace")
        let script = "#!/bin/sh\necho ran >> \(trace.path)\necho 1.0\n"
        try sandbox.write("tools/claude", script, executable: true)
        try sandbox.write("tools/agent", script, executable: true)
        try sandbox.write(
            "draft.yaml",
            """
            validation: {full: ['echo v >> \(trace.path)']}
            setup: ['echo s >> \(trace.path)']
            agents:
              default: own
              own: {kind: command, command: [./tools/agent]}
              theirs: {kind: claude, command: [tools/claude]}
              line: {kind: command, command: 'tools/agent --now'}
              gone: {kind: command, command: [no-such-program]}
              played: {kind: replay, file: nowhere.yaml}
              old: {kind: gemini}
            """)
        try sandbox.git("add", "-A")
        try sandbox.git("commit", "-q", "-m", "start")
        try sandbox.draft("init")
        let found = try doctor(sandbox)
        #expect(
            found["trust"]?["level"] == "warning" && found["trust"]?["hint"] == "git draft trust")
        #expect(found["own"]?["level"] == "ok" && found["own"]?["default"] == true)
        #expect(found["theirs"]?["level"] == "note")
        #expect(found["line"]?["level"] == "ok")
        let absence = "there is no program 'no-such-program', which 'agents.gone.command' names"
        #expect(found["gone"]?["text"]?.string == absence)
        #expect(found["played"]?["text"] == "the base commit has no 'nowhere.yaml'")
        #expect(found["old"]?["level"] == "warning")
        #expect(!FileManager.default.fileExists(atPath: trace.path))
        // Not even where the user's own path leads into the repository.
        let program = try sandbox.run("command -v git-draft").stdout
            .trimmingCharacters(in: .newlines)
        let inside = try sandbox.run(
            "\(program) doctor",
            environment: ["PATH": "\(sandbox.workTree.path)/tools:/usr/bin:/bin"])
        #expect(inside.stdout.contains("the repository brings it"))
        #expect(!FileManager.default.fileExists(atPath: trace.path))
    }

    @Test func `what is broken is a problem with what to do`() throws {
        let sandbox = try Sandbox()
        try sandbox.write("draft.yaml", "validation: {ful: [x]}\n")
        try sandbox.git("add", "-A")
        try sandbox.git("commit", "-q", "-m", "start")
        var found = try doctor(
            sandbox, expecting: 1,
            [
                "GIT_AUTHOR_NAME": nil, "GIT_AUTHOR_EMAIL": nil, "GIT_COMMITTER_NAME": nil,
                "GIT_COMMITTER_EMAIL": nil,
            ])
        #expect(found["board"]?["hint"] == "git draft init")
        #expect(found["draft.yaml"]?["level"] == "problem")
        #expect(found["draft.yaml"]?["text"]?.string?.contains("did you mean 'full'?") == true)
        try sandbox.commitFile("draft.yaml", "agents: {default: lost, lost: {kind: codex}}\n")
        try sandbox.git("branch", "goal")
        found = try doctor(sandbox, expecting: 1)
        #expect(found["lost"]?["level"] == "problem")
        #expect(found["lost"]?["hint"] == "npm install -g @openai/codex")
        #expect(found["branches"]?["hint"] == "git config draft.branchPrefix NAME")
    }

    @Test func `what no job would run with is said before one is tried`() throws {
        let sandbox = try Sandbox()
        try sandbox.git("config", "draft.sandbox", "bwrap")
        let folder = sandbox.root.appending(path: "agents")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        let agent = folder.appending(path: "mine").path
        try Data("#!/bin/sh\n".utf8).write(to: folder.appending(path: "mine"))
        _ = try sandbox.run("chmod +x '\(agent)'")
        try sandbox.commitFile(
            "draft.yaml",
            "agents: {default: mine, mine: {kind: command, command: '\(agent) --now'}}\n"
                + "sandbox: {writable: ['\(sandbox.root.path)/nowhere']}\n")
        try sandbox.git("config", "draft.environmentFile", "relative")
        var found = try doctor(sandbox, expecting: 1)
        #expect(found["sandbox"]?["level"] == "problem", "\(found)")
        #expect(found["environment"]?["level"] == "problem")
        #expect(
            found["environment"]?["text"]
                == "'draft.environmentFile' must be an absolute path, not 'relative'")
        #expect(found["mine"]?["level"] == "warning")
        #expect(found["mine"]?["text"]?.string?.contains("put its folder in PATH") == true)
        try sandbox.commitFile(
            "draft.yaml",
            "agents: {default: mine, mine: {kind: command, command: '\(agent) --now'}}\n")
        let file = folder.appending(path: "variables").path
        _ = try sandbox.run("umask 077; echo A=b > '\(file)'; chmod 700 '\(folder.path)'")
        try sandbox.git("config", "draft.environmentFile", file)
        let path = "\(folder.path):\(try sandbox.run("printf %s \"$PATH\"").stdout)"
        let said = try sandbox.run("git draft doctor", environment: ["PATH": path])
        #expect(said.stdout.contains("ok       environment: 1 variable in '"), "\(said.output)")
        #expect(said.stdout.contains("ok       mine (default): "), "\(said.output)")
        #expect(said.stdout.contains("ok       sandbox: jobs run in bwrap"))
        _ = try sandbox.run("chmod 644 '\(file)'")
        found = try doctor(sandbox, expecting: 1)
        #expect(found["environment"]?["hint"]?.string?.hasPrefix("chmod 600 ") == true)
    }

    @Test func `an unreadable record and a strange format are named`() throws {
        let sandbox = try Sandbox.withBoard()
        let ticket = try sandbox.id("ticket new Lost")
        let script = """
            export GIT_INDEX_FILE="$PWD/../index"
            git read-tree refs/draft/board
            blob=$(echo '{' | git hash-object -w --stdin)
            git update-index --cacheinfo 100644,$blob,tickets/\(ticket.suffix(2))/\(ticket).json
            git cat-file commit refs/draft/board | sed "s/^tree .*/tree $(git write-tree)/" |
                git hash-object -w -t commit --stdin
            """
        let made = try sandbox.run(script)
        let commit = made.stdout.trimmingCharacters(in: .newlines)
        try sandbox.git("update-ref", "refs/draft/board", commit)
        let found = try doctor(sandbox, expecting: 1)
        #expect(found["board"]?["text"]?.string?.hasPrefix("'tickets/") == true)
        try sandbox.git("config", "core.repositoryformatversion", "1")
        try sandbox.git("config", "extensions.objectformat", "sha256")
        let strange = try sandbox.run("git-draft doctor")
        #expect(strange.status == 1)
        #expect(strange.stdout.contains("problem  repository: unsupported extension objectFormat"))
        try sandbox.run("sed -i '/objectformat/d' .git/config")
    }
}

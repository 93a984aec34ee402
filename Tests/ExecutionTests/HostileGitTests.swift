import Execution
import Foundation
import GitStore
import TestSupport
import Testing

/// Each way to have git run a program, in all that an agent can write.
@Suite struct HostileGitTests {
    /// Makes a repository of its own and plants a vector into it.
    private static func plant(
        _ vector: HostileVector, _ index: Int, in sandbox: TestSupport.Sandbox
    ) throws -> (tree: String, payload: Payload) {
        let payload = try Payload(in: sandbox.root.appending(path: "payload/\(index)").path)
        let tree = sandbox.workTree.appending(path: "\(index)").path
        try sandbox.run(
            """
            mkdir -p '\(tree)/dir' && cd '\(tree)' && git init -q -b main
            echo a >a; echo b >dir/b; git add -A; git commit -qm base
            \(vector.planting(in: "'\(tree)/.git'", of: "'\(tree)'", payload))
            """)
        payload.disarm()
        return (tree, payload)
    }

    @Test(arguments: GitEdition.tested)
    func `plain git runs what is planted, so that to run nothing says something`(
        edition: GitEdition
    ) throws {
        let sandbox = try TestSupport.Sandbox(repository: false, git: edition)
        let version = try sandbox.git("--version").split(separator: " ")[2]
        var fired: [String] = []
        for (index, vector) in HostileVector.all.enumerated() {
            let (tree, payload) = try Self.plant(vector, index, in: sandbox)
            let outcome = try sandbox.run(
                "timeout 30 sh -c \"$SPRING\"",
                environment: ["SPRING": vector.springing(of: "'\(tree)'", payload)])
            if payload.calls != nil { fired.append(vector.name) }
            let isExpected = vector.concerns(String(version))
            #expect(
                (payload.calls != nil) == isExpected, "git \(version): \(vector): \(outcome.output)"
            )
        }
        #expect(fired.count >= 60)
    }

    @Test(arguments: GitEdition.tested, HostileVector.all)
    func `nothing that an agent plants is run`(edition: GitEdition, vector: HostileVector) throws {
        let bench = try WorkspaceBench(git: edition)
        let trial = try HostileTrial(bench, vector)
        let before = try bench.fingerprint()
        let workspace = try bench.open()
        try trial.plant(
            """
            git init -q nested; mkdir nested/dir; echo a >nested/a; echo b >nested/dir/b
            git -C nested add -A; git -C nested commit -qm nested
            """, into: [("$(git rev-parse --absolute-git-dir)", "$PWD"), ("nested/.git", "nested")])
        var last = bench.base
        trial.step("snapshot") {
            let snapshot = try bench.snapshot(workspace)
            last = snapshot.commit
            _ = try workspace.changes(from: bench.base, to: last)
        }
        trial.step("next turn") { try workspace.renewAgentGit(head: last) }
        try trial.plant(
            """
            rm -rf .git; git init -q; git config core.excludesFile /dev/null
            git add -A; git commit -qm own
            """, into: [("$PWD/.git", "$PWD")])
        trial.step("second snapshot") {
            last = try bench.snapshot(workspace, 2, after: last).commit
        }
        trial.step("next job") {
            let next = try bench.open(job: "J-2", start: last)
            _ = try bench.snapshot(next, after: last)
        }
        try trial.plant("", into: [("$(git rev-parse --absolute-git-dir)", "$PWD")])
        trial.step("removal") {
            guard let left = try Workspace.existing(name: "T-1", origin: bench.origin()) else {
                return
            }
            try left.remove()
        }
        #expect(try bench.fingerprint() == before)
        #expect(try bench.user("git status --porcelain") == "")
        #expect(try bench.sandbox.run("git fsck --no-dangling").status == 0)
        #expect(!trial.hasRun)
    }

    @Test(arguments: GitEdition.tested)
    func `questions about objects run nothing, whatever the settings`(
        edition: GitEdition
    ) throws {
        let sandbox = try TestSupport.Sandbox(repository: false, git: edition)
        for (index, vector) in HostileVector.armed.enumerated() {
            let (tree, payload) = try Self.plant(vector, index, in: sandbox)
            let git = GitProgram(
                environment: ["PATH": try "\(edition.prefix())/usr/bin:/bin"],
                profile: .control(
                    GitProgram.Control(
                        gitDirectory: "\(tree)/.git", workTree: nil, home: sandbox.root.path)))
            for question in [
                ["rev-list", "--all"], ["log", "--format=%H %T", "--all"],
                ["cat-file", "-p", "HEAD"],
                ["cat-file", "-e", String(repeating: "1", count: 40)], ["ls-tree", "-r", "HEAD"],
                ["diff-tree", "--root", "-r", "-p", "--no-ext-diff", "--no-textconv", "HEAD"],
                ["for-each-ref"], ["diff-index", "--cached", "HEAD"], ["ls-files", "-s"],
            ] {
                _ = try git.run(question, in: tree, allowed: Set(0...255))
                #expect(payload.calls == nil, "\(vector): git \(question[0])")
                payload.disarm()
            }
        }
    }

    @Test(arguments: GitEdition.tested)
    func `the user's environment has the controller's git run nothing`(
        edition: GitEdition
    ) throws {
        let bench = try WorkspaceBench(git: edition)
        let payload = try Payload(in: bench.sandbox.root.appending(path: "payload").path)
        let program = payload.program
        try bench.user("mkdir '\(payload.folder)/bin'")
        for name in ["git-upload-pack", "git-rev-list", "git-index-pack"] {
            try bench.user("cp '\(program)' '\(payload.folder)/bin/\(name)'")
        }
        var environment = bench.environment.merging([
            "GIT_EXTERNAL_DIFF": program, "GIT_SSH_COMMAND": program, "GIT_SSH": program,
            "GIT_PAGER": program, "PAGER": program, "GIT_EDITOR": program, "VISUAL": program,
            "GIT_ASKPASS": program, "SSH_ASKPASS": program, "GIT_PROXY_COMMAND": program,
            "GIT_EXEC_PATH": "\(payload.folder)/bin",
            "GIT_CONFIG_PARAMETERS": "'core.fsmonitor=\(program)'",
            "GIT_CONFIG_COUNT": "1", "GIT_CONFIG_KEY_0": "core.fsmonitor",
            "GIT_CONFIG_VALUE_0": program, "GIT_TRACE": "\(payload.folder)/ran",
            "GIT_TRACE2_EVENT": "\(payload.folder)/ran", "GIT_TEMPLATE_DIR": payload.folder,
            "GIT_ALTERNATE_OBJECT_DIRECTORIES": payload.folder, "GIT_PROTOCOL_FROM_USER": "1",
            "GIT_ALLOW_PROTOCOL": "ext:file",
        ]) { $1 }
        environment["HOME"] = payload.folder
        try bench.user(
            "printf '[core]\\n\\tfsmonitor = %s\\n' '\(program)' >'\(payload.folder)/.gitconfig'")
        try bench.user("git clone -q . '\(payload.folder)/source'")
        let control = GitProgram.Control(
            gitDirectory: "\(payload.folder)/source/.git", workTree: "\(payload.folder)/source",
            home: payload.folder)
        let git = GitProgram(environment: environment, profile: .control(control))
        for words in [
            ["ls-files", "-m", "-o", "--exclude-standard"], ["update-index", "--refresh"],
            ["fetch", "--quiet", bench.sandbox.workTree.path, "main:refs/copy"], ["log", "-p"],
            ["diff-tree", "--root", "-p", "HEAD"], ["write-tree"],
            ["read-tree", "-m", "-u", "HEAD"],
        ] {
            _ = try git.run(words, in: payload.folder, allowed: Set(0...255))
            #expect(payload.calls == nil, "git \(words[0]): \(payload.calls ?? "")")
            payload.disarm()
        }
        // As the user runs it, it does.
        _ = try GitProgram(environment: environment).run(
            ["-C", "\(payload.folder)/source", "status"], in: payload.folder, allowed: Set(0...255))
        #expect(payload.calls != nil)
    }
}

/// What of the controller's is tried on one way to have git run a program.
private final class HostileTrial {
    private let bench: WorkspaceBench
    private let vector: HostileVector
    private let payload: Payload
    private(set) var hasRun = false

    init(_ bench: WorkspaceBench, _ vector: HostileVector) throws {
        (self.bench, self.vector) = (bench, vector)
        payload = try Payload(in: bench.sandbox.root.appending(path: "payload").path)
    }

    /// Plants it as the agent; what runs meanwhile is the agent's own affair.
    func plant(_ script: String, into places: [(directory: String, tree: String)]) throws {
        let all = places.map { vector.planting(in: $0.directory, of: $0.tree, payload) }
        try bench.agent("exec 2>/dev/null; \(script)\n\(all.joined())")
        payload.disarm()
    }

    /// Does something with what the agent left; it may be refused, and must run nothing.
    func step(_ what: String, _ body: () throws -> Void) {
        do {
            try body()
        } catch is WorkspaceError, is ExecutionError, is GitError {
            // To be refused is a good end.
        } catch {
            Issue.record("\(vector): \(what): \(error)")
        }
        guard let calls = payload.calls else { return }
        hasRun = true
        Issue.record("\(vector): \(what) ran \(calls)")
        payload.disarm()
    }
}

/// What an agent's git directory may hold beside settings.
@Suite struct HostileDirectoryTests {
    @Test(arguments: GitEdition.tested)
    func `links to other repositories are not followed`(edition: GitEdition) throws {
        let bench = try WorkspaceBench(git: edition)
        let workspace = try bench.open()
        let other = bench.sandbox.root.appending(path: "other").path
        try bench.user(
            """
            git init -q '\(other)'; echo secret >'\(other)/s'; git -C '\(other)' add s
            git -C '\(other)' commit -qm secret; git -C '\(other)' repack -adq
            """)
        let commit = try bench.user("git -C '\(other)' rev-parse HEAD")
        for lead in [
            "rm -rf $d/objects/pack; ln -s '\(other)/.git/objects/pack' $d/objects/pack",
            "for f in '\(other)'/.git/objects/pack/*; do ln -sf \"$f\" $d/objects/pack/; done",
            "echo '\(other)/.git/objects' >>$d/objects/info/alternates",
        ] {
            try bench.agent(
                """
                d=$(git rev-parse --absolute-git-dir); echo \(lead.count) >>a
                git commit -qam one; \(lead); echo \(commit) >$d/refs/heads/stolen
                """)
            _ = try? bench.snapshot(workspace)
            try workspace.renewAgentGit(head: bench.base)
            let found = try bench.sandbox.run("git cat-file -e \(commit)")
            #expect(found.status != 0, "\(lead)")
        }
    }

    @Test(arguments: GitEdition.tested)
    func `pipes hold nobody up`(edition: GitEdition) throws {
        let bench = try WorkspaceBench(git: edition)
        let workspace = try bench.open()
        try bench.agent(
            """
            d=$(git rev-parse --absolute-git-dir); echo 1 >>a; git commit -qam one
            for f in refs/heads/p refs/tags/p objects/info/packs objects/info/commit-graph \
                objects/pack/p.idx packed-refs info/grafts shallow config.worktree commondir; do
                rm -f "$d/$f"; mkdir -p "$(dirname "$d/$f")"; mkfifo "$d/$f"
            done
            """)
        let snapshot = try bench.snapshot(workspace)
        #expect(!snapshot.isEmpty)
        #expect(try bench.user("git log --format=%s \(snapshot.commit)").contains("one"))
    }

    @Test(arguments: [".gitignore", "dir/.gitignore", ".gitattributes", "dir/.gitattributes"])
    func `a pipe that git would wait for is removed`(name: String) throws {
        let bench = try WorkspaceBench()
        let first = try bench.open()
        let workspace = try #require(
            try Workspace.existing(name: "T-1", origin: bench.origin { $0.patience = .seconds(1) }))
        try bench.agent("echo 1 >>a; echo 2 >>dir/b; rm -f '\(name)'; mkfifo '\(name)'")
        let snapshot = try bench.snapshot(workspace)
        let changes = try first.changes(from: bench.base, to: snapshot.commit)
        #expect(changes.files.map(\.path).filter { !$0.hasPrefix(".") } == ["a", "dir/b"])
    }

    @Test(
        .enabled(if: geteuid() == 0, "only root can give files away"), arguments: GitEdition.tested)
    func `what another user wrote is read all the same`(edition: GitEdition) throws {
        let bench = try WorkspaceBench(git: edition)
        let workspace = try bench.open()
        try bench.agent("echo 1 >>a; git commit -qam one; echo 2 >>a")
        try bench.user("chown -R 12345:12345 '\(bench.path)' '\(workspace.files.agentGit)'")
        // Git itself would not.
        let plain = try bench.sandbox.run("git -C '\(workspace.files.agentGit)' log")
        #expect(plain.stderr.contains("dubious ownership"))
        let snapshot = try bench.snapshot(workspace)
        #expect(snapshot.skipped == [])
        #expect(try bench.user("git log --format=%s -2 \(snapshot.commit)").hasSuffix("\none"))
        try workspace.renewAgentGit(head: snapshot.commit)
        try workspace.remove()
    }
}

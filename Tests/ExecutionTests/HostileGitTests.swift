import Execution
import Foundation
import GitStore
import TestSupport
import Testing

/// Each way to have git run a program, in all that an agent can write.
@Suite struct HostileGitTests {
    @Test(arguments: GitEdition.tested)
    func `plain git runs what is planted, so that to run nothing says something`(
        edition: GitEdition
    ) throws {
        let sandbox = try TestSupport.Sandbox(repository: false, git: edition)
        let version = try sandbox.git("--version").split(separator: " ")[2]
        var fired: [String] = []
        for (index, vector) in HostileVector.all.enumerated() {
            let payload = try Payload(in: sandbox.root.appending(path: "payload/\(index)").path)
            let tree = sandbox.workTree.appending(path: "\(index)").path
            try sandbox.run(
                """
                mkdir -p '\(tree)/dir' && cd '\(tree)' && git init -q -b main
                echo a >a; echo b >dir/b; git add -A; git commit -qm base
                \(vector.planting(in: "'\(tree)/.git'", of: "'\(tree)'", payload))
                """)
            payload.disarm()
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
            "rmdir $d/objects/pack; ln -s '\(other)/.git/objects/pack' $d/objects/pack",
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

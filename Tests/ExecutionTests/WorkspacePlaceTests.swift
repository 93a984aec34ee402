import Foundation
import GitStore
import TestSupport
import Testing

@testable import Execution

@Suite struct WorkspacePlaceTests {
    @Test func `another job finds the start, and what was left is kept`() throws {
        let bench = try WorkspaceBench()
        _ = try bench.open()
        let lost = try bench.agent(
            "echo half >half; echo i >ignored; git checkout -q -b x; git commit -q --allow-empty -m c; "
                + "git rev-parse HEAD")
        _ = try bench.open(job: "J-2")
        #expect(
            try bench.agent("ls -A | tr '\\n' ' '; git status --porcelain")
                == ".git .gitignore a dir ")
        #expect(try bench.isKept(lost.trimmingCharacters(in: .newlines)))
        let kept = try bench.user(
            "git log --format=%H --diff-filter=A -m refs/draft-local/J-1.kept -- half | head -1")
        #expect(try bench.user("git show \(kept):half") == "half")
        try bench.expectSound()
    }

    @Test func `the same job finds its ignored files again`() throws {
        let bench = try WorkspaceBench()
        let first = try bench.open()
        try bench.agent("echo i >ignored; echo 1 >>a")
        let snapshot = try bench.snapshot(first)
        try bench.agent("echo later >later; mkdir -p x/y; echo z >x/y/z")
        let second = try bench.open(start: snapshot.commit)
        #expect(
            try bench.agent("ls -A | tr '\\n' ' '; cat a; git status --porcelain")
                == ".git .gitignore a dir ignored a\n1\n")
        #expect(try bench.user("git show refs/draft-local/J-1.kept^1:later") == "later")
        #expect(try bench.snapshot(second, 2, after: snapshot.commit).isEmpty)
    }

    @Test func `what git cannot store stays, however often a job is taken up`() throws {
        let bench = try WorkspaceBench()
        for name in ["one", "two"] {
            _ = try bench.open()
            try bench.agent("git init -q \(name); echo \(name) >\(name)/file")
        }
        let third = try bench.open()
        #expect(third.left == "\(bench.path).left-J-1-2")
        #expect(try bench.user("ls .draft/worktrees") == "T-1\nT-1.left-J-1\nT-1.left-J-1-2")
        #expect(
            try bench.user("cd .draft/worktrees; cat T-1.left-J-1/*/file T-1.left-J-1-2/*/file")
                == "one\ntwo")
    }

    @Test func `what an earlier job had of its own goes once all of it is kept`() throws {
        let bench = try WorkspaceBench()
        let first = try bench.open()
        let commit = try bench.agent("git commit -q --allow-empty -m c; git rev-parse HEAD")
        let second = try bench.open(job: "J-2")
        #expect(try bench.isKept(commit.trimmingCharacters(in: .newlines)))
        for path in [first.files.agentGit, first.files.controlGit] {
            #expect(!FileManager.default.fileExists(atPath: path), "\(path)")
        }
        // What is moved out of the way still needs its own.
        try bench.agent("git init -q inner")
        _ = try bench.open(job: "J-3")
        for path in [second.files.agentGit, second.files.controlGit] {
            #expect(FileManager.default.fileExists(atPath: path), "\(path)")
        }
    }

    @Test func `git on the files of a job is marked as the job's`() throws {
        let bench = try WorkspaceBench()
        let bin = bench.sandbox.root.appending(path: "bin").path
        try bench.user(
            """
            mkdir ../bin; cat >../bin/git <<'END'
            #!/bin/sh
            case "$GIT_DIR" in */control.git) echo "$DRAFT_JOB_FILES" >>'\(bin)/marks' ;; esac
            exec /usr/bin/git "$@"
            END
            chmod +x ../bin/git
            """)
        let workspace = try Workspace.open(
            name: "T-1", job: "J-1",
            origin: bench.origin { $0.environment["PATH"] = "\(bin):/usr/bin:/bin" })
        try workspace.renewAgentGit(head: bench.base)
        try bench.agent("git commit -q --allow-empty -m c; echo 1 >>a")
        _ = try bench.snapshot(workspace)
        let mark = try bench.user("cd \(workspace.files.directory); pwd")
        #expect(try bench.user("sort -u ../bin/marks") == mark)
    }

    @Test func `what an agent calls a directory is one word of a hint`() throws {
        let bench = try WorkspaceBench()
        let workspace = try bench.open()
        try bench.agent(
            """
            mkdir "x'; echo INJECTED; 'y"; cd "x'; echo INJECTED; 'y"; git init -q; echo x >x
            """)
        let error = #expect(throws: WorkspaceError.self) { try workspace.remove() }
        let hint = try #require(error?.hint)
        #expect(hint.hasPrefix("mv ") && hint.hasSuffix("y/' <directory>"))
        // `<` would open a file; what stands before it is only taken apart.
        let word = hint.dropFirst("mv ".count).dropLast(" <directory>".count)
        let printed = try bench.user("echo \(word)")
        #expect(printed.hasSuffix("/worktrees/T-1/x'; echo INJECTED; 'y/"))
    }

    @Test func `a crash in the middle is made good`() throws {
        let bench = try WorkspaceBench()
        _ = try bench.open()
        try bench.agent("echo 1 >>a")
        try bench.user("touch .git/draft/jobs/J-1/control.git/index.lock")
        try bench.user("rm .git/draft/jobs/J-1/control.git/index")
        let workspace = try bench.open()
        #expect(try bench.agent("git status --porcelain; cat a") == "a\n")
        #expect(try bench.user("git show refs/draft-local/J-1.kept^1:a") == "a\n1")
        try workspace.remove()
        #expect(try Workspace.existing(name: "T-1", origin: bench.origin()) == nil)
        _ = try bench.open(job: "J-3")
        #expect(try Workspace.existing(name: "T-1", origin: bench.origin())?.path == bench.path)
    }

    @Test func `a directory that is not ours is refused`() throws {
        let bench = try WorkspaceBench()
        try bench.user("mkdir -p .draft/worktrees/T-1; echo mine >.draft/worktrees/T-1/mine")
        #expect(throws: WorkspaceError.self) { try bench.open() }
        #expect(try bench.agent("ls -A") == "mine\n")
        for name in ["..", "a/b", ".git", "-x", "", "a\nb", "é", "x.lock"] {
            #expect(throws: WorkspaceError.self) {
                try Workspace.open(name: name, job: "J-1", origin: bench.origin())
            }
        }
    }

    @Test func `submodules, large file storage and partial clones are refused`() throws {
        let linked = try WorkspaceBench(
            "echo a >a; git add a; git commit -qm a; "
                + "git update-index --add --cacheinfo 160000,$(git rev-parse HEAD),sub; "
                + "mkdir sub; git commit -qm link; echo b >b", commits: true)
        #expect(throws: WorkspaceError.self) { try linked.open() }
        let large = try WorkspaceBench("mkdir d; echo '*.bin filter=lfs -text' >d/.gitattributes")
        #expect(throws: WorkspaceError.self) { try large.open() }
        let crypt = try WorkspaceBench(
            "echo '*.sec filter=crypt' >.gitattributes; git config filter.crypt.process cat")
        #expect(throws: WorkspaceError.self) { try crypt.open() }
        let unset = try WorkspaceBench(
            "printf '# filter=lfs\\n*.sec filter=crypt\\n' >.gitattributes; "
                + "git config filter.crypt.clean ''; git config filter.crypt.required true")
        _ = try unset.open()
        let partial = try WorkspaceBench(
            "echo a >a; git config remote.o.url x; git config remote.o.promisor true")
        let error = #expect(throws: WorkspaceError.self) { try partial.open() }
        #expect(
            error?.hint
                == "git fetch --refetch --no-filter o && git config --unset-all remote.o.promisor")
    }

    @Test func `a few trees that name more files than there can be are refused`() throws {
        let bench = try WorkspaceBench(
            """
            blob=$(echo x | git hash-object -w --stdin)
            tree=$(for i in 0 1 2 3; do printf '100644 blob %s\\tf%s\\n' $blob $i; done | git mktree)
            for level in $(seq 40); do
                tree=$(for i in 0 1 2 3; do printf '040000 tree %s\\td%s\\n' $tree $i; done \\
                    | git mktree)
            done
            git update-ref HEAD $(git commit-tree -m many $tree)
            """, commits: false)
        let error = #expect(throws: WorkspaceError.self) {
            try Workspace.open(
                name: "T-1", job: "J-1", origin: bench.origin { $0.listing = 1 << 18 })
        }
        #expect(error?.code == .unsupported)
    }

    @Test func `a linked work tree, a subdirectory and a bare repository have workspaces`() throws {
        let linked = try WorkspaceBench(
            "echo a >a; git add a; git commit -qm a; git worktree add -q -b other ../linked; "
                + "cd ../linked; echo l >l; git add l; git commit -qm l", at: "/../linked",
            commits: false)
        #expect(linked.root == linked.sandbox.workTree.path + "/.draft/worktrees")
        _ = try linked.open()
        #expect(try linked.agent("ls") == "a\nl\n")
        let below = try WorkspaceBench("mkdir dir; echo b >dir/b", at: "/dir")
        #expect(below.root == below.sandbox.workTree.path + "/.draft/worktrees")
        let workspace = try below.open()
        try below.agent("echo c >dir/c")
        #expect(try below.paths(below.snapshot(workspace).commit) == ["dir/b", "dir/c"])
        let bare = try WorkspaceBench(
            "echo a >a; git add a; git commit -qm a; git clone -q --bare . ../bare", at: "/../bare",
            commits: false)
        #expect(bare.root.hasSuffix("/bare/draft/worktrees"))
        let inBare = try bare.open()
        try bare.agent("echo n >n")
        let snapshot = try bare.snapshot(inBare)
        #expect(bare.repository.contains(snapshot.commit))
        try inBare.remove()
    }

    @Test func `a setting moves the workspaces`() throws {
        for (setting, expected) in [("../trees", "/../trees"), ("$PWD/../x/y", "/../x/y")] {
            let bench = try WorkspaceBench(
                "echo a >a; git config draft.worktreeRoot \"\(setting)\"")
            #expect(bench.root == bench.sandbox.workTree.path + expected)
            let workspace = try bench.open()
            #expect(try bench.agent("ls") == "a\n")
            try workspace.remove()
        }
    }

    @Test func `a shallow clone stays shallow for the agent`() throws {
        let bench = try WorkspaceBench(
            "echo 1 >a; git add a; git commit -qm 1; echo 2 >a; git commit -qam 2; "
                + "git clone -q --depth 1 \"file://$PWD\" ../shallow", at: "/../shallow",
            commits: false)
        let workspace = try bench.open()
        #expect(try bench.agent("git log --format=%s; echo 3 >a; git commit -qam 3") == "2\n")
        let snapshot = try bench.snapshot(workspace)
        #expect(
            try bench.user("git -C ../shallow log --format=%s \(snapshot.commit)")
                == "snapshot 1 of job J-1\n3\n2")
    }

    @Test func `a checkout beside the agent's directory moves no branch`() throws {
        let bench = try WorkspaceBench()
        let workspace = try bench.open()
        try bench.agent("echo 1 >>a")
        let snapshot = try bench.snapshot(workspace)
        let origin = bench.origin {
            $0.isCheckoutOnly = true
            $0.start = snapshot.commit
        }
        let checkout = try Workspace.open(name: "check", job: "J-1", origin: origin)
        #expect(try bench.user("cat .draft/worktrees/check/a") == "a\n1")
        try bench.user(
            "git init -q .draft/worktrees/check/nested; echo x >.draft/worktrees/check/x")
        try checkout.remove()
        #expect(try bench.user("ls .draft/worktrees; ls .git/draft/jobs") == "T-1\nJ-1")
        #expect(
            try bench.user("git for-each-ref --format='%(refname)' refs/draft-local")
                == "refs/draft-local/J-1")
        #expect(try bench.agent("git status --porcelain") == " M a\n")
    }

    @Test func `a branch that somebody moved is kept`() throws {
        let bench = try WorkspaceBench()
        let workspace = try bench.open()
        try bench.user("git commit -q --allow-empty -m theirs; git branch -f goal/G-1/ticket/T-1")
        let theirs = try bench.user("git rev-parse HEAD")
        try bench.user("git reset -q --hard \(bench.base)")
        try bench.agent("echo 1 >>a")
        let snapshot = try bench.snapshot(workspace)
        #expect(try bench.user("git rev-parse goal/G-1/ticket/T-1") == "\(snapshot.commit)")
        #expect(try bench.isKept(theirs))
    }
}

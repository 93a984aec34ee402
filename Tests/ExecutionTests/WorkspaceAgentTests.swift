import Execution
import Foundation
import GitStore
import Testing

@Suite struct WorkspaceAgentTests {
    @Test func `an agent that commits is the snapshot's parent`() throws {
        let bench = try WorkspaceBench()
        let workspace = try bench.open()
        let head = try bench.agent(
            "echo 1 >>a; git commit -qam mine; echo 2 >>a; git rev-parse HEAD")
        let snapshot = try bench.snapshot(workspace)
        #expect(try bench.user("git rev-parse \(snapshot.commit)^") + "\n" == head)
        #expect(snapshot.strays == [] && snapshot.gitlinks == [] && snapshot.skipped == [])
        #expect(try bench.user("git show \(snapshot.commit):a") == "a\n1\n2")
        #expect(
            try bench.user("git log -1 --format='%an %s' \(snapshot.commit)^") == "Ann Author mine")
        try bench.expectSound()
    }

    @Test func `whatever an agent commits and leaves is kept`() throws {
        let bench = try WorkspaceBench()
        let workspace = try bench.open()
        let output = try bench.agent(
            """
            exec 2>/dev/null
            echo 1 >>a; git commit -qam amended; git rev-parse HEAD
            git commit -q --amend -m better
            echo 2 >>a; git stash -q; git rev-parse stash
            git checkout -q -b side; echo s >s; git add s; git commit -qm side; git rev-parse HEAD
            git checkout -q main; echo m >m; git add m; git commit -qm onmain; git rev-parse HEAD
            git checkout -q goal/G-1/ticket/T-1; echo l >l; git add l; git commit -qm lost
            git rev-parse HEAD; git reset -q --hard HEAD^; git merge -q -m merged side
            git -c gc.reflogExpire=never -c gc.reflogExpireUnreachable=never gc -q
            git worktree prune; git rev-parse HEAD
            """)
        let commits = output.split(separator: "\n").map(String.init)
        #expect(commits.count == 6)
        let snapshot = try bench.snapshot(workspace)
        #expect(try bench.user("git rev-parse \(snapshot.commit)^") == commits.last)
        #expect(try bench.paths(snapshot.commit) == [".gitignore", "a", "dir/b", "s"])
        for commit in commits { #expect(try bench.isKept(commit), "\(commit)") }
        #expect(snapshot.strays.count == 4)
        try bench.expectSound()
        try workspace.renewAgentGit(head: snapshot.commit)
        #expect(
            try bench.agent("git branch --format='%(refname:short)'; git stash list")
                == "goal/G-1/ticket/T-1\nmain\n")
    }

    @Test func `an agent that only resets makes a change that follows`() throws {
        let bench = try WorkspaceBench("echo old >a; git add a; git commit -qm old; echo new >a")
        let workspace = try bench.open()
        try bench.agent("git reset -q --hard HEAD^")
        let snapshot = try bench.snapshot(workspace)
        #expect(try bench.user("git rev-parse \(snapshot.commit)^") == "\(bench.base)")
        #expect(try bench.user("git show \(snapshot.commit):a") == "old")
    }

    @Test func `an agent's own commits without a change are not lost`() throws {
        let bench = try WorkspaceBench()
        let workspace = try bench.open()
        let output = try bench.agent(
            "git checkout -q --detach; git commit -q --allow-empty -m e; git rev-parse HEAD; "
                + "git checkout -q goal/G-1/ticket/T-1")
        let snapshot = try bench.snapshot(workspace)
        #expect(snapshot.isEmpty && snapshot.commit == bench.base && snapshot.strays.count == 1)
        #expect(try bench.isKept(output.trimmingCharacters(in: .newlines)))
    }

    @Test func `a repository in the workspace is skipped, and a link to it reported`() throws {
        let bench = try WorkspaceBench()
        let workspace = try bench.open()
        try bench.agent(
            """
            git init -q sub; cd sub; echo s >s; git add s; git commit -qm s; cd ..
            git add sub 2>/dev/null; git commit -qm link; echo x >x
            git init -q dir; echo n >dir/n
            """)
        let snapshot = try bench.snapshot(workspace)
        #expect(snapshot.skipped == ["sub/"])
        #expect(snapshot.gitlinks == ["sub"])
        #expect(try bench.paths(snapshot.commit) == [".gitignore", "a", "dir/b", "dir/n", "x"])
        #expect(throws: WorkspaceError.self) { try workspace.remove() }
        #expect(FileManager.default.fileExists(atPath: "\(bench.path)/sub/s"))
    }

    @Test func `odd files neither stop nor fool a snapshot`() throws {
        let bench = try WorkspaceBench("echo a >a; echo p >p; mkdir d e; echo 1 >d/1; echo 1 >e/1")
        let workspace = try bench.open()
        try bench.agent(
            """
            mkfifo pipe; rm p; mkfifo p; rm -r d; echo now-a-file >d
            mkdir outside; echo canary >outside/1; rm -r e; ln -s outside e
            echo e >.gitignore; printf odd >"$(printf 'bad\\377name')"
            """)
        let snapshot = try bench.snapshot(workspace)
        #expect(snapshot.skipped.contains("p"))
        #expect(snapshot.skipped.contains { $0.hasPrefix("bad") })
        let paths = try bench.user("git ls-tree -r --name-only \(snapshot.commit)")
        #expect(paths == ".gitignore\na\n\"bad\\377name\"\nd\noutside/1")
        try workspace.restore(to: bench.base)
        #expect(
            try bench.agent("cat a p d/1 e/1; ls -A | tr '\\n' ' '")
                == "a\np\n1\n1\n.git a d e p pipe ")
        try bench.expectSound()
    }

    @Test func `what is no file is reported where a file would be stored`() throws {
        let bench = try WorkspaceBench("mkdir d; echo a >a; echo 1 >d/1; echo build >.gitignore")
        let workspace = try bench.open()
        try bench.agent(
            """
            mkdir -p build .draft; mkfifo build/ignored d/pipe .draft/ours a-pipe ':(glob)odd'
            python3 -c 'import socket; socket.socket(socket.AF_UNIX).bind("socket")'
            rm a; mkfifo a; echo b >b; git init -q sub; mkfifo sub/inner; git init -q d
            mkfifo d/.git/inner; mkfifo d/also
            """)
        let snapshot = try bench.snapshot(workspace)
        let pipes = [":(glob)odd", "a", "a-pipe", "d/also", "d/pipe", "socket"]
        #expect(snapshot.skipped.sorted() == (pipes + ["sub/"]).sorted())
        #expect(try bench.paths(snapshot.commit) == [".gitignore", "b", "d/1"])
        // There is nothing in them that could be lost.
        try bench.agent("rm -rf sub")
        try workspace.remove()
        #expect(!FileManager.default.fileExists(atPath: bench.path))
    }

    @Test(.enabled(if: geteuid() != 0, "root may read everything"))
    func `what cannot be read is reported, and stays as it was`() throws {
        let bench = try WorkspaceBench("mkdir d; echo 1 >d/1; echo a >a")
        let workspace = try bench.open()
        try bench.agent("echo new >a; chmod 0 a; echo x >x; mkdir n; echo n >n/n; chmod 0 d n")
        let snapshot = try bench.snapshot(workspace)
        #expect(Set(snapshot.skipped).isSuperset(of: ["a", "d/1", "n/"]), "\(snapshot.skipped)")
        #expect(try bench.paths(snapshot.commit) == ["a", "d/1", "x"])
        #expect(try bench.user("git show \(snapshot.commit):a") == "a")
        #expect(throws: WorkspaceError.self) { try workspace.remove() }
        try bench.agent(
            "chmod 700 a d n; mkdir build; echo build >.gitignore; mkdir build/x; chmod 0 build")
        try workspace.remove()
        #expect(!FileManager.default.fileExists(atPath: bench.path))
    }

    @Test func `broken git directories leave the files' snapshot alone`() throws {
        let scripts = [
            "rm -rf \"$(git rev-parse --git-dir)\"", "rm .git",
            "echo garbage >\"$(git rev-parse --git-dir)/HEAD\"",
            "printf x >\"$(git rev-parse --git-dir)/objects/aa\"",
            "g=$(git rev-parse --git-dir); rm -rf $g; ln -s / $g",
            "git commit -q --allow-empty -m x; g=$(git rev-parse --git-dir); "
                + "find $g/objects -type f -exec sh -c 'chmod u+w $0; echo no >$0' {} ';'",
        ]
        for script in scripts {
            let bench = try WorkspaceBench()
            let workspace = try bench.open()
            try bench.agent("\(script) 2>/dev/null; echo new >new")
            let snapshot = try bench.snapshot(workspace)
            #expect(try bench.paths(snapshot.commit) == [".gitignore", "a", "dir/b", "new"])
            try workspace.renewAgentGit(head: snapshot.commit)
            #expect(try bench.agent("git status --porcelain") == "", "\(script)")
            try bench.expectSound()
            try workspace.remove()
        }
    }

    @Test func `a git directory of the agent's own is read and put away`() throws {
        let bench = try WorkspaceBench()
        let workspace = try bench.open()
        let commit = try bench.agent(
            "rm .git; git init -q .; git add -A; git commit -qm own; git rev-parse HEAD")
        let snapshot = try bench.snapshot(workspace)
        #expect(try bench.isKept(commit.trimmingCharacters(in: .newlines)))
        #expect(throws: WorkspaceError.self) { try workspace.remove() }
        try workspace.renewAgentGit(head: snapshot.commit)
        #expect(try bench.agent("git log --format=%s") == "base\n")
        try workspace.remove()
        #expect(!FileManager.default.fileExists(atPath: bench.path))
    }

    @Test func `commits that are not sound stay outside`() throws {
        let bench = try WorkspaceBench()
        let workspace = try bench.open()
        try bench.agent(
            """
            t=$(printf '100644 .git\\0%s' "$(printf '\\1%.0s' $(seq 20))" \
                | git hash-object -t tree -w --stdin --literally)
            git update-ref HEAD $(git commit-tree -p HEAD -m evil $t); echo x >x
            """)
        let snapshot = try bench.snapshot(workspace)
        #expect(snapshot.skipped.contains { $0.hasPrefix(".git: ") }, "\(snapshot.skipped)")
        #expect(try bench.user("git rev-parse \(snapshot.commit)^") == "\(bench.base)")
        try bench.expectSound()
    }
}

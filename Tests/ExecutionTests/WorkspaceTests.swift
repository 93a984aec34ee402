import Foundation
import GitStore
import TestSupport
import Testing

@testable import Execution

@Suite struct WorkspaceTests {
    @Test func `a workspace has the files of the start and a clean status`() throws {
        let bench = try WorkspaceBench()
        let before = try bench.fingerprint()
        let workspace = try bench.open()
        #expect(workspace.path == bench.path)
        #expect(try bench.agent("git status --porcelain") == "")
        #expect(try bench.agent("cat a dir/b") == "a\nb\n")
        #expect(
            try bench.agent("git for-each-ref --format='%(refname) %(objectname)'")
                == "refs/heads/goal/G-1/ticket/T-1 \(bench.base)\nrefs/heads/main \(bench.base)\n")
        #expect(try bench.agent("git symbolic-ref HEAD") == "refs/heads/goal/G-1/ticket/T-1\n")
        #expect(
            try bench.agent("git config user.name; git config user.email")
                == "Ann Author\nann@example.com\n")
        #expect(try bench.user("git rev-parse refs/draft-local/J-1") == "\(bench.base)")
        #expect(try bench.user("git rev-parse goal/G-1/ticket/T-1") == "\(bench.base)")
        #expect(try bench.fingerprint() == before)
        try bench.expectSound()
    }

    @Test func `what the agent changes becomes the snapshot's tree`() throws {
        let bench = try WorkspaceBench(
            """
            mkdir dir old; echo a >a; echo b >dir/b; echo x >old/x; echo s >run.sh
            echo gone >gone; seq 50 >long; ln -s a link; echo ignored >.gitignore
            """)
        let before = try bench.fingerprint()
        let workspace = try bench.open()
        try bench.agent(
            """
            echo A >a; chmod +x run.sh; rm gone; mv long moved; rm -r old; echo o >old
            rm dir/b; rmdir dir; ln -s /etc dir; echo i >ignored; echo ü >ünïcode
            printf x >"$(printf 'new\\nline')"; rm link; echo l >link; mkdir -p n/m; echo d >n/m/d
            """)
        let snapshot = try bench.snapshot(workspace)
        #expect(!snapshot.isEmpty && snapshot.skipped == [] && snapshot.strays == [])
        let tree = try bench.user("git -c core.quotePath=false ls-tree -r -z \(snapshot.commit)")
            .split(separator: "\0").map { "\($0.prefix(6)) \($0.split(separator: "\t")[1])" }
        #expect(
            tree == [
                "100644 .gitignore", "100644 a", "120000 dir", "100644 link", "100644 moved",
                "100644 n/m/d", "100644 new\nline", "100644 old", "100755 run.sh",
                "100644 ünïcode",
            ])
        #expect(
            try bench.user("git log -1 --format='%P %an <%ae> %cn <%ce> %s' \(snapshot.commit)")
                == "\(bench.base) Ann <ann@example.com> git-draft <git-draft@localhost> "
                + "snapshot 1 of job J-1")
        #expect(try bench.user("git rev-parse goal/G-1/ticket/T-1") == "\(snapshot.commit)")
        #expect(try bench.user("git rev-parse refs/draft-local/J-1") == "\(snapshot.commit)")
        #expect(try bench.fingerprint() == before)
        try bench.expectSound()
    }

    @Test func `no change makes no commit`() throws {
        let bench = try WorkspaceBench()
        let workspace = try bench.open()
        try bench.agent("touch a; echo i >ignored")
        let snapshot = try bench.snapshot(workspace)
        #expect(snapshot.isEmpty && snapshot.commit == bench.base)
        #expect(try bench.user("git rev-parse refs/draft-local/J-1") == "\(bench.base)")
    }

    @Test func `each iteration follows the last, with a clean status`() throws {
        let bench = try WorkspaceBench()
        let workspace = try bench.open()
        try bench.agent("echo 1 >>a")
        let first = try bench.snapshot(workspace)
        try workspace.renewAgentGit(head: first.commit)
        #expect(try bench.agent("git status --porcelain") == "")
        #expect(try bench.agent("git log --format=%s") == "snapshot 1 of job J-1\nbase\n")
        try bench.agent("echo 2 >>a")
        let second = try bench.snapshot(workspace, 2, after: first.commit)
        #expect(try bench.user("git rev-parse \(second.commit)^") == "\(first.commit)")
        try workspace.restore(to: first.commit)
        #expect(try bench.agent("cat a") == "a\n1\n")
        try workspace.renewAgentGit(head: first.commit)
        try bench.agent("echo 3 >>a")
        let third = try bench.snapshot(workspace, 3, after: first.commit)
        #expect(try bench.user("git rev-parse \(third.commit)^") == "\(first.commit)")
        #expect(try bench.isKept("\(second.commit)"))
        try bench.expectSound()
    }

    @Test func `changes are counted whatever attributes say`() throws {
        let bench = try WorkspaceBench("seq 20 >long; echo x >del; echo t >text")
        let workspace = try bench.open()
        try bench.agent(
            "echo '* -diff' >.gitattributes; git mv long moved; rm del; seq 9 >new; "
                + "printf 'a\\0b' >bin; echo more >>text")
        let snapshot = try bench.snapshot(workspace)
        let changes = try workspace.changes(from: bench.base, to: snapshot.commit)
        let seen = changes.files.map {
            "\($0.status.rawValue) \($0.oldPath ?? "")>\($0.path) +\($0.insertions) "
                + "-\($0.deletions) \($0.isBinary)"
        }
        #expect(
            seen == [
                "A >.gitattributes +1 -0 false", "A >bin +0 -0 true", "D >del +0 -1 false",
                "R long>moved +0 -0 false", "A >new +9 -0 false", "M >text +1 -0 false",
            ])
        #expect(changes.insertions == 11 && changes.deletions == 1 && changes.lines == 12)
    }

    @Test func `a difference is told at once as it is in two parts`() throws {
        let bench = try WorkspaceBench("seq 20 >long; echo x >del; echo t >text; echo m >mode")
        let workspace = try bench.open()
        let none = try workspace.difference(from: bench.base, to: bench.base)
        #expect(none.statistics.isEmpty && none.patch.isEmpty)
        try bench.agent("chmod +x mode")
        let mode = try bench.snapshot(workspace)
        try bench.agent(
            "git mv long moved; rm del; printf '1\n\n2\n' >new; printf 'a\\0b' >bin; "
                + "printf '\n\n' >>text; echo x >\"$(printf 'a\n\nb | 1')\"")
        let all = try bench.snapshot(workspace, 2, after: mode.commit)
        for head in [mode.commit, all.commit] {
            let (statistics, patch) = try workspace.difference(from: bench.base, to: head)
            let range = "-M \(bench.base) \(head)"
            #expect(try statistics == workspace.statistics(from: bench.base, to: head))
            #expect(!statistics.isEmpty && statistics.last == 10)
            let alone = try bench.sandbox.run("git diff-tree -r -p \(range)").stdout
            #expect(String(decoding: patch, as: UTF8.self) == alone && !alone.isEmpty)
        }
    }

    @Test func `two thousand files are one snapshot`() throws {
        let bench = try WorkspaceBench()
        let workspace = try bench.open()
        try bench.agent("mkdir many; for i in $(seq 2000); do echo $i >many/$i; done")
        let snapshot = try bench.snapshot(workspace)
        #expect(try bench.paths(snapshot.commit).count == 2003)
        #expect(try workspace.changes(from: bench.base, to: snapshot.commit).insertions == 2000)
    }

    @Test func `the user's excludes hold, and no list of the agent shows ours`() throws {
        let bench = try WorkspaceBench(
            "echo '*.tmp' >\"$HOME/ex\"; git config core.excludesFile \"$HOME/ex\"; "
                + "echo '*.loc' >>.git/info/exclude; echo a >a")
        let workspace = try bench.open()
        let log = WorkspaceLog(workspace, job: "J-1")
        log.append(Array("hello\n".utf8))
        try bench.agent("echo '!.draft/' >.gitignore; echo 1 >x.tmp; echo 2 >x.loc")
        let snapshot = try bench.snapshot(workspace)
        #expect(try bench.paths(snapshot.commit) == [".gitignore", "a"])
        #expect(try bench.agent("cat .draft/logs/J-1.log") == "hello\n")
        let lines = try bench.user("cat .git/info/exclude").split(separator: "\n")
        #expect(lines.filter { $0 == ".draft/" }.count == 1)
        _ = try bench.open(job: "J-2")
        #expect(try bench.user("cat .git/info/exclude").split(separator: "\n") == lines)
    }

    @Test func `tags that the base has are the agent's too`() throws {
        let bench = try WorkspaceBench("echo a >a")
        try bench.user(
            "git tag light; git tag -a -m note heavy; git checkout -q -b other; "
                + "git commit -q --allow-empty -m o; git tag foreign; git checkout -q main")
        _ = try bench.open()
        #expect(
            try bench.agent("git tag; git rev-parse heavy^{}") == "heavy\nlight\n\(bench.base)\n")
    }
}

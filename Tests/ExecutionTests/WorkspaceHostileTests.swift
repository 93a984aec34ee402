import Execution
import Foundation
import GitStore
import TestSupport
import Testing

@Suite struct WorkspaceHostileTests {
    /// Plants everything through which git runs a program into a git directory.
    private static func traps(_ directory: String, _ marker: String) -> String {
        """
        for hook in pre-commit post-checkout post-index-change reference-transaction \
            post-commit pre-push update pre-receive; do
            printf '#!/bin/sh\\ntouch "\(marker)"\\n' >"\(directory)/hooks/$hook"
            chmod +x "\(directory)/hooks/$hook"
        done
        t='touch "\(marker)"'
        git --git-dir="\(directory)" config core.fsmonitor "$t;false"
        git --git-dir="\(directory)" config core.hooksPath "\(directory)/hooks"
        git --git-dir="\(directory)" config core.sshCommand "$t"
        git --git-dir="\(directory)" config core.alternateRefsCommand "$t"
        git --git-dir="\(directory)" config core.editor "$t"
        git --git-dir="\(directory)" config core.pager "$t"
        git --git-dir="\(directory)" config diff.external "$t"
        git --git-dir="\(directory)" config diff.x.textconv "$t"
        git --git-dir="\(directory)" config filter.x.clean "$t;cat"
        git --git-dir="\(directory)" config filter.x.smudge "$t;cat"
        git --git-dir="\(directory)" config filter.x.process "$t"
        git --git-dir="\(directory)" config filter.x.required true
        git --git-dir="\(directory)" config uploadpack.packObjectsHook "$t;"
        git --git-dir="\(directory)" config gpg.program "$t"
        git --git-dir="\(directory)" config commit.gpgSign true
        """
    }

    @Test func `nothing that an agent plants is run, and nothing of the user's changes`() throws {
        let bench = try WorkspaceBench()
        try bench.user("echo dirty >>dir/b; git stash -q; echo dirtier >>a; git tag t")
        try bench.user("printf '#!/bin/sh\\nexit 0\\n' >.git/hooks/pre-commit")
        try bench.user("git status --porcelain >.git/status-before")
        let before = try bench.fingerprint()
        let workspace = try bench.open()
        let log = WorkspaceLog(workspace, job: "J-1")
        try bench.agent(
            """
            m="\(bench.marker)"
            echo 1 >>a; git stash -q; git checkout -q main; git reset -q --hard HEAD
            git config user.name Evil; git worktree prune
            echo '* filter=x diff=x merge=x' >.gitattributes; echo 2 >>a
            git add -A; git commit -qm one
            mkdir -p $(git rev-parse --git-dir)/hooks
            \(Self.traps("$(git rev-parse --absolute-git-dir)", bench.marker))
            git init -q nested; echo n >nested/n; git -C nested add n; git -C nested commit -qm n
            echo '* filter=x' >nested/.gitattributes; mkdir -p nested/.git/hooks
            \(Self.traps("nested/.git", bench.marker))
            git init -q --bare buried; mkdir -p buried/hooks
            \(Self.traps("buried", bench.marker))
            git init -q dir; mkdir -p dir/.git/hooks; echo more >dir/more
            \(Self.traps("dir/.git", bench.marker))
            rm -rf .draft; ln -s "\(bench.sandbox.workTree.path)" .draft
            rm -f .git; mkdir -p f/hooks f/objects f/refs; echo ref: refs/heads/x >f/HEAD
            printf '[core]\\nbare=false\\nworktree=..\\n' >f/config
            \(Self.traps("f", bench.marker))
            echo 'gitdir: f' >.git
            rm -f "\(bench.marker)"
            """)
        #expect(!bench.isMarked)
        log.renew()
        log.append(Array("line\n".utf8))
        let snapshot = try bench.snapshot(workspace)
        #expect(snapshot.skipped == ["nested/"])
        #expect(try bench.paths(snapshot.commit).contains("dir/more"))
        #expect(try bench.paths(snapshot.commit).allSatisfy { !$0.hasPrefix("nested") })
        #expect(try !workspace.changes(from: bench.base, to: snapshot.commit).files.isEmpty)
        try workspace.renewAgentGit(head: snapshot.commit)
        let again = try bench.open(job: "J-2", start: snapshot.commit)
        #expect(try bench.snapshot(again, after: snapshot.commit).isEmpty)
        try again.remove()
        #expect(!bench.isMarked)
        #expect(try bench.fingerprint() == before)
        #expect(try bench.user("git status --porcelain | diff - .git/status-before") == "")
        #expect(try bench.sandbox.run("git fsck --strict --no-dangling").output == "")
        #expect(!FileManager.default.fileExists(atPath: bench.path))
        #expect(FileManager.default.fileExists(atPath: "\(bench.path).left-J-1/nested/n"))
        // The traps do work where git is let near them.
        try bench.user("git -C '\(bench.path).left-J-1/nested' status >/dev/null 2>&1 || :")
        #expect(bench.isMarked)
    }

    @Test func `a link in the place of a directory is not followed`() throws {
        let bench = try WorkspaceBench()
        let workspace = try bench.open()
        let outside = bench.sandbox.workTree.deletingLastPathComponent().path + "/outside"
        try bench.user("mkdir '\(outside)'; echo canary >'\(outside)/canary'")
        try bench.user(
            "mv '\(bench.path)' '\(bench.path).moved'; ln -s '\(outside)' '\(bench.path)'")
        #expect(throws: WorkspaceError.self) { try bench.snapshot(workspace) }
        #expect(throws: WorkspaceError.self) { try workspace.remove() }
        #expect(throws: WorkspaceError.self) { try workspace.restore(to: bench.base) }
        #expect(throws: WorkspaceError.self) { try bench.open(job: "J-2") }
        #expect(try bench.user("ls -A '\(outside)'; cat '\(outside)/canary'") == "canary\ncanary")
        try bench.user("rm '\(bench.path)'; mv '\(bench.path).moved' '\(bench.path)'")
        try bench.user("mv .draft moved; ln -s moved .draft")
        #expect(throws: WorkspaceError.self) { try bench.snapshot(workspace) }
        #expect(throws: WorkspaceError.self) { try workspace.remove() }
    }

    @Test func `no link is too far down among the references`() throws {
        let bench = try WorkspaceBench()
        let outside = bench.sandbox.root.appending(path: "outside").path
        try bench.user("mkdir '\(outside)'; echo canary >'\(outside)/canary'")
        let workspace = try bench.open()
        let own = try bench.agent(
            """
            echo 1 >>a; git commit -qam c; git rev-parse HEAD
            cd "$(git rev-parse --git-dir)/refs"; i=0
            while [ $i -lt 60 ]; do mkdir x; cd x; i=$((i+1)); done
            ln -s '\(outside)' link
            """)
        _ = try bench.snapshot(workspace)
        #expect(try bench.isKept(own.trimmingCharacters(in: .newlines)))
        #expect(try bench.user("find '\(workspace.files.agentGit)/refs' -type l") == "")
        #expect(try bench.user("cat '\(outside)/canary'") == "canary")
    }

    @Test(arguments: [
        "rm -rf refs packed-refs; ln -s '@GIT@/refs' refs; ln -sf refs/heads/secret HEAD",
        "ln -sf '@GIT@/refs/heads/secret' refs/heads/x; rm -rf logs; ln -s '@GIT@/logs' logs",
        "git --git-dir='@GIT@' rev-parse secret >refs/heads/x; cat '@GIT@/refs/stash' >refs/stash",
    ])
    func `what is the user's own is not kept as the agent's`(script: String) throws {
        let bench = try WorkspaceBench()
        let git = bench.sandbox.workTree.path + "/.git"
        try bench.user(
            """
            git checkout -q -b secret; echo secret >s; git add s; git commit -qm secret
            git checkout -q main; echo stashed >>a; git stash -q
            """)
        let workspace = try bench.open()
        let own = try bench.agent(
            """
            git checkout -q -b side; echo 1 >>a; git commit -qam side; git rev-parse HEAD
            git checkout -q --detach main; git pack-refs --all; echo 2 >>a
            cd $(git rev-parse --git-dir) && { \(script.replacing("@GIT@", with: git)); }
            """)
        let snapshot = try bench.snapshot(workspace)
        for name in ["secret", "refs/stash", "refs/stash^2"] {
            let commit = try bench.user("git rev-parse \(name)")
            #expect(try !bench.isKept(commit), "\(name)")
        }
        #expect(!snapshot.isEmpty)
        #expect(try bench.isKept(own.trimmingCharacters(in: .newlines)), "\(own)")
        try bench.expectSound()
    }

    @Test func `what is too large is left out before anybody reads it`() throws {
        let bench = try WorkspaceBench("echo a >a; echo b >b; echo c >c; echo d >d")
        let workspace = try Workspace.open(
            name: "T-1", job: "J-1",
            origin: bench.origin {
                $0.bounds.file = 2 << 20
                $0.bounds.total = 4 << 20
            })
        try workspace.renewAgentGit(head: bench.base)
        try bench.agent(
            "truncate -s 1G a; truncate -s 3M b; truncate -s 2M c d e f; echo small >small")
        let snapshot = try bench.snapshot(workspace)
        #expect(snapshot.skipped == ["a", "b", "e", "f", "small"])
        #expect(try bench.user("git show \(snapshot.commit):a \(snapshot.commit):b") == "a\nb")
        #expect(throws: WorkspaceError.self) { try workspace.remove() }
        try workspace.remove(isForced: true)
        #expect(!FileManager.default.fileExists(atPath: bench.path))
    }

    @Test func `the log follows no link and is made anew`() throws {
        let bench = try WorkspaceBench()
        let workspace = try bench.open()
        let log = WorkspaceLog(workspace, job: "J-1")
        log.append(Array("1\n".utf8))
        for script in [
            "ln -sf ../../a .draft/logs/J-1.log",
            "rm .draft/logs/J-1.log; ln a .draft/logs/J-1.log",
            "rm -r .draft/logs; ln -s .. .draft/logs", "rm -rf .draft; ln -s dir .draft",
            "rm .draft/logs/J-1.log; mkfifo .draft/logs/J-1.log", "rm -r .draft; echo >.draft",
            "rm .draft/logs/J-1.log; mkdir .draft/logs/J-1.log",
        ] {
            try bench.agent(script)
            log.renew()
            log.append(Array("2\n".utf8))
            #expect(try bench.agent("cat .draft/logs/J-1.log") == "2\n", "\(script)")
        }
        #expect(try bench.agent("cat a; ls -A dir") == "a\nb\n")
    }

    @Test func `removal leaves what is outside, however deep the tree`() throws {
        let bench = try WorkspaceBench()
        let workspace = try bench.open()
        try bench.user("echo canary >canary; git add canary; git commit -qm canary")
        try bench.agent(
            """
            ln -s ../../../canary link; ln -s ../../.. up; echo build >.gitignore; mkdir build
            cd build; ln -s ../../../.. up; i=0
            while [ $i -lt 600 ]; do mkdir d; cd d; echo x >f; i=$((i+1)); done
            """)
        try workspace.remove()
        #expect(try bench.user("cat canary; ls .draft/worktrees") == "canary")
        #expect(
            try bench.user("ls .git/draft/jobs/J-1 .git/draft/places")
                == ".git/draft/jobs/J-1:\n\n.git/draft/places:")
        let kept = try bench.user("git ls-tree -r --name-only refs/draft-local/J-1.kept^1")
        #expect(kept == ".gitignore\na\ndir/b\nlink\nup")
        try bench.expectSound()
    }

    @Test(.enabled(if: geteuid() != 0, "root may write everywhere"))
    func `what nobody may write goes, however deep it is`() throws {
        let bench = try WorkspaceBench()
        let workspace = try bench.open()
        try bench.agent(
            """
            mkdir ignored; cd ignored; i=0
            while [ $i -lt 130 ]; do mkdir d; cd d; echo x >f; i=$((i+1)); done
            find "$(git rev-parse --show-toplevel)/ignored" -depth -type d -exec chmod 555 {} +
            """)
        try workspace.remove()
        #expect(try bench.user("ls .draft/worktrees") == "")
    }

    @Test(.enabled(if: geteuid() == 0, "only root may mount"))
    func `what is mounted in a workspace is not removed`() throws {
        let bench = try WorkspaceBench()
        let workspace = try bench.open()
        try bench.user("mkdir .git/canary; echo c >.git/canary/c")
        let point = "\(bench.path)/with space"
        let mount = try bench.sandbox.run("mkdir '\(point)' && mount --bind .git/canary '\(point)'")
        // A container may forbid it to root, too.
        guard mount.status == 0 else { return }
        defer { _ = try? bench.sandbox.run("umount '\(point)'") }
        #expect(throws: WorkspaceError.self) { try workspace.remove() }
        #expect(throws: WorkspaceError.self) { try bench.open(job: "J-2") }
        #expect(try bench.user("cat .git/canary/c; ls '\(bench.path)'") == "c\na\ndir\nwith space")
    }
}

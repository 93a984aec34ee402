import Foundation
import Model
import TestSupport
import Testing

/// Where hooks are: worktrees, bare repositories, submodules, `core.hooksPath`, accidents.
@Suite struct HooksPlaceTests {
    @Test func `linked worktrees share the hooks`() throws {
        let sandbox = try Sandbox.withRemote()
        try sandbox.git("worktree", "add", "--quiet", "../linked")
        let linked = sandbox.root.appending(path: "linked")
        try sandbox.draft("init", in: linked)
        #expect(Set(try sandbox.hookStates().values) == ["installed"])
        try leak(sandbox, in: linked)
        #expect(try sandbox.run("git push origin linked", in: linked).status == 1)
    }

    @Test func `a bare repository has hooks, too`() throws {
        let sandbox = try Sandbox.withRemote()
        try sandbox.git("push", "--quiet", "origin", "main")
        let bare = sandbox.root.appending(path: "origin.git")
        try sandbox.draft("init", in: bare)
        #expect(Set(try sandbox.hookStates(bare).values) == ["installed"])
        try sandbox.draft("hooks uninstall", in: bare)
        #expect(
            try sandbox.hooks(in: bare.appending(path: "hooks").path).contains("pre-push") == false)
    }

    @Test func `a submodule has hooks of its own`() throws {
        let sandbox = try Sandbox.withRemote()
        try sandbox.git("push", "--quiet", "origin", "main")
        let outer = sandbox.root.appending(path: "outer")
        try sandbox.git("init", "-q", "-b", "main", outer.path)
        try sandbox.git(
            "-c", "protocol.file.allow=always", "submodule", "--quiet", "add", "../origin.git",
            "sub",
            in: outer)
        let sub = outer.appending(path: "sub")
        try sandbox.draft("init", in: sub)
        #expect(
            FileManager.default.fileExists(atPath: "\(outer.path)/.git/modules/sub/hooks/pre-push"))
        try leak(sandbox, in: sub)
        #expect(try sandbox.run("git push origin HEAD:x", in: sub).status == 1)
    }

    /// Commits what looks like a secret.
    private func leak(_ sandbox: Sandbox, in directory: URL) throws {
        try sandbox.run(
            "echo AK''IAIOSFODNN7QXAMPLZ >key; git add key; git commit -qm key", in: directory)
    }

    @Test(arguments: [".husky/_", ".husky", "tools/hooks"])
    func `files that are committed are never written`(_ path: String) throws {
        let sandbox = try Sandbox.withRemote()
        let file = path == ".husky/_" ? ".husky/pre-push" : "\(path)/pre-push"
        try sandbox.write(file, "#!/bin/sh\necho theirs\n", executable: true)
        if path == ".husky/_" {
            // What husky 9 makes: each hook finds the file of its name one folder up.
            try sandbox.write(
                ".husky/_/pre-push", "#!/usr/bin/env sh\n. \"$(dirname \"$0\")/h\"\n",
                executable: true)
            try sandbox.write(
                ".husky/_/h",
                """
                n=$(basename "$0")
                s=$(dirname "$(dirname "$0")")/$n
                [ ! -f "$s" ] && exit 0
                sh -e "$s" "$@"
                exit $?

                """)
        }
        try sandbox.git("config", "core.hooksPath", path)
        let before = try sandbox.hooks(in: path)
        let made = try sandbox.draft("init")
        #expect(made.stderr.contains("git-draft does not write there\nadd to '\(file)':\n"))
        let line = try #require(made.stderr.split(separator: "\n").first { $0.hasPrefix("    ") })
        #expect(try sandbox.hooks(in: path) == before)
        try sandbox.draft("hooks status", expecting: 1)
        let folder = file.replacing("/pre-push", with: "")
        try sandbox.run("echo '\(line.dropFirst(4))' >>\(file)")
        #expect(try sandbox.hookStates()["pre-push"] == "line")
        try sandbox.run(
            "printf '#!/bin/sh\\n\(line.dropFirst(4).replacing("pre-push", with: "commit-msg"))\\n' >\(folder)/commit-msg"
        )
        let status = try sandbox.draft("hooks status")
        #expect(
            status.stdout == """
                pre-push       called by '\(file)'
                commit-msg     called by '\(folder)/commit-msg'

                """)
        #expect(try sandbox.run("git push -q origin main").stdout == "theirs\n")
        try leak(sandbox, in: sandbox.workTree)
        let refused = try sandbox.run("git push -q origin main")
        #expect(refused.status == 1 && refused.stderr.contains("holds a secret (aws)"))
        let path: [String: String?] = ["PATH": "/usr/bin:/bin"]
        #expect(try sandbox.run("git push -q origin main", environment: path).status == 0)
        let removed = try sandbox.draft("hooks uninstall")
        #expect(removed.stderr.contains("'\(file)' still has a line that calls git-draft"))
    }

    @Test func `hooks that other repositories share are never written`() throws {
        let sandbox = try Sandbox.withRemote()
        try sandbox.run("mkdir ../everywhere; echo x >../everywhere/pre-push")
        try sandbox.git("config", "core.hooksPath", "~/../everywhere")
        let before = try sandbox.hooks(in: "../everywhere")
        let made = try sandbox.draft("hooks install")
        #expect(made.stderr.contains("files that other repositories may share"))
        #expect(made.stderr.contains("add to '$SANDBOX/everywhere/commit-msg':"))
        #expect(try sandbox.hooks(in: "../everywhere") == before)
        #expect(try sandbox.json("hooks install")["place"] == "shared")
    }

    @Test func `a folder of hooks that leads into the work tree is not written to`() throws {
        let sandbox = try Sandbox.withRemote()
        try sandbox.run("mkdir githooks; rm -r .git/hooks; ln -s ../githooks .git/hooks")
        #expect(try sandbox.draft("init").stderr.contains("add to 'githooks/pre-push'"))
        #expect(try sandbox.run("ls githooks").stdout == "")
    }

    @Test(arguments: [".git/hooks", "$PWD/.git/hooks", ".git/mine"])
    func `a folder inside the git directory is the repository's own`(_ path: String) throws {
        let sandbox = try Sandbox.withRemote()
        try sandbox.run("git config core.hooksPath \"\(path)\"; rm -r .git/hooks")
        try sandbox.draft("init")
        #expect(Set(try sandbox.hookStates().values) == ["installed"])
        try leak(sandbox, in: sandbox.workTree)
        #expect(try sandbox.run("git push origin main").status == 1)
        try sandbox.git("config", "--unset", "core.hooksPath")
        try sandbox.draft("hooks uninstall")
    }

    @Test func `where hooks cannot be written, init goes on`() throws {
        let sandbox = try Sandbox.withRemote()
        try sandbox.run("rm -r .git/hooks; echo >.git/hooks")
        let made = try sandbox.draft("init")
        #expect(made.stderr.contains("warning: cannot write '$SANDBOX/repo/.git/hooks/pre-push'"))
        let again = try sandbox.draft("hooks install", expecting: 128)
        #expect(again.stdout.hasPrefix("pre-push       not installed\n"))
    }

    @Test func `a hook that is a folder is left alone, and the others are installed`() throws {
        let sandbox = try Sandbox.withRemote()
        try sandbox.run("mkdir .git/hooks/post-merge")
        let said = try sandbox.draft("hooks install", expecting: 128)
        #expect(said.stderr.contains("post-merge': it is not a file"))
        let states = try sandbox.hookStates()
        #expect(states["post-merge"] == "missing" && states["pre-push"] == "installed")
    }

    @Test func `whoever is killed in between leaves nothing that hinders`() throws {
        let sandbox = try Sandbox.withRemote()
        try sandbox.hook("pre-push", "#!/usr/bin/perl\\n")
        let before = try sandbox.hooks()
        let half = "mkdir .git/draft-hooks; ln .git/hooks/pre-push .git/draft-hooks/pre-push"
        try sandbox.run(half)
        try sandbox.draft("hooks uninstall")
        #expect(try sandbox.hooks() == before)
        #expect(try sandbox.run("ls -d .git/draft-hooks").status != 0)
        try sandbox.run(half)
        try sandbox.draft("hooks install")
        #expect(try sandbox.hookStates()["pre-push"] == "beside")
        try sandbox.draft("hooks uninstall")
        #expect(try sandbox.hooks() == before)
    }

    @Test func `what is no file is left alone, and nobody waits for it`() throws {
        let sandbox = try Sandbox.withRemote()
        try sandbox.run("mkdir -p .git/hooks/commit-msg; mkfifo -m 755 .git/hooks/pre-push")
        let made = try sandbox.run("timeout 600 git draft hooks install")
        #expect(made.status == 128, "\(made.output)")
        for name in ["pre-push", "commit-msg"] {
            #expect(made.stderr.contains("/.git/hooks/\(name)': it is not a file\n"))
        }
        let states = try sandbox.run("timeout 600 git draft hooks status")
        #expect(states.status == 1 && states.stdout.contains("post-commit    installed"))
        #expect(try sandbox.run("timeout 600 git draft hooks uninstall").status == 0)
        #expect(
            try sandbox.run("test -d .git/hooks/commit-msg && test -p .git/hooks/pre-push").status
                == 0)
    }

    @Test func `whoever is killed at any moment leaves hooks that run`() throws {
        let sandbox = try Sandbox.withRemote()
        try sandbox.hook("pre-push", "#!/usr/bin/perl\\nprint qq(mine\\\\n)")
        try sandbox.hook("commit-msg", "#!/bin/sh\\necho mine\\n")
        let before = try sandbox.hooks()
        for step in 0..<24 {
            let verb = step % 3 == 2 ? "uninstall" : "install"
            try sandbox.run(
                "timeout -s KILL 0.\(String(100 + step * 3).dropFirst()) git draft hooks \(verb)")
            let commit = try sandbox.run("git commit -q --allow-empty -m x")
            #expect(commit.output == "mine\n")
            let push = try sandbox.run("git push -q origin main")
            #expect(push.stdout == "mine\n" && push.status == 0, "\(push.output)")
        }
        try sandbox.draft("hooks install")
        try sandbox.draft("hooks uninstall")
        #expect(try sandbox.hooks() == before)
    }

    @Test(arguments: ["sh", "bash"])
    func `a push of many references reaches both`(_ shell: String) throws {
        let sandbox = try Sandbox.withRemote()
        try sandbox.hook("pre-push", "#!/bin/\(shell)\\nwc -l\\n")
        try sandbox.draft("init")
        let lines = (0..<1000).map {
            "create refs/many/\(String(repeating: "x", count: 40))/\($0) HEAD\n"
        }
        #expect(try sandbox.run("git update-ref --stdin", input: lines.joined()).status == 0)
        #expect(try sandbox.run("git push -q origin 'refs/many/*'").stdout == "1000\n")
    }

    @Test func `two that install at once leave one installation`() throws {
        let sandbox = try Sandbox.withRemote()
        for name in HooksInstallTests.names {
            try sandbox.hook(name, name == "pre-push" ? "#!/usr/bin/perl\\n" : "#!/bin/sh\\n")
        }
        let before = try sandbox.hooks()
        let children = try (0..<6).map { _ in try sandbox.start("git draft hooks install") }
        for child in children { #expect(child.wait().status == 0) }
        #expect(Set(try sandbox.hookStates().values) == ["beside"])
        try sandbox.draft("hooks uninstall")
        #expect(try sandbox.hooks() == before)
    }
}

import Foundation
import Model
import TestSupport
import Testing

extension Sandbox {
    /// A repository with a commit, a bare remote `origin`, and no hooks but the samples.
    static func withRemote() throws -> Sandbox {
        let sandbox = try Sandbox()
        try sandbox.commitFile("README", "hello\n")
        try sandbox.addRemote()
        return sandbox
    }

    /// Writes a hook; `printf` makes the bytes.
    func hook(_ name: String, _ format: String, mode: String = "755") throws {
        let outcome = try run(
            "printf '\(format)' >.git/hooks/\(name) && chmod \(mode) .git/hooks/\(name)")
        #expect(outcome.status == 0, "\(outcome.output)")
    }

    /// What the folder of the hooks holds: kinds, modes, targets and bytes of all.
    func hooks(in folder: String = ".git/hooks") throws -> String {
        try run(
            """
            find \(folder) ! -name '*.sample' -printf '%P %y %m %l\\n' | sort
            find \(folder) -type f ! -name '*.sample' -exec sha256sum {} + | sort
            """
        ).stdout
    }

    /// How the hooks stand, one word each.
    func hookStates(_ directory: URL? = nil) throws -> [String: String] {
        let json = try JSON(parsing: run("git draft hooks status --json", in: directory).stdout)
        return Dictionary(
            uniqueKeysWithValues: (json["hooks"]?.array ?? []).map {
                ($0["name"]?.string ?? "", $0["state"]?.string ?? "")
            })
    }
}

@Suite struct HooksInstallTests {
    static let names = ["pre-push", "commit-msg", "post-commit", "post-merge", "post-checkout"]

    /// What a hook can be: how to make it, and whether it runs.
    enum Shape: String, CaseIterable {
        case script = "printf '#!/bin/sh\\necho ran \"$@\" >>../ran; cat >>../ran\\n' >$H"
        case bash = "printf '#!/usr/bin/env bash\\necho ran \"$@\" >>../ran; cat >>../ran' >$H"
        case flags = "printf '#!/bin/sh -eu\\necho ran \"$@\" >>../ran; cat >>../ran' >$H"
        case bare = "printf 'echo ran \"$@\" >>../ran; cat >>../ran\\n' >$H"
        case perl =
            "printf '#!/usr/bin/perl\\nopen O,q(>>../ran);print O qq(ran @ARGV\\\\n),<STDIN>' >$H"
        case link =
            "printf '#!/bin/sh\\necho ran \"$@\" >>../ran; cat >>../ran\\n' >../tool; chmod +x ../tool; ln -s ../../../tool $H"
        case binary = "cp /bin/cat $H"
        case crlf = "printf '#!/bin/sh\\r\\necho ran\\r\\n' >$H"
        case crlfBody =
            "printf '#!/bin/sh\\n:\\r\\necho ran \"$@\" >>../ran; cat >>../ran #\\r\\n' >$H"
        case empty = ": >$H"
        case dangling = "ln -s nowhere/at/all $H"
    }

    @Test(arguments: Shape.allCases, ["755", "600", "4711"])
    func `what was there is put back as it was`(_ shape: Shape, _ mode: String) throws {
        let sandbox = try Sandbox.withRemote()
        for name in Self.names {
            let made = try sandbox.run("H=.git/hooks/\(name); \(shape.rawValue)")
            #expect(made.status == 0, "\(made.output)")
            if shape != .link, shape != .dangling {
                try sandbox.run("chmod \(mode) .git/hooks/\(name)")
            }
        }
        let before = try sandbox.hooks()
        try sandbox.draft("hooks install")
        let installed = try sandbox.hooks()
        #expect(installed != before)
        #expect(Set(try sandbox.hookStates().values) == ["beside"])
        try sandbox.draft("hooks install")
        #expect(try sandbox.hooks() == installed)
        try sandbox.draft("hooks uninstall")
        #expect(try sandbox.hooks() == before)
        #expect(try sandbox.run("ls -d .git/draft-hooks").status != 0)
    }

    @Test(arguments: [Shape.script, .bash, .flags, .bare, .perl, .link, .crlfBody])
    func `a hook that is there gets the same arguments and input`(_ shape: Shape) throws {
        let sandbox = try Sandbox.withRemote()
        try sandbox.run("H=.git/hooks/pre-push; \(shape.rawValue); chmod +x $H")
        try sandbox.git("push", "--quiet", "origin", "main")
        let ran = try sandbox.run("cat ../ran; rm ../ran").stdout
        #expect(ran.contains("ran origin file://") && ran.contains("refs/heads/main "))
        try sandbox.draft("init")
        try sandbox.git("push", "--quiet", "origin", "main:other", "main:third")
        let beside = try sandbox.run("cat ../ran; rm ../ran").stdout
        let lines = ran.split(separator: "\n")
        #expect(
            beside.split(separator: "\n") == [
                lines[0],
                lines[1].replacing(" refs/heads/main 0", with: " refs/heads/other 0")[...],
                lines[1].replacing(" refs/heads/main 0", with: " refs/heads/third 0")[...],
            ])
        // Nothing to push: git calls the hook all the same, with no input.
        try sandbox.git("push", "--quiet", "origin", "main")
        let nothing = try sandbox.run("cat ../ran").stdout
        #expect(nothing.split(separator: "\n").count == 1)
    }

    @Test(arguments: ["#!/bin/sh\\nexit 3\\n", "#!/usr/bin/perl\\nexit 3\\n", "#!/bin/sh\\r\\n"])
    func `what a hook refuses stays refused`(_ text: String) throws {
        let sandbox = try Sandbox.withRemote()
        try sandbox.hook("pre-push", text)
        try sandbox.hook("commit-msg", text)
        try sandbox.draft("init")
        #expect(try sandbox.run("git push origin main").status != 0)
        #expect(try sandbox.run("git commit --allow-empty -m x").status != 0)
        #expect(
            try sandbox.git("for-each-ref", in: sandbox.root.appending(path: "origin.git")) == "")
    }

    @Test func `a hook without the executable bit does not begin to run`() throws {
        let sandbox = try Sandbox.withRemote()
        try sandbox.hook("pre-push", "#!/bin/sh\\nexit 1\\n", mode: "644")
        try sandbox.draft("init")
        try sandbox.git("push", "--quiet", "origin", "main")
    }

    @Test func `a script sees its own name and no variables of ours`() throws {
        let sandbox = try Sandbox.withRemote()
        try sandbox.hook(
            "pre-push", "#!/bin/sh\\necho \"$0\"; env | grep -i draft_ | grep -v TEST\\nexit 1\\n")
        try sandbox.draft("init")
        let said = try sandbox.run("git push origin main")
        #expect(said.stdout == ".git/hooks/pre-push\n")
    }

    @Test func `without git-draft nobody is locked out`() throws {
        let sandbox = try Sandbox.withRemote()
        try sandbox.draft("init")
        let path: [String: String?] = ["PATH": "/usr/bin:/bin"]
        let commit = try sandbox.run("git commit --allow-empty -qm x", environment: path)
        #expect(commit.status == 0 && commit.output == "")
        let checkout = try sandbox.run("git checkout -qb y", environment: path)
        #expect(checkout.status == 0 && checkout.output == "")
        let push = try sandbox.run("git push -q origin y", environment: path)
        #expect(push.status == 0)
        #expect(
            push.stderr == "warning: git-draft is not on the PATH; this push is not checked\n")
    }

    @Test func `a broken git-draft locks nobody out`() throws {
        let sandbox = try Sandbox.withRemote()
        try sandbox.draft("init")
        try sandbox.run(
            "mkdir ../bin; printf '#!/bin/sh\\nexit 127\\n' >../bin/git-draft; chmod +x ../bin/*")
        let path: [String: String?] = ["PATH": "\(sandbox.root.path)/bin:/usr/bin:/bin"]
        let push = try sandbox.run("git push -q origin main", environment: path)
        #expect(push.status == 0)
        #expect(push.stderr == "warning: git-draft failed; this push is not checked\n")
        #expect(try sandbox.run("git commit --allow-empty -qm x", environment: path).status == 0)
    }

    @Test func `init installs them, unless told not to`() throws {
        let sandbox = try Sandbox.withRemote()
        let before = try sandbox.hooks()
        try sandbox.draft("init --no-hooks")
        #expect(try sandbox.hooks() == before)
        #expect(Set(try sandbox.hookStates().values) == ["missing"])
        try sandbox.draft("init")
        #expect(Set(try sandbox.hookStates().values) == ["installed"])
        let installed = try sandbox.hooks()
        try sandbox.draft("init")
        #expect(try sandbox.hooks() == installed)
    }

    @Test(.enabled(if: FileManager.default.isExecutableFile(atPath: "/usr/bin/script")))
    func `on a terminal init asks once what to do about what was not validated`() throws {
        let sandbox = try Sandbox.withRemote()
        let question = "push branches of tickets that were not validated, with a warning only?"
        func initialise(_ answer: String) throws -> String {
            try sandbox.run("script -qec 'git draft init' /dev/null", input: answer).stdout
        }
        #expect(try initialise("n\n").contains(question))
        #expect(try sandbox.git("config", "draft.prePush") == "refuse")
        #expect(try !initialise("y\n").contains(question))
        try sandbox.git("config", "--unset", "draft.prePush")
        #expect(try initialise("y\n").contains(question))
        #expect(try sandbox.git("config", "draft.prePush") == "warn")
    }

    @Test func `the texts in the source are those that are installed`() throws {
        let sandbox = try Sandbox.withBoard()
        let source = URL(filePath: #filePath).deletingLastPathComponent()
            .appending(path: "../../hooks").standardizedFileURL
        for name in Self.names {
            let text = try String(contentsOf: source.appending(path: name), encoding: .utf8)
            let installed = sandbox.workTree.appending(path: ".git/hooks/\(name)")
            #expect(try String(contentsOf: installed, encoding: .utf8) == text)
        }
    }

    @Test func `what was written into a file of ours stays when we go`() throws {
        let sandbox = try Sandbox.withBoard()
        try sandbox.run("echo 'echo mine' >>.git/hooks/post-commit")
        try sandbox.draft("init")
        let commit = try sandbox.run("git commit -q --allow-empty -m x", merged: true)
        #expect(commit.output == "mine\n")
        try sandbox.draft("hooks uninstall")
        #expect(try sandbox.run("cat .git/hooks/post-commit").stdout == "#!/bin/sh\necho mine\n")
    }

    @Test func `an unknown hook is a mistake, and no job installs any`() throws {
        let sandbox = try Sandbox.withBoard()
        let unknown = try sandbox.draft("hook pre-pusk", expecting: 129)
        #expect(unknown.stderr.contains("pre-pusk"))
        try sandbox.draft("hook post-commit")
        try sandbox.draft("hook post-checkout a b 1")
        try sandbox.draft("hooks install", expecting: 128, environment: ["DRAFT_JOB": "x"])
        try sandbox.draft("hooks uninstall", expecting: 128, environment: ["DRAFT_JOB": "x"])
    }
}

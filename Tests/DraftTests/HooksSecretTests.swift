import Foundation
import TestSupport
import Testing

/// What is pushed is searched for secrets, and what is found is never printed.
@Suite struct HooksSecretTests {
    let sandbox: Sandbox
    static let secret = "AKIA" + "IOSFODNN7QXAMPLZ"

    init() throws {
        sandbox = try Sandbox.withRemote()
        try sandbox.git("push", "--quiet", "--set-upstream", "origin", "main")
        try sandbox.draft("init")
    }

    /// Pushes, and checks that it is refused without the secret being said.
    private func refused(
        _ words: String = "origin main", secret: String = Self.secret,
        sourceLocation: SourceLocation = #_sourceLocation
    ) throws -> String {
        let push = try sandbox.run("git push \(words)")
        #expect(push.status == 1, "\(push.output)", sourceLocation: sourceLocation)
        #expect(push.stderr.contains("hint: git push --no-verify pushes it all the same\n"))
        #expect(!push.stderr.contains(secret), sourceLocation: sourceLocation)
        return push.stderr
    }

    private func short(_ revision: String = "HEAD") throws -> String {
        String(try sandbox.git("rev-parse", revision).prefix(8))
    }

    @Test func `a secret in a file is refused, with the file and the commit`() throws {
        try sandbox.commitFile("src/config.py", "one = 1\nkey = '\(Self.secret)'\n")
        let said = try refused()
        #expect(
            said.hasPrefix(
                "error: 'src/config.py' of commit \(try short()) holds a secret (aws)\n"))
        #expect(try sandbox.run("git push --no-verify origin main").status == 0)
        // What the remote has already is not looked at again.
        try sandbox.commitFile("other", "more\n")
        try sandbox.git("push", "--quiet", "origin", "main")
    }

    @Test(arguments: ["'HEAD^{/the key}:refs/heads/y'", "'a\u{2028}b'", "'a\u{85}b:y'"])
    func `a secret is found whatever the source is called`(words: String) throws {
        try sandbox.write("key", Self.secret)
        try sandbox.git("add", "key")
        try sandbox.git("commit", "-qm", "add the key")
        for name in ["a\u{2028}b", "a\u{85}b"] { try sandbox.git("branch", name) }
        #expect(try refused("origin \(words)").contains("'key' of commit \(try short())"))
        #expect(try sandbox.git("ls-remote", "origin", "refs/heads/y", "refs/heads/a*") == "")
    }

    @Test func `one commit adds it and the next removes it`() throws {
        try sandbox.commitFile("key", Self.secret)
        let guilty = try short()
        try sandbox.git("rm", "--quiet", "key")
        try sandbox.git("commit", "-qm", "remove it")
        #expect(try refused().contains("'key' of commit \(guilty)"))
    }

    @Test func `messages, tags, names of files and merges are looked at`() throws {
        try sandbox.git("commit", "-q", "--allow-empty", "-m", "use \(Self.secret)")
        let message = try refused()
        #expect(message.contains("the message of commit \(try short()) holds a secret"))
        #expect(message.contains("hint: git rebase --interactive takes it out of the commits\n"))
        try sandbox.git("reset", "-q", "--hard", "HEAD^")
        try sandbox.git("tag", "-a", "v1", "-m", "use \(Self.secret)")
        let said = try refused("origin v1")
        #expect(said.contains("error: tag 'v1' holds a secret (aws)\n"))
        #expect(said.contains("hint: git tag --force --annotate TAG COMMIT makes the tag anew\n"))
        #expect(!said.contains("rebase") && !said.contains("allowSecretsIn"))
        try sandbox.git("tag", "-d", "v1")
        try sandbox.commitFile("a \(Self.secret) b", "x")
        #expect(try refused().contains("holds a secret (aws)"))
        try sandbox.git("reset", "-q", "--hard", "HEAD^")
        try sandbox.git("checkout", "-qb", "side")
        try sandbox.commitFile("README", "side\n")
        try sandbox.git("checkout", "-q", "main")
        try sandbox.commitFile("README", "main\n")
        #expect(try sandbox.run("git merge -q side").status == 1)
        try sandbox.commitMerge("README", "both \(Self.secret)\n")
        #expect(try refused().contains("'README' of commit \(try short())"))
    }

    @Test func `what a tag points to is looked at if it is no commit`() throws {
        try sandbox.run("git tag file $(echo \(Self.secret) | git hash-object -w --stdin)")
        #expect(try refused("origin file").contains("error: 'refs/tags/file' holds a secret (aws)"))
        try sandbox.commitFile("in/key", Self.secret)
        try sandbox.git("tag", "folder", "HEAD^{tree}")
        try sandbox.git("tag", "-a", "-m", "x", "tagged", "folder")
        try sandbox.git("reset", "-q", "--hard", "HEAD^")
        let place = "error: 'in/key' in 'refs/tags/"
        #expect(try refused("origin folder").contains("\(place)folder' holds a secret"))
        #expect(try refused("origin tagged").contains("\(place)tagged' holds a secret"))
        #expect(try refused("origin folder:refs/x/y").contains("'in/key' in 'refs/x/y' holds"))
        try sandbox.git("config", "--add", "draft.allowSecretsIn", "in/**")
        try sandbox.git("push", "--quiet", "origin", "folder")
        try sandbox.git("tag", "plain", "HEAD")
        try sandbox.git("push", "--quiet", "origin", "plain")
    }

    @Test func `who made a commit and the names of references are looked at`() throws {
        try sandbox.git(
            "commit", "-q", "--allow-empty", "-m", "x", "--author", "Ann <\(Self.secret)@b.c>")
        let said = try refused()
        #expect(
            said.contains("the author or committer of commit \(try short()) holds a secret (aws)"))
        #expect(said.contains("hint: git commit --amend --reset-author "))
        try sandbox.git("commit", "-q", "--amend", "--allow-empty", "--no-edit", "--reset-author")
        try sandbox.git("push", "--quiet", "origin", "main")
        let name = try refused("origin main:refs/heads/use-\(Self.secret)")
        #expect(name.contains("error: the name 'refs/heads/use-[redacted]' holds a secret (aws)"))
        #expect(name.contains("hint: git branch --move NAME gives it another name\n"))
    }

    @Test(arguments: ["UTF-16", "UTF-16LE", "UTF-16BE"])
    func `text of two bytes for each character is read`(_ encoding: String) throws {
        try sandbox.run(
            "printf 'one\ntwo\n' | iconv -t \(encoding) >wide; git add .; git commit -qm wide")
        try sandbox.git("push", "--quiet", "origin", "main")
        try sandbox.run(
            "printf 'one\nkey: \(Self.secret)\ntwo\n' | iconv -t \(encoding) >wide; "
                + "git commit -qam wide")
        #expect(try refused().contains("'wide' of commit \(try short()) holds a secret (aws)"))
        // A value is known in any letters, where it is said how they are written.
        guard encoding == "UTF-16" else { return }
        try sandbox.git("reset", "-q", "--hard", "HEAD^")
        try sandbox.run("echo 'pass: 7Schlüssel9Über4' | iconv -f UTF-8 -t UTF-16 >new; git add .")
        try sandbox.git("commit", "-qm", "new")
        let token: [String: String?] = ["BANK_TOKEN": "7Schlüssel9Über4"]
        #expect(try sandbox.run("git push origin main", environment: token).status == 1)
    }

    @Test func `of what a merge brings along nothing is new`() throws {
        try sandbox.commitFile("key", Self.secret)
        try sandbox.git("push", "--quiet", "--no-verify", "origin", "main:old")
        try sandbox.git("rm", "-q", "key")
        try sandbox.git("commit", "-qm", "gone")
        try sandbox.git("push", "--quiet", "origin", "main")
    }

    @Test(
        arguments: [
            ("ghp_" + "0123456789abcdefghijABCDEFGHIJ012345", "github"),
            ("https://ann:" + "correcthorse@example.org/x", "url"),
            ("-----BEGIN RSA PRIVATE" + " KEY-----\nMIIEpAIBAAKCAQEA\n", "private-key"),
            ("xoxb-" + "123456789012-abcdefghij", "slack"),
            ("sk_live_" + "abcdefghijklmnopqrstuvwx", "stripe"),
        ])
    func `secrets of many kinds are found`(_ text: String, _ kind: String) throws {
        try sandbox.commitFile("some.bin", "\u{0}\u{1}binary\n\(text)\n")
        #expect(try refused(secret: text).contains("(\(kind))"))
    }

    @Test func `the values of the environment are secrets`() throws {
        try sandbox.commitFile("env", "token=sesame-open-wide\n")
        let token: [String: String?] = ["BANK_TOKEN": "sesame-open-wide"]
        let push = try sandbox.run("git push origin main", environment: token)
        #expect(push.status == 1 && push.stderr.contains("holds a secret (value)"))
        #expect(!push.stderr.contains("sesame"))
    }

    @Test func `files may be excepted`() throws {
        try sandbox.commitFile("tests/keys/a", Self.secret)
        _ = try refused()
        try sandbox.git("config", "--add", "draft.allowSecretsIn", "tests/keys/**")
        try sandbox.git("push", "--quiet", "origin", "main")
        try sandbox.commitFile("src/a", Self.secret)
        #expect(try refused().contains("'src/a'"))
    }

    @Test func `lines that look like the headers of a patch mislead nobody`() throws {
        try sandbox.commitFile("first", "x\n")
        try sandbox.commitFile(
            "tests/a", "++ b/allowed\ndiff --git a/allowed b/allowed\n@@ -1 +1 @@\n\(Self.secret)\n"
        )
        try sandbox.git("config", "--add", "draft.allowSecretsIn", "allowed")
        #expect(try refused().contains("'tests/a'"))
    }

    @Test func `what is too large is said, and the rest is looked at`() throws {
        try sandbox.run("head -c 6000000 /dev/zero | tr '\\0' 'a' | fold -w 100 >large; git add .")
        try sandbox.git("commit", "-qm", "large")
        let push = try sandbox.run("git push origin main")
        #expect(push.status == 0)
        #expect(
            push.stderr.hasPrefix(
                "warning: 'large' in commit \(try short()) is too large to be searched"))
        try sandbox.run("cp large larger; echo \(Self.secret) >z; git add .; git commit -qm more")
        #expect(try refused().contains("'z' of commit"))
    }

    @Test func `what is removed, or goes to a new remote, is pushed`() throws {
        try sandbox.git("push", "--quiet", "origin", "main:gone")
        try sandbox.git("push", "--quiet", "origin", ":gone")
        let other = try sandbox.addRemote("fork")
        try sandbox.git("push", "--quiet", "fork", "main")
        try sandbox.commitFile("key", Self.secret)
        #expect(try refused("fork main").contains("'key'"))
        #expect(try refused("file://\(other.path) main:elsewhere").contains("'key'"))
        #expect(try refused("fork HEAD:refs/notes/x").contains("'key'"))
        // The board is redacted as it is written, hence not looked at.
        try sandbox.git("push", "--quiet", "fork", "refs/draft/*")
    }

    @Test func `a shallow clone pushes what is its own`() throws {
        try sandbox.commitFile("key", Self.secret)
        try sandbox.commitFile("f", "f\n")
        try sandbox.git("push", "--quiet", "--no-verify", "origin", "main")
        let url = "file://\(sandbox.root.path)/origin.git"
        try sandbox.git("clone", "-q", "--depth=1", url, "../shallow")
        let shallow = sandbox.root.appending(path: "shallow")
        try sandbox.draft("init", in: shallow)
        try sandbox.git("commit", "-q", "--allow-empty", "-m", "more", in: shallow)
        try sandbox.git("push", "--quiet", "origin", "HEAD", in: shallow)
    }

    @Test func `without a board nothing is looked at`() throws {
        try sandbox.git("update-ref", "-d", "refs/draft/board")
        try sandbox.commitFile("key", Self.secret)
        try sandbox.git("push", "--quiet", "origin", "main")
    }

    @Test func `with a damaged board secrets are still found, and the rest goes through`() throws {
        try sandbox.git("update-ref", "refs/draft/board", "HEAD")
        try sandbox.commitFile("f", "f\n")
        let push = try sandbox.run("git push -q origin main:new")
        #expect(push.status == 0)
        #expect(push.stderr.contains("warning: cannot check the tickets in what is pushed: "))
        try sandbox.commitFile("key", Self.secret)
        #expect(try refused().contains("'key'"))
    }

    @Test func `nothing on standard input is nothing to refuse`() throws {
        #expect(try sandbox.run("git draft hook pre-push origin url <&-").status == 0)
        #expect(try sandbox.run("git draft hook pre-push origin url </dev/null").status == 0)
        let odd = try sandbox.run("git draft hook pre-push <<E\nnot what git says\n\nE")
        #expect(odd.status == 0)
        #expect(odd.stderr == "warning: cannot read 1 line of what git says of this push\n")
        #expect(
            try sandbox.run("head -c 100000 /dev/urandom | git draft hook pre-push").status == 0)
    }

    @Test func `nothing of the repository is executed`() throws {
        try sandbox.write(
            "evil", "#!/bin/sh\ntouch \"\(sandbox.root.path)/marker\"\ncat\n", executable: true)
        try sandbox.commitFile(".gitattributes", "* diff=evil filter=evil\n")
        let evil = "\(sandbox.workTree.path)/evil"
        for key in ["diff.evil.textconv", "diff.evil.command", "diff.external", "core.fsmonitor"] {
            try sandbox.git("config", key, evil)
        }
        try sandbox.run("rm -f ../marker; printf 'x\\n' >new; git -c core.fsmonitor= add new")
        try sandbox.run("git -c core.fsmonitor= commit -qm new; rm -f ../marker")
        let head = try sandbox.git("rev-parse", "HEAD")
        let zero = String(repeating: "0", count: 40)
        let line = "refs/heads/main \(head) refs/heads/new \(zero)\n"
        #expect(try sandbox.run("git draft hook pre-push url url", input: line).status == 0)
        #expect(try sandbox.run("ls ../marker").status != 0)
    }
}

extension Sandbox {
    /// Resolves a conflict and commits the merge.
    fileprivate func commitMerge(_ path: String, _ text: String) throws {
        try write(path, text)
        try git("add", path)
        try git("commit", "-qm", "merge")
    }
}

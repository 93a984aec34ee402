import Foundation
import GitStore
import TestSupport
import Testing

@Suite struct LibGit2DiscoveryTests {
    private let sandbox: Sandbox

    init() throws {
        sandbox = try Sandbox()
        try sandbox.git("git commit -q --allow-empty -m first")
    }

    private func resolved(_ name: String) throws -> String {
        try sandbox.run("realpath -m \(sandbox.path(name)) > ../resolved").status == 0
            ? String(contentsOfFile: sandbox.path("../resolved"), encoding: .utf8)
                .trimmingCharacters(in: .newlines) : ""
    }

    @Test func `a repository is found from a folder in it`() throws {
        try sandbox.git("mkdir -p a/b")
        let repository = try sandbox.open("a/b")
        #expect(repository.commonDirectory == (try resolved(".git")))
        #expect(repository.gitDirectory == (try resolved(".git")))
        #expect(repository.workDirectory == (try resolved("")))
        #expect(repository.mainWorkDirectory == repository.workDirectory)
        #expect(!repository.isBare)
        #expect(!repository.isLinkedWorktree)
        #expect(!repository.isShallow)
        #expect(!repository.isPartialClone)
    }

    @Test func `where there is none it says what git says`() throws {
        try sandbox.git("mkdir ../empty")
        let error = #expect(throws: GitError.self) { try sandbox.open("../empty") }
        #expect(error?.code == .noRepository)
        #expect(
            error?.description == "not a git repository (or any of the parent directories): .git")
        expect(.noRepository) { try sandbox.open("../absent") }
        expect(.noRepository) { try sandbox.open(environment: ["GIT_DIR": "../absent"]) }
        try sandbox.git("mkdir -p sub/deep")
        expect(.noRepository) {
            try sandbox.open(
                "sub/deep", environment: ["GIT_CEILING_DIRECTORIES": try resolved("sub")])
        }
    }

    @Test func `a linked work tree shares references and has its own HEAD`() throws {
        try sandbox.git("git worktree add -q ../linked -b side && mkdir ../linked/x")
        let linked = try sandbox.open("../linked/x")
        let main = try sandbox.open()
        #expect(linked.commonDirectory == main.commonDirectory)
        #expect(linked.gitDirectory == main.commonDirectory + "/worktrees/linked")
        #expect(linked.workDirectory == (try resolved("../linked")))
        #expect(linked.mainWorkDirectory == (try resolved("")))
        #expect(linked.isLinkedWorktree)
        #expect(!linked.isBare)
        #expect(try linked.headBranch() == "side")
        #expect(try main.headBranch() == "main")
        let commit = try linked.commit("x")
        try linked.move("refs/draft/board", to: commit, from: nil)
        #expect(try main.target(of: "refs/draft/board") == commit)
        #expect(try sandbox.git("git reflog show --format=%H refs/draft/board") == "\(commit)")
        try sandbox.git("git fsck --strict --no-dangling")
    }

    @Test func `a bare repository has no work tree, but its linked ones have`() throws {
        try sandbox.git("git clone -q --bare . ../bare.git 2>&1")
        let bare = try sandbox.open("../bare.git")
        #expect(bare.isBare)
        #expect(bare.mainWorkDirectory == nil)
        #expect(bare.commonDirectory == (try resolved("../bare.git")))
        let commit = try bare.commit("x")
        try bare.move("refs/draft/board", to: commit, from: nil)
        let reflog = try sandbox.git("git -C ../bare.git reflog show --format=%H refs/draft/board")
        #expect(reflog == "\(commit)")
        try sandbox.git("git -C ../bare.git worktree add -q ../of-bare -b side 2>&1")
        let linked = try sandbox.open("../of-bare")
        #expect(linked.mainWorkDirectory == nil)
        #expect(linked.workDirectory == (try resolved("../of-bare")))
    }

    @Test func `a submodule is a repository of its own`() throws {
        try sandbox.git("git init -q -b main ../inner")
        try sandbox.git("git -C ../inner commit -q --allow-empty -m x")
        try sandbox.git("git -c protocol.file.allow=always submodule --quiet add ../inner sub 2>&1")
        let inner = try sandbox.open("sub")
        #expect(inner.workDirectory == (try resolved("sub")))
        #expect(inner.mainWorkDirectory == (try resolved("sub")))
        #expect(inner.commonDirectory == (try resolved(".git/modules/sub")))
    }

    @Test func `the environment that git sets for us decides`() throws {
        try sandbox.git("git worktree add -q ../linked -b side && mkdir sub ../elsewhere")
        let named = try sandbox.open("../elsewhere", environment: ["GIT_DIR": "../repo/.git"])
        #expect(named.commonDirectory == (try resolved(".git")))
        #expect(named.workDirectory == (try resolved("../elsewhere")))
        let placed = try sandbox.open(
            "sub", environment: ["GIT_DIR": "../.git", "GIT_WORK_TREE": ".."])
        #expect(placed.workDirectory == (try resolved("")))
        let hook = try sandbox.open(
            "../linked", environment: ["GIT_DIR": try resolved(".git/worktrees/linked")])
        #expect(hook.commonDirectory == (try resolved(".git")))
        #expect(hook.workDirectory == (try resolved("../linked")))
        #expect(try hook.headBranch() == "side")
        let split = try sandbox.open(
            "../linked",
            environment: [
                "GIT_DIR": try resolved(".git/worktrees/linked"),
                "GIT_COMMON_DIR": try resolved(".git"),
            ])
        #expect(try split.headBranch() == "side")
    }

    @Test func `HEAD stays with GIT_DIR when GIT_COMMON_DIR is elsewhere`() throws {
        let head = try sandbox.git("git rev-parse HEAD")
        try sandbox.git("mkdir ../own && echo 'ref: refs/heads/other' > ../own/HEAD")
        let place = ["GIT_DIR": sandbox.path("../own"), "GIT_COMMON_DIR": sandbox.path(".git")]
        let repository = try sandbox.open(environment: place)
        #expect(try repository.headBranch() == "other")
        #expect(try repository.isHeadUnborn())
        #expect(try repository.branches().map(\.name) == ["main"])
        try sandbox.git("echo \(head) > ../own/HEAD")
        #expect(try repository.headBranch() == nil)
        #expect(try repository.headCommit()?.description == head)
    }

    @Test func `an alias and a hook hand us the repository`() throws {
        try sandbox.git(
            "mkdir sub && git config alias.show-env '!env | grep ^GIT_ > env.txt' "
                + "&& cd sub && git show-env")
        let text = try String(contentsOfFile: sandbox.path("env.txt"), encoding: .utf8)
        var environment: [String: String] = [:]
        for line in text.split(separator: "\n") {
            let parts = line.split(separator: "=", maxSplits: 1).map(String.init)
            environment[parts[0]] = parts.count > 1 ? parts[1] : ""
        }
        let repository = try sandbox.open(environment: environment)
        #expect(repository.workDirectory == (try resolved("")))
    }

    @Test(arguments: [
        "partialClone=origin", "worktreeConfig=true", "relativeWorktrees=true",
        "preciousObjects=true", "objectFormat=sha1", "refStorage=files", "noop=x",
    ])
    func `an extension that changes nothing for us is no obstacle`(setting: String) throws {
        let parts = setting.split(separator: "=")
        try sandbox.git(
            "git config core.repositoryFormatVersion 1 "
                + "&& git config extensions.\(parts[0]) \(parts[1])")
        let repository = try sandbox.open()
        try repository.move("refs/draft/board", to: try repository.commit("x"), from: nil)
        #expect(repository.isPartialClone == setting.hasPrefix("partial"))
    }

    @Test(arguments: [
        ("objectFormat", "sha256"), ("refStorage", "reftable"), ("compatObjectFormat", "sha256"),
        ("somethingNew", "true"),
    ])
    func `an extension that we cannot serve is named`(name: String, value: String) throws {
        try sandbox.git(
            "printf '[core]\\nrepositoryformatversion=1\\n[extensions]\\n\(name)=\(value)\\n' "
                + ">> .git/config")
        let error = #expect(throws: GitError.self) { try sandbox.open() }
        #expect(error?.code == .unsupported)
        let text = error?.description ?? ""
        #expect(text.lowercased().hasPrefix("unsupported extension \(name.lowercased())"))
        #expect(text.contains("git-draft supports SHA-1 repositories with the files"))
    }

    @Test func `a repository that git made with SHA-256 is refused`() throws {
        try sandbox.git("git init -q --object-format=sha256 ../wide")
        expect(.unsupported) { try sandbox.open("../wide") }
        try sandbox.git("git config core.repositoryFormatVersion 2")
        expect(.unsupported) { try sandbox.open() }
    }

    @Test func `sparse checkout, which sets worktreeConfig, is no obstacle`() throws {
        try sandbox.git("mkdir a && echo x > a/x && git add . && git commit -q -m x")
        try sandbox.git("git sparse-checkout set --cone a && git worktree add -q ../linked -b s")
        try sandbox.git("git config core.repositoryFormatVersion 1")
        try sandbox.git("git -C ../linked config --worktree user.name Linked")
        let linked = try sandbox.open("../linked")
        #expect(linked.configuration.string("user.name") == "Linked")
        #expect(try sandbox.open().configuration.string("user.name") == nil)
        #expect(linked.mainWorkDirectory == (try resolved("")))
    }

    @Test func `a shallow and a partial clone are recognised`() throws {
        try sandbox.git("git commit -q --allow-empty -m second")
        try sandbox.git("git config uploadpack.allowFilter true")
        try sandbox.git("git clone -q --depth 1 file://$PWD ../shallow 2>&1")
        try sandbox.git("git clone -q --filter=blob:none file://$PWD ../partial 2>&1")
        #expect(try sandbox.open("../shallow").isShallow)
        let partial = try sandbox.open("../partial")
        #expect(partial.isPartialClone)
        let missing = try #require(ObjectID(hex: String(repeating: "ab", count: 20)))
        let error = #expect(throws: GitError.self) { try partial.readBlob(missing) }
        #expect(error?.hint == partial.completingCommand)
        try sandbox.git("git -C ../partial config extensions.partialClone origin")
        let command = try sandbox.open("../partial").completingCommand
        try sandbox.git("cd ../partial && \(command) 2>&1")
        let whole = try sandbox.open("../partial")
        #expect(!whole.isPartialClone && whole.completingCommand.isEmpty)
        try sandbox.git("git -C ../partial fsck --full 2>&1; git -C ../partial fetch -q 2>&1")
        #expect(try !sandbox.open("../partial").isPartialClone)
    }

    @Test(.enabled(if: geteuid() == 0, "needs a second user"))
    func `another user's repository is refused unless the user vouches for it`() throws {
        try sandbox.git("chown -R 1234 .")
        let error = #expect(throws: GitError.self) { try sandbox.open() }
        #expect(error?.code == .owner)
        #expect(error?.description.hasPrefix("detected dubious ownership in repository") == true)
        #expect(throws: Never.self) { try sandbox.open(environment: ["SUDO_UID": "1234"]) }
        expect(.owner) { try sandbox.open(environment: ["SUDO_UID": "1235"]) }
        for entry in ["*", try resolved(""), try resolved("..") + "/*"] {
            try sandbox.git("git config -f ../vouch safe.directory '\(entry)'")
            let vouched = ["GIT_CONFIG_GLOBAL": sandbox.path("../vouch")]
            #expect(throws: Never.self) { try sandbox.open(environment: vouched) }
        }
        try sandbox.git("git config -f .git/config safe.directory '*'")
        expect(.owner) { try sandbox.open() }
        try sandbox.git("git config -f ../vouch --add safe.directory ''")
        expect(.owner) {
            try sandbox.open(environment: ["GIT_CONFIG_GLOBAL": sandbox.path("../vouch")])
        }
    }
}

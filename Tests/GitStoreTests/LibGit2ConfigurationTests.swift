import Foundation
import GitStore
import TestSupport
import Testing

@Suite struct LibGit2ConfigurationTests {
    private let sandbox: Sandbox

    init() throws { sandbox = try Sandbox() }

    /// What git hands to a child that is started with these options.
    private func handedDown(_ options: String) throws -> [String: String] {
        try sandbox.git("git \(options) -c alias.e='!env -0 > ../env' e")
        let data = try Data(contentsOf: URL(filePath: sandbox.path("../env")))
        var environment: [String: String] = [:]
        for line in String(decoding: data, as: UTF8.self).split(separator: "\0") {
            let parts = line.split(separator: "=", maxSplits: 1).map(String.init)
            if parts[0].hasPrefix("GIT_") {
                environment[parts[0]] = parts.count > 1 ? parts[1] : ""
            }
        }
        return environment
    }

    @Test func `the last value wins, through all files`() throws {
        let system = sandbox.path("../system")
        let global = sandbox.path("../global")
        try sandbox.git(
            "git config -f \(system) draft.a system && git config -f \(system) draft.b s")
        try sandbox.git(
            "git config -f \(global) draft.a global && git config -f \(global) draft.c g")
        try sandbox.git("git config draft.a local && git config --add draft.list 1")
        try sandbox.git("git config --add draft.list 2 && git config -f \(global) draft.list 0")
        let environment = [
            "GIT_CONFIG_NOSYSTEM": "0", "GIT_CONFIG_SYSTEM": system, "GIT_CONFIG_GLOBAL": global,
        ]
        let settings = try sandbox.open(environment: environment).configuration
        #expect(settings.string("draft.a") == "local")
        #expect(settings.string("DRAFT.B") == "s")
        #expect(settings.string("draft.c") == "g")
        #expect(settings.strings("draft.list") == ["0", "1", "2"])
        #expect(settings.string("draft.none") == nil)
        #expect(settings.string("draft") == nil)
        let without = try sandbox.open(
            environment: environment.merging(["GIT_CONFIG_NOSYSTEM": "1"]) { $1 })
        #expect(without.configuration.string("draft.b") == nil)
    }

    @Test func `without GIT_CONFIG_GLOBAL the home directory is asked`() throws {
        try sandbox.git("mkdir -p ../h/.config/git ../x/git")
        try sandbox.git("git config -f ../h/.config/git/config draft.a xdg")
        try sandbox.git("git config -f ../h/.gitconfig draft.b home")
        try sandbox.git("git config -f ../x/git/config draft.a elsewhere")
        var environment = ["GIT_CONFIG_NOSYSTEM": "1", "HOME": sandbox.path("../h")]
        let open = { try Repository(containing: sandbox.workTree.path, environment: environment) }
        #expect(try open().configuration.string("draft.a") == "xdg")
        #expect(try open().configuration.string("draft.b") == "home")
        environment["XDG_CONFIG_HOME"] = sandbox.path("../x")
        #expect(try open().configuration.string("draft.a") == "elsewhere")
    }

    @Test func `git -c reaches us, whatever is in it`() throws {
        try sandbox.git("git config draft.a local")
        let environment = try handedDown(
            "-c draft.a=cli -c draft.Q='it'\\''s! a=b' -c draft.yes -c draft.empty= "
                + "-c 'section.Sub=x.key=v'")
        let settings = try sandbox.open(environment: environment).configuration
        #expect(settings.string("draft.a") == "cli")
        #expect(settings.string("draft.q") == "it's! a=b")
        #expect(try settings.bool("draft.yes") == true)
        #expect(try settings.bool("draft.empty") == false)
        #expect(settings.string("section.Sub") == "x.key=v")
    }

    @Test func `the older quoting and the counted form are read`() throws {
        let settings = try sandbox.open(environment: [
            "GIT_CONFIG_PARAMETERS": "'draft.a=old style' 'draft.b' 'draft.c'='new' 'draft.d'=",
            "GIT_CONFIG_COUNT": "2", "GIT_CONFIG_KEY_0": "draft.c", "GIT_CONFIG_VALUE_0": "counted",
            "GIT_CONFIG_KEY_1": "draft.e", "GIT_CONFIG_VALUE_1": "",
        ]).configuration
        #expect(settings.string("draft.a") == "old style")
        #expect(try settings.bool("draft.b") == true)
        #expect(settings.strings("draft.c") == ["counted", "new"])
        #expect(try settings.bool("draft.d") == true)
        #expect(settings.string("draft.e") == "")
    }

    @Test(arguments: [
        ["GIT_CONFIG_PARAMETERS": "draft.a=x"], ["GIT_CONFIG_PARAMETERS": "'draft.a"],
        ["GIT_CONFIG_PARAMETERS": "'a.b'='c"], ["GIT_CONFIG_PARAMETERS": "'a.b'x"],
        ["GIT_CONFIG_PARAMETERS": "'a.b\\"], ["GIT_CONFIG_COUNT": "x"],
        ["GIT_CONFIG_COUNT": "-1"], ["GIT_CONFIG_COUNT": "1"],
        ["GIT_CONFIG_COUNT": "1", "GIT_CONFIG_KEY_0": "a.b"],
    ])
    func `what git would not have written is an error`(environment: [String: String]) throws {
        let repository = try sandbox.open(environment: environment)
        expect(.invalid) { try repository.reloadConfiguration() }
    }

    @Test func `a damaged file is reported and does no other harm`() throws {
        try sandbox.git("echo '[broken' > ../global")
        let repository = try sandbox.open(
            environment: ["GIT_CONFIG_GLOBAL": sandbox.path("../global")])
        #expect(throws: GitError.self) { try repository.reloadConfiguration() }
        #expect(repository.configuration.string("core.bare") == nil)
    }

    @Test func `switches and numbers are read as git reads them`() throws {
        let repository = try sandbox.open(environment: [
            "GIT_CONFIG_PARAMETERS": "'d.on=oN' 'd.off=no' 'd.n=2k' 'd.big=99999999999999999999' "
                + "'d.neg=-3' 'd.odd=maybe' 'd.g=1G' 'd.zero=0'"
        ])
        let settings = repository.configuration
        #expect(try settings.bool("d.on") == true)
        #expect(try settings.bool("d.off") == false)
        #expect(try settings.bool("d.neg") == true)
        #expect(try settings.bool("d.zero") == false)
        #expect(try settings.bool("d.absent") == nil)
        #expect(try settings.int("d.n") == 2_048)
        #expect(try settings.int("d.neg") == -3)
        #expect(try settings.int("d.g") == 1 << 30)
        #expect(try settings.int("d.absent") == nil)
        expect(.invalid) { try settings.int("d.big") }
        expect(.invalid) { try settings.int("d.odd") }
        expect(.invalid) { try settings.bool("d.odd") }
    }

    @Test func `an included file counts where it stands`() throws {
        try sandbox.git(
            "git config -f ../inc draft.a included && git config include.path ../../inc")
        #expect(try sandbox.open().configuration.string("draft.a") == "included")
        let path = try sandbox.git("git config draft.a")
        #expect(path == "included")
    }

    @Test func `an identity comes from the environment, then from the settings`() throws {
        #expect(try sandbox.open().identity() == nil)
        try sandbox.git("git config user.name U && git config user.email u@x")
        #expect(try sandbox.open().identity() == Identity(name: "U", email: "u@x"))
        try sandbox.git("git config author.name A && git config committer.email c@x")
        let repository = try sandbox.open()
        #expect(repository.identity(.author) == Identity(name: "A", email: "u@x"))
        #expect(repository.identity(.committer) == Identity(name: "U", email: "c@x"))
        let other = try sandbox.open(environment: [
            "GIT_AUTHOR_NAME": "E", "GIT_COMMITTER_EMAIL": "e@x",
        ])
        #expect(other.identity(.author) == Identity(name: "E", email: "u@x"))
        #expect(other.identity(.committer) == Identity(name: "U", email: "e@x"))
    }

    @Test func `remotes and upstreams are known`() throws {
        try sandbox.git("git remote add origin https://example.com/a.git")
        try sandbox.git("git remote add a.b /tmp/x && git remote set-url --push a.b /tmp/y")
        try sandbox.git("git config branch.f/x.y.remote origin")
        try sandbox.git("git config branch.f/x.y.merge refs/heads/main")
        let settings = try sandbox.open().configuration
        #expect(settings.remotes().map(\.name) == ["a.b", "origin"])
        #expect(settings.remotes()[0].pushURLs == ["/tmp/y"])
        #expect(settings.remotes()[1].urls == ["https://example.com/a.git"])
        #expect(settings.remotes()[1].fetchRefspecs == ["+refs/heads/*:refs/remotes/origin/*"])
        let upstream = try #require(settings.upstream(of: "f/x.y"))
        #expect(upstream.remote == "origin" && upstream.ref == "refs/heads/main")
        #expect(settings.upstream(of: "main") == nil)
    }

    @Test(arguments: [
        ("core.fsync", "all", true), ("core.fsync", "none", false),
        ("core.fsync", "committed,-loose-object", false), ("core.fsync", "none,reference", true),
        ("core.fsync", "pack", false), ("core.fsyncObjectFiles", "true", true),
        ("core.fsyncObjectFiles", "false", false),
    ])
    func `durability is asked for as with git`(key: String, value: String, asked: Bool) throws {
        try sandbox.git("git config \(key) \(value)")
        #expect(try sandbox.open().isDurabilityConfigured == asked)
    }
}

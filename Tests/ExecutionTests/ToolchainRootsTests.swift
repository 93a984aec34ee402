import Foundation
import TestSupport
import Testing

@testable import Execution

/// What a `PATH` shows of a machine.
@Suite struct ToolchainRootsTests {
    let sandbox: Sandbox
    let root: String
    let home: String

    init() throws {
        sandbox = try Sandbox(repository: false)
        root = sandbox.root.path
        home = "\(root)/home"
    }

    /// Makes empty programs.
    func programs(_ paths: String..., text: String = "") throws {
        for path in paths {
            let file = URL(filePath: "\(root)/\(path)")
            try FileManager.default.createDirectory(
                at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
            try Data(text.utf8).write(to: file)
            try FileManager.default.setAttributes(
                [.posixPermissions: 0o755], ofItemAtPath: file.path)
        }
    }

    func link(_ path: String, to target: String) throws {
        let file = URL(filePath: "\(root)/\(path)")
        try FileManager.default.createDirectory(
            at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
        try FileManager.default.createSymbolicLink(
            atPath: file.path, withDestinationPath: target)
    }

    /// The paths that are shown, without what is before the test's own folder.
    func shown(
        _ path: String..., programs: [String] = [], closed: [String] = [],
        environment: [String: String] = [:]
    ) -> [String] {
        let entries = path.map { $0.hasPrefix("/") || $0.isEmpty ? $0 : "\(root)/\($0)" }
        let roots = ToolchainRoots(
            environment: ["PATH": entries.joined(separator: ":"), "HOME": home]
                .merging(environment) { $1 },
            programs: programs.map { "\(root)/\($0)" }, closed: closed.map { "\(root)/\($0)" })
        return roots.paths.filter { $0.hasPrefix(root) }
            .map { String($0.dropFirst(root.utf8.count + 1)) }
    }

    @Test func `a toolchain brings the folder around its programs`() throws {
        try programs("opt/swift/usr/bin/swift", "opt/swift/usr/lib/libx.so")
        #expect(shown("opt/swift/usr/bin") == ["opt/swift/usr"])
        #expect(shown("opt/swift/usr/bin", "opt/swift/usr/bin") == ["opt/swift/usr"])
    }

    @Test func `links are followed to where the system follows them`() throws {
        try programs("kit/bin/x", "kit/lib/y")
        for (path, target) in [
            ("a/plain", "../kit/bin/x"), ("a/whole", "\(root)/kit/bin/x"), ("a/two", "plain"),
            ("dir", "kit/bin"), ("a/through", "../dir/x"), ("a/up", "../dir/../lib/y"),
            ("a/folder", "../dir"), ("a/slash", "../dir/"), ("a/dot", "../dir/."),
            ("a/above", "../dir/.."), ("a/gone", "../kit/none"), ("a/lost", "../none/x"),
            ("a/loop", "loop"), ("a/one", "other"), ("a/other", "one"), ("a/under", "plain/x"),
            ("a/top", "/"), ("a/system", "/usr/bin/env"),
        ] {
            try link(path, to: target)
        }
        var trail = LinkTrail()
        let names = try FileManager.default.contentsOfDirectory(atPath: "\(root)/a")
        #expect(names.count == 17)
        for name in names + ["none", ".", "..", ""] {
            let path = "\(root)/a/\(name)"
            #expect(trail.end(of: path) == PlacePath.physical(path), "\(name)")
        }
    }

    @Test func `a project is not shown for the programs in it`() throws {
        try programs("srv/app/bin/x", "srv/app/data/customers", "srv/kit/bin/x", "srv/kit/lib/x")
        #expect(shown("srv/app/bin") == ["srv/app/bin"])
        #expect(shown("srv/kit/bin") == ["srv/kit"])
        try programs("srv/kit/.git/config")
        #expect(shown("srv/kit/bin") == ["srv/kit/bin"])
        try link("links/tool", to: "\(root)/srv/app/bin/x")
        #expect(shown("links") == ["links", "srv/app/bin/x"])
    }

    @Test func `what is not there, relative or the system's shows nothing`() throws {
        try programs("tools/x")
        let roots = ToolchainRoots(
            environment: ["PATH": "/no/such:tools::.:/usr/bin:/bin:/usr/local/bin", "HOME": home])
        #expect(!roots.paths.contains { $0.hasPrefix("/usr") || $0.hasPrefix("/bin") })
        #expect(!roots.paths.contains { $0.contains("tools") || $0.contains("no/such") })
    }

    @Test func `a home is never shown, only the programs in it`() throws {
        try programs("home/bin/tool", "home/.local/bin/other", "home/.local/share/keyrings/k")
        #expect(shown("home/bin") == ["home/bin"])
        #expect(shown("home/.local/bin") == ["home/.local/bin"])
        #expect(shown("home").isEmpty)
        #expect(shown("").isEmpty)
        try programs("bin/x", "project/bin/x", "project/lib/x")
        #expect(shown("bin") == ["bin"])
        #expect(shown("project/bin") == ["project"])
        #expect(shown("project/bin", closed: ["project"]) == ["project/bin"])
        #expect(shown("project", closed: ["project/bin"]).isEmpty)
    }

    @Test(arguments: [".ssh/id", ".netrc", ".config/x", "credentials.toml", ".env", ".aws/c"])
    func `a folder with secrets gives only its programs`(secret: String) throws {
        try programs("tools/kit/bin/x", "tools/kit/lib/x", "tools/kit/\(secret)")
        #expect(shown("tools/kit/bin") == ["tools/kit/bin"])
        try programs("tools/kit/bin/\(secret)")
        #expect(shown("tools/kit/bin").isEmpty)
    }

    @Test func `a link leads to what it needs`() throws {
        try programs(
            "home/.local/share/claude/versions/2.1", "home/.local/pipx/venvs/tool/bin/tool",
            "home/.local/pipx/venvs/tool/pyvenv.cfg",
            "lib/node_modules/@x/codex/bin/codex.js", "lib/node_modules/other/index.js")
        try link("home/.local/bin/claude", to: "\(home)/.local/share/claude/versions/2.1")
        try link("home/.local/bin/tool", to: "../pipx/venvs/tool/bin/tool")
        try link("home/.local/bin/codex", to: "\(root)/lib/node_modules/@x/codex/bin/codex.js")
        try link("home/.local/bin/gone", to: "/no/such/file")
        #expect(
            Set(shown("home/.local/bin")) == [
                "home/.local/bin", "home/.local/share/claude/versions/2.1",
                "home/.local/pipx/venvs/tool", "lib/node_modules",
            ])
    }

    @Test func `an entry that is a link is shown by both names`() throws {
        try programs("store/kit-1/bin/x", "store/kit-1/share/x")
        try link("current", to: "store/kit-1")
        try link("home/profile/bin", to: "\(root)/store/kit-1/bin")
        #expect(shown("current/bin") == ["store/kit-1", "current"])
        #expect(shown("home/profile/bin").contains("store/kit-1"))
    }

    @Test func `what interprets a script is shown, too`() throws {
        try programs("py/3.12/bin/python", "py/3.12/lib/x")
        try programs("agents/own/run", text: "#!\(root)/py/3.12/bin/python -u\n")
        #expect(shown("/usr/bin", programs: ["agents/own/run"]) == ["agents/own/run", "py/3.12"])
    }

    @Test func `those who manage toolchains are found again`() throws {
        try programs(
            "home/.cargo/bin/cargo", "home/.cargo/credentials.toml",
            "home/.rustup/toolchains/1/bin/rustc", "home/.rustup/settings.toml",
            "home/.pyenv/shims/python", "home/.pyenv/versions/3/bin/python")
        #expect(
            Set(shown("home/.cargo/bin", "home/.pyenv/shims")) == [
                "home/.cargo/bin", "home/.rustup/toolchains", "home/.rustup/settings.toml",
                "home/.pyenv",
            ])
        let roots = ToolchainRoots(
            environment: ["PATH": "\(home)/.cargo/bin:\(home)/.pyenv/shims", "HOME": home])
        #expect(
            roots.variables == [
                "RUSTUP_HOME": "\(home)/.rustup", "PYENV_ROOT": "\(home)/.pyenv",
            ])
    }
}

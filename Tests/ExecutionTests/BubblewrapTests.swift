import Foundation
import Model
import TestSupport
import Testing

@testable import Execution

/// The command line that makes a cell.
@Suite struct BubblewrapTests {
    let bench: Sandbox
    let root: String
    var files: JobFiles
    var cell: Cell

    init() throws {
        bench = try Sandbox(repository: false)
        root = bench.root.path
        files = JobFiles(commonDirectory: "\(root)/repo/.git", job: "j")
        for path in ["tree/.draft/logs", "repo/.git/objects", "repo/.git/draft/jobs/j/agent.git"] {
            try FileManager.default.createDirectory(
                atPath: "\(root)/\(path)", withIntermediateDirectories: true)
        }
        try Data("gitdir: x\n".utf8).write(to: URL(filePath: "\(root)/tree/.git"))
        cell = Cell(workspace: "\(root)/tree", phase: .agent)
        cell.files = files
        cell.gitDirectory = files.agentGit
        cell.objects = ["\(root)/repo/.git/objects", "/no/such/objects"]
        cell.hidden = ["\(root)/home", "\(root)/repo", "\(root)/repo/.git"]
    }

    static let sandbox = Bubblewrap(
        program: "/usr/bin/bwrap", cellProgram: "/usr/bin/true", closesNamespaces: true)

    func wrapped(
        _ arguments: [String] = ["sh", "-c", "exit 3"], _ environment: [String: String] = [:],
        _ cell: Cell? = nil
    ) throws -> ChildCommand {
        let environment = ["PATH": "/usr/bin:/bin", "HOME": "\(root)/home"]
            .merging(environment) { $1 }
        let command = ChildCommand(arguments, environment: environment, directory: "\(root)/tree")
        return try Self.sandbox.wrap(command, in: cell ?? self.cell)
    }

    /// The environment that arrives inside.
    func arriving(_ command: ChildCommand) throws -> [String: String] {
        let words = command.arguments
        let option = try #require(words.firstIndex(of: "--environment"))
        let count = try #require(Int(words[option + 1]))
        let pairs = try (0..<count).map { number in
            let entry = try #require(command.environment["DRAFT_CELL_\(number)"])
            let words = entry.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            return (String(words[0]), String(words[1]))
        }
        return Dictionary(uniqueKeysWithValues: pairs)
    }

    /// The mounts of a kind by where they are.
    func mounts(_ option: String, _ words: [String]) -> [String] {
        words.indices.dropLast(2).filter { words[$0] == option }.map { words[$0 + 2] }
    }

    @Test func `below usr what is not to be written stays so in what can be`() {
        let needed = [
            Mount.readable("/usr"), .readable("/usr/home/ann"), .writable("/usr/local/trees/t"),
            .readable("/usr/local/trees/t/.git"), .readable("/usr/local/trees/t/.draft/logs"),
        ]
        let known = [Mount.readable("/usr/lib/x"), .readable("/usr/local/trees/other")]
        #expect(Bubblewrap.needed(needed + known, hidden: ["/usr/home"]) == needed)
    }

    @Test func `the disk is watched where a writable link leads`() throws {
        var cell = cell
        let files = FileManager.default
        try files.createDirectory(atPath: "\(root)/cache", withIntermediateDirectories: true)
        try files.createSymbolicLink(
            atPath: "\(root)/link", withDestinationPath: "\(root)/cache")
        cell.writable = ["\(root)/link", "\(root)/nothing"]
        let command = ChildCommand(["true"], environment: [:], directory: root)
        let folders = command.bounded(by: cell).limits?.folders ?? []
        #expect(folders.contains("\(root)/cache") && folders.contains("\(root)/nothing"))
        #expect(!folders.contains("\(root)/link"))
    }

    @Test func `what can be written is named, and nothing else`() throws {
        let words = try wrapped().arguments
        #expect(
            Set(mounts("--bind", words)) == [
                "\(root)/tree", files.agentGit, files.output, files.home, files.temporary,
                "/run/tmp",
            ])
        let readable = mounts("--ro-bind", words)
        #expect(readable.contains("\(root)/tree/.git"))
        #expect(readable.contains("\(root)/tree/.draft/logs"))
        #expect(readable.contains("\(root)/repo/.git/objects"))
        #expect(readable.contains(files.input))
        for path in [
            "/", "/etc", "\(root)/home", "\(root)/repo", files.directory, "/no/such/objects",
        ] {
            #expect(!readable.contains(path))
        }
        #expect(words.contains("--disable-userns") && words.contains("--unshare-all"))
        #expect(words.suffix(4) == ["--", "/usr/bin/sh", "-c", "exit 3"])
    }

    @Test func `what is inside of something comes after it`() throws {
        let words = try wrapped().arguments
        var seen: [String] = []
        for index in words.indices where words[index].hasSuffix("bind") {
            let path = words[index + 2]
            #expect(!seen.contains { PlacePath.isWithin($0, path) }, "\(path) covers another")
            seen.append(path)
        }
    }

    @Test func `small settings are copied, and nothing else is`() throws {
        let command = try wrapped()
        let words = command.arguments
        #expect(mounts("--file", words).contains("/etc/passwd"))
        for (offset, index) in words.indices.filter({ words[$0] == "--file" }).enumerated() {
            let file = command.handed[offset]
            #expect(words[index + 1] == "\(3 + offset)")
            #expect(words[index - 2...index - 1] == ["--perms", "0444"])
            #expect(PlacePath.parent(words[index + 2]) == "/etc")
            #expect(file == words[index + 2] || PlacePath.parent(file) == "\(files.input)/etc")
        }
        #expect(mounts("--file", words).count == command.handed.count)
        let folders = mounts("--ro-bind", words).filter { PlacePath.parent($0) == "/etc" }
        #expect(folders.allSatisfy(PlacePath.isFolder), "\(folders)")
    }

    @Test func `a copy cannot be written, and no descriptor of it arrives`() throws {
        let sandbox = try Bubblewrap.tried(
            environment: ["PATH": "/usr/bin:/bin"], program: Programs.path("git-draft"))
        let script = """
            head -c 12 /etc/passwd; echo; ls -l /etc/passwd | cut -c1-10; ls /proc/self/fd | wc -l
            echo x 2>/dev/null >>/etc/passwd; rm /etc/hosts 2>/dev/null; chmod 666 /etc/group \
                2>/dev/null; touch /etc/new 2>/dev/null; cat /etc/hosts | head -c 9
            """
        let command = ChildCommand(
            plain: ["sh", "-c", script], ["PATH": "/usr/bin:/bin"], "/")
        var cell = cell
        cell.userEnvironment = ["PATH": "/usr/bin:/bin"]
        var output: [UInt8] = []
        let outcome = try ChildProcess.run(try sandbox.wrap(command, in: cell)) { output += $1 }
        let text = String(decoding: output, as: UTF8.self)
        // Three streams, and the folder that is listed.
        #expect(text == "root:x:0:0:r\n-r--r--r--\n4\n127.0.0.1", "\(outcome) \(text)")
    }

    @Test func `what is seen in a folder anyway is not mounted again`() throws {
        try FileManager.default.createDirectory(
            atPath: "\(root)/kit/lib/deep", withIntermediateDirectories: true)
        try FileManager.default.createSymbolicLink(
            atPath: "\(root)/kit/link", withDestinationPath: "\(root)/kit/lib")
        let kit = Mount.readable("\(root)/kit")
        func needed(_ mounts: [Mount]) -> [String] {
            Mount.needed(among: Mount.ordered(mounts)).map { String($0.path.dropFirst(root.count)) }
        }
        let lib = Mount.readable("\(root)/kit/lib")
        let deep = Mount.readable("\(root)/kit/lib/deep")
        #expect(needed([kit, lib, deep]) == ["/kit"])
        #expect(needed([lib, deep]) == ["/kit/lib"])
        let link = Mount.readable("\(root)/kit/link")
        #expect(needed([kit, link]) == ["/kit", "/kit/link"])
        let hidden = Mount(path: "\(root)/kit/lib", what: .memory(1, mode: "0755"))
        #expect(needed([kit, hidden, deep]) == ["/kit", "/kit/lib", "/kit/lib/deep"])
        let other = Mount(path: "\(root)/kit/lib", what: .readable("\(root)/tree"))
        #expect(needed([kit, other, deep]) == ["/kit", "/kit/lib", "/kit/lib/deep"])
        let writable = Mount.writable("\(root)/kit/lib")
        #expect(needed([kit, writable, deep]) == ["/kit", "/kit/lib", "/kit/lib/deep"])
        #expect(needed([.readable("\(root)/ki"), lib]) == ["/ki", "/kit/lib"])
    }

    @Test func `a tree that is only to be read is, but for our folder`() throws {
        var cell = cell
        cell.isReadOnly = true
        let words = try wrapped(["true"], [:], cell).arguments
        #expect(mounts("--ro-bind", words).contains("\(root)/tree"))
        #expect(mounts("--bind", words).contains("\(root)/tree/.draft"))
        #expect(!mounts("--bind", words).contains("\(root)/tree"))
    }

    @Test func `secrets are no part of the command line`() throws {
        let command = try wrapped(["true"], ["API_KEY": "sk-secret", "DISPLAY": ":0"])
        let inside = try arriving(command)
        #expect(inside["API_KEY"] == "sk-secret")
        #expect(!command.arguments.contains { $0.contains("sk-secret") })
        #expect(inside["DISPLAY"] == nil)
        #expect(inside["HOME"] == files.home)
        // Its own path would leave too little room for the names of sockets.
        #expect(inside["TMPDIR"] == "/run/tmp")
        #expect(command.directory == "/")
    }

    @Test func `bubblewrap itself heeds nothing of a job, and can be found by its mark`() throws {
        let steering = [
            "LD_PRELOAD": "/x.so", "LD_LIBRARY_PATH": "/x", "GLIBC_TUNABLES": "a=b",
            "GCONV_PATH": "/x", "LOCPATH": "/x",
        ]
        let command = try wrapped(
            ["true"], steering.merging(["DRAFT_JOB_FILES": "/else"]) { $1 })
        let others = command.environment.filter { !$0.key.hasPrefix("DRAFT_CELL_") }
        #expect(others == ["DRAFT_JOB_FILES": files.directory])
        let inside = try arriving(command)
        for (name, value) in steering { #expect(inside[name] == value) }
    }

    @Test func `a repository shows nothing of the user by its settings`() throws {
        for path in ["keys/.ssh", "docs/lib", "docs/bin", "repo/bin", "repo/.git"] {
            try FileManager.default.createDirectory(
                atPath: "\(root)/\(path)", withIntermediateDirectories: true)
        }
        for (path, mode) in [
            ("keys/.ssh/id", 0o700), ("docs/plan", 0o600), ("docs/bin/x", 0o755),
            ("repo/notes", 0o600), ("repo/.git/config", 0o600), ("repo/.env", 0o600),
        ] {
            _ = FileManager.default.createFile(
                atPath: "\(root)/\(path)", contents: Data("#!\(root)/docs/plan\n".utf8),
                attributes: [.posixPermissions: mode])
        }
        try FileManager.default.createSymbolicLink(
            atPath: "\(root)/repo/link", withDestinationPath: "\(root)/docs/plan")
        var cell = cell
        cell.checkout = "\(root)/repo"
        cell.programs = [
            "keys/.ssh/id", "keys/.ssh", "docs", "docs/plan", "docs/bin/x", "repo/notes",
            "repo/link", "repo/.git/config", "repo/.env", "repo/bin",
        ].map { "\(root)/\($0)" }
        cell.programs += ["/etc/passwd", "/etc/shadow"]
        let words = try wrapped(
            ["sh"],
            [
                "PATH": "/usr/bin:\(root)/docs/bin:\(root)/keys/.ssh", "JAVA_HOME": "\(root)/docs",
                "SSL_CERT_FILE": "\(root)/docs/plan", "PYENV_ROOT": "\(root)/docs",
            ], cell
        ).arguments
        let shown = mounts("--ro-bind", words).filter {
            !PlacePath.isWithin($0, files.directory) && !$0.hasPrefix("\(root)/tree")
        }
        #expect(
            Set(shown.filter { $0.hasPrefix(root) }) == [
                "\(root)/docs/bin/x", "\(root)/repo/notes", "\(root)/repo/.git/objects",
            ])
        #expect(!shown.contains("/etc/shadow"))
    }

    @Test func `what the user has is shown as the user's own environment says`() throws {
        for path in ["kit/bin", "kit/lib"] {
            try FileManager.default.createDirectory(
                atPath: "\(root)/\(path)", withIntermediateDirectories: true)
        }
        for path in ["kit/bin/tool", "trusted"] {
            _ = FileManager.default.createFile(
                atPath: "\(root)/\(path)", contents: nil, attributes: [.posixPermissions: 0o755])
        }
        var cell = cell
        cell.userEnvironment = [
            "PATH": "/usr/bin:\(root)/kit/bin", "SSL_CERT_FILE": "\(root)/trusted",
        ]
        let words = try wrapped(["sh"], [:], cell).arguments
        #expect(mounts("--ro-bind", words).contains("\(root)/kit"))
        #expect(mounts("--ro-bind", words).contains("\(root)/trusted"))
    }

    @Test func `a link in the place of what is ours is not followed`() throws {
        let tree = "\(root)/tree"
        try FileManager.default.removeItem(atPath: "\(tree)/.draft")
        try FileManager.default.createSymbolicLink(
            atPath: "\(tree)/.draft", withDestinationPath: "/etc")
        #expect(!mounts("--ro-bind", try wrapped().arguments).contains("\(tree)/.draft/logs"))
        try FileManager.default.removeItem(atPath: "\(tree)/.git")
        try FileManager.default.createSymbolicLink(
            atPath: "\(tree)/.git", withDestinationPath: "/etc/passwd")
        #expect(throws: ExecutionError.self) { try wrapped() }
        try FileManager.default.removeItem(atPath: files.output)
        try FileManager.default.createSymbolicLink(
            atPath: files.output, withDestinationPath: "/etc")
        try files.prepare()
        #expect(PlacePath.kind(files.output) == .folder)
    }

    @Test func `a policy opens no place that holds what is hidden`() throws {
        for place in [root, "\(root)/home", "\(root)/repo", "/usr/lib", "/no/such", "/"] {
            var cell = cell
            cell.writable = [place]
            #expect(throws: ExecutionError.self, "\(place)") { try wrapped(["true"], [:], cell) }
        }
        try FileManager.default.createDirectory(
            atPath: "\(root)/cache", withIntermediateDirectories: true)
        for name in ["keys/.ssh/deep", "keys/.config/git", "hold/.aws", "work/.git", "tools/bin"] {
            let place = "\(root)/\(name)"
            try FileManager.default.createDirectory(
                atPath: place, withIntermediateDirectories: true)
            var cell = cell
            cell.userEnvironment = ["PATH": "\(root)/tools/bin"]
            for place in [place, PlacePath.parent(place)] {
                cell.writable = [place]
                #expect(throws: ExecutionError.self, "\(place)") {
                    try wrapped(["true"], [:], cell)
                }
            }
        }
        var cell = cell
        for name in ["home/.cache/pip", "home/.cargo/registry"] {
            try FileManager.default.createDirectory(
                atPath: "\(root)/\(name)", withIntermediateDirectories: true)
            cell.writable = ["\(root)/\(name)"]
            #expect(throws: Never.self) { try wrapped(["true"], [:], cell) }
        }
        cell.writable = ["\(root)/cache"]
        #expect(
            mounts("--bind", try wrapped(["true"], [:], cell).arguments).contains("\(root)/cache"))
    }

    @Test func `doors and limits are told to what runs first`() throws {
        var cell = cell
        cell.doors = [Cell.Door(port: 3128, socket: "\(root)/tree/.git")]
        cell.limits.processes = 7
        cell.limits.cpuSeconds = 5
        let words = try wrapped(["true"], [:], cell).arguments
        let own = words.drop { $0 != "/usr/bin/true" }
        #expect(own.contains("3128=\(root)/tree/.git"))
        #expect(own.contains("processes=7") && own.contains("cpu_seconds=5"))
    }

    @Test func `a program that is not there is an error before anything runs`() throws {
        let error = #expect(throws: ExecutionError.self) { try wrapped(["no-such-program"]) }
        #expect(error?.code == .programNotFound)
    }

    @Test func `a repository below what is shown is hidden`() throws {
        let mounts = Mount.ordered([
            Mount(path: "/usr/src/p/.git/objects", what: .readable("/a")), .readable("/usr"),
            Mount(path: "/usr/src/p", what: .memory(1, mode: "0755")), .writable("/tmp/x"),
            Mount(path: "/tmp", what: .memory(1, mode: "1777")), .readable("/tmp/x"),
        ])
        #expect(
            mounts.map(\.path) == [
                "/usr", "/tmp", "/tmp/x", "/usr/src/p", "/usr/src/p/.git/objects",
            ]
        )
        #expect(mounts[2].what == .readable("/tmp/x"))
    }

    @Test func `what a crash left in a cell is swept by its mark`() throws {
        let mark = "DRAFT_JOB_FILES=\(root)/swept"
        let child = try bench.start(
            """
            \(mark) exec bwrap --unshare-all --unshare-user --disable-userns --uid 1001 \
            --ro-bind / / --proc /proc --dev /dev --new-session \
            sh -c 'setsid sleep 1006 & echo begun; sleep 1007'
            """)
        // Outer and inner bwrap, the shell, and two that sleep.
        var killed = 0
        let limit = ContinuousClock.now + .seconds(300)
        while killed == 0, ContinuousClock.now < limit {
            if marked(mark) >= 5 { killed = try Supervision.sweep(marker: mark) }
        }
        #expect(killed > 0)
        #expect(child.wait().status != 0)
        #expect(marked(mark) == 0)
    }

    private func marked(_ mark: String) -> Int {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
        return names.count { name in
            FileManager.default.contents(atPath: "/proc/\(name)/environ")?
                .range(of: Data(mark.utf8)) != nil
        }
    }
}

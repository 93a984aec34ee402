internal import Model

/// Keeps a program apart by namespaces of its own, with the help of bubblewrap.
///
/// It sees what its cell names and nothing else, has no network, no capabilities, and a number of
/// its own that is not root's. All that it starts ends with it, and with us.
public struct Bubblewrap: Sandbox {
    /// The path of `bwrap`.
    let program: String

    /// The path of the program that runs inside first.
    let cellProgram: String

    /// Whether it can turn user namespaces off inside; else only a filter of system calls does.
    let closesNamespaces: Bool

    /// What is told if it does not work after all.
    var memory: BubblewrapMemory?

    /// The version, as it tells it when it is asked.
    public var version: String { Self.version(of: program) }

    /// `bwrap`.
    public var kind: SandboxKind { .bwrap }

    /// That namespaces are not turned off, if they are not.
    public var remark: String? {
        closesNamespaces
            ? nil : "\(version) cannot turn user namespaces off inside; a filter refuses them"
    }

    /// What runs a command in its cell.
    ///
    /// The environment is handed on, as anybody may read a command line, and under names that
    /// bubblewrap does not heed, as it runs outside.
    public func wrap(_ command: ChildCommand, in cell: Cell) throws -> ChildCommand {
        guard Launch.isProgram(program) else {
            throw ExecutionError(
                .launcher, Self.action, reason: "'\(program)' is no program any more")
        }
        let path = try Launch.resolve(command, "run '\(command.arguments.first ?? "")'")
        let isOwn = cell.isOwn(path)
        let roots = ToolchainRoots.known(
            environment: cell.userEnvironment, programs: cell.ownPrograms + (isOwn ? [path] : []),
            closed: cell.hidden)
        try cell.files?.prepare()
        var cell = cell
        cell.readable += Self.certificates(cell.userEnvironment)
        cell.readable += cell.namedFiles(and: isOwn ? "" : path)
        let mounts = Mount.needed(among: Mount.ordered(try mounts(cell, roots)))
        let (words, handed) = Self.words(mounts)
        let carried = CarriedEnvironment(
            environment(command.environment, cell, roots, mounts))
        var wrapped = command
        wrapped.directory = "/"
        wrapped.environment = carried.variables.merging(cell.marker) { $1 }
        wrapped.handed = handed
        wrapped.arguments = [program] + namespaces + words
        wrapped.arguments += ["--remount-ro", "/proc", "--remount-ro", "/dev", "--remount-ro", "/"]
        wrapped.arguments += ["--chdir", command.directory, "--", cellProgram]
        let start = wrapped
        wrapped.arguments += Self.words(cell) + carried.words
        wrapped.arguments += ["--", Self.inside(path, mounts)] + command.arguments.dropFirst()
        wrapped.launcher = launcher(start, cell, mounts)
        return wrapped
    }

    /// What is done before the program that is meant runs.
    private static let action = "start the sandbox"

    /// What tells a cell that could not be made from a program that failed in it.
    ///
    /// - Parameters:
    ///   - start: What makes the cell, up to its first program.
    ///   - cell: What it is made for.
    ///   - mounts: What is in it.
    /// - Returns: A launcher that asks a program which does nothing whether the cell can be made.
    private func launcher(
        _ start: ChildCommand, _ cell: Cell, _ mounts: [Mount]
    ) -> ChildLauncher {
        var launcher = ChildLauncher(action: Self.action, statuses: [1], prefixes: ["bwrap: "])
        let path = cell.userEnvironment["PATH"]
        launcher.isWorking = { [memory] in
            guard let nothing = Launch.find("true", in: path).path else { return true }
            let words = start.arguments + ["--", Self.inside(nothing, mounts)]
            let isWorking = Self.output(of: words, [:], handed: start.handed).status == 0
            if !isWorking { memory?.forget() }
            return isWorking
        }
        return launcher
    }

    /// The path of a program inside: where its links lead, unless they are there themselves.
    private static func inside(_ path: String, _ mounts: [Mount]) -> String {
        let shown = mounts.compactMap { mount -> String? in
            switch mount.what {
            case .readable, .writable: mount.path
            default: nil
            }
        }
        guard path.utf8.first == UInt8(ascii: "/"),
            !PlacePath.isWithin(path, any: ToolchainRoots.system + shown)
        else { return path }
        return PlacePath.physical(path) ?? path
    }

    // MARK: - The command line

    private var namespaces: [String] {
        let id = "\(SystemFiles.userID)"
        return ["--unshare-all", "--unshare-user"] + (closesNamespaces ? ["--disable-userns"] : [])
            + [
                "--uid", id, "--gid", id, "--hostname", SystemFiles.host, "--cap-drop", "ALL",
                "--die-with-parent", "--new-session", "--proc", "/proc", "--dev", "/dev",
            ]
    }

    /// The words of mounts, and the files that are handed to bubblewrap for them.
    ///
    /// It copies small files much faster than it mounts them, as it reads the list of all mounts
    /// for each one that it makes.
    private static func words(_ mounts: [Mount]) -> (words: [String], handed: [String]) {
        var words: [String] = []
        var handed: [String] = []
        let isMounted = mounts.contains { ["/", "/etc"].contains($0.path) }
        for mount in mounts {
            guard !isMounted, handed.count < ChildCommand.mostHanded, let file = mount.smallSetting
            else {
                words += mount.words
                continue
            }
            let number = ChildCommand.firstHanded + handed.count
            words += ["--perms", "0444", "--file", "\(number)", mount.path]
            handed.append(file)
        }
        return (words, handed)
    }

    /// What the program that runs first is told.
    private static func words(_ cell: Cell) -> [String] {
        var words = cell.doors.flatMap { ["--listen", "\($0.port)=\($0.socket)"] }
        let limits = cell.limits
        var numbers = [
            ("processes", "\(limits.processes)"), ("file_size", "\(limits.fileSize)"),
            ("files", "\(limits.openFiles)"),
        ]
        if let seconds = limits.cpuSeconds { numbers.append(("cpu_seconds", "\(seconds)")) }
        words += numbers.flatMap { ["--limit", "\($0.0)=\($0.1)"] }
        return words
    }

    // MARK: - The environment

    private func environment(
        _ outside: [String: String], _ cell: Cell, _ roots: ToolchainRoots, _ mounts: [Mount]
    ) -> [String: String] {
        var environment = outside.filter { name, value in
            guard !Self.foreign.contains(name) else { return false }
            if name.utf8.starts(with: "XDG_".utf8) { return Self.isShown(value, mounts) }
            return Self.isOurs(name) || !Self.isLost(value, mounts)
        }
        environment.merge(roots.variables) { own, _ in own }
        cell.settle(&environment)
        return environment
    }

    /// Whether a variable is git's or ours, and made for the job.
    private static func isOurs(_ name: String) -> Bool {
        ["GIT_", "DRAFT_"].contains { name.utf8.starts(with: $0.utf8) }
    }

    /// Whether a value is the path of something that is not there inside, such as a cache of the
    /// user's: a program that is told of none makes its own.
    private static func isLost(_ value: String, _ mounts: [Mount]) -> Bool {
        value.utf8.first == UInt8(ascii: "/") && PlacePath.isThere(value)
            && !isShown(value, mounts)
    }

    /// Whether a value is the path of something that is there inside.
    private static func isShown(_ value: String, _ mounts: [Mount]) -> Bool {
        mounts.contains { PlacePath.isWithin(value, $0.path) }
    }

    /// The files that say whom to trust in a network, wherever the machine keeps them.
    private static func certificates(_ environment: [String: String]) -> [String] {
        [
            "SSL_CERT_FILE", "CURL_CA_BUNDLE", "REQUESTS_CA_BUNDLE", "NODE_EXTRA_CA_CERTS",
            "NIX_SSL_CERT_FILE",
        ].compactMap { environment[$0] }.filter { path in
            path.utf8.first == UInt8(ascii: "/") && PlacePath.isThere(path)
                && !PlacePath.isFolder(path)
        }
    }

    /// What leads to places and servers of the machine that are not there inside.
    private static let foreign: Set = [
        "SSH_AUTH_SOCK", "SSH_AGENT_PID", "DBUS_SESSION_BUS_ADDRESS", "DISPLAY", "WAYLAND_DISPLAY",
        "XAUTHORITY", "DOCKER_HOST", "GPG_AGENT_INFO", "OLDPWD", "PWD", "MAIL",
    ]
}

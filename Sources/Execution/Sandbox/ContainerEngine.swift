internal import Glibc
internal import Model
internal import Synchronization

/// Podman or Docker, as it is called on this machine.
public struct ContainerEngine: Sendable {
    /// The program and its global options.
    public let words: [String]

    /// Which of the two it is.
    public let kind: Kind

    /// What it calls itself, such as "podman version 4.3.1".
    public let version: String

    /// The environment that it runs in: what it needs of the user's.
    let environment: [String: String]

    /// The options by which files made inside belong to the user outside, who is not root inside.
    let user: [String]

    /// Whether it can limit the memory and the processes of a container.
    let hasLimits: Bool

    /// The engines that are known.
    public enum Kind: String, Sendable {
        /// Podman.
        case podman
        /// Docker, and what speaks like it.
        case docker
    }

    /// Finds out what there is.
    ///
    /// - Parameters:
    ///   - words: The program and its global options; none looks for Podman, then Docker.
    ///   - environment: The environment of the user.
    /// - Returns: The engine, which the same words find again without any work.
    /// - Throws: ``ExecutionError`` if there is none, or none that keeps anything apart.
    public static func find(
        _ words: [String], environment: [String: String]
    ) throws -> ContainerEngine {
        if let known = found.withLock({ $0[words] }) { return known }
        let engine = try ContainerEngine(probing: words, environment)
        found.withLock { $0[words] = engine }
        return engine
    }

    private static let found = Mutex<[[String]: ContainerEngine]>([:])

    private init(probing given: [String], _ environment: [String: String]) throws {
        let action = "use a container"
        let installed = ["podman", "docker"].first {
            Launch.find($0, in: environment["PATH"]).path != nil
        }
        words = given.isEmpty ? [installed].compactMap(\.self) : given
        let environment = Self.needed(environment)
        self.environment = environment
        guard !words.isEmpty else {
            throw ExecutionError(
                .programNotFound, action, reason: "neither podman nor docker is in PATH")
        }
        let name = try Self.run(words + ["--version"], environment)
        guard name.status == 0, let line = name.text.split(whereSeparator: \.isNewline).first else {
            throw ExecutionError(.failed, action, reason: name.reason, status: name.status)
        }
        version = String(line)
        // Debian's "docker" may be Podman under another name; what it says counts.
        kind = version.utf8.starts(with: "podman".utf8) ? .podman : .docker
        switch kind {
        case .podman:
            user = geteuid() == 0 ? Self.mappedUser : ["--userns=keep-id"]
            hasLimits = geteuid() == 0
        case .docker:
            user = try Self.dockerUser(words, environment)
            hasLimits = true
        }
    }

    /// Root outside is an ordinary user inside, and the other way round.
    ///
    /// Of the numbers none is added or left out: only then need the image not be copied. Without
    /// capabilities root is nobody else inside than the owner of the files that it made.
    private static var mappedUser: [String] {
        let (user, last) = (SystemFiles.userID, 65536)
        let ranges = ["0:1:\(user)", "\(user):0:1", "\(user + 1):\(user + 1):\(last - user - 1)"]
        return ranges.flatMap { ["--uidmap", $0, "--gidmap", $0] } + ["--user", "\(user):\(user)"]
    }

    /// Docker has one mapping for all containers, hence none that fits root.
    private static func dockerUser(
        _ words: [String], _ environment: [String: String]
    ) throws -> [String] {
        let action = "use a container"
        guard geteuid() != 0 else {
            throw ExecutionError(
                .invalidArgument, action,
                reason: "as root, Docker cannot give files made inside an owner other than root "
                    + "inside; install podman, or run as an ordinary user")
        }
        let info = try run(words + ["info", "--format", "{{json .SecurityOptions}}"], environment)
        guard info.status == 0 else {
            throw ExecutionError(.failed, action, reason: info.reason, status: info.status)
        }
        let options = (try? JSON(parsing: info.text))?.array?.compactMap(\.string) ?? []
        let names = options.map { $0.split(separator: ",").first.map(String.init) ?? "" }
        guard !names.contains("name=rootless") else {
            throw ExecutionError(
                .invalidArgument, action,
                reason: "Docker without root cannot give files made inside to you; use podman")
        }
        let isMapped = names.contains("name=userns")
        return ["--user", "\(geteuid()):\(getegid())"] + (isMapped ? ["--userns=host"] : [])
    }
}

// MARK: - What it runs in

extension ContainerEngine {
    /// What an engine needs of an environment: where its programs, settings and sockets are.
    ///
    /// Nothing of it says which code to load: what else the user's programs load may lie where
    /// jobs can write.
    static func needed(_ environment: [String: String]) -> [String: String] {
        environment.filter { name, _ in
            needed.contains(name) || families.contains { name.utf8.starts(with: $0.utf8) }
        }
    }

    private static let needed: Set = [
        "PATH", "HOME", "USER", "LOGNAME", "SHELL", "LANG", "TZ", "TERM", "TMPDIR",
        "DBUS_SESSION_BUS_ADDRESS", "SSH_AUTH_SOCK", "SSL_CERT_FILE", "SSL_CERT_DIR",
        "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", "http_proxy", "https_proxy",
        "all_proxy", "no_proxy",
    ]

    private static let families = [
        "XDG_", "LC_", "CONTAINER", "_CONTAINER", "DOCKER_", "PODMAN_", "BUILDAH_", "BUILDKIT_",
        "STORAGE_", "REGISTRY_", "REGISTRIES_",
    ]
}

// MARK: - Asking it

extension ContainerEngine {
    /// What it answered.
    struct Answer {
        /// Its exit status.
        let status: Int32
        /// What it printed.
        let text: String
        /// What it said about it.
        let errors: String

        /// What it ended for, in its own words.
        var reason: String {
            let lines = errors.split(whereSeparator: \.isNewline).map(String.init)
            let line = lines.last { $0.utf8.starts(with: "Error".utf8) } ?? lines.last
            return line.map { ChildLauncher.reason(in: $0) } ?? "it ended with status \(status)"
        }
    }

    /// Calls it with a command of its own.
    ///
    /// - Parameters:
    ///   - arguments: The command and its arguments.
    ///   - input: What it reads.
    ///   - limit: How long it may take.
    ///   - stop: Ends it early.
    ///   - onOutput: Gets what it prints, as it comes.
    /// - Returns: What it answered, whatever its status.
    /// - Throws: ``ExecutionError`` if it could not be run to its end.
    func run(
        _ arguments: [String], input: [UInt8]? = nil, limit: Duration = .seconds(60),
        stop: StopSignal? = nil, onOutput: ([UInt8]) -> Void = { _ in }
    ) throws -> Answer {
        try Self.run(
            words + arguments, environment, input: input, limit: limit, stop: stop,
            onOutput: onOutput)
    }

    /// A command of its own that a child process may be.
    func command(_ arguments: [String], limit: Duration = .seconds(60)) -> ChildCommand {
        Self.command(words + arguments, environment, limit)
    }

    private static func command(
        _ words: [String], _ environment: [String: String], _ limit: Duration
    ) -> ChildCommand {
        var command = ChildCommand(words, environment: environment, directory: "/")
        // What it leaves running serves the containers of others too.
        command.killsDescendants = false
        command.parentDeathSignal = SIGTERM
        command.deadline = .now + limit
        return command
    }

    private static func run(
        _ words: [String], _ environment: [String: String], input: [UInt8]? = nil,
        limit: Duration = .seconds(60), stop: StopSignal? = nil,
        onOutput: ([UInt8]) -> Void = { _ in }
    ) throws -> Answer {
        var command = command(words, environment, limit)
        command.input = input
        var output = BoundedOutput(limit: 1 << 20)
        var errors = BoundedOutput(limit: 1 << 16)
        let outcome = try ChildProcess.run(command, stop: stop) { stream, bytes in
            if stream == .output { output.append(bytes) } else { errors.append(bytes) }
            onOutput(Array(bytes))
        }
        let status = try GitProgram.status(outcome, "run '\(words[0])'", errors.text)
        return Answer(status: status, text: output.text, errors: errors.text)
    }
}

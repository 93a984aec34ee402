internal import FoundationEssentials
internal import Glibc
internal import Synchronization

/// Programs run in a container of their own, by Podman or Docker, from an image.
///
/// What a container sees of the machine is what its cell names; all programs are those of the
/// image but `git-draft-cell`, an agent that is installed here, and `git-draft` itself.
public struct ContainerSandbox: Sandbox {
    /// Who makes the containers.
    public let engine: ContainerEngine

    /// What they are made of.
    public let image: ContainerImage

    /// A folder of ours, where one of several who make the image is the first.
    let folder: String

    /// Creates it; nothing is started or made.
    ///
    /// - Parameters:
    ///   - engine: Who makes the containers.
    ///   - image: What they are made of.
    ///   - folder: A folder of ours, for a lock.
    public init(engine: ContainerEngine, image: ContainerImage, folder: String) {
        self.engine = engine
        self.image = image
        self.folder = folder
    }

    /// `container`.
    public var kind: SandboxKind { .container }

    /// The name of what they are made of; another recipe has another one.
    public var imageName: String? { image.name }

    /// Makes or fetches the image, unless it is there.
    public func prepare(stop: StopSignal?, onOutput: ([UInt8]) -> Void) throws {
        try image.provide(
            engine, lock: "\(folder)/image", stop: stop, onOutput: onOutput)
    }

    /// The command that runs another one in a container, which ends with it.
    public func wrap(_ command: ChildCommand, in cell: Cell) throws -> ChildCommand {
        try prepare(stop: nil) { _ in }
        try cell.files?.prepare()
        let name = Self.name(cell)
        let helper = try HelperProgram.cell.path(for: cell.program)
        let guest = try ContainerGuest(command, cell)
        let lifeline = try cell.files.map { try Lifeline($0.containers) }
        var words = engine.words + ["run", "--rm", "--name", name]
        if let files = cell.files {
            words += ["--label", "\(Self.label)=\(files.directory)"]
        }
        if command.input != nil { words.append("--interactive") }
        words += engine.user + Self.confinement + ownConfinement(command, cell)
        words += limits(cell)
        words += try ContainerMounts(cell, helper: helper, guest: guest).arguments
        let carried = CarriedEnvironment(inside(command.environment, cell))
        words += (carried.names + cell.marker.keys).flatMap { ["--env", $0] }
        words += ["--workdir", command.directory, "--entrypoint", helper, image.name]
        words += cell.doors.flatMap { ["--listen", "\($0.port)=\($0.socket)"] }
        words += Self.limits(cell.limits, countsProcesses: !engine.hasLimits)
        words += lifeline.map { ["--follow", $0.path] } ?? []
        words += carried.words + ["--keep-environment", "--first", "--"] + guest.arguments
        var wrapped = command
        wrapped.lifeline = lifeline
        wrapped.arguments = words
        wrapped.environment = engine.environment.merging(carried.variables) { $1 }
            .merging(cell.marker) { $1 }
        wrapped.directory = "/"
        // Not SIGKILL: the engine then could not end the container.
        wrapped.parentDeathSignal = SIGTERM
        wrapped.grace = command.grace + .seconds(5)
        wrapped.launcher = launcher(name)
        return wrapped
    }

    /// The label of the containers of a job: the folder of its files.
    static let label = "git-draft.job"

    private static let numbers = Mutex(0)

    /// A name that no container has: a job has one process at a time that starts any.
    private static func name(_ cell: Cell) -> String {
        let number = numbers.withLock { number in
            number += 1
            return number
        }
        let job = cell.files.flatMap { $0.directory.split(separator: "/").last } ?? "job"
        let safe = job.utf8.filter { (0x30...0x39).contains($0) || (0x61...0x7a).contains($0) }
        return "git-draft-\(String(decoding: safe, as: UTF8.self))-\(getpid())-\(number)"
    }

    private func launcher(_ name: String) -> ChildLauncher {
        var launcher = ChildLauncher(
            action: "start the container", statuses: [125, 126, 127],
            prefixes: ["Error: ", "docker: ", "time=\"", "git-draft-cell: "])
        let force = engine.kind == .podman ? ["--time", "0", "--ignore"] : []
        launcher.cleanup = [engine.command(["rm", "--force"] + force + [name])]
        return launcher
    }
}

// MARK: - What it may not do

extension ContainerSandbox {
    /// What both engines understand.
    private static let confinement = [
        "--read-only", "--network", "none", "--cap-drop", "ALL",
        "--security-opt", "no-new-privileges", "--security-opt", "label=disable",
        "--ipc", "private", "--hostname", SystemFiles.host, "--log-driver", "none", "--pull",
        "never",
    ]

    private func ownConfinement(_ command: ChildCommand, _ cell: Cell) -> [String] {
        let size = min(cell.limits.memory / 2, 1 << 30)
        let temporary = ["--tmpfs", "/tmp:rw,exec,nosuid,nodev,size=\(size),mode=1777"]
        guard engine.kind == .podman else { return temporary }
        var words = [
            "--read-only-tmpfs=false", "--http-proxy=false", "--systemd=false",
            "--image-volume=ignore", "--cgroupns=private", "--pid=private", "--uts=private",
        ]
        if cell.files != nil { words.append("--no-hosts") }
        if let deadline = command.deadline {
            // Should both of us be killed, it ends all the same.
            let left = ContinuousClock.now.duration(to: deadline).components.seconds
            words += ["--timeout", "\(max(left, 0) + 60)"]
        }
        return words + ContainerImage.systemLimits + temporary
    }

    private func limits(_ cell: Cell) -> [String] {
        guard engine.hasLimits else { return [] }
        return [
            "--memory", "\(cell.limits.memory)", "--memory-swap", "\(cell.limits.memory)",
            "--pids-limit", "\(cell.limits.processes)",
        ]
    }

    /// The limits that the first program sets.
    private static func limits(_ limits: CellLimits, countsProcesses: Bool) -> [String] {
        var named = [("file_size", limits.fileSize), ("files", Int64(limits.openFiles))]
        if countsProcesses { named.append(("processes", Int64(limits.processes))) }
        if let seconds = limits.cpuSeconds { named.append(("cpu_seconds", Int64(seconds))) }
        return named.flatMap { ["--limit", "\($0.0)=\($0.1)"] }
    }
}

// MARK: - Its environment

extension ContainerSandbox {
    /// What a program finds inside: the places there, and nothing that leads elsewhere.
    private func inside(_ outside: [String: String], _ cell: Cell) -> [String: String] {
        var variables = outside.filter { name, _ in
            !Self.foreign.contains(name) && !name.utf8.starts(with: "XDG_".utf8)
        }
        // Where compilers and their packages are here says nothing about the image.
        let shown = [cell.workspace, cell.files?.directory].compactMap(\.self) + cell.writable
        variables = variables.filter { name, value in
            Self.ours.contains { name.utf8.starts(with: $0.utf8) }
                || value.utf8.first != UInt8(ascii: "/") || PlacePath.isWithin(value, any: shown)
        }
        cell.settle(&variables)
        for (name, folder) in image.caches { variables[name] = "\(cell.home)/\(folder)" }
        return variables
    }

    /// How the names of variables begin that are made for a job, whatever they hold.
    private static let ours = ["DRAFT_", "GIT_"]

    /// What leads to programs, places and servers of the machine that are not there inside.
    private static let foreign: Set = [
        "PATH", "SSH_AUTH_SOCK", "SSH_AGENT_PID", "DBUS_SESSION_BUS_ADDRESS", "DISPLAY",
        "WAYLAND_DISPLAY", "XAUTHORITY", "DOCKER_HOST", "GPG_AGENT_INFO", "CARGO_HOME", "OLDPWD",
        "PWD", "MAIL",
    ]
}

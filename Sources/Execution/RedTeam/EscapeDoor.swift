internal import FoundationEssentials
internal import Glibc
internal import Model

/// The way out of one attempt: a proxy with a list of its own, or the server of a model.
final class EscapeDoor {
    /// The way in, for the cell.
    let door: Cell.Door

    /// What the program inside is told of it.
    let environment: [String: String]

    private let service: ChildHandle
    private let lifeline: Descriptor

    /// Opens one with a list, and waits until it is open.
    convenience init(
        _ allowed: [String], service: [String], stage: EscapeStage
    ) throws {
        let rules = try allowed.map { entry in
            try NetworkRule(
                parsing: ["LISTED", "PORT"].reduce(entry) {
                    $0.replacing("$\($1)", with: stage.facts[$1] ?? "1")
                })
        }
        try self.init(
            .proxy(allow: rules), port: EgressSession.proxyPort,
            environment: ["HTTP_PROXY": "http://127.0.0.1:\(EgressSession.proxyPort)"],
            service: service, stage: stage)
    }

    /// Opens one to the server of a model, as for an agent, with the secret for its key.
    convenience init(model service: [String], stage: EscapeStage) throws {
        let vendor = ModelVendor.anthropic
        var way = try vendor.way(Self.model(stage))
        let placeholder = way.hide(stage.secret)
        try self.init(
            .model(base: way.server.origin + way.server.prefix, replace: way.replacements),
            port: way.port,
            environment: ["ANTHROPIC_API_KEY": placeholder, "ANTHROPIC_BASE_URL": way.inside],
            service: service, stage: stage)
    }

    /// What the user's own environment says of the model.
    static func model(_ stage: EscapeStage) -> [String: String] {
        [
            "ANTHROPIC_API_KEY": stage.secret,
            "ANTHROPIC_BASE_URL": "http://127.0.0.1:\(stage.facts["MODEL"] ?? "1")/v1",
        ]
    }

    private init(
        _ kind: EgressDoor.Kind, port: Int, environment: [String: String],
        service program: [String], stage: EscapeStage
    ) throws {
        self.environment = environment
        let folder = "\(stage.directory)/door"
        try FileManager.default.createDirectory(
            atPath: folder, withIntermediateDirectories: true,
            attributes: [.posixPermissions: 0o700])
        let socket = "\(folder)/agent.sock"
        door = Cell.Door(port: port, socket: socket)
        let served = EgressDoor(name: "agent", socket: socket, kind: kind)
        let order = Array((EgressOrder(doors: [served]).json.line + "\n").utf8)
        let pipe = "\(folder)/order"
        guard unsafe mkfifo(pipe, 0o600) == 0 else {
            throw ExecutionError.system("make '\(pipe)'", errno)
        }
        // Open in both directions: it neither waits for a reader, nor ends before we do.
        lifeline = Descriptor(number: unsafe open(pipe, O_RDWR | O_CLOEXEC))
        guard unsafe write(lifeline.number, order, order.count) == order.count else {
            throw ExecutionError.system("write '\(pipe)'", errno)
        }
        service = try ChildHandle(
            starting: ChildCommand(
                ["sh", "-c", "exec \"$@\" egress < \"$0\"", pipe] + program,
                environment: stage.environment, directory: folder),
            output: .file("\(folder)/said"), error: .file("\(folder)/complaint"),
            parentDeathSignal: SIGKILL)
        try waitUntilReady("\(folder)/said")
    }

    deinit {
        service.terminate(SIGKILL)
        _ = try? ChildHandle.wait(any: [service], timeout: .seconds(2))
    }

    private func waitUntilReady(_ path: String) throws {
        let end = ContinuousClock.now + .seconds(60)
        while true {
            let said = FileManager.default.contents(atPath: path) ?? Data()
            if String(decoding: said, as: UTF8.self).contains("\n") { return }
            let ended = try ChildHandle.wait(any: [service], timeout: .milliseconds(5))
            guard ended.isEmpty, ContinuousClock.now < end else {
                throw ExecutionError(.failed, "open a way out", reason: "the service ended")
            }
        }
    }
}

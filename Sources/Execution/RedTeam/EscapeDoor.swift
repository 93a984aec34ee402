internal import FoundationEssentials
internal import Glibc
internal import Model

/// The way out of one attempt: the proxy with a list of its own.
final class EscapeDoor {
    /// The port inside.
    static let port = 3128

    /// The socket of the proxy.
    let socket: String

    private let service: ChildHandle
    private let lifeline: Descriptor

    /// Opens it, and waits until it is open.
    init(_ allowed: [String], service program: String, stage: EscapeStage) throws {
        let folder = "\(stage.directory)/door"
        try FileManager.default.createDirectory(
            atPath: folder, withIntermediateDirectories: true,
            attributes: [.posixPermissions: 0o700])
        socket = "\(folder)/agent.sock"
        let rules = try allowed.map {
            try NetworkRule(
                parsing: $0.replacing("$LISTED", with: stage.facts["LISTED"] ?? "1"))
        }
        let door = EgressDoor(name: "agent", socket: socket, kind: .proxy(allow: rules))
        let order = Array((EgressOrder(doors: [door]).json.line + "\n").utf8)
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
                ["sh", "-c", "exec \"$1\" egress < \"$2\"", "sh", program, pipe],
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
        let end = ContinuousClock.now + .seconds(10)
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

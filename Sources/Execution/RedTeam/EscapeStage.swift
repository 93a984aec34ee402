internal import FoundationEssentials
internal import GitStore
internal import Glibc

/// One attempt's copy of the ground, with a job on it and a machine around it.
final class EscapeStage {
    /// Its folder.
    let directory: String

    /// The word that is in the name of everything that it has outside of its folder.
    let token: String

    /// The workspace that is attacked from.
    let workspace: Workspace

    /// The commit that the workspace was made from.
    let base: ObjectID

    /// The process that plays the machine.
    let host: ChildHandle

    /// What the attempt is told about the machine.
    private(set) var facts: [String: String]

    /// What the attempt must not see.
    let secret: String

    /// The file that says, should we be killed, that there may be something of that name.
    private let trail: String

    /// The environment of what runs on the machine's side.
    let environment: [String: String]

    init(_ ground: EscapeGround, number: Int, probe: String, isAlone: Bool) throws {
        directory = "\(ground.directory)/\(number)"
        token = EscapeGround.randomWord(12)
        secret = ground.secret
        environment = ground.environment.merging(["HOME": "\(directory)/host/home"]) { $1 }
        trail = "\(ground.directory)/\(EscapeRemains.tokens)/\(token)"
        try EscapeGround.write("", to: trail)
        try ground.copy(to: directory)
        let origin = try EscapeGround.origin(at: directory, environment)
        base = origin.start
        guard let workspace = try Workspace.existing(name: "T-1", origin: origin) else {
            throw ExecutionError(.failed, "attack a workspace", reason: "it is not there")
        }
        self.workspace = workspace
        facts = [
            "HOST": "\(directory)/host", "REPO": "\(directory)/repo", "WORK": workspace.path,
            "JOB": workspace.files.directory, "OUT": workspace.files.output,
            "AGENT": workspace.files.agentGit, "PROBE": probe, "TOKEN": token,
            "BLOB": ground.blob, "REDTEAM": token,
        ]
        for path in Self.outside(token) where path.hasSuffix("-secret") {
            try EscapeGround.write(secret, to: path)
        }
        host = try ChildHandle(
            starting: ChildCommand(
                [probe, "host", "\(directory)/host", token, secret] + (isAlone ? ["alone"] : []),
                environment: ["REDTEAM_SECRET": secret], directory: directory),
            parentDeathSignal: SIGTERM)
        try waitForHost()
    }

    deinit {
        host.terminate(SIGCONT)
        host.terminate(SIGTERM)
        _ = try? ChildHandle.wait(any: [host], timeout: .seconds(2))
        EscapeRemains.clear(token)
        try? FileManager.default.removeItem(atPath: directory)
        try? FileManager.default.removeItem(atPath: trail)
    }

    /// What there is outside of the folder, or may be after an attempt.
    static func outside(_ token: String) -> [String] {
        ["/tmp", "/var/tmp", "/dev/shm"].flatMap { place in
            ["-secret", "-planted", "-big", ".sock"].map { "\(place)/redteam-\(token)\($0)" }
        }
    }

    /// The words that have a program run on the machine, if that is not this one.
    ///
    /// - Parameter probe: The program that goes there.
    /// - Returns: The words; none if the machine is this one.
    func joining(_ probe: String) -> [String] {
        facts["ALONE"].map { [probe, "join", $0] } ?? []
    }

    /// Waits until the machine has opened all its doors, and takes down where they are.
    private func waitForHost() throws {
        defer { facts["CARELESS_PORT"] = facts["PORT"] }
        let end = ContinuousClock.now + .seconds(60)
        while true {
            if let data = FileManager.default.contents(atPath: "\(directory)/host/ready") {
                for line in String(decoding: data, as: UTF8.self).split(separator: "\n") {
                    let parts = line.split(separator: "=", maxSplits: 1)
                    if parts.count == 2 { facts[String(parts[0])] = String(parts[1]) }
                }
                return
            }
            let ended = try ChildHandle.wait(any: [host], timeout: .milliseconds(5))
            guard ended.isEmpty, ContinuousClock.now < end else {
                throw ExecutionError(
                    .failed, "play the machine", reason: "the probe does not open its doors")
            }
        }
    }
}

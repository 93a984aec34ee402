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

    /// The environment of what runs on the machine's side.
    let environment: [String: String]

    init(_ ground: EscapeGround, number: Int, probe: String) throws {
        directory = "\(ground.directory)/\(number)"
        token = EscapeGround.randomWord(12)
        secret = ground.secret
        environment = ground.environment.merging(["HOME": "\(directory)/host/home"]) { $1 }
        try Self.copy("\(ground.directory)/ground", to: directory, ground.environment)
        let repository = try Repository(
            containing: "\(directory)/repo", environment: environment)
        guard let head = try repository.headCommit() else {
            throw ExecutionError(.failed, "attack a repository", reason: "it has no commit")
        }
        base = head
        let origin = WorkspaceOrigin(
            repository: repository, environment: environment,
            root: "\(directory)/repo/.draft/worktrees", name: "Ann", email: "ann@example.com",
            baseBranch: "refs/heads/main", baseCommit: head, start: head,
            branch: "refs/heads/goal/G-1/ticket/T-1", seconds: 1_700_000_000)
        workspace = try Workspace.open(name: "T-1", job: "J-1", origin: origin)
        try workspace.renewAgentGit(head: head)
        facts = [
            "HOST": "\(directory)/host", "REPO": "\(directory)/repo", "WORK": workspace.path,
            "JOB": workspace.files.directory, "OUT": workspace.files.output,
            "AGENT": workspace.files.agentGit, "PROBE": probe, "TOKEN": token,
            "BLOB": ground.blob, "REDTEAM": token,
        ]
        try Self.plant(secret, workspace, token)
        host = try ChildHandle(
            starting: ChildCommand(
                [probe, "host", "\(directory)/host", token, secret],
                environment: ["REDTEAM_SECRET": secret], directory: directory),
            parentDeathSignal: SIGTERM)
        try waitForHost()
    }

    deinit {
        host.terminate(SIGCONT)
        host.terminate(SIGTERM)
        _ = try? ChildHandle.wait(any: [host], timeout: .seconds(2))
        _ = try? Supervision.sweep(marker: "REDTEAM=\(token)")
        for path in Self.outside(token) { try? FileManager.default.removeItem(atPath: path) }
        try? FileManager.default.removeItem(atPath: directory)
    }

    /// What there is outside of the folder, or may be after an attempt.
    static func outside(_ token: String) -> [String] {
        ["/tmp", "/var/tmp", "/dev/shm"].flatMap { place in
            ["-secret", "-planted", "-big", ".sock"].map { "\(place)/redteam-\(token)\($0)" }
        }
    }

    private static func copy(
        _ source: String, to target: String, _ environment: [String: String]
    ) throws {
        var command = ChildCommand(
            ["cp", "-a", source, target], environment: environment, directory: "/")
        command.killsDescendants = false
        guard try ChildProcess.run(command).isSuccess else {
            throw ExecutionError(.failed, "copy '\(source)'", reason: "cp failed")
        }
    }

    /// Puts the secret where only this job's neighbours and others may look.
    private static func plant(_ secret: String, _ workspace: Workspace, _ token: String) throws {
        let job = workspace.files.directory
        let other = "\(job.dropLast(3))J-2/home"
        let neighbour = "\(workspace.path.dropLast(3))T-2"
        for folder in [
            workspace.files.output, workspace.files.input, "\(job)/home", "\(job)/tmp", other,
            neighbour,
            "\(workspace.path)-secret",
        ] {
            try FileManager.default.createDirectory(
                atPath: folder, withIntermediateDirectories: true)
        }
        let places = [
            "\(other)/token", "\(neighbour)/secret", "\(workspace.path)-secret/file",
            "\(workspace.files.controlGit)/secret", workspace.files.workOrder,
        ]
        for path in places + outside(token).filter({ $0.hasSuffix("-secret") }) {
            guard FileManager.default.createFile(atPath: path, contents: Data((secret + "\n").utf8))
            else { throw ExecutionError.system("write '\(path)'", errno) }
        }
        guard FileManager.default.createFile(atPath: workspace.files.log, contents: Data())
        else { throw ExecutionError.system("write '\(workspace.files.log)'", errno) }
    }

    /// Waits until the machine has opened all its doors, and takes down where they are.
    private func waitForHost() throws {
        let end = ContinuousClock.now + .seconds(5)
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

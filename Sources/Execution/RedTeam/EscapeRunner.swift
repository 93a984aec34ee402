internal import FoundationEssentials
internal import GitStore
internal import Glibc
internal import Model

/// Runs attempts to escape, each in a repository and with a home of its own.
///
/// Nothing of the user's is touched, no other machine is asked, and whatever is
/// started or left is gone afterwards.
public struct EscapeRunner {
    /// Where programs are looked for.
    private let path: String

    /// The program that makes attempts which a shell cannot.
    private let probe: String

    /// The program that `git-draft` is, beside which are those that belong to it.
    private let program: String

    /// Ends the run early.
    private let stop: StopSignal?

    /// Creates a runner.
    ///
    /// - Parameters:
    ///   - path: Where programs are looked for, as `PATH` has it.
    ///   - probe: The path of `git-draft-probe`.
    ///   - program: The path of `git-draft`.
    ///   - stop: Ends the run early.
    public init(path: String, probe: String, program: String, stop: StopSignal? = nil) {
        self.path = path
        self.probe = probe
        self.program = program
        self.stop = stop
    }

    /// Runs attempts, first without a sandbox and then in each of some.
    ///
    /// - Parameters:
    ///   - attempts: What to attempt.
    ///   - sandboxes: Where.
    ///   - result: Gets what came of each, as soon as it is known.
    /// - Throws: ``ExecutionError`` if the ground for the attempts cannot be made.
    public func run(
        _ attempts: [EscapeCase], in sandboxes: [any Sandbox],
        result: (EscapeResult) throws -> Void
    ) throws {
        let ground = try EscapeGround(path: path)
        var number = 0
        func trace(_ attempt: EscapeCase, _ sandbox: (any Sandbox)?) throws -> Trial {
            number += 1
            let stage: EscapeStage
            do {
                stage = try EscapeStage(
                    ground, number: number, probe: probe, isAlone: attempt.isAlone)
            } catch  where attempt.isAlone {
                let reason = "no network of its own can be had here"
                return Trial(lastWords: reason, problem: reason)
            }
            return try self.attempt(attempt, on: stage, in: sandbox)
        }
        for attempt in attempts {
            if stop?.isRequested ?? false { return }
            let control = try trace(attempt, nil)
            for sandbox in sandboxes {
                let verdict: EscapeVerdict
                if control.trace == nil {
                    verdict = .void(control.lastWords ?? "it gets nowhere without a sandbox either")
                } else if sandbox.kind == .none, !attempt.holdsEverywhere {
                    verdict = .out(control.trace ?? "")
                } else {
                    let trial = try trace(attempt, sandbox)
                    // What got out may be the very reason why the rest went wrong.
                    verdict =
                        trial.trace.map { .out($0) } ?? trial.problem.map { .void($0) } ?? .held
                }
                try result(EscapeResult(attempt: attempt, kind: sandbox.kind, verdict: verdict))
            }
        }
    }

    /// What was seen of one attempt.
    private struct Trial {
        /// How it showed on the machine.
        var trace: String?
        /// The last line that it printed.
        var lastWords: String?
        /// Why it could not be made at all.
        var problem: String?
    }

    /// Makes an attempt.
    ///
    /// Without a sandbox a careless controller comes after it, and ours otherwise.
    private func attempt(
        _ attempt: EscapeCase, on stage: EscapeStage, in sandbox: (any Sandbox)?
    ) throws -> Trial {
        var trial = Trial()
        var command = ChildCommand(
            ["sh", "-c", Self.preamble + attempt.script],
            environment: environment(of: stage, isOpen: sandbox == nil),
            directory: stage.workspace.path)
        if attempt.reachesModel { command.environment.merge(EscapeDoor.model(stage)) { $1 } }
        var door: EscapeDoor?
        defer { withExtendedLifetime(door) {} }
        if let sandbox {
            var cell = cell(attempt, stage)
            do {
                door = try self.door(attempt, stage, sandbox)
                cell.doors = [door?.door].compactMap(\.self)
                command.environment.merge(door?.environment ?? [:]) { $1 }
                command = try sandbox.wrap(command, in: cell).bounded(by: cell)
            } catch {
                trial.problem = "\(error)"
                return trial
            }
        }
        guard sandbox?.kind != .container || !attempt.isAlone else {
            trial.problem = "a container has no machine of its own"
            return trial
        }
        command.arguments = stage.joining(probe) + command.arguments
        let before = stage.before(attempt)
        let isMarked = sandbox == nil || sandbox?.kind == SandboxKind.none
        func trace(_ log: String) throws -> String? {
            try stage.trace(
                of: attempt, since: before, log: log, probe: probe, isBound: sandbox != nil)
        }
        var log = try perform(command, attempt, isBound: sandbox != nil)
        if attempt.careless == nil || !isMarked {
            trial.trace = try trace(log)
        } else {
            stage.forgetMark()
        }
        if trial.trace == nil, let careless = attempt.careless {
            if sandbox == nil {
                log += try perform(self.careless(careless, stage), attempt, isBound: false)
            } else {
                trial.problem = careful(stage, attempt)
            }
            let printed = sandbox == nil ? log : ""
            trial.trace = try trace(printed)
        }
        if trial.trace == nil, log.hasSuffix(Self.lateness) { trial.problem = Self.lateness }
        trial.lastWords = log.split(separator: "\n").last.map { String($0.prefix(100)) }
        return trial
    }

    /// The way out that an attempt is about, from where there is none.
    private func door(
        _ attempt: EscapeCase, _ stage: EscapeStage, _ sandbox: any Sandbox
    ) throws -> EscapeDoor? {
        guard sandbox.kind.isApart, attempt.allowed != nil || attempt.reachesModel else {
            return nil
        }
        let service = stage.joining(probe) + [try HelperProgram.service.path(for: program)]
        if attempt.reachesModel { return try EscapeDoor(model: service, stage: stage) }
        return try EscapeDoor(attempt.allowed ?? [], service: service, stage: stage)
    }

    private static let preamble = "claim() { echo yes > $OUT/claim; }\n"
}

// MARK: - Programs

extension EscapeRunner {
    /// The environment of a job, or of the user's shell if it is open.
    private func environment(of stage: EscapeStage, isOpen: Bool) -> [String: String] {
        let secret = stage.secret
        let user = [
            "AWS_SECRET_ACCESS_KEY": secret, "DATABASE_URL": "postgres://ann:\(secret)@localhost/x",
            "GITHUB_TOKEN": secret, "MY_DEPLOY_WORD": secret, "LANG": "C",
        ]
        let job = JobEnvironment(named: [], file: [:]).variables(of: user, for: .claude)
        return (isOpen ? user : job).merging(stage.facts) { $1 }.merging([
            "PATH": path, "HOME": "\(stage.workspace.files.directory)/home",
            "TMPDIR": "\(stage.workspace.files.directory)/tmp", "LC_ALL": "C",
            "GIT_TERMINAL_PROMPT": "0",
        ]) { $1 }
    }

    /// What the sandbox gives a job's program, and the probe.
    private func cell(_ attempt: EscapeCase, _ stage: EscapeStage) -> Cell {
        var cell = Cell(workspace: stage.workspace.path, phase: .agent)
        cell.gitDirectory = stage.workspace.files.agentGit
        cell.objects = ["\(stage.directory)/repo/.git/objects"]
        cell.files = stage.workspace.files
        cell.readable = [probe]
        cell.userEnvironment = ["PATH": path]
        cell.program = program
        guard attempt.category == .limits else { return cell }
        cell.limits.memory = Int64(EscapeCase.memory) << 20
        cell.limits.processes = EscapeCase.processCount
        cell.limits.disk = Int64(EscapeCase.disk) << 20
        cell.limits.fileSize = Int64(EscapeCase.fileSize) << 20
        cell.limits.openFiles = EscapeCase.openFiles
        cell.limits.cpuSeconds = EscapeCase.processorSeconds
        return cell
    }

    /// What an attempt was seen to print last if it was not let finish.
    private static let lateness = "its time was up"

    /// How many milliseconds an attempt has on a busy machine; few take one second.
    private static let patience = 120_000

    /// Runs a program for a few seconds at most; returns the end of what it printed.
    private func perform(
        _ command: ChildCommand, _ attempt: EscapeCase, isBound: Bool
    ) throws -> String {
        var command = command
        command.mergesStreams = true
        // What the sandbox does not end is to be seen; limits hold for what is supervised.
        command.killsDescendants = isBound && attempt.category == .limits
        command.grace = .milliseconds(300)
        let limit = isBound ? attempt.time : nil
        command.deadline = ContinuousClock.now + .milliseconds(limit ?? Self.patience)
        var output = BoundedOutput(limit: 64 << 10)
        do {
            let outcome = try ChildProcess.run(command, stop: stop) { output.append($1) }
            if outcome.cause == .deadline, limit == nil {
                return "\(output.text)\n\(Self.lateness)"
            }
        } catch let error as ExecutionError {
            return output.text + "\n\(error)"
        }
        return output.text
    }

    /// What somebody does who does not know better.
    private func careless(_ script: String, _ stage: EscapeStage) -> ChildCommand {
        var environment = environment(of: stage, isOpen: true)
        environment.merge(stage.environment) { $1 }
        return ChildCommand(
            ["sh", "-c", script], environment: environment, directory: stage.workspace.path)
    }

    /// What the controller does: it reads the result and the events, stores what the job left,
    /// looks at it, and tidies up.
    ///
    /// What it refuses it may refuse; only what is about landings has to land.
    ///
    /// - Returns: Why it did not land, if it was to.
    private func careful(_ stage: EscapeStage, _ attempt: EscapeCase) -> String? {
        let workspace = stage.workspace
        read(stage, isShown: attempt.sign == .leak)
        let author = Signature(name: "Ann", email: "ann@example.com", seconds: 1_700_000_001)
        let snapshot = try? workspace.snapshot(
            number: 1, job: "J-1", author: author, previous: stage.base)
        try? workspace.renewAgentGit(head: snapshot?.commit ?? stage.base)
        try? workspace.restore(to: stage.base)
        if let snapshot {
            let git = GitProgram(environment: stage.environment)
            for words in [["diff", "--no-ext-diff", "--no-textconv"], ["diff-tree", "-r", "-p"]] {
                _ = try? git.run(
                    words + ["\(stage.base)", "\(snapshot.commit)", "--"],
                    in: "\(stage.directory)/repo")
            }
        }
        var problem: String?
        if attempt.lands {
            do {
                problem = try EscapeLanding(stage).land(snapshot)
            } catch {
                problem = "\(error)"
            }
        }
        try? workspace.remove()
        return problem
    }

    /// Reads the result and the events, and shows them where a leak is looked for.
    private func read(_ stage: EscapeStage, isShown: Bool) {
        let copy = "\(stage.directory)/host/copy"
        let limits = [
            JobFiles.resultFile: AgentResult.limit + 1,
            JobFiles.eventsFile: AgentReading.outputLimit,
        ]
        for (name, limit) in limits {
            let bytes = stage.workspace.files.take(name, limit: limit) ?? []
            guard isShown, !bytes.isEmpty else { continue }
            try? FileManager.default.createDirectory(
                atPath: copy, withIntermediateDirectories: true)
            try? JobFiles.replace("\(copy)/\(name)", with: bytes)
        }
    }
}

internal import GitStore
public import Model

/// What the programs of a job may see and use.
extension JobContext {
    /// The cell of a program that runs in a workspace.
    ///
    /// - Parameters:
    ///   - workspace: Where it runs.
    ///   - files: The files of the job.
    ///   - policy: What is in force.
    ///   - phase: What it runs for.
    /// - Returns: The cell.
    func cell(
        _ workspace: Workspace, _ files: JobFiles, _ policy: Policy, _ phase: Cell.Phase
    ) -> Cell {
        cell(workspace.path, workspace.files.agentGit, files, policy, phase)
    }

    /// The cell of a program that runs in a directory with a git directory of its own.
    func cell(
        _ directory: String, _ gitDirectory: String, _ files: JobFiles, _ policy: Policy,
        _ phase: Cell.Phase
    ) -> Cell {
        var cell = Cell(workspace: directory, phase: phase)
        cell.gitDirectory = gitDirectory
        cell.objects = ObjectFolders.of(repository.commonDirectory)
        cell.files = phase == .agent ? files : files.forChecks
        cell.writable = policy.sandbox.writable
        cell.hidden = hidden
        cell.checkout = repository.mainWorkDirectory
        cell.userEnvironment = userEnvironment
        cell.limits = CellLimits(policy.sandbox.limits)
        cell.program = program
        cell.ways = ways(policy, files)
        return cell
    }
}

extension JobContext {
    /// The environment of the user, with what the file outside of the repository adds to it.
    private var userEnvironment: [String: String] {
        let added = environmentFile?.variables ?? [:]
        return environment.merging(
            added.filter { JobEnvironment.canPass($0.key) && $0.key != "HOME" }
        ) { $1 }
    }

    /// What no program of a job ever sees as a whole.
    private var hidden: [String] {
        [environment["HOME"], repository.commonDirectory, repository.mainWorkDirectory]
            .compactMap(\.self)
    }

    /// The sandbox that jobs get under a policy, and whether all that it opens can be opened.
    ///
    /// - Parameter policy: What is in force.
    /// - Returns: The sandbox.
    /// - Throws: ``AdmissionError`` if no job could run in it.
    public func checkedSandbox(_ policy: Policy) throws -> any Sandbox {
        let sandbox = try sandbox(policy)
        guard sandbox.kind.isApart else { return sandbox }
        for path in policy.sandbox.writable {
            do throws(ExecutionError) {
                _ = try OpenedPlace(path, beside: hidden, path: userEnvironment["PATH"])
            } catch {
                throw AdmissionError("\(error)", hint: "git draft config sandbox.writable")
            }
        }
        return sandbox
    }
}

extension Cell {
    /// Adds what an agent needs: its program, what its settings name, and its script.
    mutating func admit(
        _ settings: AgentSettings, _ servers: [String: ToolServer], script: String?
    ) {
        if case .argv(let words)? = settings.command { programs += words.dropFirst() }
        if settings.command == nil {
            let own = AgentDiscovery.find(settings.kind, environment: userEnvironment)
            ownPrograms += [own].compactMap(\.self)
        }
        for server in servers.values {
            guard case .program(let command, let args, _) = server.transport else { continue }
            programs += [command] + args
        }
        programs = programs.filter { $0.utf8.first == UInt8(ascii: "/") }
        guard let script else { return }
        let isOurs = files.map { PlacePath.isWithin(script, $0.input) } ?? false
        let shown = isOurs ? script : NamedFile.shown(script, tree: checkout, writable: writable)
        readable += [shown].compactMap(\.self)
    }
}

/// The folders that hold the objects of a repository.
enum ObjectFolders {
    /// The repository's own, and those that its `info/alternates` lead to.
    ///
    /// - Parameter commonDirectory: The git directory.
    /// - Returns: Absolute paths, each once.
    static func of(_ commonDirectory: String) -> [String] {
        var found: [String] = []
        var next = ["\(commonDirectory)/objects"]
        // As deep as git goes.
        for _ in 0...5 {
            var further: [String] = []
            for folder in next where !found.contains(folder) {
                found.append(folder)
                further += alternates(of: folder)
            }
            next = further
        }
        return found
    }

    private static func alternates(of folder: String) -> [String] {
        guard let info = try? Folder(trusted: "\(folder)/info"),
            let bytes = (try? info.read("alternates", limit: 1 << 20)) ?? nil
        else { return [] }
        return bytes.split(separator: 10).compactMap { line in
            guard let first = line.first, first != UInt8(ascii: "#") else { return nil }
            let text = String(decoding: line, as: UTF8.self)
            guard first != UInt8(ascii: "/") else { return text }
            return PlacePath.physical("\(folder)/\(text)")
        }
    }
}

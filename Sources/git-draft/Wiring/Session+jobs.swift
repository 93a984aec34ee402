import Configuration
import Execution
import FoundationEssentials
import GitStore
import Glibc
import Model
import Porcelain

extension Session {
    /// What jobs need of the world.
    ///
    /// - Parameter readsOnce: Whether skills stay as they were when they were first looked at.
    /// - Returns: What jobs need.
    /// - Throws: ``CommandError`` if it cannot be found out which program this is.
    func jobContext(readsOnce: Bool = false) throws -> JobContext {
        let loader = PolicyLoader(self)
        let skills = SkillLibrary(repository, readsOnce: readsOnce)
        let program = try Self.program()
        let sandboxes = sandboxes(program: program)
        var jobs = JobContext(
            board: board, environment: jobEnvironment, program: program,
            redactor: redactor,
            policy: { try Trust.checked(loader.load(at: $0), skills, in: self).policy },
            sandbox: { try sandboxes.sandbox(for: $0) })
        jobs.skills = skills
        jobs.acceptedSet = acceptedSet
        jobs.foundSandbox = { sandboxes.found }
        jobs.planning = planning()
        jobs.environmentFile = try? environmentFile.get()
        jobs.checkScript = { _ = try ReplayFile.parse($0, file: $1) }
        jobs.removeContainers = { try containerEngine().removeContainers(of: $0) }
        return jobs
    }

    /// The environment without what git told us about where we were started.
    private var jobEnvironment: [String: String] {
        var environment = context.environment
        for name in ["GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_PREFIX", "GIT_EXEC_PATH"] {
            environment[name] = nil
        }
        return environment
    }

    /// The path of this program.
    static func program() throws -> String {
        do {
            return try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
        } catch {
            throw CommandError("cannot find out where this program is: \(error)")
        }
    }

    /// Checks what must hold before any job starts, and closes what died.
    ///
    /// - Returns: What jobs need of the world.
    func admission() throws -> JobContext {
        _ = try board.snapshot()
        try closeDeadJobs()
        let loader = PolicyLoader(self)
        let loaded = try loader.current().policy
        try Trust.check(loaded, in: self)
        _ = try environmentFile.get()
        let jobs = try jobContext()
        try checkSandbox(jobs, loaded.policy)
        removeLeftovers(jobs)
        return jobs
    }

    /// The tickets that prefixes name, each once, in the order given.
    func ticketIDs(_ prefixes: [String]) throws -> [String] {
        let snapshot = try board.snapshot()
        var seen: Set<String> = []
        return try prefixes.map { try snapshot.ticketID($0) }.filter { seen.insert($0).inserted }
    }

    /// The job that a prefix names: its own id, or that of a ticket, whose last job it is.
    func jobID(_ prefix: String) throws -> String {
        let snapshot = try board.snapshot()
        let hit = try snapshot.resolve(prefix, among: [.job, .ticket])
        guard hit.kind == .ticket else { return hit.id }
        let jobs = try snapshot.list(Model.Job.self).filter { $0.ticketID == hit.id }
        let last = jobs.max { ($0.createdAt ?? .distantPast) < ($1.createdAt ?? .distantPast) }
        guard let last else {
            throw CommandError(
                "no job has run for ticket \(hit.id.prefix(6))",
                hint: "git draft run \(hit.id.prefix(6))")
        }
        return last.id
    }
}

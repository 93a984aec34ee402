import Execution
import FoundationEssentials
import GitStore
import Glibc
import Model
import Porcelain

extension DoctorReport {
    /// The first version of git that can merge without a work tree.
    private static let leastGit = [2, 38]

    /// Looks at what is there whatever the repository.
    mutating func lookAtMachine(_ context: Context) {
        lookAtGit(context)
        add(.good, in: .machine, "libgit2", Repository.libraryVersion)
        lookAtSandbox(context)
        let home = context.environment["XDG_STATE_HOME"] ?? context.environment["HOME"] ?? ""
        if home.utf8.first != UInt8(ascii: "/") {
            add(
                .problem, in: .machine, "home", "there is no place for what you accept",
                hint: "export HOME")
        }
        if context.environment["DRAFT_JOB"] != nil {
            add(.note, in: .machine, "job", "this is inside of a job, which cannot decide")
        }
    }

    /// Tries bubblewrap, and names what it shows of this machine besides the system.
    private mutating func lookAtSandbox(_ context: Context) {
        let environment = context.environment
        do throws(SandboxFailure) {
            guard let program = try? Session.program() else { return }
            let sandbox = try Bubblewrap.tried(environment: environment, program: program)
            add(
                sandbox.remark == nil ? .good : .warning, in: .machine, "sandbox",
                sandbox.remark ?? sandbox.version)
        } catch {
            return add(
                error.isOurs ? .problem : .warning, in: .machine, "sandbox", error.description,
                hint: error.hint)
        }
        for path in ToolchainRoots(environment: environment).paths {
            add(.note, in: .machine, "toolchain", path)
        }
    }

    private mutating func lookAtGit(_ context: Context) {
        var git = GitProgram(environment: context.environment)
        git.timeLimit = .seconds(5)
        do {
            let words = try git.run(["version"], in: "/").text.split(separator: " ")
            let version = words.count > 2 ? String(words[2]) : "?"
            let numbers = version.split(separator: ".").prefix(2).compactMap { Int($0) }
            guard !numbers.lexicographicallyPrecedes(Self.leastGit) else {
                return add(
                    .problem, in: .machine, "git",
                    "\(version) is too old; git-draft needs 2.38 or later",
                    details: ["version": .string(version)])
            }
            add(.good, in: .machine, "git", version, details: ["version": .string(version)])
        } catch {
            add(error, in: .machine, "git")
        }
    }

    /// Looks at the place where work is done: whether it can be written, and how much fits.
    mutating func lookAtDisk(_ session: Session) {
        let repository = session.repository
        let root = WorkspaceRoot.path(
            repository, repository.configuration, home: session.context.environment["HOME"])
        var place = root
        while unsafe access(place, F_OK) != 0, let slash = place.utf8.lastIndex(of: 0x2f) {
            place = String(place[..<slash])
        }
        if place.isEmpty { place = "/" }
        let writes = unsafe access(place, W_OK | X_OK) == 0
        if writes {
            add(.good, in: .repository, "worktrees", root)
        } else {
            add(
                .problem, in: .repository, "worktrees",
                "'\(place)' cannot be written, and '\(root)' is for worktrees",
                hint: "git config draft.worktreeRoot DIRECTORY")
        }
        var seen: Set<UInt> = []
        for path in [place, repository.commonDirectory] {
            guard let space = Self.space(at: path), seen.insert(space.system).inserted else {
                continue
            }
            let level: Level = space.free < 100 ? .problem : space.free < 1024 ? .warning : .good
            add(level, in: .repository, "disk", "\(space.free) MiB are free at '\(path)'")
        }
    }

    /// The space that is left where a path is, in MiB, and what tells file systems apart.
    private static func space(at path: String) -> (free: UInt64, system: UInt)? {
        var status = statvfs()
        guard unsafe statvfs(path, &status) == 0, status.f_blocks > 0 else { return nil }
        let free = (UInt64(status.f_bavail) &* UInt64(status.f_frsize)) >> 20
        return (free, UInt(status.f_fsid))
    }
}

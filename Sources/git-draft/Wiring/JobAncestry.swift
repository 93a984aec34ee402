import FoundationEssentials
import GitStore
import Glibc
import Porcelain

/// Whether this process was started by a job, whatever its environment says.
///
/// Several things say so, none of which a process gets rid of by forking twice, by a session of
/// its own or by a clean environment. What keeps a hostile process from lying altogether is a
/// sandbox, in which there is no board to decide on.
enum JobAncestry {
    /// How far up the line of processes to look.
    private static let limit = 256

    /// Whether a job started this process, or the repository is one that a job works in.
    static func isInsideJob(at repository: Repository) -> Bool {
        isMarked || isOfJob(repository) || isBelowJob()
    }

    // MARK: - The line of processes

    /// Whether a process above this one supervises a job, or was told which job it is of.
    ///
    /// A job's process is the reaper of everything below it: whoever forks twice gets it for a
    /// parent.
    private static func isBelowJob() -> Bool {
        var process = getppid()
        for _ in 0..<limit where process > 1 {
            if isSupervisor(process) || isToldSo(process) { return true }
            guard let parent = parent(of: process) else { return false }
            process = parent
        }
        return false
    }

    private static func isSupervisor(_ process: Int32) -> Bool {
        guard let words = FileManager.default.contents(atPath: "/proc/\(process)/cmdline") else {
            return false
        }
        let arguments = words.split(separator: 0).map { String(decoding: $0, as: UTF8.self) }
        return arguments.count > 1 && arguments[1] == Supervise.verb
            && arguments[0].hasSuffix("git-draft")
    }

    /// Whether a process was started with the variables of a job, whatever it passes on.
    private static func isToldSo(_ process: Int32) -> Bool {
        guard let words = FileManager.default.contents(atPath: "/proc/\(process)/environ") else {
            return false
        }
        let marker = Array("DRAFT_JOB_FILES=".utf8)
        return words.split(separator: 0).contains { $0.starts(with: marker) }
    }

    /// The parent of a process, by the second field after its name.
    private static func parent(of process: Int32) -> Int32? {
        guard let status = FileManager.default.contents(atPath: "/proc/\(process)/stat"),
            let end = status.lastIndex(of: UInt8(ascii: ")"))
        else { return nil }
        let fields = status[(end + 1)...].split(separator: UInt8(ascii: " "))
        return fields.count > 1 ? Int32(String(decoding: fields[1], as: UTF8.self)) : nil
    }

    // MARK: - The mark

    /// A bound on message queues that nobody else sets, and that passes to every descendant.
    ///
    /// It cannot be raised again without privileges, and outlives the processes in between.
    private static let bound: rlim_t = 819_177

    /// Marks this process, and all that it starts from now on.
    static func mark() {
        var limit = rlimit()
        guard unsafe getrlimit(Int32(__RLIMIT_MSGQUEUE.rawValue), &limit) == 0,
            limit.rlim_max >= bound
        else {
            return
        }
        limit = rlimit(rlim_cur: min(limit.rlim_cur, bound), rlim_max: bound)
        _ = unsafe setrlimit(Int32(__RLIMIT_MSGQUEUE.rawValue), &limit)
    }

    private static var isMarked: Bool {
        var limit = rlimit()
        return unsafe getrlimit(Int32(__RLIMIT_MSGQUEUE.rawValue), &limit) == 0
            && limit.rlim_max == bound
    }

    // MARK: - The repository

    /// Whether a repository is the private one of a job, which holds no board.
    private static func isOfJob(_ repository: Repository) -> Bool {
        let parts = repository.gitDirectory.split(separator: "/").suffix(4)
        return parts.count == 4 && parts.starts(with: ["draft", "jobs"])
            && ["agent.git", "control.git"].contains(parts.last)
    }
}

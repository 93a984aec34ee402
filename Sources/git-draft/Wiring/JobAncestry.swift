import FoundationEssentials
import Glibc
import Porcelain

/// Whether this process was started by a job, whatever its environment says.
///
/// A job's process is the reaper of everything below it, so that no descendant can get out of
/// its line by forking twice. What keeps a hostile process from lying altogether is a sandbox.
enum JobAncestry {
    /// How far up the line of processes to look.
    private static let limit = 256

    /// Whether a process above this one supervises a job.
    static func isInsideJob() -> Bool {
        var process = getppid()
        for _ in 0..<limit where process > 1 {
            if isSupervisor(process) { return true }
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

    /// The parent of a process, by the second field after its name.
    private static func parent(of process: Int32) -> Int32? {
        guard let status = FileManager.default.contents(atPath: "/proc/\(process)/stat"),
            let end = status.lastIndex(of: UInt8(ascii: ")"))
        else { return nil }
        let fields = status[(end + 1)...].split(separator: UInt8(ascii: " "))
        return fields.count > 1 ? Int32(String(decoding: fields[1], as: UTF8.self)) : nil
    }
}

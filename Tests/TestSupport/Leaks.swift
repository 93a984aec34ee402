import Foundation
import Glibc

/// What a sandbox must not leave behind: processes, lock files, temporary files.
enum Leaks {
    /// Everything that is left below a folder, one line each.
    ///
    /// What was detached gets some time to end; then it is killed. A process that just executes
    /// another program is not seen, but what it holds or makes is.
    static func found(below root: URL, grace: Duration) -> [String] {
        let deadline = ContinuousClock.now + grace
        while !(processes(of: root.path).isEmpty && locks(below: root).isEmpty
            && temporaryFiles(below: root).isEmpty), ContinuousClock.now < deadline
        { usleep(20_000) }
        let processes = processes(of: root.path)
        for (identifier, _) in processes { kill(identifier, SIGKILL) }
        return processes.map { "process \($0): \($1)" } + locks(below: root)
            + temporaryFiles(below: root)
    }

    /// The processes that have the path in their environment or arguments, or work below it.
    private static func processes(of path: String) -> [(Int32, String)] {
        let needle = Data(path.utf8)
        let names = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
        return names.compactMap { name in
            guard let identifier = Int32(name), identifier != getpid() else { return nil }
            let folder = "/proc/\(name)"
            // A zombie has neither environment nor arguments, and its parent has not reaped it.
            let command = FileManager.default.contents(atPath: "\(folder)/cmdline") ?? Data()
            let environment = FileManager.default.contents(atPath: "\(folder)/environ") ?? Data()
            let directory = try? FileManager.default.destinationOfSymbolicLink(
                atPath: "\(folder)/cwd")
            guard
                environment.range(of: needle) != nil || command.range(of: needle) != nil
                    || directory?.hasPrefix(path) == true
            else { return nil }
            let words = String(decoding: command, as: UTF8.self).split(separator: "\0")
            return (identifier, words.joined(separator: " "))
        }
    }

    /// Lock files in any git directory, whatever its name.
    private static func locks(below root: URL) -> [String] {
        let files = FileManager.default.enumerator(
            at: root, includingPropertiesForKeys: [], options: [])
        return (files?.allObjects ?? []).compactMap { ($0 as? URL)?.path }
            .filter { $0.hasSuffix(".lock") && ($0.contains(".git/") || $0.contains("/draft/")) }
            // The home of an agent, which a parked job keeps, is its own business.
            .filter { !$0.contains("/home/.") }
            // So is its git, which may be killed at any moment, and a repository in its tree.
            .filter { !$0.contains("/agent.git/") && !$0.contains("/.draft/worktrees/") }
    }

    private static func temporaryFiles(below root: URL) -> [String] {
        let folder = root.appending(path: "tmp").path
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        return names.sorted().map { "\(folder)/\($0)" }
    }
}

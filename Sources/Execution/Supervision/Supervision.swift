internal import CProcess
internal import Glibc
internal import Synchronization

/// What a process arranges about itself before it supervises others.
public enum Supervision {
    /// Makes this process the parent of every orphan below it.
    ///
    /// Otherwise a daemon below us becomes a child of init, out of our sight.
    public static func becomeSubreaper() throws {
        guard cprocess_become_subreaper() == 0 else {
            throw ExecutionError.system("adopt orphans", errno)
        }
    }

    /// Has this process signalled when its parent dies.
    ///
    /// More exactly: when the thread of the parent ends that started it.
    ///
    /// - Parameters:
    ///   - signal: what to get then.
    ///   - parent: who the parent was at the start; if it is gone already, the
    ///     signal comes at once.
    /// - Throws: ``ExecutionError`` if the system refuses.
    public static func dieWithParent(_ signal: Int32, parent: Int32? = nil) throws {
        guard cprocess_die_with_parent(signal) == 0 else {
            throw ExecutionError.system("follow the parent", errno)
        }
        if let parent, getppid() != parent { _ = kill(getpid(), signal) }
    }

    /// Kills every process of our user that was started with this `NAME=VALUE`.
    ///
    /// For what a crash left behind: who inherits the environment of a job is
    /// found wherever it hides. A program that overwrites its own environment
    /// is not.
    ///
    /// - Returns: how many there were, this process not counted.
    public static func sweep(marker: String) throws -> Int {
        guard marker.utf8.contains(UInt8(ascii: "=")), !marker.utf8.contains(0) else {
            throw ExecutionError(
                .invalidArgument, "sweep '\(marker)'", reason: "the marker is not NAME=VALUE")
        }
        let start = ContinuousClock.now
        var killed = 0
        var cleanLooks = 0
        // Twice: who was listed may have forked and ended before we looked at it.
        while cleanLooks < 2 {
            let (found, isUnclear) = sweepOnce(marker)
            killed += found
            cleanLooks = found > 0 ? 0 : cleanLooks + 1
            if isUnclear, ContinuousClock.now < start + patience {
                cleanLooks = 0
                usleep(1000)
            }
            guard ContinuousClock.now < start + .seconds(30) else {
                throw ExecutionError(
                    .unkillable, "sweep '\(marker)'", reason: "some processes outlive SIGKILL")
            }
        }
        return killed
    }

    /// How long a process is waited for that has neither words nor an environment: it is about to
    /// be another program, or it has done away with both.
    private static let patience = Duration.seconds(1)

    /// Kills who bears the marker now, and waits until they are gone.
    ///
    /// - Returns: How many there were, and whether there is anybody of whom nobody can tell.
    private static func sweepOnce(_ marker: String) -> (found: Int, isUnclear: Bool) {
        var found = 0
        var isUnclear = false
        for entry in Descendants.processes() where entry.ended == 0 && entry.pid != getpid() {
            // Opened before we look: should the number be reused, nobody is hit.
            let descriptor = Descriptor(number: cprocess_pidfd(entry.pid))
            let answer = unsafe cprocess_environment_contains(entry.pid, marker)
            isUnclear = isUnclear || answer < 0
            guard answer > 0 else { continue }
            guard cprocess_signal(descriptor.number, entry.pid, SIGKILL) == 0 else { continue }
            found += 1
            var wait = pollfd(fd: descriptor.number, events: Int16(POLLIN), revents: 0)
            _ = unsafe poll(&wait, 1, 1000)
            if entry.parent == getpid() { _ = collectOrphan(entry.pid) }
        }
        return (found, isUnclear)
    }

    /// Collects a child that no part of this program waits for.
    private static func collectOrphan(_ pid: Int32) -> Bool {
        Roster.shared.withLock { roster in
            guard !roster.spared.contains(pid), !roster.isSupervising else { return false }
            return cprocess_reap(pid).kind != cprocess_end_running.rawValue
        }
    }
}

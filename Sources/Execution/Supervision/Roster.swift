internal import CProcess
internal import Synchronization

/// The children that this process has started and not yet collected.
///
/// Killing descendants spares what is listed here: a `git` that another thread
/// runs, or the supervisors of other jobs.
struct Roster {
    /// The children to spare, with everything below them.
    private(set) var spared: Set<Int32> = []

    /// Whether a child runs whose descendants will be killed.
    private(set) var isSupervising = false

    /// The roster of this process.
    static let shared = Mutex(Roster())

    /// Starts a child and lists it before anyone could take it for an orphan.
    static func start(
        _ command: ChildCommand, _ streams: cprocess_streams, groups: [Int32] = []
    ) throws -> Int32 {
        try shared.withLock { roster in
            let pid = try Launch.start(command, streams, groups: groups)
            if !command.killsDescendants { roster.spared.insert(pid) }
            return pid
        }
    }

    /// Collects a child if it has ended.
    static func reap(_ pid: Int32) -> cprocess_end {
        shared.withLock { roster in
            let end = cprocess_reap(pid)
            if end.kind != cprocess_end_running.rawValue { roster.spared.remove(pid) }
            return end
        }
    }

    /// Runs the body as the only one in this process that kills descendants.
    static func supervising<Result>(
        _ action: String, _ body: () throws -> Result
    ) throws -> Result {
        let isFree = shared.withLock { roster in
            defer { roster.isSupervising = true }
            return !roster.isSupervising
        }
        guard isFree else {
            throw ExecutionError(
                .busy, action, reason: "this process supervises another program already")
        }
        defer { shared.withLock { $0.isSupervising = false } }
        return try body()
    }
}

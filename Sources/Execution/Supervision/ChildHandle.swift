internal import CProcess
internal import Glibc
internal import Synchronization

/// A child that runs beside us, such as the supervisor of a job.
///
/// Start it from a thread that lives as long as the child may, best the main
/// thread: the child is signalled as soon as that thread ends. A handle that
/// goes away leaves its child running.
public final class ChildHandle: Sendable {
    /// The number of the process.
    public let pid: Int32

    private let pidfd: Int32
    private let state = Mutex<ChildEnd?>(nil)

    /// Where what a child writes goes.
    public enum Destination: Hashable, Sendable {
        /// Nowhere.
        case null

        /// The end of this file, made if need be; never through a symbolic link.
        case file(String)

        /// A descriptor of ours, which stays ours.
        case descriptor(Int32)
    }

    /// Starts a child in a session of its own.
    ///
    /// Of the command, ``ChildCommand/input``, ``ChildCommand/deadline`` and
    /// ``ChildCommand/killsDescendants`` do not count: it reads `/dev/null`, or a descriptor of
    /// ours, and who waits decides about the rest.
    public init(
        starting command: ChildCommand, input: Int32 = -1, output: Destination = .null,
        error: Destination = .null, parentDeathSignal: Int32
    ) throws {
        var command = command
        command.killsDescendants = false
        command.ownSession = true
        command.parentDeathSignal = parentDeathSignal
        let outputFile = try Self.open(output)
        let errorFile = try Self.open(error)
        let streams = cprocess_streams(
            input: input, output: Self.number(output, outputFile.number),
            error: Self.number(error, errorFile.number))
        pid = try Roster.start(command, streams)
        pidfd = cprocess_pidfd(pid)
    }

    deinit { if pidfd >= 0 { _ = close(pidfd) } }

    /// How the child ended, once a wait has seen it.
    public var end: ChildEnd? { state.withLock { $0 } }

    /// Sends a signal, SIGTERM unless told otherwise, if the child has not ended.
    public func terminate(_ signal: Int32? = nil) {
        state.withLock { end in
            if end == nil { _ = cprocess_signal(pidfd, pid, signal ?? SIGTERM) }
        }
    }

    /// Waits until at least one of the children has ended.
    ///
    /// - Returns: those that have ended, first time or not; none if the time is
    ///   up or the stop was requested before.
    public static func wait(
        any handles: [ChildHandle], timeout: Duration? = nil, stop: StopSignal? = nil
    ) throws -> [ChildHandle] {
        let end = timeout.map { ContinuousClock.now + $0 }
        while true {
            let ended = try handles.filter { try $0.hasEnded() }
            if !ended.isEmpty || stop?.isRequested ?? false { return ended }
            let left = end.map { ContinuousClock.now.duration(to: $0).milliseconds }
            if handles.isEmpty && stop == nil && left == nil { return [] }
            if let left, left <= 0 { return [] }
            var entries = (handles.map(\.pidfd) + [stop?.descriptor ?? -1]).map {
                pollfd(fd: $0, events: Int16(POLLIN), revents: 0)
            }
            let limit: Int64 = handles.contains { $0.pidfd < 0 } ? 10 : 10_000
            let count = unsafe poll(
                &entries, nfds_t(entries.count), Int32(min(left ?? limit, limit)))
            guard count >= 0 || errno == EINTR else {
                throw ExecutionError.system("wait for a child", errno)
            }
        }
    }

    /// Collects the child if it has ended.
    private func hasEnded() throws -> Bool {
        try state.withLock { end in
            guard end == nil else { return true }
            let found = Roster.reap(pid)
            switch UInt32(bitPattern: found.kind) {
            case cprocess_end_running.rawValue: return false
            case cprocess_end_exited.rawValue: end = .exited(found.value)
            case cprocess_end_signaled.rawValue: end = .signaled(found.value)
            default: throw ExecutionError.system("wait for process \(pid)", found.value)
            }
            return true
        }
    }

    private static func open(_ destination: Destination) throws -> Descriptor {
        guard case .file(let path) = destination else { return Descriptor(number: -1) }
        let flags = O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW | O_NOCTTY
        let number = unsafe Glibc.open(path, flags, 0o600)
        guard number >= 0 else { throw ExecutionError.system("open '\(path)'", errno) }
        return Descriptor(number: number)
    }

    private static func number(_ destination: Destination, _ file: Int32) -> Int32 {
        if case .descriptor(let number) = destination { number } else { file }
    }
}

internal import CProcess
internal import Glibc

/// A request to stop, made once, by a signal or by another thread.
///
/// It is level-triggered: once requested it stays so, and its descriptor stays
/// readable, so every wait that includes it ends at once.
public final class StopSignal: Sendable {
    /// Readable once the stop is requested; for poll(2), never to be read.
    public let descriptor: Int32

    /// The process that started ours, where it matters whether it is gone.
    private let parent: Int32?

    /// Creates one that only ``request()`` triggers.
    ///
    /// - Parameter parent: Who started this process, if ``isOrphaned`` is to tell.
    /// - Throws: ``ExecutionError`` if the system refuses.
    public init(parent: Int32? = nil) throws {
        self.parent = parent
        descriptor = cprocess_event()
        if descriptor < 0 { throw ExecutionError.system("watch for a stop", errno) }
    }

    /// Creates one that these signals trigger, in place of what they do else.
    ///
    /// There is one such per process: a later one takes the signals over.
    /// SIGHUP and SIGINT stay ignored if whoever started us ignored them.
    public convenience init(catching signals: [Int32], parent: Int32? = nil) throws {
        try self.init(parent: parent)
        let code = unsafe cprocess_catch(descriptor, signals, signals.count)
        if code != 0 { throw ExecutionError.system("catch signals", code) }
    }

    /// Creates one for what commonly ends a command: SIGTERM, SIGINT, SIGHUP.
    public static func catchingTermination(parent: Int32? = nil) throws -> StopSignal {
        try StopSignal(catching: [SIGTERM, SIGINT, SIGHUP], parent: parent)
    }

    deinit {
        cprocess_release(descriptor)
        _ = close(descriptor)
    }

    /// Asks for the stop.
    public func request() { cprocess_event_set(descriptor) }

    /// Whether the stop has been requested.
    public var isRequested: Bool {
        var entry = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        return unsafe poll(&entry, 1, 0) > 0
    }

    /// Whether it is requested, and nobody may have wanted it: who started us is gone.
    public var isOrphaned: Bool {
        guard let parent, getppid() != parent else { return false }
        return isRequested
    }

    /// The signal that this process caught last, if any.
    public var signal: Int32? {
        let number = cprocess_caught()
        return number == 0 ? nil : number
    }
}

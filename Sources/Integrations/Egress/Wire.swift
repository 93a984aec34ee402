internal import Glibc

/// A connected socket with one owner, and the patience that reading and writing it takes.
final class Wire {
    /// The number of the descriptor.
    let number: Int32

    private let idle: Duration
    private let end: ContinuousClock.Instant

    /// Takes over a socket.
    ///
    /// - Parameters:
    ///   - number: The descriptor; closed when this goes away.
    ///   - idle: How long a wait for a byte may last.
    ///   - end: When everything has to be over.
    init(owning number: Int32, idle: Duration, end: ContinuousClock.Instant) {
        self.number = number
        self.idle = idle
        self.end = end
        _ = fcntl(number, F_SETFL, fcntl(number, F_GETFL) | O_NONBLOCK)
        var one: Int32 = 1
        _ = unsafe setsockopt(
            number, Int32(IPPROTO_TCP), TCP_NODELAY, &one, socklen_t(MemoryLayout<Int32>.size))
    }

    deinit { _ = close(number) }

    /// Reads what is there, and waits for something if nothing is.
    ///
    /// - Parameters:
    ///   - buffer: Gets the bytes.
    ///   - limit: The most bytes.
    ///   - deadline: When the wait is over, if that is earlier than by the patience.
    /// - Returns: How many; 0 at the end.
    /// - Throws: ``Fault/gone`` if nothing comes.
    func receive(
        _ buffer: inout [UInt8], limit: Int, until deadline: ContinuousClock.Instant? = nil
    ) throws(Fault) -> Int {
        let deadline = min(deadline ?? end, min(end, .now + idle))
        while true {
            let count = unsafe recv(number, &buffer, min(limit, buffer.count), 0)
            if count >= 0 { return count }
            switch errno {
            case EINTR: continue
            case EAGAIN: guard wait(POLLIN, until: deadline) else { throw .gone }
            default: throw .gone
            }
        }
    }

    /// Writes all of it.
    ///
    /// - Throws: ``Fault/gone`` if nobody takes it.
    func send(_ bytes: [UInt8]) throws(Fault) {
        var offset = 0
        while offset < bytes.count {
            let count = unsafe bytes.withUnsafeBytes {
                let rest = unsafe UnsafeRawBufferPointer(rebasing: $0[offset...])
                return unsafe Glibc.send(
                    number, rest.baseAddress, rest.count, Int32(MSG_NOSIGNAL))
            }
            if count >= 0 {
                offset += count
                continue
            }
            switch errno {
            case EINTR: continue
            case EAGAIN: guard wait(POLLOUT, until: min(end, .now + idle)) else { throw .gone }
            default: throw .gone
            }
        }
    }

    /// Writes a text.
    func send(_ text: String) throws(Fault) { try send(Array(text.utf8)) }

    /// Whether the other side has gone away altogether.
    var isHungUp: Bool {
        var entry = pollfd(fd: number, events: 0, revents: 0)
        guard unsafe poll(&entry, 1, 0) > 0 else { return false }
        return Int32(entry.revents) & (POLLHUP | POLLERR | POLLNVAL) != 0
    }

    private func wait(_ events: Int32, until deadline: ContinuousClock.Instant) -> Bool {
        while true {
            let left = ContinuousClock.now.duration(to: deadline).wholeMilliseconds
            guard left > 0 else { return false }
            var entry = pollfd(fd: number, events: Int16(events), revents: 0)
            let count = unsafe poll(&entry, 1, Int32(min(left, 60_000)))
            if count > 0 { return true }
            if count < 0, errno != EINTR { return false }
        }
    }
}

extension Duration {
    /// The milliseconds of it, rounded up.
    var wholeMilliseconds: Int64 {
        let (seconds, attoseconds) = components
        return seconds * 1000 + (attoseconds + 999_999_999_999_999) / 1_000_000_000_000_000
    }
}

/// Threads, for what blocks.
enum Worker {
    private final class Box {
        let body: @Sendable () -> Void
        init(_ body: @escaping @Sendable () -> Void) { self.body = body }
    }

    /// Runs something on a thread of its own.
    ///
    /// - Returns: Whether the system gave a thread.
    static func start(_ body: @escaping @Sendable () -> Void) -> Bool {
        let box = unsafe Unmanaged.passRetained(Box(body))
        var thread = pthread_t()
        let code = unsafe pthread_create(
            &thread, nil,
            { raw in
                guard let raw = unsafe raw else { return nil }
                unsafe Unmanaged<Box>.fromOpaque(raw).takeRetainedValue().body()
                return nil
            }, box.toOpaque())
        guard code == 0 else {
            unsafe box.release()
            return false
        }
        pthread_detach(thread)
        return true
    }
}

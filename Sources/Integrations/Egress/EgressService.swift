internal import CProcess
internal import Glibc
public import Model
internal import Synchronization

/// Lets jobs out, through their doors and nowhere else.
///
/// From each sandbox it gets the sockets that programs inside connect to: whoever is first inside
/// opens them in the sandbox's own network and sends them here. So nothing of ours stays inside.
public final class EgressService: Sendable {
    private let order: EgressOrder
    private let resolver: Resolver
    private let log: DecisionLog
    private let connections = Mutex(0)
    private let wake: Int32

    /// Prepares to serve.
    ///
    /// - Parameters:
    ///   - order: The doors.
    ///   - output: Where decisions are written, as lines of JSON.
    ///   - resolver: Finds names.
    /// - Throws: ``EgressError`` if the system refuses.
    public init(
        _ order: EgressOrder, output: Int32, resolver: Resolver = .system
    ) throws(EgressError) {
        self.order = order
        self.resolver = resolver
        log = DecisionLog(output: output)
        wake = cprocess_event()
        guard wake >= 0 else { throw .system("wait for connections", errno) }
    }

    deinit { _ = close(wake) }

    /// Serves until somebody closes the other end of a descriptor.
    ///
    /// - Parameters:
    ///   - lifeline: The descriptor.
    ///   - isReady: Called once connections are taken.
    /// - Throws: ``EgressError`` if a door cannot be opened.
    public func run(lifeline: Int32, isReady: () -> Void = {}) throws(EgressError) {
        var watch = Watch()
        defer {
            log.finish()
            watch.close()
        }
        for door in order.doors {
            let socket = try Self.listen(door.socket)
            watch.entries.append(.init(number: socket, door: door, kind: .door))
        }
        log.ready()
        isReady()
        while try step(&watch, lifeline) {}
    }

    /// Waits for something to happen, and serves it; false at the end.
    private func step(_ watch: inout Watch, _ lifeline: Int32) throws(EgressError) -> Bool {
        let isFull = connections.withLock { $0 >= order.limits.connections }
        watch.dropBroken()
        var polled = [
            pollfd(fd: lifeline, events: Int16(POLLIN), revents: 0),
            pollfd(fd: wake, events: Int16(POLLIN), revents: 0),
        ]
        polled += watch.entries.map { entry in
            let rests = entry.inside.map { isFull || $0.isBusy } ?? false
            return pollfd(fd: rests ? -1 : entry.number, events: Int16(POLLIN), revents: 0)
        }
        let count = unsafe poll(&polled, nfds_t(polled.count), 10_000)
        guard count >= 0 || errno == EINTR else {
            throw .system("wait for connections", errno)
        }
        if polled[0].revents != 0, Self.hasEnded(lifeline) { return false }
        if polled[1].revents != 0 {
            var value: UInt64 = 0
            _ = unsafe read(wake, &value, 8)
        }
        var ready: [Int32] = []
        for entry in polled.dropFirst(2) where entry.revents != 0 { ready.append(entry.fd) }
        watch.dropStale()
        for number in ready {
            guard let entry = watch.entries.first(where: { $0.number == number }) else { continue }
            serve(entry, &watch)
        }
        return true
    }

    private func serve(_ entry: Watch.Entry, _ watch: inout Watch) {
        switch entry.kind {
        case .door:
            let guest = cprocess_accept(entry.number)
            guard guest >= 0 else { return }
            guard watch.canTake(entry.door) else {
                _ = close(guest)
                return
            }
            watch.entries.append(
                .init(number: guest, door: entry.door, kind: .handover, since: .now))
        case .handover:
            let socket = cprocess_receive_descriptor(entry.number)
            if socket == -EAGAIN { return }
            if socket >= 0 {
                if Self.isListening(socket) {
                    watch.entries.append(
                        .init(
                            number: socket, door: entry.door, kind: .inside,
                            inside: Inside(owning: socket)))
                    var byte: UInt8 = 1
                    _ = unsafe send(entry.number, &byte, 1, Int32(MSG_NOSIGNAL))
                } else {
                    _ = close(socket)
                }
            }
            watch.remove(entry.number)
        case .inside: admit(entry)
        }
    }

    /// Takes a connection from inside, and serves it, on a thread of its own.
    ///
    /// Nobody else waits for that: programs inside share the socket's description, and can have
    /// `accept` block by taking away its flag and the connection.
    private func admit(_ entry: Watch.Entry) {
        // One that was found ready may wait for a place after those before it.
        guard let inside = entry.inside, connections.withLock({ $0 < order.limits.connections })
        else { return }
        inside.isBusy = true
        let visit = Visit(door: entry.door, order: order, resolver: resolver, log: log)
        let isStarted = Worker.start { [self] in
            let socket = cprocess_accept(inside.number)
            let passing = [EAGAIN, EINTR, ECONNABORTED, EMFILE, ENFILE, ENOMEM, ENOBUFS]
            if socket < 0, !passing.contains(-socket) { inside.isBroken = true }
            if socket >= 0 { connections.withLock { $0 += 1 } }
            inside.isBusy = false
            cprocess_event_set(wake)
            guard socket >= 0 else { return }
            visit.serve(socket)
            leave()
        }
        guard !isStarted else { return }
        inside.isBusy = false
        // It is ready still; what threads lack is not there at once.
        _ = poll(nil, 0, 20)
    }

    private func leave() {
        connections.withLock { $0 -= 1 }
        cprocess_event_set(wake)
    }

    // MARK: - Sockets

    private static func hasEnded(_ lifeline: Int32) -> Bool {
        var byte: UInt8 = 0
        let count = unsafe read(lifeline, &byte, 1)
        return count == 0 || (count < 0 && errno != EAGAIN && errno != EINTR)
    }

    /// Opens a door that only our own user can come to.
    private static func listen(_ path: String) throws(EgressError) -> Int32 {
        let action = "open the door '\(path)'"
        guard let slash = path.utf8.lastIndex(of: UInt8(ascii: "/")), !path.utf8.contains(0) else {
            throw EgressError(action, reason: "it is no absolute path")
        }
        // A path that does not fit into an address is reached through its open folder.
        let folder = unsafe open(
            String(path[...slash]), O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard folder >= 0 else { throw .system(action, errno) }
        defer { _ = close(folder) }
        let name = path[path.utf8.index(after: slash)...]
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let bytes = Array("/proc/self/fd/\(folder)/\(name)".utf8)
        guard bytes.count < MemoryLayout.size(ofValue: address.sun_path) else {
            throw EgressError(action, reason: "its name is too long")
        }
        unsafe withUnsafeMutableBytes(of: &address.sun_path) { unsafe $0.copyBytes(from: bytes) }
        let number = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        guard number >= 0 else { throw .system(action, errno) }
        // What is bound has the mode of its socket; the umask is that of all threads.
        _ = fchmod(number, 0o600)
        let isBound = unsafe withUnsafePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                unsafe bind(number, $0, socklen_t(MemoryLayout<sockaddr_un>.size)) == 0
            }
        }
        guard isBound, Glibc.listen(number, 64) == 0 else {
            let code = errno
            _ = close(number)
            throw .system(action, code)
        }
        _ = fcntl(number, F_SETFL, O_NONBLOCK)
        return number
    }

    /// Whether what was handed over is what was asked for: a socket that listens on loopback.
    private static func isListening(_ socket: Int32) -> Bool {
        func option(_ name: Int32) -> Int32 {
            var value: Int32 = -1
            var size = socklen_t(MemoryLayout<Int32>.size)
            return unsafe getsockopt(socket, SOL_SOCKET, name, &value, &size) == 0 ? value : -1
        }
        guard option(SO_ACCEPTCONN) == 1, option(SO_DOMAIN) == AF_INET,
            option(SO_TYPE) == Int32(SOCK_STREAM.rawValue)
        else { return false }
        var address = sockaddr_in()
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let isKnown = unsafe withUnsafeMutablePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                unsafe getsockname(socket, $0, &size) == 0
            }
        }
        guard isKnown, UInt32(bigEndian: address.sin_addr.s_addr) == 0x7f00_0001 else {
            return false
        }
        return fcntl(socket, F_SETFL, O_NONBLOCK) == 0
    }
}

/// A listening socket within a sandbox, and who waits for it.
private final class Inside: Sendable {
    let number: Int32
    private let state = Mutex((isBusy: false, isBroken: false))

    init(owning number: Int32) { self.number = number }

    deinit { _ = close(number) }

    /// Whether a thread takes a connection from it.
    var isBusy: Bool {
        get { state.withLock { $0.isBusy } }
        set { state.withLock { $0.isBusy = newValue } }
    }

    /// Whether no connection will come from it any more.
    var isBroken: Bool {
        get { state.withLock { $0.isBroken } }
        set { state.withLock { $0.isBroken = newValue } }
    }

    /// Wakes whoever waits for it.
    func end() { _ = shutdown(number, Int32(SHUT_RDWR)) }
}

/// What the service waits for.
private struct Watch {
    var entries: [Entry] = []

    /// One descriptor.
    struct Entry {
        let number: Int32
        let door: EgressDoor
        let kind: Kind
        var since: ContinuousClock.Instant?
        var inside: Inside?
    }

    /// What a descriptor is.
    enum Kind {
        /// A socket that sandboxes find.
        case door
        /// A connection to it, that a descriptor is to come over.
        case handover
        /// A listening socket within a sandbox.
        case inside
    }

    /// The most descriptors that sandboxes may have us hold for a door.
    private static let limit = 64

    func canTake(_ door: EgressDoor) -> Bool {
        entries.count { $0.kind != .door && $0.door.socket == door.socket } < Self.limit
    }

    /// Forgets a descriptor; that of a socket within a sandbox is closed by its owner.
    mutating func remove(_ number: Int32) {
        let isOwned = entries.contains { $0.number == number && $0.inside != nil }
        entries.removeAll { $0.number == number }
        if !isOwned { _ = Glibc.close(number) }
    }

    /// Drops sockets within sandboxes that listen no more.
    mutating func dropBroken() { entries.removeAll { $0.inside?.isBroken ?? false } }

    /// Drops those who came to a door and sent nothing.
    mutating func dropStale() {
        let stale = entries.filter { entry in
            entry.since.map { ContinuousClock.now - $0 > .seconds(10) } ?? false
        }
        for entry in stale { remove(entry.number) }
    }

    /// Closes everything, and takes the doors away.
    mutating func close() {
        for entry in entries {
            if entry.kind == .door { _ = unsafe unlink(entry.door.socket) }
            if let inside = entry.inside { inside.end() } else { _ = Glibc.close(entry.number) }
        }
        entries = []
    }
}

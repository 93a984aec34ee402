import CProcess
import Foundation
import Glibc
import Model
import Synchronization
import Testing

@testable import Integrations

/// The service with its doors, and what it decided.
final class EgressBench {
    let folder: URL
    private let lifeline: Int32
    private let ended = DispatchSemaphore(value: 0)
    private let output: URL
    private var isEnding = false

    /// Starts the service in this process.
    init(
        _ kinds: [String: EgressDoor.Kind], limits: EgressLimits = EgressLimits(),
        upstream: UpstreamProxy = UpstreamProxy(), resolver: Resolver = .system
    ) throws {
        signal(SIGPIPE, SIG_IGN)
        folder = FileManager.default.temporaryDirectory.appending(path: "egress-\(UUID())")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        output = folder.appending(path: "decisions")
        let place = folder.path
        let doors = kinds.map { EgressDoor(name: $0, socket: "\(place)/\($0)", kind: $1) }
        let order = try EgressOrder(
            parsing: Array(
                EgressOrder(doors: doors, upstream: upstream, limits: limits).json.line.utf8))
        let log = unsafe Glibc.open(output.path, O_WRONLY | O_CREAT | O_CLOEXEC, 0o600)
        let service = try EgressService(order, output: log, resolver: resolver)
        var ends: (Int32, Int32) = (-1, -1)
        try #require(unsafe cprocess_pipe(&ends.0, &ends.1) == 0)
        lifeline = ends.1
        let ready = DispatchSemaphore(value: 0)
        Thread.detachNewThread { [ends, ended] in
            do {
                try service.run(lifeline: ends.0) { ready.signal() }
            } catch {
                Issue.record(error)
                ready.signal()
            }
            close(ends.0)
            close(log)
            ended.signal()
        }
        ready.wait()
    }

    deinit {
        end()
        try? FileManager.default.removeItem(at: folder)
    }

    private func end() {
        guard !isEnding else { return }
        isEnding = true
        close(lifeline)
        ended.wait()
    }

    /// Ends the service; what it decided, without the line that says that it is ready.
    func finish() throws -> [EgressDecision] {
        end()
        let text = try String(contentsOf: output, encoding: .utf8)
        #expect(text.hasPrefix("{\"ready\":true}\n"))
        return text.split(separator: "\n").compactMap { EgressDecision(String($0)) }
    }

    /// Does what the first program of a sandbox does; returns the port that leads to a door.
    func open(_ door: String) throws -> UInt16 {
        let inside = try Listener()
        try #require(try hand(inside.socket, to: door), "the service took no socket")
        return inside.port
    }

    /// Hands a descriptor to a door; tells whether it was taken.
    func hand(_ descriptor: Int32, to door: String) throws -> Bool {
        let socket = Glibc.socket(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        defer { close(socket) }
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let path = folder.appending(path: door).path
        unsafe withUnsafeMutableBytes(of: &address.sun_path) {
            unsafe $0.copyBytes(from: Array(path.utf8))
        }
        let isThere = unsafe withUnsafePointer(to: &address) {
            unsafe $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                unsafe connect(socket, $0, socklen_t(MemoryLayout<sockaddr_un>.size)) == 0
            }
        }
        try #require(isThere)
        try #require(cprocess_send_descriptor(socket, descriptor) == 0)
        var byte: UInt8 = 0
        return unsafe read(socket, &byte, 1) == 1
    }
}

/// A socket that listens on loopback.
final class Listener: Sendable {
    let socket: Int32
    let port: UInt16

    /// Makes one; if it does not listen, nobody is at its port, and nobody else gets it.
    init(listening: Bool = true) throws {
        socket = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let socket = socket
        let isOpen = unsafe withUnsafeMutablePointer(to: &address) {
            unsafe $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                unsafe bind(socket, $0, size) == 0 && (!listening || listen(socket, 64) == 0)
                    && getsockname(socket, $0, &size) == 0
            }
        }
        try #require(isOpen)
        port = UInt16(bigEndian: address.sin_port)
    }

    deinit { close(socket) }
}

/// One end of a connection.
final class Line: Sendable {
    let socket: Int32

    init(owning socket: Int32) { self.socket = socket }

    /// Connects to a port of loopback.
    convenience init(_ port: UInt16) throws {
        let socket = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        address.sin_port = port.bigEndian
        let isThere = unsafe withUnsafePointer(to: &address) {
            unsafe $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                unsafe connect(socket, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
            }
        }
        try #require(isThere)
        self.init(owning: socket)
    }

    deinit { close(socket) }

    func send(_ text: String) { send(Array(text.utf8)) }

    func send(_ bytes: [UInt8]) {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = unsafe rest.withUnsafeBytes {
                unsafe Glibc.send(socket, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            guard count > 0 else { return }
            rest = rest.dropFirst(count)
        }
    }

    /// Says that nothing more comes from this end.
    func end() { _ = shutdown(socket, Int32(SHUT_WR)) }

    /// Reads up to a text, or to the end.
    func read(through text: String) -> String {
        var bytes: [UInt8] = []
        var byte: UInt8 = 0
        while !bytes.reversed().starts(with: text.utf8.reversed()) || text.isEmpty {
            guard unsafe recv(socket, &byte, 1, 0) == 1 else { break }
            bytes.append(byte)
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// Reads to the end.
    func readAll() -> [UInt8] {
        var bytes: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: 65536)
        while true {
            let count = unsafe recv(socket, &piece, piece.count, 0)
            guard count > 0 else { return bytes }
            bytes += piece[..<count]
        }
    }

    /// Reads a body that comes in pieces.
    func readPieces() -> [UInt8] {
        var bytes: [UInt8] = []
        while true {
            let digits = read(through: "\r\n").trimmingCharacters(in: .newlines)
            guard let size = Int(digits, radix: 16), size > 0 else { return bytes }
            bytes += read(count: size)
            _ = read(through: "\r\n")
        }
    }

    /// Reads so many bytes.
    func read(count: Int) -> [UInt8] {
        var bytes: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: 65536)
        while bytes.count < count {
            let got = unsafe recv(socket, &piece, min(piece.count, count - bytes.count), 0)
            guard got > 0 else { break }
            bytes += piece[..<got]
        }
        return bytes
    }
}

/// A server on loopback that does the same with each of its connections.
final class Upstream: Sendable {
    let port: UInt16
    private let listener: Listener
    private let count = Mutex(0)
    private let heads: Heads

    /// The heads of requests.
    final class Heads: Sendable {
        let text = Mutex("")
    }

    /// The heads of the requests, if this repeats them.
    var heard: String { heads.text.withLock { $0 } }

    init(hearing heads: Heads = Heads(), _ serve: @escaping @Sendable (Line) -> Void) throws {
        self.heads = heads
        listener = try Listener()
        port = listener.port
        // The thread keeps the socket: as soon as it is closed, another test has its number. And
        // who is started by another test must not keep a guest.
        Thread.detachNewThread { [weak self, listener] in
            while true {
                let guest = accept(listener.socket, nil, nil)
                guard guest >= 0 else { return }
                _ = fcntl(guest, F_SETFD, FD_CLOEXEC)
                self?.count.withLock { $0 += 1 }
                Thread.detachNewThread { serve(Line(owning: guest)) }
            }
        }
    }

    /// How many connections there were.
    var connections: Int { count.withLock { $0 } }

    deinit { _ = shutdown(listener.socket, Int32(SHUT_RDWR)) }

    /// A server that answers each request with its own head and the length of its body.
    static func echo() throws -> Upstream {
        let heads = Heads()
        return try Upstream(hearing: heads) { line in
            while true {
                let head = line.read(through: "\r\n\r\n")
                guard head.hasSuffix("\r\n\r\n") else { return }
                heads.text.withLock { $0 += head }
                let lines = head.lowercased().components(separatedBy: "\r\n")
                var body = 0
                if let length = lines.first(where: { $0.hasPrefix("content-length: ") }) {
                    body = line.read(count: Int(length.dropFirst(16)) ?? 0).count
                } else if lines.contains("transfer-encoding: chunked") {
                    while true {
                        let digits = line.read(through: "\r\n").trimmingCharacters(in: .newlines)
                        let size = Int(digits, radix: 16) ?? 0
                        body += line.read(count: size).count
                        _ = line.read(through: "\r\n")
                        if size == 0 { break }
                    }
                }
                let text = "\(head)body \(body)"
                line.send(
                    "HTTP/1.1 200 OK\r\nContent-Length: \(text.utf8.count)\r\nX-Own: yes\r\n\r\n"
                        + text)
            }
        }
    }
}

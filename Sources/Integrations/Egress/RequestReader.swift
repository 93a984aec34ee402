/// Reads requests from a connection, one after another, and their bodies.
final class RequestReader {
    /// The connection.
    let wire: Wire

    private var buffer: [UInt8] = []
    private var piece = [UInt8](repeating: 0, count: 64 * 1024)
    private var body = Body.done

    /// What of a body is still to be read.
    private enum Body {
        case done
        case left(Int64)
        case chunk(Int64)
        case betweenChunks(isFirst: Bool)
    }

    /// Reads from a connection.
    init(_ wire: Wire) { self.wire = wire }

    /// Reads the head of the next request.
    ///
    /// - Parameter patience: How long it may take from its first byte on.
    /// - Returns: The head; `nil` if there is no further request.
    /// - Throws: ``Fault`` if it is none, or does not come in time.
    func head(within patience: Duration) throws(Fault) -> RequestHead? {
        var searched = 0
        var deadline: ContinuousClock.Instant? = buffer.isEmpty ? nil : .now + patience
        while true {
            if let end = Self.end(in: buffer, from: searched) {
                let head = try RequestHead(parsing: buffer[..<end])
                buffer.removeFirst(end + 4)
                begin(head)
                return head
            }
            guard buffer.count <= RequestHead.limit else {
                throw Fault(431, "the head of the request is larger than 64 KiB")
            }
            searched = max(0, buffer.count - 3)
            let count: Int
            do throws(Fault) {
                count = try wire.receive(&piece, limit: piece.count, until: deadline)
            } catch {
                guard buffer.isEmpty else {
                    throw Fault(408, "the head of the request did not come in time")
                }
                return nil
            }
            guard count > 0 else {
                guard buffer.isEmpty else { throw .gone }
                return nil
            }
            if buffer.isEmpty { deadline = .now + patience }
            buffer += piece[..<count]
        }
    }

    /// What came in beyond the head, for a connection that is no longer HTTP.
    func takeRest() -> [UInt8] {
        defer { buffer = [] }
        return buffer
    }

    /// Whether the body of the last request is read to its end.
    var isBodyDone: Bool {
        if case .done = body { true } else { false }
    }

    /// Reads a piece of the body; nothing at its end.
    func read(limit: Int) throws(Fault) -> ArraySlice<UInt8> {
        while true {
            switch body {
            case .done: return []
            case .left(let left):
                let bytes = try take(limit, left)
                let rest = left - Int64(bytes.count)
                body = rest == 0 ? .done : .left(rest)
                return bytes
            case .chunk(let left):
                let bytes = try take(limit, left)
                let rest = left - Int64(bytes.count)
                body = rest == 0 ? .betweenChunks(isFirst: false) : .chunk(rest)
                return bytes
            case .betweenChunks(let isFirst): try nextChunk(isFirst)
            }
        }
    }

    // MARK: - Parts

    private func begin(_ head: RequestHead) {
        switch head.framing {
        case .length(0): body = .done
        case .length(let length): body = .left(length)
        case .chunked: body = .betweenChunks(isFirst: true)
        }
    }

    private func take(_ limit: Int, _ left: Int64) throws(Fault) -> ArraySlice<UInt8> {
        let most = Int(min(Int64(limit), left))
        if !buffer.isEmpty {
            let bytes = buffer.prefix(most)
            buffer.removeFirst(bytes.count)
            return bytes
        }
        let count = try wire.receive(&piece, limit: most)
        guard count > 0 else { throw .gone }
        return piece[..<count]
    }

    private func nextChunk(_ isFirst: Bool) throws(Fault) {
        if !isFirst {
            guard try line().isEmpty else { throw Fault(400, "a piece of the body is malformed") }
        }
        let size = try line().prefix { $0 != UInt8(ascii: ";") }
        guard (1...15).contains(size.count),
            size.allSatisfy({ Character(UnicodeScalar($0)).isHexDigit && $0 < 0x80 }),
            let length = Int64(String(decoding: size, as: UTF8.self), radix: 16)
        else { throw Fault(400, "a piece of the body is malformed") }
        guard length == 0 else {
            body = .chunk(length)
            return
        }
        // What follows the last piece is for nobody.
        var rest = 100
        while try !line().isEmpty {
            rest -= 1
            guard rest > 0 else { throw Fault(431, "the request has too many headers") }
        }
        body = .done
    }

    /// A line of the framing of chunks.
    private func line() throws(Fault) -> [UInt8] {
        var line: [UInt8] = []
        while true {
            if let end = buffer.firstIndex(of: 0x0A) {
                line += buffer[..<end]
                buffer.removeFirst(end + 1)
                guard line.popLast() == 0x0D, line.count <= 4096 else {
                    throw Fault(400, "a piece of the body is malformed")
                }
                return line
            }
            line += buffer
            guard line.count <= 4096 else { throw Fault(400, "a piece of the body is malformed") }
            let count = try wire.receive(&piece, limit: piece.count)
            guard count > 0 else { throw .gone }
            buffer = Array(piece[..<count])
        }
    }

    private static func end(in bytes: [UInt8], from start: Int) -> Int? {
        guard bytes.count >= 4 else { return nil }
        var index = start
        while index + 3 < bytes.count {
            if bytes[index] == 0x0D, bytes[index + 1] == 0x0A, bytes[index + 2] == 0x0D,
                bytes[index + 3] == 0x0A
            {
                return index
            }
            index += 1
        }
        return nil
    }
}

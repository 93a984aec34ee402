/// The line and the headers of a request, strictly read.
///
/// What two readers could understand in two ways is refused: lines that end otherwise than
/// in CR LF, folded headers, white space before a colon, two lengths.
struct RequestHead {
    /// The method, as it is spelled.
    let method: String

    /// What is asked for.
    let target: String

    /// Whether it is HTTP/1.1, not 1.0.
    let isCurrent: Bool

    /// The headers in order; the names as they are spelled.
    var headers: [(name: String, value: [UInt8])]

    /// How the body is framed.
    let framing: Framing

    /// How long a body is.
    enum Framing: Equatable {
        /// So many bytes.
        case length(Int64)
        /// As many as its pieces say.
        case chunked
    }

    /// The most bytes of a head.
    static let limit = 64 * 1024

    /// Reads a head, without the empty line at its end.
    init(parsing bytes: ArraySlice<UInt8>) throws(Fault) {
        var lines = try Self.lines(bytes)
        guard !lines.isEmpty else { throw Fault(400, "the request is empty") }
        let words = lines.removeFirst().split(separator: 0x20, omittingEmptySubsequences: false)
        guard words.count == 3, !words[0].isEmpty, words[0].allSatisfy(Self.isToken),
            !words[1].isEmpty, words[1].allSatisfy({ (0x21...0x7E).contains($0) })
        else { throw Fault(400, "the first line of the request is malformed") }
        let version = String(decoding: words[2], as: UTF8.self)
        guard version == "HTTP/1.1" || version == "HTTP/1.0" else {
            throw Fault(505, "only HTTP/1.1 is spoken here")
        }
        method = String(decoding: words[0], as: UTF8.self)
        target = String(decoding: words[1], as: UTF8.self)
        isCurrent = version == "HTTP/1.1"
        guard lines.count <= 200 else { throw Fault(431, "the request has too many headers") }
        var headers: [(name: String, value: [UInt8])] = []
        for line in lines { headers.append(try Self.header(line)) }
        self.headers = headers
        framing = try Self.framing(headers, isCurrent: isCurrent)
    }

    /// The values of a header.
    func values(_ name: String) -> [String] { Self.values(name, headers) }

    /// Whether a comma-separated header has a word.
    func has(_ word: String, in name: String) -> Bool {
        values(name).contains { value in
            value.lowercased().split { $0 == "," || $0 == " " || $0 == "\t" }.contains {
                $0.utf8.elementsEqual(word.utf8)
            }
        }
    }

    /// Whether the connection ends with the answer.
    var isLast: Bool { !isCurrent || has("close", in: "connection") }

    /// The headers that are for whoever gets the request in the end.
    var endToEnd: [(name: String, value: [UInt8])] {
        let named = values("connection").flatMap {
            $0.lowercased().split { $0 == "," || $0 == " " || $0 == "\t" }.map(String.init)
        }
        return headers.filter { header in
            let name = header.name.lowercased()
            return !Self.hopByHop.contains(name) && !named.contains(name)
        }
    }

    /// The headers of one connection, not of the request; and those that are made anew.
    static let hopByHop: Set = [
        "connection", "keep-alive", "proxy-connection", "proxy-authenticate",
        "proxy-authorization", "te", "trailer", "transfer-encoding", "upgrade", "host",
        "content-length", "expect",
    ]

    // MARK: - Parts

    private static func lines(_ bytes: ArraySlice<UInt8>) throws(Fault) -> [ArraySlice<UInt8>] {
        var lines: [ArraySlice<UInt8>] = []
        var start = bytes.startIndex
        var index = start
        while index < bytes.endIndex {
            let byte = bytes[index]
            if byte == 0x0D {
                guard index + 1 < bytes.endIndex, bytes[index + 1] == 0x0A else {
                    throw Fault(400, "a line of the request ends in CR alone")
                }
                lines.append(bytes[start..<index])
                index += 2
                start = index
                continue
            }
            guard byte == 0x09 || (byte >= 0x20 && byte != 0x7F) else {
                throw Fault(400, "the request has control characters")
            }
            index += 1
        }
        if start < bytes.endIndex { lines.append(bytes[start...]) }
        return lines
    }

    private static func header(
        _ line: ArraySlice<UInt8>
    ) throws(Fault) -> (name: String, value: [UInt8]) {
        guard let colon = line.firstIndex(of: UInt8(ascii: ":")), colon > line.startIndex,
            line[..<colon].allSatisfy(isToken)
        else { throw Fault(400, "a header of the request is malformed") }
        var value = line[(colon + 1)...].drop { $0 == 0x20 || $0 == 0x09 }
        while let last = value.last, last == 0x20 || last == 0x09 { value.removeLast() }
        return (String(decoding: line[..<colon], as: UTF8.self), Array(value))
    }

    private static func framing(
        _ headers: [(name: String, value: [UInt8])], isCurrent: Bool
    ) throws(Fault) -> Framing {
        let lengths = values("content-length", headers)
        let codings = values("transfer-encoding", headers)
        guard values("host", headers).count <= 1 else {
            throw Fault(400, "the request names two hosts")
        }
        if !codings.isEmpty {
            guard lengths.isEmpty, isCurrent, codings.count == 1,
                codings[0].lowercased() == "chunked"
            else { throw Fault(400, "the length of the request is ambiguous") }
            return .chunked
        }
        guard let text = lengths.first else { return .length(0) }
        guard lengths.count == 1, (1...18).contains(text.utf8.count),
            text.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let length = Int64(text)
        else { throw Fault(400, "the length of the request is ambiguous") }
        return .length(length)
    }

    private static func values(
        _ name: String, _ headers: [(name: String, value: [UInt8])]
    ) -> [String] {
        headers.filter { $0.name.lowercased().utf8.elementsEqual(name.utf8) }
            .map { String(decoding: $0.value, as: UTF8.self) }
    }

    private static func isToken(_ byte: UInt8) -> Bool {
        (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte)
            || (0x61...0x7A).contains(byte) || "!#$%&'*+-.^_`|~".utf8.contains(byte)
    }
}

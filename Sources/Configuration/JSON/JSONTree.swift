/// Reads strict JSON texts into the same located trees as YAML.
///
/// Numbers are checked and kept as their text. Duplicate keys, lone surrogates
/// and bytes after the value are refused.
struct JSONTree {
    /// The most bytes that a text may have.
    static let maxBytes = 1 << 20

    /// The most arrays and objects inside each other.
    static let maxDepth = 64

    /// Reads a text, whose first line counts as `firstLine`.
    static func parse(
        _ bytes: [UInt8], file: String, firstLine: Int = 1
    ) throws(ConfigurationError) -> Node {
        let text = try Source.check(bytes, file: file, limit: maxBytes)
        var tree = JSONTree(bytes: text, line: firstLine)
        do throws(Failure) {
            let root = try tree.value(depth: 0)
            tree.skipSpace()
            guard tree.index == tree.bytes.count else {
                throw tree.failure("unexpected text after the JSON value")
            }
            return root
        } catch {
            throw ConfigurationError([
                ConfigurationProblem(
                    file: file, line: error.place.line, column: error.place.column,
                    message: error.message)
            ])
        }
    }

    /// What is not JSON, and where.
    private struct Failure: Error {
        var place: Place
        var message: String
    }

    private let bytes: [UInt8]
    private var index = 0
    private var line: Int
    private var lineStart = 0

    private init(bytes: [UInt8], line: Int) {
        self.bytes = bytes
        self.line = line
    }

    private var next: UInt8? { index < bytes.count ? bytes[index] : nil }

    private var place: Place { Place(line: line, column: index - lineStart + 1) }

    private func failure(_ message: String) -> Failure {
        Failure(place: place, message: message)
    }

    private mutating func skipSpace() {
        while let byte = next {
            switch byte {
            case UInt8(ascii: "\n"):
                index += 1
                line += 1
                lineStart = index
            case UInt8(ascii: " "), UInt8(ascii: "\t"), UInt8(ascii: "\r"):
                index += 1
            default:
                return
            }
        }
    }

    private mutating func take(_ byte: UInt8) -> Bool {
        guard next == byte else { return false }
        index += 1
        return true
    }

    private mutating func value(depth: Int) throws(Failure) -> Node {
        skipSpace()
        let start = place
        switch next {
        case UInt8(ascii: "{"):
            return Node(value: .mapping(try object(depth: depth + 1)), place: start)
        case UInt8(ascii: "["):
            return Node(value: .sequence(try array(depth: depth + 1)), place: start)
        case UInt8(ascii: "\""):
            return Node(value: .scalar(try string(), .quoted), place: start)
        case .some(let byte) where byte == UInt8(ascii: "-") || isDigit(byte):
            return Node(value: .scalar(try number(), .plain), place: start)
        case nil:
            throw failure("the JSON ends too early")
        default:
            for word in ["true", "false", "null"] where bytes[index...].starts(with: word.utf8) {
                index += word.utf8.count
                return Node(value: .scalar(word, .plain), place: start)
            }
            throw failure("expected a JSON value")
        }
    }

    private mutating func array(depth: Int) throws(Failure) -> [Node] {
        try check(depth)
        index += 1
        var items: [Node] = []
        skipSpace()
        if take(UInt8(ascii: "]")) { return items }
        while true {
            items.append(try value(depth: depth))
            skipSpace()
            if take(UInt8(ascii: "]")) { return items }
            guard take(UInt8(ascii: ",")) else { throw failure("expected ',' or ']'") }
        }
    }

    private mutating func object(depth: Int) throws(Failure) -> [Node.Entry] {
        try check(depth)
        index += 1
        var entries: [Node.Entry] = []
        var seen: Set<[UInt8]> = []
        skipSpace()
        if take(UInt8(ascii: "}")) { return entries }
        while true {
            skipSpace()
            let start = place
            guard next == UInt8(ascii: "\"") else { throw failure("expected a key in quotes") }
            let key = try string()
            guard seen.insert(Array(key.utf8)).inserted else {
                throw Failure(place: start, message: "the key '\(shown(key))' is there twice")
            }
            skipSpace()
            guard take(UInt8(ascii: ":")) else { throw failure("expected ':'") }
            entries.append(Node.Entry(key: key, place: start, value: try value(depth: depth)))
            skipSpace()
            if take(UInt8(ascii: "}")) { return entries }
            guard take(UInt8(ascii: ",")) else { throw failure("expected ',' or '}'") }
        }
    }

    private func check(_ depth: Int) throws(Failure) {
        guard depth <= Self.maxDepth else {
            throw failure("more than \(Self.maxDepth) levels inside each other")
        }
    }

    private func isDigit(_ byte: UInt8) -> Bool {
        UInt8(ascii: "0")...UInt8(ascii: "9") ~= byte
    }

    // MARK: - Scalars

    private mutating func digits() throws(Failure) {
        guard let byte = next, isDigit(byte) else { throw failure("expected a digit") }
        while let byte = next, isDigit(byte) { index += 1 }
    }

    private mutating func number() throws(Failure) -> String {
        let start = index
        _ = take(UInt8(ascii: "-"))
        if !take(UInt8(ascii: "0")) { try digits() }
        if take(UInt8(ascii: ".")) { try digits() }
        if take(UInt8(ascii: "e")) || take(UInt8(ascii: "E")) {
            if !take(UInt8(ascii: "+")) { _ = take(UInt8(ascii: "-")) }
            try digits()
        }
        return String(decoding: bytes[start..<index], as: UTF8.self)
    }

    private mutating func string() throws(Failure) -> String {
        index += 1
        var result: [UInt8] = []
        while let byte = next {
            switch byte {
            case UInt8(ascii: "\""):
                index += 1
                return String(decoding: result, as: UTF8.self)
            case UInt8(ascii: "\\"):
                index += 1
                result.append(contentsOf: String(try escape()).utf8)
            case 0..<0x20:
                throw failure("a control character in a string must be escaped")
            default:
                result.append(byte)
                index += 1
            }
        }
        throw failure("the JSON ends inside a string")
    }

    private mutating func escape() throws(Failure) -> Unicode.Scalar {
        guard let byte = next else { throw failure("the JSON ends inside a string") }
        index += 1
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return .init(byte)
        case UInt8(ascii: "b"): return "\u{8}"
        case UInt8(ascii: "f"): return "\u{C}"
        case UInt8(ascii: "n"): return "\n"
        case UInt8(ascii: "r"): return "\r"
        case UInt8(ascii: "t"): return "\t"
        case UInt8(ascii: "u"): return try unicode()
        default:
            index -= 1
            throw failure("unknown escape in a string")
        }
    }

    private mutating func unicode() throws(Failure) -> Unicode.Scalar {
        let high = try unit()
        if let scalar = Unicode.Scalar(high) { return scalar }
        guard UTF16.isLeadSurrogate(high), take(UInt8(ascii: "\\")), take(UInt8(ascii: "u")) else {
            throw failure("half of a surrogate pair in a string")
        }
        let low = try unit()
        guard UTF16.isTrailSurrogate(low) else {
            throw failure("half of a surrogate pair in a string")
        }
        let code = 0x10000 + (UInt32(high & 0x3FF) << 10 | UInt32(low & 0x3FF))
        guard let scalar = Unicode.Scalar(code) else { throw failure("unknown character") }
        return scalar
    }

    private mutating func unit() throws(Failure) -> UInt16 {
        var unit: UInt16 = 0
        for _ in 0..<4 {
            guard let byte = next, let digit = Character(Unicode.Scalar(byte)).hexDigitValue else {
                throw failure("expected four hexadecimal digits")
            }
            unit = unit << 4 | UInt16(digit)
            index += 1
        }
        return unit
    }
}

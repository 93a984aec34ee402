/// Bytes that are no JSON value by our rules.
public struct JSONError: Error, Hashable, Sendable, CustomStringConvertible {
    /// What is wrong, without the position.
    public let reason: String

    /// Where, in bytes from the start.
    public let offset: Int

    /// Where, as line and column of bytes, both from 1.
    public let line: Int, column: Int

    /// One line for people, such as "duplicate key 'a' at line 3, column 7".
    public var description: String { "\(reason) at line \(line), column \(column)" }
}

extension JSON {
    /// The deepest nesting that any reader accepts.
    public static let maximumDepth = 64

    /// The size of the largest record, in bytes: 1 MiB.
    public static let maximumRecordSize = 1 << 20

    /// Reads one value, strictly.
    ///
    /// Refused with its position: invalid UTF-8, a duplicate key, a lone surrogate, control
    /// characters in texts, anything nested deeper than ``maximumDepth``, trailing bytes,
    /// more than `limit` bytes.
    public init(
        parsing bytes: [UInt8], limit: Int = maximumRecordSize
    ) throws(JSONError) {
        var reader = JSONReader(bytes: bytes)
        guard bytes.count <= limit else {
            throw reader.error("more than \(limit) bytes", at: limit)
        }
        self = try reader.document()
    }

    /// Reads one value from a text, strictly.
    public init(parsing text: String) throws(JSONError) { try self.init(parsing: Array(text.utf8)) }
}

/// A recursive-descent reader of one document (RFC 8259).
private struct JSONReader {
    let bytes: [UInt8]
    var offset = 0
    var depth = 0

    init(bytes: [UInt8]) { self.bytes = bytes }

    mutating func document() throws(JSONError) -> JSON {
        skipSpace()
        let value = try value()
        skipSpace()
        guard offset == bytes.count else { throw error("unexpected text after the value") }
        return value
    }

    func error(_ reason: String, at place: Int? = nil) -> JSONError {
        let place = min(place ?? offset, bytes.count)
        let before = bytes[..<place]
        let line = before.count { $0 == UInt8(ascii: "\n") } + 1
        let start = before.lastIndex(of: UInt8(ascii: "\n")).map { $0 + 1 } ?? 0
        return JSONError(reason: reason, offset: place, line: line, column: place - start + 1)
    }

    private var next: UInt8? { offset < bytes.count ? bytes[offset] : nil }

    private mutating func skipSpace() {
        while let byte = next, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 {
            offset += 1
        }
    }

    private mutating func value() throws(JSONError) -> JSON {
        switch next {
        case UInt8(ascii: "{"): return .object(try object())
        case UInt8(ascii: "["): return .array(try array())
        case UInt8(ascii: "\""): return .string(try string())
        case UInt8(ascii: "t"): return try word("true", .bool(true))
        case UInt8(ascii: "f"): return try word("false", .bool(false))
        case UInt8(ascii: "n"): return try word("null", .null)
        case let byte? where byte == UInt8(ascii: "-") || (0x30...0x39).contains(byte):
            return try number()
        case nil: throw error("unexpected end")
        default: throw error("unexpected character")
        }
    }

    private mutating func word(_ text: String, _ value: JSON) throws(JSONError) -> JSON {
        guard bytes[offset...].starts(with: text.utf8) else { throw error("unexpected word") }
        offset += text.utf8.count
        return value
    }

    private mutating func enter() throws(JSONError) {
        offset += 1
        depth += 1
        guard depth <= JSON.maximumDepth else {
            throw error("nested deeper than \(JSON.maximumDepth)", at: offset - 1)
        }
        skipSpace()
    }

    private mutating func object() throws(JSONError) -> JSONObject {
        try enter()
        var members = JSONObject()
        if next == UInt8(ascii: "}") {
            (offset, depth) = (offset + 1, depth - 1)
            return members
        }
        while true {
            guard next == UInt8(ascii: "\"") else { throw error("expected a key") }
            let start = offset
            let key = try string()
            skipSpace()
            guard next == UInt8(ascii: ":") else { throw error("expected ':'") }
            offset += 1
            skipSpace()
            guard members.insert(key, try value()) else {
                throw error("duplicate key '\(key)'", at: start)
            }
            if try isLast(closing: UInt8(ascii: "}")) { return members }
        }
    }

    private mutating func array() throws(JSONError) -> [JSON] {
        try enter()
        var elements: [JSON] = []
        if next == UInt8(ascii: "]") {
            (offset, depth) = (offset + 1, depth - 1)
            return elements
        }
        while true {
            elements.append(try value())
            if try isLast(closing: UInt8(ascii: "]")) { return elements }
        }
    }

    /// Passes what follows a member: a comma, or the closing bracket.
    private mutating func isLast(closing: UInt8) throws(JSONError) -> Bool {
        skipSpace()
        switch next {
        case closing:
            (offset, depth) = (offset + 1, depth - 1)
            return true
        case UInt8(ascii: ","):
            offset += 1
            skipSpace()
            return false
        default:
            throw error("expected ',' or '\(Character(UnicodeScalar(closing)))'")
        }
    }

    private mutating func number() throws(JSONError) -> JSON {
        let start = offset
        if next == UInt8(ascii: "-") { offset += 1 }
        let first = offset
        skipDigits()
        let hasLeadingZero = offset - first > 1 && bytes[first] == UInt8(ascii: "0")
        guard offset > first, !hasLeadingZero else { throw error("malformed number", at: start) }
        if next == UInt8(ascii: ".") {
            offset += 1
            try requireDigits(start)
        }
        if next == UInt8(ascii: "e") || next == UInt8(ascii: "E") {
            offset += 1
            if next == UInt8(ascii: "+") || next == UInt8(ascii: "-") { offset += 1 }
            try requireDigits(start)
        }
        let text = String(decoding: bytes[start..<offset], as: UTF8.self)
        guard let integer = Int64(text), text != "-0" else { return .number(text) }
        return .integer(integer)
    }

    private mutating func skipDigits() {
        while let byte = next, byte >= UInt8(ascii: "0"), byte <= UInt8(ascii: "9") { offset += 1 }
    }

    private mutating func requireDigits(_ start: Int) throws(JSONError) {
        let first = offset
        skipDigits()
        guard offset > first else { throw error("malformed number", at: start) }
    }

    private mutating func string() throws(JSONError) -> String {
        offset += 1
        let start = offset
        while let byte = next, byte != UInt8(ascii: "\""), byte != UInt8(ascii: "\\"), byte >= 0x20
        {
            offset += 1
        }
        if next == UInt8(ascii: "\"") {
            defer { offset += 1 }
            return try text(bytes[start..<offset], from: start)
        }
        var unescaped = Array(bytes[start..<offset])
        while true {
            switch next {
            case UInt8(ascii: "\""):
                offset += 1
                return try text(unescaped[...], from: start)
            case UInt8(ascii: "\\"): unescaped += try escape()
            case nil: throw error("unterminated text", at: start - 1)
            case let byte? where byte < 0x20: throw error("control character in a text")
            case let byte?:
                unescaped.append(byte)
                offset += 1
            }
        }
    }

    private func text(_ raw: ArraySlice<UInt8>, from start: Int) throws(JSONError) -> String {
        guard let text = String(validating: raw, as: UTF8.self) else {
            throw error("invalid UTF-8", at: start)
        }
        return text
    }

    private mutating func escape() throws(JSONError) -> [UInt8] {
        let start = offset
        offset += 2
        guard start + 1 < bytes.count else { throw error("unterminated text", at: start) }
        switch bytes[start + 1] {
        case UInt8(ascii: "\""): return [UInt8(ascii: "\"")]
        case UInt8(ascii: "\\"): return [UInt8(ascii: "\\")]
        case UInt8(ascii: "/"): return [UInt8(ascii: "/")]
        case UInt8(ascii: "b"): return [0x08]
        case UInt8(ascii: "f"): return [0x0C]
        case UInt8(ascii: "n"): return [0x0A]
        case UInt8(ascii: "r"): return [0x0D]
        case UInt8(ascii: "t"): return [0x09]
        case UInt8(ascii: "u"): return Array(String(Character(try unicode(start))).utf8)
        default: throw error("unknown escape", at: start)
        }
    }

    /// Reads what follows `\u`: one unit, or a pair of surrogates.
    private mutating func unicode(_ start: Int) throws(JSONError) -> UnicodeScalar {
        let unit = try hexadecimal(start)
        if let scalar = UnicodeScalar(unit) { return scalar }
        guard unit < 0xDC00, next == UInt8(ascii: "\\"), offset + 1 < bytes.count,
            bytes[offset + 1] == UInt8(ascii: "u")
        else { throw error("lone surrogate", at: start) }
        offset += 2
        let low = try hexadecimal(start)
        guard low >= 0xDC00, low <= 0xDFFF,
            let scalar = UnicodeScalar(0x10000 + (unit - 0xD800) << 10 + (low - 0xDC00))
        else { throw error("lone surrogate", at: start) }
        return scalar
    }

    private mutating func hexadecimal(_ start: Int) throws(JSONError) -> UInt32 {
        guard offset + 4 <= bytes.count else { throw error("unterminated text", at: start) }
        var unit: UInt32 = 0
        for byte in bytes[offset..<offset + 4] {
            guard let digit = Character(UnicodeScalar(byte)).hexDigitValue, byte < 0x80 else {
                throw error("malformed escape", at: start)
            }
            unit = unit << 4 | UInt32(digit)
        }
        offset += 4
        return unit
    }
}

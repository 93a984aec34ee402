/// The forms in which a known value is looked for.
enum KnownValue {
    /// The forms in which each byte stands for itself or for an escape.
    enum Encoding: CaseIterable, Sendable {
        case plain
        /// `%2F` or `%2f`, whatever is escaped; a blank also as `+`.
        case percent
        /// `\"`, `\/`, `\n`, `\u00e9`, surrogate pairs; whatever is escaped.
        case json
    }

    /// A byte or character of an encoded text.
    private enum Unit {
        case end
        case invalid
        case byte(UInt8, length: Int)
        case scalar(Unicode.Scalar, length: Int)
    }
}

extension KnownValue.Encoding {
    /// The first two bytes that the value can have in this encoding.
    func firstPairs(of value: [UInt8]) -> [(UInt8, UInt8)] {
        let (first, second) = (value[0], value[1])
        switch self {
        case .plain: return [(first, second)]
        case .percent:
            var pairs: [(UInt8, UInt8)] = [(first, second), (first, 0x25)]
            if second == 0x20 { pairs.append((first, 0x2b)) }
            pairs += Array("0123456789abcdefABCDEF".utf8)
                .filter { hexValue($0) == first >> 4 }.map { (0x25, $0) }
            if first == 0x20 { pairs += [(0x2b, second), (0x2b, 0x25), (0x2b, 0x2b)] }
            return pairs
        case .json:
            var pairs: [(UInt8, UInt8)] = [(first, second), (first, 0x5c), (0x5c, 0x75)]
            for letter in Array("\"\\/bfnrt".utf8) where unescaped(letter) == first {
                pairs.append((0x5c, letter))
            }
            return pairs
        }
    }

    /// Whether the value stands at a place.
    func match(_ value: [UInt8], at start: Int, in window: RedactionWindow) -> RedactionMatch {
        var (index, known) = (start, 0)
        while known < value.count {
            switch unit(at: index, in: window) {
            case .end: return window.end
            case .invalid: return .none
            case .byte(let byte, let length):
                let isBlank = self == .percent && byte == 0x2b && value[known] == 0x20
                guard byte == value[known] || (isBlank && length == 1) else { return .none }
                index += length
                known += 1
            case .scalar(let scalar, let length):
                let encoded = Array(String(scalar).utf8)
                guard value[known...].starts(with: encoded) else { return .none }
                index += length
                known += encoded.count
            }
        }
        return .found(RedactionCover(kind: .value, start: start, extent: .until(index)))
    }

    private func unit(at index: Int, in window: RedactionWindow) -> KnownValue.Unit {
        guard index < window.bytes.count else { return .end }
        let byte = window.bytes[index]
        return switch (self, byte) {
        case (.percent, 0x25): percentUnit(at: index, in: window)
        case (.json, 0x5c): jsonUnit(at: index, in: window)
        default: .byte(byte, length: 1)
        }
    }

    private func percentUnit(at index: Int, in window: RedactionWindow) -> KnownValue.Unit {
        switch number(at: index + 1, digits: 2, in: window) {
        case .end: .end
        case .byte(let byte, _): .byte(byte, length: 3)
        default: .byte(0x25, length: 1)
        }
    }

    private func jsonUnit(at index: Int, in window: RedactionWindow) -> KnownValue.Unit {
        guard index + 1 < window.bytes.count else { return .end }
        guard window.bytes[index + 1] == 0x75 else {
            return unescaped(window.bytes[index + 1]).map { .byte($0, length: 2) } ?? .invalid
        }
        switch number(at: index + 2, digits: 4, in: window) {
        case .byte(let byte, _) where byte < 0x80: return .byte(byte, length: 6)
        case .byte(let byte, _): return .scalar(Unicode.Scalar(byte), length: 6)
        case .scalar(let scalar, _) where scalar.value >= 0x10_0000:
            return pairUnit(scalar.value - 0x10_0000, at: index + 6, in: window)
        case .scalar(let scalar, _): return .scalar(scalar, length: 6)
        case .end: return .end
        case .invalid: return .invalid
        }
    }

    /// The character of a surrogate pair of which the first half was read.
    private func pairUnit(
        _ high: UInt32, at index: Int, in window: RedactionWindow
    ) -> KnownValue.Unit {
        guard let isEscape = window.has([0x5c, 0x75], at: index) else { return .end }
        guard isEscape, (0xd800..<0xdc00).contains(high) else { return .invalid }
        switch number(at: index + 2, digits: 4, in: window) {
        case .end: return .end
        case .scalar(let scalar, _) where (0x10_dc00..<0x10_e000).contains(scalar.value):
            let low = scalar.value - 0x10_dc00
            let value = 0x1_0000 + ((high - 0xd800) << 10) + low
            return Unicode.Scalar(value).map { .scalar($0, length: 12) } ?? .invalid
        default: return .invalid
        }
    }

    /// Reads hexadecimal digits.
    ///
    /// Half of a surrogate pair, which is no character, comes out shifted by
    /// `0x100000`, into a plane for private use.
    private func number(
        at index: Int, digits: Int, in window: RedactionWindow
    ) -> KnownValue.Unit {
        var value: UInt32 = 0
        for i in index..<index + digits {
            guard i < window.bytes.count else { return .end }
            guard let digit = hexValue(window.bytes[i]) else { return .invalid }
            value = value << 4 | UInt32(digit)
        }
        if value < 0x100 { return .byte(UInt8(value), length: digits) }
        let isSurrogate = (0xd800..<0xe000).contains(value)
        let scalar = Unicode.Scalar(isSurrogate ? value + 0x10_0000 : value)
        return scalar.map { .scalar($0, length: digits) } ?? .invalid
    }

    /// The byte that a letter after a backslash stands for in JSON.
    private func unescaped(_ letter: UInt8) -> UInt8? {
        switch letter {
        case 0x22, 0x5c, 0x2f: letter
        case 0x62: 0x08
        case 0x66: 0x0c
        case 0x6e: 0x0a
        case 0x72: 0x0d
        case 0x74: 0x09
        default: nil
        }
    }
}

extension KnownValue {
    /// A value within base64 text, at one of three alignments.
    ///
    /// Only the characters that the value alone decides are looked for. Both
    /// alphabets are the same here; lines may be broken, and the characters may
    /// be escaped for URLs or JSON in turn.
    struct Base64: Sendable {
        private let characters: [UInt8]
        /// Whether the next character carries the last bits of the value.
        private let hasTail: Bool

        /// The largest number of bytes of white space within.
        private static let largestGap = 64

        /// The form of a value that begins at byte 0, 1 or 2 of three.
        init(_ value: [UInt8], alignment: Int) {
            let alphabet = Array(
                "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
            var encoded: [UInt8] = []
            var (bits, count): (UInt32, Int) = (0, 0)
            for byte in [UInt8](repeating: 0, count: alignment) + value {
                bits = (bits << 8 | UInt32(byte)) & 0xffff
                count += 8
                while count >= 6 {
                    count -= 6
                    encoded.append(alphabet[Int(bits >> UInt32(count)) & 63])
                }
            }
            characters = Array(encoded.dropFirst([0, 2, 3][alignment]))
            hasTail = count > 0
        }

        /// The first two bytes that the text can have.
        var firstPairs: [(UInt8, UInt8)] {
            let seconds = Self.spellings(characters[1]) + Array("%\\ \t\r\n".utf8)
            var pairs = Self.spellings(characters[0]).flatMap { first in seconds.map { (first, $0) }
            }
            if characters[0] == 0x2b || characters[0] == 0x2f {
                pairs += [(0x25, 0x32), (0x5c, 0x2f)]
            }
            return pairs
        }

        private static func spellings(_ character: UInt8) -> [UInt8] {
            switch character {
            case 0x2b: [0x2b, 0x2d]
            case 0x2f: [0x2f, 0x5f]
            default: [character]
            }
        }

        /// Whether the value stands at a place.
        func match(at start: Int, in window: RedactionWindow) -> RedactionMatch {
            var (index, known, gap) = (start, 0, 0)
            while known < characters.count {
                guard let unit = Self.unit(at: index, in: window) else { return window.end }
                if unit.byte == characters[known] {
                    known += 1
                    gap = 0
                } else if unit.byte == 0x20, known > 0, gap < Self.largestGap {
                    gap += unit.length
                } else {
                    return .none
                }
                index += unit.length
            }
            guard let end = tailEnd(from: index, in: window) else { return .undecided }
            return .found(RedactionCover(kind: .value, start: start, extent: .until(end)))
        }

        /// Where the rest of the last group of four ends.
        private func tailEnd(from start: Int, in window: RedactionWindow) -> Int? {
            guard hasTail else { return start }
            var index = start
            for place in 0..<3 {
                guard let unit = Self.unit(at: index, in: window) else {
                    return window.isFinal ? index : nil
                }
                let isCharacter =
                    isAlphanumeric(unit.byte) || unit.byte == 0x2b || unit.byte == 0x2f
                guard place == 0 ? isCharacter : unit.byte == 0x3d else { return index }
                index += unit.length
            }
            return index
        }

        /// One character, in the standard alphabet; white space as a blank.
        private static func unit(
            at index: Int, in window: RedactionWindow
        ) -> (byte: UInt8, length: Int)? {
            guard index < window.bytes.count else { return nil }
            switch window.bytes[index] {
            case 0x2d: return (0x2b, 1)
            case 0x5f: return (0x2f, 1)
            case 0x09, 0x0a, 0x0d: return (0x20, 1)
            case 0x5c: return escape(at: index, length: 2, in: window)
            case 0x25: return escape(at: index, length: 3, in: window)
            case let byte: return (byte, 1)
            }
        }

        private static func escape(
            at index: Int, length: Int, in window: RedactionWindow
        ) -> (byte: UInt8, length: Int)? {
            let end = index + length
            guard end <= window.bytes.count else { return window.isFinal ? (0, 1) : nil }
            switch String(decoding: window.bytes[index..<end], as: UTF8.self).lowercased() {
            case "\\/", "%2f": return (0x2f, length)
            case "\\n", "\\r": return (0x20, length)
            case "%2b": return (0x2b, length)
            case "%3d": return (0x3d, length)
            default: return (0, 1)
            }
        }
    }
}

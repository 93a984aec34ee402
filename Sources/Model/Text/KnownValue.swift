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

    /// The first bytes that a form of a value can have.
    struct Beginning: Sendable {
        let first: UInt8
        let second: UInt8
        /// The third ones; `nil` if it can be any.
        let thirds: [UInt8]?

        init(_ first: UInt8, _ second: UInt8, _ thirds: [UInt8]? = nil) {
            (self.first, self.second, self.thirds) = (first, second, thirds)
        }
    }

    /// A byte or character of an encoded text.
    private enum Unit {
        case end
        case invalid
        case byte(UInt8, length: Int)
        case scalar(Unicode.Scalar, length: Int)
    }

    /// What the next unit of a text is to a value.
    private enum Step {
        case end
        case other
        case known(count: Int, length: Int)
    }
}

extension KnownValue.Encoding {
    /// What the value can begin with in this encoding.
    func beginnings(of value: [UInt8]) -> [KnownValue.Beginning] {
        let (first, second) = (value[0], value[1])
        let escapes = Unseen.firsts + [0x25, 0x2b, 0x5c]
        return [KnownValue.Beginning(first, second, [value[2]] + escapes)]
            + Unseen.firsts.map { KnownValue.Beginning(first, $0) }
            + escapedPairs(first, second).map { KnownValue.Beginning($0, $1) }
    }

    private func escapedPairs(_ first: UInt8, _ second: UInt8) -> [(UInt8, UInt8)] {
        switch self {
        case .plain: return []
        case .percent:
            var pairs: [(UInt8, UInt8)] = [(first, 0x25)]
            if second == 0x20 { pairs.append((first, 0x2b)) }
            pairs += Array("0123456789abcdefABCDEF".utf8)
                .filter { hexValue($0) == first >> 4 }.map { (0x25, $0) }
            if first == 0x20 { pairs += [(0x2b, second), (0x2b, 0x25), (0x2b, 0x2b)] }
            return pairs
        case .json:
            var pairs: [(UInt8, UInt8)] = [(first, 0x5c), (0x5c, 0x75)]
            for letter in Array("\"\\/bfnrt".utf8) where unescaped(letter) == first {
                pairs.append((0x5c, letter))
            }
            return pairs
        }
    }

    /// Whether the value stands at a place.
    func match(_ value: [UInt8], at start: Int, in window: RedactionWindow) -> RedactionMatch {
        var (index, known, gap) = (start, 0, 0)
        while known < value.count {
            switch step(value, from: known, at: index, in: window) {
            case .end: return window.end
            case .known(let count, let length):
                (index, known, gap) = (index + length, known + count, 0)
            case .other:
                guard known > 0 else { return .none }
                guard let length = Unseen.length(at: index, in: window) else { return window.end }
                gap += length
                guard length > 0, gap <= Unseen.limit else { return .none }
                index += length
            }
        }
        return .found(RedactionCover(kind: .value, start: start, extent: .until(index)))
    }

    private func step(
        _ value: [UInt8], from known: Int, at index: Int, in window: RedactionWindow
    ) -> KnownValue.Step {
        switch unit(at: index, in: window) {
        case .end: return .end
        case .invalid: return .other
        case .byte(let byte, let length):
            let isBlank = self == .percent && byte == 0x2b && value[known] == 0x20
            guard byte == value[known] || (isBlank && length == 1) else { return .other }
            return .known(count: 1, length: length)
        case .scalar(let scalar, let length):
            let encoded = Array(String(scalar).utf8)
            guard value[known...].starts(with: encoded) else { return .other }
            return .known(count: encoded.count, length: length)
        }
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

        /// What the text can begin with.
        var beginnings: [Beginning] {
            let seconds = Self.spellings(characters[1])
            let others = Array("%\\ \t\r\n".utf8) + Unseen.firsts
            let thirds = Self.spellings(characters[2]) + others
            var found = Self.spellings(characters[0]).flatMap { first in
                seconds.map { Beginning(first, $0, thirds) }
                    + " \t\r\n".utf8.map { Beginning(first, $0, seconds + others) }
                    + (Unseen.firsts + [0x25, 0x5c]).map { Beginning(first, $0) }
            }
            if characters[0] == 0x2b || characters[0] == 0x2f {
                found += [Beginning(0x25, 0x32), Beginning(0x5c, 0x2f)]
            }
            return found
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
                    (index, known, gap) = (index + unit.length, known + 1, 0)
                    continue
                }
                guard known > 0 else { return .none }
                let space = unit.byte == 0x20 ? unit.length : Unseen.length(at: index, in: window)
                guard let space else { return window.end }
                gap += space
                guard space > 0, gap <= Unseen.limit else { return .none }
                index += space
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

extension KnownValue {
    /// A value in hexadecimal digits of either case.
    ///
    /// Between two bytes there may be what tools write there: white space, `:`, `-`, `+`, `,`,
    /// quotes, `\x` and `0x`.
    struct Hex: Sendable {
        private let value: [UInt8]

        /// The form of a value.
        init(_ value: [UInt8]) { self.value = value }

        /// What the text can begin with.
        var beginnings: [Beginning] {
            let separators = Array("\t\n\r \"'+,-:\\0".utf8)
            let thirds = Self.spellings(value[1] >> 4) + Unseen.firsts + separators
            return Self.spellings(value[0] >> 4).flatMap { first in
                Self.spellings(value[0] & 15).map { Beginning(first, $0, thirds) }
                    + (Unseen.firsts + [0x5c]).map { Beginning(first, $0) }
            }
        }

        private static func spellings(_ digit: UInt8) -> [UInt8] {
            digit < 10 ? [0x30 + digit] : [0x37 + digit, 0x57 + digit]
        }

        /// Whether the value stands at a place.
        func match(at start: Int, in window: RedactionWindow) -> RedactionMatch {
            var (index, known, gap) = (start, 0, 0)
            while known < 2 * value.count {
                guard index < window.bytes.count else { return window.end }
                let (byte, isFirst) = (value[known / 2], known % 2 == 0)
                var between = 0
                if isFirst, known > 0 {
                    guard let length = Self.between(at: index, in: window) else {
                        return window.end
                    }
                    between = length
                }
                if between == 0, hexValue(window.bytes[index]) == (isFirst ? byte >> 4 : byte & 15)
                {
                    (index, known, gap) = (index + 1, known + 1, 0)
                    continue
                }
                if between == 0, known > 0 {
                    guard let length = Unseen.length(at: index, in: window) else {
                        return window.end
                    }
                    between = length
                }
                gap += between
                guard between > 0, gap <= Unseen.limit else { return .none }
                index += between
            }
            return .found(RedactionCover(kind: .value, start: start, extent: .until(index)))
        }

        /// The length of what separates two bytes; `nil` if more must be seen to say.
        private static func between(at index: Int, in window: RedactionWindow) -> Int? {
            switch window.bytes[index] {
            case 0x09, 0x0a, 0x0d, 0x20, 0x22, 0x27, 0x2b, 0x2c, 0x2d, 0x3a: return 1
            case 0x30, 0x5c:
                guard index + 1 < window.bytes.count else { return window.isFinal ? 0 : nil }
                let next = window.bytes[index + 1] | 0x20
                if next == 0x78 { return 2 }
                return window.bytes[index] == 0x5c && (next == 0x6e || next == 0x72) ? 2 : 0
            default: return 0
            }
        }
    }
}

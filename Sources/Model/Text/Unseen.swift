/// What may stand between the characters of a text without being seen.
///
/// That is what steers a terminal, characters without width, and the zeros of UTF-16, plain or
/// as JSON escapes them.
enum Unseen {
    /// The most bytes of it between two characters.
    static let limit = 256

    /// The bytes that it begins with, but for the backslash of JSON.
    static let firsts: [UInt8] = [0x00, 0x1b, 0xc2, 0xe2, 0xef]

    /// How many bytes of it are at a place: 0 if none are, `nil` if more must be seen to say.
    static func length(at index: Int, in window: RedactionWindow) -> Int? {
        guard index < window.bytes.count else { return window.isFinal ? 0 : nil }
        switch window.bytes[index] {
        case 0x00: return 1
        case 0x1b: return sequence(from: index + 1, in: window).map { $0 + 1 }
        case 0x5c: return escape(at: index, in: window)
        case 0xc2: return character(at: index, length: 2, in: window)
        case 0xe2, 0xef: return character(at: index, length: 3, in: window)
        default: return 0
        }
    }

    private static func isUnseen(_ scalar: UInt32) -> Bool {
        switch scalar {
        case 0xad, 0x200b...0x200f, 0x202a...0x202e, 0x2060...0x2064, 0xfeff: true
        default: false
        }
    }

    private static func character(
        at index: Int, length: Int, in window: RedactionWindow
    ) -> Int? {
        guard index + length <= window.bytes.count else { return window.isFinal ? 0 : nil }
        var scalar = UInt32(window.bytes[index] & (length == 2 ? 0x1f : 0x0f))
        for byte in window.bytes[index + 1..<index + length] {
            guard byte & 0xc0 == 0x80 else { return 0 }
            scalar = scalar << 6 | UInt32(byte & 0x3f)
        }
        return isUnseen(scalar) ? length : 0
    }

    /// The length of `\u200b` and its like, and of what follows `\u001b`.
    private static func escape(at index: Int, in window: RedactionWindow) -> Int? {
        guard let isEscape = window.has([0x5c, 0x75], at: index) else { return nil }
        guard isEscape else { return 0 }
        var scalar: UInt32 = 0
        for place in index + 2..<index + 6 {
            guard place < window.bytes.count else { return window.isFinal ? 0 : nil }
            guard let digit = hexValue(window.bytes[place]) else { return 0 }
            scalar = scalar << 4 | UInt32(digit)
        }
        if scalar == 0x1b { return sequence(from: index + 6, in: window).map { $0 + 6 } }
        return scalar == 0 || isUnseen(scalar) ? 6 : 0
    }

    /// How many bytes belong to the escape character before them.
    private static func sequence(from start: Int, in window: RedactionWindow) -> Int? {
        guard start < window.bytes.count else { return window.isFinal ? 0 : nil }
        switch window.bytes[start] {
        case 0x5b: return parameters(from: start + 1, in: window).map { $0 + 1 }
        case 0x5d: return command(from: start + 1, in: window).map { $0 + 1 }
        case 0x20...0x2f: return 2
        case 0x30...0x7e: return 1
        default: return 0
        }
    }

    /// The length of `31m` and its like.
    private static func parameters(from start: Int, in window: RedactionWindow) -> Int? {
        for index in start..<start + limit {
            guard index < window.bytes.count else { return window.isFinal ? 0 : nil }
            switch window.bytes[index] {
            case 0x20...0x3f: continue
            case 0x40...0x7e: return index + 1 - start
            default: return 0
            }
        }
        return 0
    }

    /// The length of a link or title, up to the bell or `ESC \` at its end.
    private static func command(from start: Int, in window: RedactionWindow) -> Int? {
        for index in start..<start + limit {
            guard index < window.bytes.count else { return window.isFinal ? 0 : nil }
            switch window.bytes[index] {
            case 0x07: return index + 1 - start
            case 0x5c:
                for end in ["\\u0007", "\\u001b\\\\", "\\u001B\\\\"] {
                    guard let isEnd = window.has(end.utf8, at: index) else { return nil }
                    if isEnd { return index + end.utf8.count - start }
                }
                return index + 1 - start
            default: continue
            }
        }
        return 0
    }
}

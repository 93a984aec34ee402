extension CredentialShape {
    /// The largest number of bytes that one PEM block hides.
    static let largestBlock = 16_384

    private static let longestLabel = 40

    /// The most backslashes that escape one quote, in JSON within JSON.
    private static let deepestEscape = 16

    /// `-----BEGIN … PRIVATE KEY-----`, unless a quote follows at once, escaped or not.
    ///
    /// A program that only names the line quotes it; in a key the line ends.
    static func privateKey(at start: Int, in window: RedactionWindow) -> RedactionMatch {
        guard let end = lineEnd("-----BEGIN ", at: start, in: window) else { return .undecided }
        guard end > start else { return .none }
        guard let next = window.skip("\\", from: end, limit: deepestEscape),
            next < window.bytes.count || window.isFinal
        else { return .undecided }
        if next < window.bytes.count, "\"'`".utf8.contains(window.bytes[next]) { return .none }
        let extent = RedactionCover.Extent.block(limit: start + largestBlock)
        return .found(.init(kind: .privateKey, start: start, extent: extent))
    }

    /// `-----END … PRIVATE KEY-----`; the cover's extent ends behind it.
    static func privateKeyEnd(at start: Int, in window: RedactionWindow) -> RedactionMatch {
        guard let end = lineEnd("-----END ", at: start, in: window) else { return .undecided }
        guard end > start else { return .none }
        return .found(.init(kind: .privateKey, start: start, extent: .until(end)))
    }

    /// Where such a line ends: at `start` if there is none, `nil` if undecided.
    private static func lineEnd(
        _ opening: String, at start: Int, in window: RedactionWindow
    ) -> Int? {
        guard let isThere = window.has(opening.utf8, at: start) else { return nil }
        guard isThere else { return start }
        let first = start + opening.utf8.count
        var index = first
        while true {
            guard index < window.bytes.count else { return window.isFinal ? start : nil }
            let byte = window.bytes[index]
            guard isUpper(byte) || isDigit(byte) || byte == 0x20 else { break }
            guard index - first < longestLabel else { return start }
            index += 1
        }
        let label = String(decoding: window.bytes[first..<index], as: UTF8.self)
        guard label.hasSuffix("PRIVATE KEY") || label.hasSuffix("PRIVATE KEY BLOCK") else {
            return start
        }
        guard let isClosed = window.has("-----".utf8, at: index) else { return nil }
        return isClosed ? index + 5 : start
    }
}

extension RedactionWindow {
    /// Whether the bytes at a place are these letters, in either case.
    func hasFolded(_ word: String, at start: Int) -> Bool? {
        for (k, letter) in word.utf8.enumerated() {
            guard start + k < bytes.count else { return isFinal ? false : nil }
            guard bytes[start + k] | 0x20 == letter else { return false }
        }
        return true
    }

    /// The first index that has none of these characters, or the limit.
    func skip(_ characters: String, from start: Int, limit: Int) -> Int? {
        var index = start
        while index < start + limit {
            guard index < bytes.count else { return isFinal ? index : nil }
            guard characters.utf8.contains(bytes[index]) else { break }
            index += 1
        }
        return index
    }

    /// The first index that is not of a class, or the limit.
    func endOfRun(_ run: ByteClass, from start: Int, limit: Int) -> Int? {
        var index = start
        while index < start + limit {
            guard index < bytes.count else { return isFinal ? index : nil }
            guard run.contains(bytes[index]) else { break }
            index += 1
        }
        return index
    }

    /// Whether no letter, digit or underscore stands before a place.
    ///
    /// The last character of an escape is none of them: `\n`, `%3D`, `\u001b`, and
    /// `ESC [ 1 m`, the colours of a terminal.
    func beginsWord(_ start: Int) -> Bool {
        guard start > 0 else { return true }
        let previous = bytes[start - 1]
        guard isAlphanumeric(previous) || previous == 0x5f else { return true }
        func has(_ byte: UInt8, back count: Int) -> Bool {
            start >= count && bytes[start - count] == byte
        }
        if has(0x5c, back: 2), "nrtbf".utf8.contains(previous) { return true }
        if has(0x25, back: 3), isHexadecimal(start - 2..<start) { return true }
        if has(0x5c, back: 6), has(0x75, back: 5), isHexadecimal(start - 4..<start) { return true }
        guard previous == 0x6d else { return false }
        var index = start - 2
        while index >= 0, start - index < 12, isDigit(bytes[index]) || bytes[index] == 0x3b {
            index -= 1
        }
        return index > 0 && bytes[index] == 0x5b
            && (bytes[index - 1] == 0x1b || bytes[index - 1] == 0x62)
    }

    private func isHexadecimal(_ range: Range<Int>) -> Bool {
        bytes[range].allSatisfy { hexValue($0) != nil }
    }
}

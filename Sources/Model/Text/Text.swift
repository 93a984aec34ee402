/// Shortening of texts that others wrote: outputs, titles, messages.
///
/// All limits are in bytes of UTF-8, and no cut goes through a character's
/// encoding.
public enum Text {
    /// Decodes bytes as UTF-8; what is invalid becomes U+FFFD.
    public static func decode(_ bytes: some Collection<UInt8>) -> String {
        String(decoding: bytes, as: UTF8.self)
    }

    /// The last part of an output, decoded, of at most `limit` bytes.
    public static func boundedTail(_ bytes: some Collection<UInt8>, limit: Int) -> String {
        var tail = Array(bytes.suffix(max(0, limit)))
        if tail.count < bytes.count { tail.removeFirst(continuations(tail[...])) }
        let text = decode(tail)
        guard text.utf8.count > limit else { return text }
        // Replacement characters are longer than the bytes that they replace.
        return suffix(of: text, limit)
    }

    /// The last part of a text, of at most `limit` bytes.
    public static func boundedTail(_ text: String, limit: Int) -> String { suffix(of: text, limit) }

    /// The first part of a text, of at most `limit` bytes.
    public static func boundedHead(_ text: String, limit: Int) -> String { prefix(of: text, limit) }

    /// Both ends of a text, with a line between them that says what is missing.
    ///
    /// The result, that line included, has at most `limit` bytes. A limit that
    /// is too small for the line leaves the tail alone.
    public static func boundedHeadAndTail(_ text: String, limit: Int) -> String {
        let total = text.utf8.count
        guard total > limit else { return text }
        let longest = "\n[\(total) bytes left out]\n".utf8.count
        let room = limit - longest
        guard room >= 2 else { return suffix(of: text, limit) }
        let head = prefix(of: text, room / 2)
        let tail = suffix(of: text, room - room / 2)
        let missing = total - head.utf8.count - tail.utf8.count
        return "\(head)\n[\(missing) bytes left out]\n\(tail)"
    }

    /// The first line that is not blank, without white space around it.
    public static func firstLine(_ text: String) -> String {
        for line in text.utf8.split(whereSeparator: { $0 == 0x0a || $0 == 0x0d }) {
            let trimmed = trim(line)
            if !trimmed.isEmpty { return decode(trimmed) }
        }
        return ""
    }

    /// Turns a title into a word fit for a branch name: `[a-z0-9-]`.
    ///
    /// Runs of anything but ASCII letters and digits become one hyphen; there is
    /// none at either end, and a cut falls between words if it can.
    ///
    /// - Parameters:
    ///   - title: What to shorten.
    ///   - limit: The largest number of characters.
    ///   - fallback: The result if no letter or digit remains.
    /// - Returns: The word, of at most `limit` characters.
    public static func slug(
        _ title: String, limit: Int = 40, otherwise fallback: String = "untitled"
    ) -> String {
        var slug: [UInt8] = []
        var isTooLong = false
        for word in title.utf8.split(whereSeparator: { !isAlphanumeric($0) }) {
            let lowered = word.map { isUpper($0) ? $0 + 0x20 : $0 }
            let joined = slug.isEmpty ? lowered : slug + [0x2d] + lowered
            isTooLong = joined.count > limit
            if isTooLong, !slug.isEmpty { break }
            slug = Array(joined.prefix(max(0, limit)))
            if isTooLong { break }
        }
        return slug.isEmpty ? fallback : decode(slug)
    }

    private static func suffix(of text: String, _ limit: Int) -> String {
        guard text.utf8.count > limit else { return text }
        let tail = text.utf8.suffix(max(0, limit))
        return decode(tail.dropFirst(continuations(tail)))
    }

    private static func prefix(of text: String, _ limit: Int) -> String {
        guard text.utf8.count > limit else { return text }
        var head = Array(text.utf8.prefix(max(0, limit) + 1))
        while let last = head.popLast(), last & 0xc0 == 0x80 {}
        return decode(head)
    }

    /// How many bytes at the beginning belong to a character that began before.
    private static func continuations(_ bytes: some Collection<UInt8>) -> Int {
        bytes.prefix(3).prefix { $0 & 0xc0 == 0x80 }.count
    }

    private static func trim(_ line: Substring.UTF8View) -> Substring.UTF8View {
        func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 }
        var line = line.drop(while: isBlank)
        while let last = line.last, isBlank(last) { line = line.dropLast() }
        return line
    }
}

/// Whether a byte is an ASCII letter or digit.
@inline(__always)
func isAlphanumeric(_ byte: UInt8) -> Bool {
    isDigit(byte) || isUpper(byte) || (byte >= 0x61 && byte <= 0x7a)
}

/// Whether a byte is an ASCII digit.
@inline(__always)
func isDigit(_ byte: UInt8) -> Bool { byte >= 0x30 && byte <= 0x39 }

/// Whether a byte is an ASCII upper-case letter.
@inline(__always)
func isUpper(_ byte: UInt8) -> Bool { byte >= 0x41 && byte <= 0x5a }

/// The value of an ASCII hexadecimal digit.
@inline(__always)
func hexValue(_ byte: UInt8) -> UInt8? {
    switch byte {
    case 0x30...0x39: byte - 0x30
    case 0x41...0x46: byte - 0x37
    case 0x61...0x66: byte - 0x57
    default: nil
    }
}

/// Tells whether two failures of a command are the same failure.
///
/// The signature is the SHA-256 of the command's name, its exit status and its
/// output without what changes from run to run, see ``normalize(_:)``.
public enum FailureSignature {
    /// The signature, 64 hexadecimal digits.
    public static func of(
        command: String, exitStatus: Int, output: some Sequence<UInt8>
    ) -> String {
        var digest = SHA256()
        digest.update(Array(command.utf8) + [0])
        digest.update(Array(String(exitStatus).utf8) + [0])
        digest.update(normalize(output))
        return SHA256.hex(of: digest.finish())
    }

    /// Removes from an output what changes though the failure does not.
    ///
    /// In this order, from left to right, one pass:
    /// - terminal control sequences (`ESC [ … letter`) go;
    /// - a run of characters with a `/` in it goes: a path. The run ends at white
    ///   space and at any of `"'()[]{}<>,;:=|` and the backquote;
    /// - a UUID goes;
    /// - what begins with a digit goes, with `.`, `,`, `:`, `-` and `+` before a
    ///   further digit, and with a unit of time after it (`12`, `1.5s`, `3 ms`,
    ///   `0x7f`, `10:20:30.123Z`);
    /// - a word of hexadecimal digits goes if it has a digit, or four letters;
    /// - in other words the digits go;
    /// - white space becomes one blank, or one line feed if it had one; none
    ///   stands at the beginning or the end.
    public static func normalize(_ output: some Sequence<UInt8>) -> [UInt8] {
        var normalizer = Normalizer(bytes: Array(output))
        return normalizer.run()
    }
}

private struct Normalizer {
    let bytes: [UInt8]
    var result: [UInt8] = []
    private var position = 0
    private var afterNumber = false
    private var pathSearchedUntil = 0

    init(bytes: [UInt8]) { self.bytes = bytes }

    mutating func run() -> [UInt8] {
        result.reserveCapacity(bytes.count)
        while position < bytes.count {
            let byte = bytes[position]
            if byte == 0x1b {
                skipControlSequence()
            } else if isSpace(byte) {
                space()
            } else if skipPath() || skipUUID() {
                afterNumber = false
            } else if isDigit(byte) {
                skipNumber()
            } else if isWord(byte) {
                word()
            } else {
                result.append(byte)
                position += 1
                afterNumber = false
            }
        }
        while let last = result.last, isSpace(last) { result.removeLast() }
        return result
    }

    private mutating func skipControlSequence() {
        position += 1
        guard position < bytes.count, bytes[position] == 0x5b else { return }
        position += 1
        while position < bytes.count, (0x20...0x3f).contains(bytes[position]) { position += 1 }
        if position < bytes.count, (0x40...0x7e).contains(bytes[position]) { position += 1 }
    }

    /// Keeps one blank or line feed for a run of white space.
    private mutating func space() {
        let isLineEnd = bytes[position] == 0x0a || bytes[position] == 0x0d
        position += 1
        if isLineEnd { afterNumber = false }
        guard let last = result.last else { return }
        if !isSpace(last) {
            result.append(isLineEnd ? 0x0a : 0x20)
        } else if isLineEnd {
            result[result.count - 1] = 0x0a
        }
    }

    /// Leaves out the run that begins here if it is a path.
    private mutating func skipPath() -> Bool {
        guard position >= pathSearchedUntil else { return false }
        var end = position
        var hasSlash = false
        while end < bytes.count, isPath(bytes[end]) {
            if bytes[end] == 0x2f { hasSlash = true }
            end += 1
        }
        pathSearchedUntil = end
        guard hasSlash else { return false }
        position = end
        return true
    }

    /// Leaves out 32 hexadecimal digits in groups of 8, 4, 4, 4 and 12.
    private mutating func skipUUID() -> Bool {
        let end = position + 36
        guard hexValue(bytes[position]) != nil, end <= bytes.count else { return false }
        for (i, byte) in bytes[position..<end].enumerated() {
            let isHyphen = i == 8 || i == 13 || i == 18 || i == 23
            guard isHyphen ? byte == 0x2d : hexValue(byte) != nil else { return false }
        }
        position = end
        return true
    }

    private mutating func skipNumber() {
        while position < bytes.count {
            let byte = bytes[position]
            let isJoint =
                byte == 0x2e || byte == 0x2c || byte == 0x3a || byte == 0x2d || byte == 0x2b
            if isJoint, position + 1 < bytes.count, isDigit(bytes[position + 1]) {
                position += 2
            } else if isWord(byte) {
                position += 1
            } else {
                break
            }
        }
        afterNumber = true
    }

    private mutating func word() {
        let start = position
        while position < bytes.count, isWord(bytes[position]) { position += 1 }
        let word = bytes[start..<position]
        let isUnit = afterNumber && units.contains(Array(word))
        afterNumber = false
        let hasDigit = word.contains(where: isDigit)
        let isHexadecimal = word.allSatisfy { hexValue($0) != nil }
        if isUnit || (isHexadecimal && (hasDigit || word.count >= 4)) { return }
        result += word.lazy.filter { !isDigit($0) }
    }

    private func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || (0x09...0x0d).contains(byte) }

    private func isWord(_ byte: UInt8) -> Bool {
        isAlphanumeric(byte) || byte == 0x5f || byte >= 0x80
    }

    private func isPath(_ byte: UInt8) -> Bool {
        byte > 0x20 && byte != 0x7f && !delimiters.contains(byte)
    }
}

private let delimiters = Set("\"'()[]{}<>,;:=|`".utf8)

private let units = Set(
    [
        "ns", "us", "µs", "μs", "ms", "s", "sec", "secs", "second", "seconds", "millisecond",
        "milliseconds", "m", "min", "mins", "minute", "minutes", "h", "hour", "hours",
    ].map { Array($0.utf8) })

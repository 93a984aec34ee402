extension Redactor {
    /// The lines of a value, each of which is as secret as the whole.
    ///
    /// Whoever writes a key into a file indents its lines. Left out are
    /// - the first and last line of an armour, such as `-----BEGIN CERTIFICATE-----`;
    /// - what has no letter and no digit;
    /// - `NAME:` and `NAME: VALUE` of settings, if the value is too short to be looked for.
    ///
    /// Of a key a backslash and an `n` end a line, too.
    ///
    /// - Returns: The lines without the white space around them; none if there is only one.
    static func secretLines(of value: [UInt8]) -> [[UInt8]] {
        let isKey = value.starts(with: "-----BEGIN ".utf8)
        let lines = (isKey ? unescapedLines(value) : value).split { $0 == 0x0a || $0 == 0x0d }
        guard lines.count > 1 else { return [] }
        return lines.map { trimmed($0) }.filter { line in
            line.contains { isAlphanumeric($0) || $0 >= 0x80 } && !isArmour(line)
                && !isShortSetting(line)
        }
    }

    private static func unescapedLines(_ value: [UInt8]) -> [UInt8] {
        var result: [UInt8] = []
        for byte in value {
            if result.last == 0x5c, byte == 0x6e || byte == 0x72 {
                result[result.count - 1] = 0x0a
            } else {
                result.append(byte)
            }
        }
        return result
    }

    private static func isArmour(_ line: [UInt8]) -> Bool {
        let dashes = Array("----".utf8)
        guard line.starts(with: dashes), line.suffix(4).elementsEqual(dashes) else { return false }
        let words = line.split { $0 == 0x20 || $0 == 0x2d }
        return words.first.map { $0.elementsEqual("BEGIN".utf8) || $0.elementsEqual("END".utf8) }
            ?? false
    }

    private static func isShortSetting(_ line: [UInt8]) -> Bool {
        guard let colon = line.firstIndex(of: 0x3a) else { return false }
        let name = line[..<colon]
        let value = trimmed(line[(colon + 1)...])
        return value.count < minimumLength && (value.isEmpty || line[colon + 1] == 0x20)
            && name.allSatisfy { isAlphanumeric($0) || "_-. \"'".utf8.contains($0) }
    }

    /// Bytes without the ASCII white space around them.
    static func trimmed(_ bytes: some Collection<UInt8>) -> [UInt8] {
        func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || (0x09...0x0d).contains(byte) }
        var bytes = Array(bytes.drop(while: isSpace))
        while let last = bytes.last, isSpace(last) { bytes.removeLast() }
        return bytes
    }
}

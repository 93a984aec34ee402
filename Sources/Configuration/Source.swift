/// The bytes of a file, before anything is known of them.
enum Source {
    /// The bytes without a byte order mark, if they are UTF-8 and few enough.
    static func check(
        _ bytes: [UInt8], file: String, limit: Int
    ) throws(ConfigurationError) -> [UInt8] {
        guard bytes.count <= limit else {
            throw error(file, line: 1, "the file is larger than \(limit >> 10) KiB")
        }
        guard String(validating: bytes, as: UTF8.self) != nil else {
            throw error(file, line: brokenLine(bytes), "the file is not valid UTF-8")
        }
        return bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? Array(bytes.dropFirst(3)) : bytes
    }

    private static func error(_ file: String, line: Int, _ message: String) -> ConfigurationError {
        ConfigurationError([
            ConfigurationProblem(file: file, line: line, column: 1, message: message)
        ])
    }

    /// The first line that is not UTF-8; a line break never is part of a character.
    private static func brokenLine(_ bytes: [UInt8]) -> Int {
        let lines = bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        let index = lines.firstIndex { String(validating: $0, as: UTF8.self) == nil }
        return (index ?? 0) + 1
    }
}

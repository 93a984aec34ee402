internal import Model

/// Which skills a repository wants, as its base commit says: `ID VERSION HASH` in each line.
struct SkillLock: Sendable, Equatable {
    /// The name of the file.
    static let file = "skills.lock"

    /// The hashes by id.
    private(set) var hashes: [String: String] = [:]

    /// Reads a lock; empty lines, and those that begin with `#`, say nothing.
    ///
    /// - Throws: ``ExecutionError`` that names the line that is wrong.
    init(parsing text: String) throws {
        let lines = text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline)
        for (index, line) in lines.enumerated() where !line.hasPrefix("#") {
            let words = line.split(whereSeparator: \.isWhitespace).map(String.init)
            guard !words.isEmpty else { continue }
            guard words.count == 3, SkillSettings.isID(words[0]), Self.isHash(words[2]),
                hashes.updateValue(words[2].lowercased(), forKey: words[0]) == nil
            else {
                throw ExecutionError(
                    .invalidArgument, "read '\(Self.file)'",
                    reason: "line \(index + 1) must be ID VERSION HASH, each id once")
            }
        }
    }

    private static func isHash(_ text: String) -> Bool {
        text.utf8.count == 64 && text.allSatisfy(\.isHexDigit)
    }
}

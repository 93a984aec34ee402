internal import Model

/// A folder of instructions for agents, as it was read.
public struct Skill: Hashable, Sendable {
    /// The name of the folder.
    public let id: String

    /// What its front matter says, else the beginning of ``hash``.
    public let version: String

    /// The SHA-256 of the names and contents of its files, in hexadecimal.
    public let hash: String

    /// Its files, sorted by path.
    let files: [File]

    /// Whether its front matter has the name and description that agents list skills by.
    let isListed: Bool

    /// A file of a skill.
    struct File: Hashable, Sendable {
        /// The names of the folders on the way, and its own.
        var path: [String]
        /// What it holds.
        var bytes: [UInt8]
        /// Whether it may be run.
        var isExecutable: Bool
    }

    /// The file that every skill has.
    static let main = "SKILL.md"

    /// Makes a skill of its files; `nil` if ``main`` is not among them.
    init?(id: String, files: [File]) {
        guard let main = files.first(where: { $0.path == [Self.main] }) else { return nil }
        let files = files.map { (path: $0.path.joined(separator: "/"), file: $0) }
            .sorted { $0.path.utf8.lexicographicallyPrecedes($1.path.utf8) }
        let contents = files.map { path, file -> JSON in
            [.string(path), .bool(file.isExecutable), .string(SHA256.hex(file.bytes))]
        }
        let hash = SHA256.hex(JSON.array(contents).canonical)
        let matter = Self.frontMatter(String(decoding: main.bytes, as: UTF8.self))
        self.id = id
        self.hash = hash
        self.files = files.map(\.file)
        version = matter["version"] ?? Self.short(hash)
        isListed = matter["name"] != nil && matter["description"] != nil
    }

    private static func short(_ hash: String) -> String { String(hash.prefix(12)) }

    /// The first words of the values between two lines of `---` at the beginning.
    private static func frontMatter(_ text: String) -> [String: String] {
        let lines = text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline)
        guard lines.first == "---", let end = lines.dropFirst().firstIndex(of: "---") else {
            return [:]
        }
        var matter: [String: String] = [:]
        for line in lines[1..<end] {
            let parts = line.split(separator: ":", maxSplits: 1)
            guard parts.count == 2 else { continue }
            let key = parts[0].split(separator: " ").joined(separator: " ")
            let value = parts[1].split { $0.isWhitespace || $0 == "\"" || $0 == "'" }.first
            guard let value, matter[key] == nil else { continue }
            matter[key] = String(value.unicodeScalars.filter { $0.isASCII }.prefix(40))
        }
        return matter.filter { !$0.value.isEmpty }
    }

    /// What stands for its lines wherever an agent quotes them.
    var knownTexts: [KnownText] {
        let name = "[skill \(id) \(Self.short(hash))]"
        return files.filter { !$0.bytes.contains(0) }
            .map { KnownText(name: name, bytes: $0.bytes) }
    }
}

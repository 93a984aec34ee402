internal import Model

/// What the version files of a repository say about the languages it needs.
///
/// A file that cannot be understood says nothing: the repository works without this as well,
/// and what is missing in the image shows in the first command that needs it.
struct ContainerVersions: Equatable {
    /// The version of each language that is needed, and the file that says so.
    private(set) var found: [ContainerTool: Finding] = [:]

    /// A version, and where it stands.
    struct Finding: Equatable {
        /// The version, as the tag of an image has it; `nil` if any will do.
        let version: String?
        /// The path of the file.
        let file: String
    }

    /// The files that are read, those that count first in front.
    static let files: [String] = readers.map(\.file)

    /// Reads the files.
    ///
    /// - Parameter contents: What is in each of ``files`` that is there.
    init(_ contents: [String: String]) {
        for (file, read) in Self.readers {
            guard let text = contents[file] else { continue }
            for (tool, version) in read(text) where isNews(tool, version) {
                found[tool] = Finding(version: version, file: file)
            }
        }
    }

    /// Whether this says more than what was found before.
    private func isNews(_ tool: ContainerTool, _ version: String?) -> Bool {
        guard let known = found[tool] else { return true }
        return known.version == nil && version != nil
    }

    private typealias Reader = @Sendable (String) -> [(ContainerTool, String?)]

    private static let readers: [(file: String, read: Reader)] = [
        (".tool-versions", toolVersions),
        (".python-version", { plain($0, .python) }),
        ("runtime.txt", { plain($0, .python, prefixes: ["python-"], isNeeded: true) }),
        (".nvmrc", nodeVersion), (".node-version", nodeVersion),
        (".ruby-version", { plain($0, .ruby, prefixes: ["ruby-"]) }),
        (".go-version", { plain($0, .go, prefixes: ["go"]) }),
        ("rust-toolchain.toml", rustToolchain), ("rust-toolchain", rustToolchain),
        (".java-version", javaVersion), (".sdkmanrc", sdkman),
        (".swift-version", { plain($0, .swift, prefixes: ["swift-"]) }),
        ("go.mod", goModule), ("pyproject.toml", pyproject), ("package.json", package),
        ("requirements.txt", { _ in [(.python, nil)] }), ("setup.py", { _ in [(.python, nil)] }),
        ("Gemfile", { _ in [(.ruby, nil)] }), ("Cargo.toml", { _ in [(.rust, nil)] }),
    ]
}

// MARK: - The files

extension ContainerVersions {
    /// A file with nothing but a version.
    private static func plain(
        _ text: String, _ tool: ContainerTool, prefixes: [String] = [], isNeeded: Bool = false
    ) -> [(ContainerTool, String?)] {
        guard var word = words(text).first?.first else { return [] }
        var isPrefixed = false
        for prefix in prefixes where word.hasPrefix(prefix) {
            word = String(word.dropFirst(prefix.utf8.count))
            isPrefixed = true
        }
        guard isPrefixed || !isNeeded, let version = number(word) else { return [] }
        return [(tool, version)]
    }

    /// The file of asdf and mise: a name and versions on each line.
    private static func toolVersions(_ text: String) -> [(ContainerTool, String?)] {
        let names: [String: ContainerTool] = [
            "python": .python, "nodejs": .node, "node": .node, "ruby": .ruby, "golang": .go,
            "go": .go, "rust": .rust, "java": .java, "swift": .swift,
        ]
        return words(text).flatMap { line -> [(ContainerTool, String?)] in
            guard line.count > 1, let tool = names[line[0]] else { return [] }
            if tool == .java { return javaVersion(line[1]) }
            return number(line[1]).map { [(tool, $0)] } ?? []
        }
    }

    /// A version of Node, or the name of a line of versions.
    private static func nodeVersion(_ text: String) -> [(ContainerTool, String?)] {
        guard var word = words(text).first?.first else { return [] }
        if word.hasPrefix("v") { word.removeFirst() }
        if let version = number(word) { return [(.node, version)] }
        if word.hasPrefix("lts/") {
            let name = word.dropFirst(4)
            guard !name.isEmpty, name.utf8.allSatisfy({ (0x61...0x7a).contains($0) }) else {
                return [(.node, nil)]
            }
            return [(.node, String(name))]
        }
        return ["node", "lts", "stable", "latest", "current"].contains(word) ? [(.node, nil)] : []
    }

    /// The major version of Java, whatever the name of the vendor before or after it.
    private static func javaVersion(_ text: String) -> [(ContainerTool, String?)] {
        guard let word = words(text).first?.first else { return [] }
        // "temurin64-17.0.2", "temurin-21.0.2+13.0.LTS", "17.0.2-tem", "1.8"
        let parts = word.split(separator: "-").map(String.init)
        guard let start = parts.first(where: { $0.utf8.first.map(isDigit) ?? false }) else {
            return []
        }
        let digits = start.utf8.split { !isDigit($0) }.compactMap { Int(Substring($0)) }
        guard var major = digits.first else { return [] }
        if major == 1, digits.count > 1 { major = digits[1] }
        return (8...99).contains(major) ? [(.java, "\(major)")] : []
    }

    private static func sdkman(_ text: String) -> [(ContainerTool, String?)] {
        words(text).flatMap { line -> [(ContainerTool, String?)] in
            guard let entry = line.first, entry.hasPrefix("java=") else { return [] }
            return javaVersion(String(entry.dropFirst(5)))
        }
    }

    /// A toolchain by its name alone, or the `channel` of a TOML file.
    private static func rustToolchain(_ text: String) -> [(ContainerTool, String?)] {
        let channel = value(of: "channel", in: text) ?? words(text).first?.first ?? ""
        if let version = number(channel) { return [(.rust, version)] }
        // The image has one toolchain; a nightly one is not to be had by a number.
        return channel == "stable" ? [(.rust, nil)] : []
    }

    private static func goModule(_ text: String) -> [(ContainerTool, String?)] {
        let lines = words(text).filter { $0.count > 1 }
        if let line = lines.first(where: { $0[0] == "toolchain" && $0[1].hasPrefix("go") }),
            let version = number(String(line[1].dropFirst(2)))
        {
            return [(.go, version)]
        }
        return [(.go, lines.first { $0[0] == "go" }.flatMap { number($0[1]) })]
    }

    private static func pyproject(_ text: String) -> [(ContainerTool, String?)] {
        [(.python, value(of: "requires-python", in: text).flatMap { lowest($0, parts: 2) })]
    }

    private static func package(_ text: String) -> [(ContainerTool, String?)] {
        guard let package = try? JSON(parsing: text) else { return [] }
        if let pinned = package["volta"]?["node"]?.string.flatMap(number) {
            return [(.node, pinned)]
        }
        return [(.node, package["engines"]?["node"]?.string.flatMap { lowest($0, parts: 1) })]
    }
}

// MARK: - The texts

extension ContainerVersions {
    /// The words of each line that has any, without comments.
    private static func words(_ text: String) -> [[String]] {
        text.utf8.split { $0 == 0x0a || $0 == 0x0d }.compactMap { line in
            let words = line.prefix { $0 != UInt8(ascii: "#") }
                .split { $0 == 0x20 || $0 == 0x09 }.map { String(Substring($0)) }
            return words.isEmpty || words[0].hasPrefix("//") ? nil : words
        }
    }

    /// The text that a key of a TOML file has.
    private static func value(of key: String, in text: String) -> String? {
        for line in text.utf8.split(whereSeparator: { $0 == 0x0a || $0 == 0x0d }) {
            guard let equals = line.firstIndex(of: UInt8(ascii: "=")) else { continue }
            let name = line[..<equals].split { $0 == 0x20 || $0 == 0x09 }
            guard name.count == 1, name[0].elementsEqual(key.utf8) else { continue }
            let parts = line[line.index(after: equals)...].split(
                maxSplits: 2, omittingEmptySubsequences: false
            ) { $0 == UInt8(ascii: "\"") || $0 == UInt8(ascii: "'") }
            return parts.count == 3 ? String(Substring(parts[1])) : nil
        }
        return nil
    }

    /// The version itself if it is digits and dots, as an image may have for its tag.
    private static func number(_ word: String) -> String? {
        let parts = word.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        let isNumber = parts.allSatisfy { (1...6).contains($0.count) && $0.allSatisfy(isDigit) }
        return isNumber && (1...3).contains(parts.count) ? word : nil
    }

    /// The lowest version that a range allows, to so many parts; `nil` if it has no lower end.
    private static func lowest(_ range: String, parts: Int) -> String? {
        // Of alternatives the first; of conditions that which does not exclude what is below it.
        let first = range.utf8.split(separator: UInt8(ascii: "|")).first.map(Substring.init) ?? ""
        for condition in first.utf8.split(whereSeparator: { $0 == UInt8(ascii: ",") }) {
            let text = condition.drop { $0 == 0x20 }
            guard text.first != UInt8(ascii: "<"), text.first != UInt8(ascii: "!") else { continue }
            let digits = text.drop { !isDigit($0) }
                .prefix { isDigit($0) || $0 == UInt8(ascii: ".") }
            let version = digits.split(separator: UInt8(ascii: ".")).prefix(parts)
                .map { String(Substring($0)) }.joined(separator: ".")
            return number(version)
        }
        return nil
    }

    private static func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }
}

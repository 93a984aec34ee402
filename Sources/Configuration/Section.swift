/// A mapping whose keys are known, read with the type that each must have.
///
/// A key that is set to nothing counts as absent. What is wrong is taken down
/// and read as absent, so that a reader goes on to the end of the file.
struct Section {
    /// Where messages are collected.
    let findings: Findings

    /// The path of the mapping, empty at the root.
    let path: String

    /// Where the mapping begins.
    let place: Place

    private let entries: [Node.Entry]

    /// Opens a mapping; every key that is not known is reported.
    ///
    /// `known` is empty where the keys are names that the file chooses.
    init(_ node: Node, path: String, known: [String], findings: Findings) {
        self.findings = findings
        self.path = path
        self.place = node.place
        guard case .mapping(let entries) = node.value else {
            self.entries = []
            if !node.isNull { report("must be a mapping", path, node) }
            return
        }
        self.entries = entries
        guard !known.isEmpty else { return }
        for entry in entries where !known.contains(where: { same($0, entry.key) }) {
            let offer = findings.suggestion(for: entry.key, among: known)
            findings.fail(entry.place, "unknown key '\(shown(name(entry.key)))'\(offer)")
        }
        func report(_ text: String, _ path: String, _ node: Node) {
            let subject = path.isEmpty ? "the file" : "'\(shown(path))'"
            findings.fail(node.place, "\(subject) \(text), not \(node.shape)")
        }
    }

    /// The whole path of a key.
    func name(_ key: String) -> String {
        path.isEmpty ? key : "\(path).\(key)"
    }

    /// Every entry that is set to something.
    var present: [Node.Entry] { entries.filter { !$0.value.isNull } }

    /// The entry of a key that is set to something.
    func entry(_ key: String) -> Node.Entry? {
        entries.first { same($0.key, key) && !$0.value.isNull }
    }

    /// The value of a key that is set to something.
    func node(_ key: String) -> Node? { entry(key)?.value }

    /// Takes down what is wrong with the value of a key.
    func fail(_ key: String, _ message: String) {
        findings.fail(entry(key)?.value.place ?? place, "'\(shown(name(key)))' \(message)")
    }

    /// Takes down that a value is not what its key needs.
    func mismatch(_ key: String, _ wanted: String, _ node: Node) {
        findings.fail(node.place, "'\(shown(name(key)))' must be \(wanted), not \(node.shape)")
    }

    // MARK: - Typed values

    /// A mapping inside this one.
    func section(_ key: String, known: [String]) -> Section? {
        node(key).map { Section($0, path: name(key), known: known, findings: findings) }
    }

    /// A truth value.
    func bool(_ key: String) -> Bool? {
        guard let node = node(key) else { return nil }
        if node.bool == nil { mismatch(key, "true or false", node) }
        return node.bool
    }

    /// A whole number within a range.
    func int(_ key: String, in range: ClosedRange<Int> = 1...Int(Int32.max)) -> Int? {
        guard let node = node(key) else { return nil }
        guard let int = node.int else {
            mismatch(key, "a whole number", node)
            return nil
        }
        guard range.contains(int) else {
            mismatch(key, "between \(range.lowerBound) and \(range.upperBound)", node)
            return nil
        }
        return int
    }

    /// A text that is not empty.
    func string(_ key: String) -> String? {
        node(key).flatMap { string($0, of: key) }
    }

    /// A text that may be empty, if only in quotes.
    func text(_ key: String) -> String? {
        guard let node = node(key) else { return nil }
        if node.text == nil { mismatch(key, "a text", node) }
        return node.text
    }

    /// A list of texts that are not empty.
    func strings(_ key: String) -> [String]? {
        list(key)?.compactMap { string($0, of: key) }
    }

    /// One of the words of an enumeration.
    func word<Word: RawRepresentable & CaseIterable>(
        _ key: String, of type: Word.Type = Word.self
    ) -> Word? where Word.RawValue == String {
        guard let node = node(key) else { return nil }
        if let text = node.text, let word = type.allCases.first(where: { same($0.rawValue, text) })
        {
            return word
        }
        let words = type.allCases.map(\.rawValue)
        let offer = node.text.map { findings.suggestion(for: $0, among: words) } ?? ""
        mismatch(key, "one of \(words.joined(separator: ", "))", node, offer)
        return nil
    }

    /// A list.
    func list(_ key: String) -> [Node]? {
        guard let node = node(key) else { return nil }
        guard case .sequence(let items) = node.value else {
            mismatch(key, "a list", node)
            return nil
        }
        return items
    }

    /// A text that is not empty, in a value or an element of one.
    func string(_ node: Node, of key: String) -> String? {
        guard let text = node.text, !text.utf8.contains(0) else {
            mismatch(key, "a text", node)
            return nil
        }
        guard text.utf8.contains(where: { $0 > 0x20 }) else {
            findings.fail(node.place, "'\(shown(name(key)))' must not be empty")
            return nil
        }
        return text
    }

    private func mismatch(_ key: String, _ wanted: String, _ node: Node, _ offer: String) {
        findings.fail(
            node.place, "'\(shown(name(key)))' must be \(wanted), not \(node.shape)\(offer)")
    }
}

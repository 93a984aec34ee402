import Model

/// What the fields of a planned ticket may be, in every format.
struct PlanLimits {
    /// Where messages are collected.
    let findings: Findings

    /// The priority of a bucket from `P0` to `P3`.
    static func bucket(_ text: String) -> Int? {
        switch text.uppercased() {
        case "P0": 90
        case "P1": 70
        case "P2": 50
        case "P3": 30
        default: nil
        }
    }

    /// A title without the space around it, if it is one line of fair length.
    func title(_ text: String, at place: Place) -> String? {
        let title = trimmed(text)
        guard let flaw = Title.flaw(of: title) else { return title }
        findings.fail(place, flaw)
        return nil
    }

    /// A priority from 0 to 100.
    func priority(_ number: Int, _ place: Place) -> Int? {
        guard (0...100).contains(number) else {
            findings.fail(place, "the priority must be between 0 and 100, not \(number)")
            return nil
        }
        return number
    }

    /// A type of task: one word.
    func word(_ text: String?, _ node: Node?) -> String? {
        guard let text, let node else { return nil }
        return word(text, at: node.place)
    }

    /// A type of task: one word.
    func word(_ text: String, at place: Place) -> String? {
        let isWord = text.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F } && text.utf8.count <= 64
        if !isWord {
            findings.fail(place, "'\(shown(text))' cannot be a type of task; use one word")
        }
        return isWord ? text : nil
    }

    /// Patterns of paths that are inside the repository.
    func touches(_ texts: [String], _ node: Node?) -> [String] {
        guard let node else { return [] }
        return touches(texts, at: node.place)
    }

    /// Patterns of paths that are inside the repository.
    func touches(_ texts: [String], at place: Place) -> [String] {
        for text in texts where PathPattern(text) == nil {
            findings.fail(
                place, "'\(shown(text))' is not a pattern of paths inside the repository")
        }
        return texts
    }
}

/// A text without white space at both ends.
func trimmed(_ text: some StringProtocol) -> String {
    let scalars = text.unicodeScalars
    guard let first = scalars.firstIndex(where: { !$0.properties.isWhitespace }),
        let last = scalars.lastIndex(where: { !$0.properties.isWhitespace })
    else { return "" }
    return String(String.UnicodeScalarView(scalars[first...last]))
}

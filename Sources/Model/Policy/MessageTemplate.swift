/// A text with places for what is known of a ticket, such as `{title}`.
///
/// `{{` and `}}` stand for the braces themselves; a brace around anything but letters is
/// itself.
public struct MessageTemplate: Hashable, Sendable {
    /// What a place can be for.
    public enum Placeholder: String, CaseIterable, Sendable {
        /// The title of the ticket.
        case title

        /// Its whole id.
        case id

        /// The title of its goal.
        case goal

        /// Its description, which may be empty.
        case description
    }

    private enum Part: Hashable {
        case text(String)
        case place(String)
    }

    private let parts: [Part]

    /// Reads a text.
    public init(_ text: String) {
        var parts: [Part] = []
        var plain = ""
        var rest = text.unicodeScalars[...]
        while let first = rest.first {
            if first == "{" || first == "}", rest.dropFirst().first == first {
                plain.unicodeScalars.append(first)
                rest = rest.dropFirst(2)
            } else if let name = Self.name(at: rest) {
                parts += [.text(plain), .place(name)]
                plain = ""
                rest = rest.dropFirst(name.unicodeScalars.count + 2)
            } else {
                plain.unicodeScalars.append(first)
                rest = rest.dropFirst()
            }
        }
        self.parts = parts + [.text(plain)]
    }

    /// The name in braces with which a text begins.
    private static func name(at rest: Substring.UnicodeScalarView) -> String? {
        guard rest.first == "{" else { return nil }
        let name = rest.dropFirst().prefix { $0.properties.isAlphabetic || $0 == "_" }
        guard !name.isEmpty, rest.dropFirst(name.count + 1).first == "}" else { return nil }
        return String(name)
    }

    /// The names in braces that mean nothing.
    public var unknown: [String] {
        parts.compactMap { part in
            guard case .place(let name) = part, Placeholder(rawValue: name) == nil else {
                return nil
            }
            return name
        }
    }

    /// The text with every place filled; what is filled in is not read again.
    public func filled(with words: [Placeholder: String]) -> String {
        parts.map { part in
            switch part {
            case .text(let text): text
            case .place(let name):
                Placeholder(rawValue: name).flatMap { words[$0] } ?? "{\(name)}"
            }
        }.joined()
    }
}

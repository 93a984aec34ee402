/// A place in a file; lines and columns count from 1.
struct Place: Equatable, Sendable {
    /// The line.
    var line: Int

    /// The column, in characters of YAML or bytes of JSON.
    var column: Int
}

/// A part of a YAML or JSON text that knows where it stood.
struct Node: Equatable, Sendable {
    /// How a scalar was written, which decides what it may mean.
    enum Style: Equatable, Sendable {
        /// Bare: `true`, `5` and `null` are what they look like.
        case plain

        /// In quotes or as a block: always text.
        case quoted
    }

    /// A key of a mapping, with its value.
    struct Entry: Equatable, Sendable {
        /// The key's text.
        var key: String

        /// Where the key stands.
        var place: Place

        /// What the key is set to.
        var value: Node
    }

    /// What a node may be.
    indirect enum Value: Equatable, Sendable {
        /// A text, number, truth value or null.
        case scalar(String, Style)

        /// A list.
        case sequence([Node])

        /// Keys in the order of the file; no two have the same bytes.
        case mapping([Entry])
    }

    /// What it is.
    var value: Value

    /// Where it begins.
    var place: Place
}

extension Node {
    /// Whether it is nothing, as `~`, `null` or an empty value are.
    var isNull: Bool {
        guard case .scalar(let text, .plain) = value else { return false }
        return ["", "~", "null", "Null", "NULL"].contains { same($0, text) }
    }

    /// The truth value that a bare `true` or `false` stands for.
    var bool: Bool? {
        guard case .scalar(let text, .plain) = value else { return nil }
        switch Array(text.utf8) {
        case Array("true".utf8), Array("True".utf8), Array("TRUE".utf8): return true
        case Array("false".utf8), Array("False".utf8), Array("FALSE".utf8): return false
        default: return nil
        }
    }

    /// The whole number that a bare scalar stands for, if it fits.
    var int: Int? {
        guard case .scalar(let text, .plain) = value else { return nil }
        if text.utf8.starts(with: "0x".utf8) { return Self.natural(text.dropFirst(2), radix: 16) }
        if text.utf8.starts(with: "0o".utf8) { return Self.natural(text.dropFirst(2), radix: 8) }
        return Int(text)
    }

    private static func natural(_ digits: Substring, radix: Int) -> Int? {
        guard let first = digits.utf8.first, first != UInt8(ascii: "-"),
            first != UInt8(ascii: "+")
        else { return nil }
        return Int(digits, radix: radix)
    }

    /// The text of a scalar that is not null, numbers and truth values included.
    ///
    /// A command `true` and an environment variable `8080` are written bare by
    /// everybody.
    var text: String? {
        guard case .scalar(let text, _) = value, !isNull else { return nil }
        return text
    }

    /// What it is, for a message that says what was found instead.
    var shape: String {
        switch value {
        case .scalar where isNull: "nothing"
        case .scalar(let text, _): "'\(shown(text))'"
        case .sequence: "a list"
        case .mapping: "a mapping"
        }
    }
}

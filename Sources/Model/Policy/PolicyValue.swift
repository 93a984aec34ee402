/// A setting as plain data, for canonical JSON and its digest.
public enum PolicyValue: Equatable, Sendable {
    /// Nothing.
    case null

    /// A truth value.
    case bool(Bool)

    /// A whole number.
    case int(Int64)

    /// A text.
    case string(String)

    /// A list.
    case array([PolicyValue])

    /// Values by name.
    case object([String: PolicyValue])
}

extension PolicyValue {
    /// A list of texts.
    static func strings(_ texts: [String]) -> PolicyValue {
        .array(texts.map { .string($0) })
    }

    /// A list of the texts of patterns.
    static func patterns(_ patterns: [PathPattern]) -> PolicyValue {
        .array(patterns.map { .string($0.text) })
    }

    /// A whole number.
    static func number(_ number: Int) -> PolicyValue { .int(Int64(number)) }

    /// A text, or null.
    static func text(_ text: String?) -> PolicyValue { text.map { .string($0) } ?? .null }
}

/// A JSON value, as records and events hold it.
public enum JSON: Sendable {
    /// `null`.
    case null
    /// `true` or `false`.
    case bool(Bool)
    /// A number that is an integer of 64 bits in its shortest spelling.
    case integer(Int64)
    /// Any other number, as its text: nothing of ours, but it is kept.
    case number(String)
    /// A text.
    case string(String)
    /// An ordered list.
    case array([JSON])
    /// Members by key.
    case object(JSONObject)
}

/// The members of a JSON object, sorted by the bytes of their keys.
public typealias JSONObject = ByteMap<JSON>

// MARK: - Looking inside

extension JSON {
    /// The member of an object, or `nil` if there is none or this is no object.
    public subscript(key: String) -> JSON? {
        guard case .object(let members) = self else { return nil }
        return members[key]
    }

    /// The text, or `nil` if this is none.
    public var string: String? {
        guard case .string(let text) = self else { return nil }
        return text
    }

    /// The integer, or `nil` if this is none.
    public var integer: Int64? {
        guard case .integer(let number) = self else { return nil }
        return number
    }

    /// The truth value, or `nil` if this is none.
    public var bool: Bool? {
        guard case .bool(let truth) = self else { return nil }
        return truth
    }

    /// The elements, or `nil` if this is no list.
    public var array: [JSON]? {
        guard case .array(let elements) = self else { return nil }
        return elements
    }

    /// The members, or `nil` if this is no object.
    public var object: JSONObject? {
        guard case .object(let members) = self else { return nil }
        return members
    }

    /// Whether this is `null`.
    public var isNull: Bool {
        guard case .null = self else { return false }
        return true
    }
}

// MARK: - Making

extension JSON {
    /// A text, or `null`.
    public init(_ text: String?) { self = text.map { .string($0) } ?? .null }

    /// An integer, or `null`.
    public init(_ number: Int64?) { self = number.map { .integer($0) } ?? .null }

    /// A list of texts.
    public init(_ texts: [String]) { self = .array(texts.map { .string($0) }) }

    /// A point in time as text, or `null`.
    public init(_ time: Timestamp?) { self.init(time?.description) }

    /// The same value with every text, keys included, passed through a function.
    public func mapStrings(_ transform: (String) -> String) -> JSON {
        switch self {
        case .null, .bool, .integer, .number: self
        case .string(let text): .string(transform(text))
        case .array(let elements): .array(elements.map { $0.mapStrings(transform) })
        case .object(let members):
            .object(JSONObject(members.map { (transform($0.key), $0.value.mapStrings(transform)) }))
        }
    }
}

extension JSON: Equatable {
    /// Whether both have the same canonical bytes.
    public static func == (left: JSON, right: JSON) -> Bool {
        switch (left, right) {
        case (.null, .null): true
        case (.bool(let left), .bool(let right)): left == right
        case (.integer(let left), .integer(let right)): left == right
        case (.number(let left), .number(let right)): left.hasSameBytes(as: right)
        case (.string(let left), .string(let right)): left.hasSameBytes(as: right)
        case (.array(let left), .array(let right)): left == right
        case (.object(let left), .object(let right)): left == right
        default: false
        }
    }
}

extension JSON: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral,
    ExpressibleByBooleanLiteral, ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral,
    ExpressibleByNilLiteral, ExpressibleByStringInterpolation
{
    /// A text.
    public init(stringLiteral value: String) { self = .string(value) }

    /// An integer.
    public init(integerLiteral value: Int64) { self = .integer(value) }

    /// A truth value.
    public init(booleanLiteral value: Bool) { self = .bool(value) }

    /// A list.
    public init(arrayLiteral elements: JSON...) { self = .array(elements) }

    /// An object.
    public init(dictionaryLiteral elements: (String, JSON)...) {
        self = .object(JSONObject(elements))
    }

    /// `null`.
    public init(nilLiteral: ()) { self = .null }
}

/// A map from text to values, ordered and compared by the bytes of the keys.
///
/// `Dictionary` takes two spellings of one character for the same key; what others wrote
/// must not collapse so.
public struct ByteMap<Value> {
    /// The keys, in ascending order of their bytes.
    ///
    /// Apart from the values, so that a search does not touch those.
    public private(set) var keys: [String] = []

    /// The values, in the order of their keys.
    public private(set) var values: [Value] = []

    /// Creates an empty map.
    public init() {}

    /// Creates a map of members; of two with the same key the later stays.
    public init(_ members: some Sequence<(String, Value)>) {
        for (key, value) in members where !insert(key, value) { self[key] = value }
    }

    /// The value of a key, or `nil` if there is none.
    public subscript(key: String) -> Value? {
        get {
            let (index, found) = position(of: key)
            return found ? values[index] : nil
        }
        set {
            let (index, found) = position(of: key)
            switch (found, newValue) {
            case (true, let value?): values[index] = value
            case (true, nil):
                keys.remove(at: index)
                values.remove(at: index)
            case (false, let value?):
                keys.insert(key, at: index)
                values.insert(value, at: index)
            case (false, nil): break
            }
        }
    }

    /// The number of members.
    public var count: Int { keys.count }

    /// Whether there is no member.
    public var isEmpty: Bool { keys.isEmpty }

    /// Adds a member whose key is not there yet; returns whether it was not.
    public mutating func insert(_ key: String, _ value: Value) -> Bool {
        if let last = keys.last, !last.precedes(key) {
            let (index, found) = position(of: key)
            guard !found else { return false }
            keys.insert(key, at: index)
            values.insert(value, at: index)
        } else {
            keys.append(key)
            values.append(value)
        }
        return true
    }

    private func position(of key: String) -> (index: Int, found: Bool) {
        var low = 0
        var high = keys.count
        while low < high {
            let middle = (low + high) / 2
            if keys[middle].precedes(key) { low = middle + 1 } else { high = middle }
        }
        return (low, low < keys.count && keys[low].hasSameBytes(as: key))
    }
}

extension ByteMap: Sequence {
    /// Visits members in ascending order of the bytes of their keys.
    public struct Iterator: IteratorProtocol {
        fileprivate let map: ByteMap
        fileprivate var index = 0

        /// The next member, or `nil` after the last.
        public mutating func next() -> (key: String, value: Value)? {
            guard index < map.keys.count else { return nil }
            defer { index += 1 }
            return (map.keys[index], map.values[index])
        }
    }

    /// Visits the members in ascending order of the bytes of their keys.
    public func makeIterator() -> Iterator { Iterator(map: self) }

    /// The number of members, which is known.
    public var underestimatedCount: Int { keys.count }
}

extension ByteMap: Sendable where Value: Sendable {}

extension ByteMap: Equatable where Value: Equatable {
    /// Whether both hold the same keys, byte by byte, and the same values.
    public static func == (left: Self, right: Self) -> Bool {
        left.keys.elementsEqual(right.keys) { $0.hasSameBytes(as: $1) }
            && left.values == right.values
    }
}

extension ByteMap: ExpressibleByDictionaryLiteral {
    /// Creates a map; of two members with the same key the later stays.
    public init(dictionaryLiteral elements: (String, Value)...) { self.init(elements) }
}

extension String {
    /// Whether the bytes of the two texts are the same.
    public func hasSameBytes(as other: String) -> Bool { utf8.elementsEqual(other.utf8) }

    /// Whether the bytes of this text come before those of another.
    public func precedes(_ other: String) -> Bool {
        utf8.lexicographicallyPrecedes(other.utf8)
    }
}

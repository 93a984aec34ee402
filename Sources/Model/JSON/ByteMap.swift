/// A map from text to values, ordered and compared by the bytes of the keys.
///
/// `Dictionary` takes two spellings of one character for the same key; what others wrote
/// must not collapse so.
public struct ByteMap<Value> {
    private var members: [(key: String, value: Value)] = []

    /// Creates an empty map.
    public init() {}

    /// Creates a map of members; of two with the same key the later stays.
    public init(_ members: some Sequence<(String, Value)>) {
        for (key, value) in members { self[key] = value }
    }

    /// The value of a key, or `nil` if there is none.
    public subscript(key: String) -> Value? {
        get {
            let (index, found) = position(of: key)
            return found ? members[index].value : nil
        }
        set {
            let (index, found) = position(of: key)
            switch (found, newValue) {
            case (true, let value?): members[index].value = value
            case (true, nil): members.remove(at: index)
            case (false, let value?): members.insert((key, value), at: index)
            case (false, nil): break
            }
        }
    }

    /// The keys, in ascending order of their bytes.
    public var keys: [String] { members.map(\.key) }

    /// The values, in the order of their keys.
    public var values: [Value] { members.map(\.value) }

    /// The number of members.
    public var count: Int { members.count }

    /// Whether there is no member.
    public var isEmpty: Bool { members.isEmpty }

    /// Adds a member whose key is not there yet; returns whether it was not.
    public mutating func insert(_ key: String, _ value: Value) -> Bool {
        if let last = members.last, !last.key.precedes(key) {
            let (index, found) = position(of: key)
            guard !found else { return false }
            members.insert((key, value), at: index)
        } else {
            members.append((key, value))
        }
        return true
    }

    private func position(of key: String) -> (index: Int, found: Bool) {
        var low = 0
        var high = members.count
        while low < high {
            let middle = (low + high) / 2
            if members[middle].key.precedes(key) { low = middle + 1 } else { high = middle }
        }
        return (low, low < members.count && members[low].key.hasSameBytes(as: key))
    }
}

extension ByteMap: Sequence {
    /// Visits the members in ascending order of the bytes of their keys.
    public func makeIterator() -> IndexingIterator<[(key: String, value: Value)]> {
        members.makeIterator()
    }
}

extension ByteMap: Sendable where Value: Sendable {}

extension ByteMap: Equatable where Value: Equatable {
    /// Whether both hold the same keys, byte by byte, and the same values.
    public static func == (left: Self, right: Self) -> Bool {
        left.members.elementsEqual(right.members) {
            $0.key.hasSameBytes(as: $1.key) && $0.value == $1.value
        }
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

/// Ids: 80 random bits as 16 lower-case Crockford base-32 characters.
public enum Crockford {
    /// The number of characters of an id.
    public static let length = 16

    /// The number of characters that a prefix given by a person must have.
    public static let minimumPrefix = 4

    private static let alphabet = Array("0123456789abcdefghjkmnpqrstvwxyz".utf8)

    /// Makes a new id.
    public static func id(using generator: inout some RandomNumberGenerator) -> String {
        var text: [UInt8] = []
        for count in [12, 4] {
            var bits = generator.next()
            for _ in 0..<count {
                text.append(alphabet[Int(bits >> 59)])
                bits <<= 5
            }
        }
        return String(decoding: text, as: UTF8.self)
    }

    /// Whether a text is an id: sixteen characters, lower-case.
    public static func isValid(_ text: String) -> Bool {
        text.utf8.count == length && text.utf8.allSatisfy(isCharacter)
    }

    /// Whether a text can abbreviate an id: 4 to 16 characters, lower-case.
    public static func isPrefix(_ text: String) -> Bool {
        (minimumPrefix...length).contains(text.utf8.count) && text.utf8.allSatisfy(isCharacter)
    }

    /// Finds for each id its shortest prefix that begins no other of them.
    ///
    /// - Parameters:
    ///   - ids: What to tell apart; the same id twice counts once.
    ///   - minimum: The length that no prefix goes below.
    /// - Returns: The prefixes by id. An id that begins another is its own.
    public static func shortestUniquePrefixes(
        _ ids: [String], minimum: Int = 6
    ) -> [String: String] {
        let sorted = ids.map { Array($0.utf8) }.sorted { $0.lexicographicallyPrecedes($1) }
        var distinct: [[UInt8]] = []
        for id in sorted where id != distinct.last { distinct.append(id) }
        var prefixes: [String: String] = [:]
        for (i, id) in distinct.enumerated() {
            let before = i > 0 ? commonPrefix(id, distinct[i - 1]) : 0
            let after = i + 1 < distinct.count ? commonPrefix(id, distinct[i + 1]) : 0
            var count = min(id.count, max(minimum, max(before, after) + 1, 0))
            while count < id.count, id[count] & 0xc0 == 0x80 { count += 1 }
            prefixes[String(decoding: id, as: UTF8.self)] =
                String(decoding: id[..<count], as: UTF8.self)
        }
        return prefixes
    }

    private static func isCharacter(_ byte: UInt8) -> Bool { alphabet.contains(byte) }

    private static func commonPrefix(_ left: [UInt8], _ right: [UInt8]) -> Int {
        zip(left, right).prefix { $0 == $1 }.count
    }
}

/// Random numbers that are the same for the same seed (SplitMix64).
///
/// For tests and reproducible transcripts; never for secrets.
public struct SeededGenerator: RandomNumberGenerator, Sendable {
    private var state: UInt64

    /// The sequence of a seed.
    public init(seed: UInt64) { state = seed }

    /// The next 64 bits.
    public mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
        return mixed ^ (mixed >> 31)
    }
}

/// A closed set of words that a newer version may have added to.
///
/// Reading a word that we do not know gives a value that carries it; we never write one.
public protocol OpenEnum: Hashable, Sendable, CustomStringConvertible {
    /// The values that we know.
    static var known: [Self] { get }

    /// The value of a word that we do not know.
    static func unknown(_ word: String) -> Self

    /// The word, as it is stored.
    var word: String { get }
}

extension OpenEnum {
    /// Reads a word; one that we do not know is carried.
    public init(_ word: String) {
        self = Self.known.first { $0.word == word } ?? .unknown(word)
    }

    /// Reads a word, or returns `nil` if we do not know it.
    public init?(known word: String) {
        guard let value = Self.known.first(where: { $0.word == word }) else { return nil }
        self = value
    }

    /// The word.
    public var description: String { word }
}

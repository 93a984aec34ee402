/// A value that one word of a command line can spell.
///
/// A type with bounds of its own fails for what lies outside of them, and says
/// in ``expected`` what would have been right:
///
///     struct Percent: ArgumentValue {
///         let value: Int
///         static var expected: String { "a number from 0 to 100" }
///         init?(argument: String) {
///             guard let value = Int(argument), 0...100 ~= value else { return nil }
///             self.value = value
///         }
///     }
public protocol ArgumentValue {
    /// Reads the value, or returns `nil` if the word does not spell one.
    init?(argument: String)

    /// Every word that spells a value; empty if they are without number.
    static var allWords: [String] { get }

    /// What a word should have been, as in "expected a number"; may be empty.
    static var expected: String { get }
}

extension ArgumentValue {
    /// Without number.
    public static var allWords: [String] { [] }

    /// The list of the words, if there is one.
    public static var expected: String {
        allWords.isEmpty ? "" : "one of: \(allWords.joined(separator: ", "))"
    }
}

extension ArgumentValue where Self: RawRepresentable & CaseIterable, RawValue == String {
    /// Reads a case by its name.
    public init?(argument: String) {
        guard let match = Self.allCases.first(where: { $0.rawValue.isSpelled(argument) }) else {
            return nil
        }
        self = match
    }

    /// The names of the cases.
    public static var allWords: [String] { allCases.map(\.rawValue) }
}

extension String: ArgumentValue {
    /// Any word is itself.
    public init?(argument: String) { self = argument }
}

extension Int: ArgumentValue {
    /// Reads a decimal number.
    public init?(argument: String) { self.init(argument) }

    /// A number.
    public static var expected: String { "a number" }
}

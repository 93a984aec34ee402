/// A pattern of paths in a repository, in the manner of `.gitignore`.
///
/// A path is relative to the root, with `/` between its parts. Everything is
/// compared byte by byte; case matters.
///
/// - A pattern without `/`, or with one only at its end, matches a part of the
///   path at any depth: `*.md`, `infra/`.
/// - Any other pattern starts at the root: `src/*.c`, `/Makefile`. A leading
///   `/` does nothing else.
/// - What matches a directory matches everything in it: `src` and `src/**`
///   both match `src/a/b.c`, and so does `src/*`.
/// - A `/` at the end matches what is in such a directory, not a file of that
///   name.
/// - `**` as a whole part stands for any number of parts, also none; at the
///   end for at least one.
/// - `*` stands for any bytes but `/`, also none; `?` for one byte; `[a-z]` for
///   one byte of a set, `[!a-z]` for one outside; `\` takes the meaning from
///   the byte that follows. Neither treats a leading dot specially.
///
/// A match takes at most the product of both lengths for each of the two
/// kinds of star: no pattern makes it explode.
public struct PathPattern: Hashable, Sendable {
    /// The pattern as it was written.
    public let text: String

    private let parts: [Part]

    private enum Part: Hashable, Sendable {
        case any
        case glob([Piece])
    }

    private enum Piece: Hashable, Sendable {
        case byte(UInt8)
        case one
        case star
        case set([ClosedRange<UInt8>], inverted: Bool)
    }

    /// Creates a pattern, or nothing if the text can never match a path.
    ///
    /// That is so for an empty text, one with an empty, `.` or `..` part, an
    /// open `[`, and a `\` at the end. Nor is there a negation: a text that
    /// begins with `!` is no pattern, while `\!` stands for the sign itself.
    public init?(_ text: String) {
        self.text = text
        let bytes = Array(text.utf8)
        guard !bytes.isEmpty, !bytes.contains(0), !Self.isNegated(text) else { return nil }
        var words = bytes.split(separator: Self.slash, omittingEmptySubsequences: false)
        let leads = words.count > 1 && words[0].isEmpty
        if leads { words.removeFirst() }
        let trails = words.count > 1 && words[words.count - 1].isEmpty
        if trails { words.removeLast() }
        var parts: [Part] = leads || words.count > 1 ? [] : [.any]
        for word in words {
            guard let part = Self.part(word) else { return nil }
            parts.append(part)
        }
        if trails || parts.last == .any { parts.append(.glob([.star])) }
        parts.append(.any)
        self.parts = parts
    }

    /// Whether a text would be the negation of a pattern, in the manner of `.gitignore`.
    public static func isNegated(_ text: String) -> Bool {
        text.utf8.first == UInt8(ascii: "!")
    }

    /// Whether the pattern matches the path or a directory that it is in.
    public func matches(_ path: String) -> Bool {
        matches(path.utf8)
    }

    /// Whether the pattern matches a path that may not be UTF-8.
    public func matches(_ path: some Sequence<UInt8>) -> Bool {
        let names = Array(path).split(separator: Self.slash)
        guard !names.isEmpty else { return false }
        return Self.walk(parts, names, isStar: { $0 == .any }) { part, name in
            guard case .glob(let pieces) = part else { return false }
            return Self.walk(pieces, name, isStar: { $0 == .star }, matches: Self.accepts)
        }
    }

    /// Compares from left to right; what fails is retried from the last star.
    ///
    /// To retry from an earlier star could find nothing more, since the later
    /// one can take over all that the earlier could have skipped.
    private static func walk<Token, Items: RandomAccessCollection>(
        _ tokens: [Token], _ items: Items, isStar: (Token) -> Bool,
        matches: (Token, Items.Element) -> Bool
    ) -> Bool {
        var token = 0
        var item = items.startIndex
        var retry: (token: Int, item: Items.Index)?
        while item != items.endIndex {
            if token < tokens.count, isStar(tokens[token]) {
                token += 1
                retry = (token, item)
            } else if token < tokens.count, matches(tokens[token], items[item]) {
                token += 1
                item = items.index(after: item)
            } else if let last = retry {
                token = last.token
                item = items.index(after: last.item)
                retry = (token, item)
            } else {
                return false
            }
        }
        return tokens[token...].allSatisfy(isStar)
    }

    private static func accepts(_ piece: Piece, _ byte: UInt8) -> Bool {
        switch piece {
        case .byte(let wanted): wanted == byte
        case .one: true
        case .star: false
        case .set(let ranges, let inverted): ranges.contains { $0 ~= byte } != inverted
        }
    }

    // MARK: - Reading

    private static let slash = UInt8(ascii: "/")

    private static func part(_ word: ArraySlice<UInt8>) -> Part? {
        if word.isEmpty || word.elementsEqual(".".utf8) || word.elementsEqual("..".utf8) {
            return nil
        }
        if word.elementsEqual("**".utf8) { return .any }
        var pieces: [Piece] = []
        var rest = word
        while let byte = rest.popFirst() {
            switch byte {
            case UInt8(ascii: "*"):
                if pieces.last != .star { pieces.append(.star) }
            case UInt8(ascii: "?"):
                pieces.append(.one)
            case UInt8(ascii: "["):
                guard let set = set(&rest) else { return nil }
                pieces.append(set)
            case UInt8(ascii: "\\"):
                guard let literal = rest.popFirst() else { return nil }
                pieces.append(.byte(literal))
            default:
                pieces.append(.byte(byte))
            }
        }
        return .glob(pieces)
    }

    /// Reads a set up to its `]`, which is itself a member where it is first.
    private static func set(_ rest: inout ArraySlice<UInt8>) -> Piece? {
        var inverted = false
        if let first = rest.first, first == UInt8(ascii: "!") || first == UInt8(ascii: "^") {
            inverted = true
            rest.removeFirst()
        }
        var ranges: [ClosedRange<UInt8>] = []
        while var low = rest.popFirst() {
            if low == UInt8(ascii: "]"), !ranges.isEmpty {
                return .set(ranges, inverted: inverted)
            }
            if low == UInt8(ascii: "\\") {
                guard let literal = rest.popFirst() else { return nil }
                low = literal
            }
            guard rest.first == UInt8(ascii: "-"), let next = rest.dropFirst().first,
                next != UInt8(ascii: "]")
            else {
                ranges.append(low...low)
                continue
            }
            rest.removeFirst(2)
            var high = next
            if high == UInt8(ascii: "\\") {
                guard let literal = rest.popFirst() else { return nil }
                high = literal
            }
            guard low <= high else { return nil }
            ranges.append(low...high)
        }
        return nil
    }
}

extension PathPattern: CustomStringConvertible {
    /// The pattern as it was written.
    public var description: String { text }
}

import Synchronization

/// A text whose lines are replaced by a name wherever they are quoted.
public struct KnownText: Hashable, Sendable {
    /// What stands in the place of a line, such as `[skill review 3fa2c81b09de]`.
    public let name: String

    /// The text.
    public let bytes: [UInt8]

    /// Creates a text that has a name.
    public init(name: String, bytes: [UInt8]) {
        self.name = name
        self.bytes = bytes
    }
}

extension KnownText {
    /// The length in bytes below which a piece would be found where nobody quotes it.
    public static let minimumLength = 24

    /// The length above which a line is looked for in parts, since it may be cut.
    static let maximumLength = 120

    /// The lines without what begins or ends them, in parts; short ones are left out.
    var pieces: [ArraySlice<UInt8>] {
        bytes.split { $0 == 0x0a || $0 == 0x0d }.flatMap { Self.parts(of: Self.trimmed($0)) }
    }

    private static func trimmed(_ line: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        var line = line.drop { $0 < 0x80 && !isAlphanumeric($0) }
        while let last = line.last, last <= 0x20 { line.removeLast() }
        return line
    }

    private static func parts(of line: ArraySlice<UInt8>) -> [ArraySlice<UInt8>] {
        guard line.count >= minimumLength else { return [] }
        let count = (line.count + maximumLength - 1) / maximumLength
        var parts: [ArraySlice<UInt8>] = []
        var start = line.startIndex
        for part in 1...count {
            var end = line.startIndex + line.count * part / count
            // Not within a character.
            while end < line.endIndex, line[end] & 0xc0 == 0x80 { end += 1 }
            parts.append(line[start..<end])
            start = end
        }
        return parts
    }
}

/// The texts that all copies of a redactor know.
final class LearnedTexts: Sendable {
    private struct State {
        var texts: Set<KnownText> = []
        var pieces: KnownPieces?
    }

    private let state = Mutex(State())

    /// What is looked for; `nil` if nothing is.
    var pieces: KnownPieces? { state.withLock { $0.pieces } }

    /// Takes in further texts.
    func add(_ texts: [KnownText]) {
        state.withLock { state in
            let before = state.texts.count
            state.texts.formUnion(texts)
            guard state.texts.count != before else { return }
            state.pieces = KnownPieces(state.texts)
        }
    }
}

/// The pieces of known texts in all their spellings, found by their first eight bytes.
struct KnownPieces: Sendable {
    private struct Piece: Sendable {
        var bytes: [UInt8]
        var name: Int
    }

    private var names: [[UInt8]] = []
    private var sorted: [Piece] = []
    private var byHead: [UInt64: [Int]] = [:]
    private var filter = [UInt64](repeating: 0, count: 1024)

    /// The length of the longest one.
    private(set) var longest = 0

    init(_ texts: Set<KnownText>) {
        var known: [[UInt8]: Int] = [:]
        let order = texts.sorted {
            $0.name == $1.name
                ? $0.bytes.lexicographicallyPrecedes($1.bytes)
                : $0.name.utf8.lexicographicallyPrecedes($1.name.utf8)
        }
        for text in order {
            names.append(Array(text.name.utf8))
            for piece in text.pieces {
                for spelling in Self.spellings(of: piece) where known[spelling] == nil {
                    known[spelling] = names.count - 1
                }
            }
        }
        sorted = known.map { Piece(bytes: $0.key, name: $0.value) }
            .sorted { $0.bytes.lexicographicallyPrecedes($1.bytes) }
        for (index, piece) in sorted.enumerated() {
            let head = piece.bytes.prefix(8).reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
            let bit = Self.bit(of: head)
            filter[bit >> 6] |= 1 << UInt64(bit & 63)
            byHead[head, default: []].append(index)
            longest = max(longest, piece.bytes.count)
        }
        // Of those that begin alike the longest counts; it sorts last.
        for head in byHead.keys { byHead[head]?.reverse() }
    }

    private static func bit(of head: UInt64) -> Int {
        Int((head &* 0x9e37_79b9_7f4a_7c15) >> 48)
    }

    /// Whether anything can begin with eight bytes.
    @inline(__always)
    func mayBegin(_ head: UInt64) -> Bool {
        let bit = Self.bit(of: head)
        return filter[bit >> 6] & (1 << UInt64(bit & 63)) != 0
    }

    /// The longest piece at a place, and its name.
    func match(
        _ head: UInt64, at start: Int, in bytes: [UInt8]
    ) -> (length: Int, name: Int)? {
        for index in byHead[head] ?? [] {
            let piece = sorted[index]
            if bytes[start...].starts(with: piece.bytes) { return (piece.bytes.count, piece.name) }
        }
        return nil
    }

    /// Whether a piece goes on where a text ends.
    func goesOn(_ end: ArraySlice<UInt8>) -> Bool {
        guard end.count < longest else { return false }
        var (low, high) = (0, sorted.count)
        while low < high {
            let middle = (low + high) / 2
            if sorted[middle].bytes.lexicographicallyPrecedes(end) {
                low = middle + 1
            } else {
                high = middle
            }
        }
        while low < sorted.count, sorted[low].bytes.starts(with: end) {
            if sorted[low].bytes.count > end.count { return true }
            low += 1
        }
        return false
    }

    /// What stands in the place of a piece.
    func name(_ index: Int) -> [UInt8] { names[index] }

    // MARK: - Spellings

    /// A piece as it is, and as the texts of JSON hold it, also of JSON within JSON.
    private static func spellings(of piece: ArraySlice<UInt8>) -> [[UInt8]] {
        let plain = Array(piece)
        let escaped = Self.escaped(plain)
        let slashes = escaped.flatMap { $0 == 0x2f ? [0x5c, 0x2f] : [$0] }
        let ascii = Self.ascii(escaped)
        return [plain, escaped, slashes, ascii, Self.escaped(escaped), Self.escaped(ascii)]
    }

    private static func escaped(_ bytes: [UInt8]) -> [UInt8] {
        bytes.flatMap { byte -> [UInt8] in
            switch byte {
            case 0x22, 0x5c: [0x5c, byte]
            case 0x09: [0x5c, 0x74]
            default: [byte]
            }
        }
    }

    private static func ascii(_ bytes: [UInt8]) -> [UInt8] {
        guard bytes.contains(where: { $0 >= 0x80 }) else { return bytes }
        return String(decoding: bytes, as: UTF8.self).utf16.flatMap { unit -> [UInt8] in
            if unit < 0x80 { return [UInt8(unit)] }
            let digits = String(unit, radix: 16)
            return Array("\\u\(String(repeating: "0", count: 4 - digits.utf8.count))\(digits)".utf8)
        }
    }
}

/// Replaces the pieces of known texts in a text that comes in parts.
struct KnownTextStream: Sendable {
    private let pieces: KnownPieces
    private var bytes: [UInt8] = []
    /// The name that stands where ``bytes`` begin, of a piece that ended there.
    private var last: Int?

    init(_ pieces: KnownPieces) { self.pieces = pieces }

    /// Takes the next part; returns what can be passed on.
    mutating func feed(_ part: [UInt8]) -> [UInt8] {
        bytes += part
        return scan(isFinal: false)
    }

    /// Ends the text; returns what was held back.
    mutating func finish() -> [UInt8] {
        let rest = scan(isFinal: true)
        (bytes, last) = ([], nil)
        return rest
    }

    private mutating func scan(isFinal: Bool) -> [UInt8] {
        var output: [UInt8] = []
        let count = bytes.count
        var head: UInt64 = bytes.prefix(7).reduce(0) { $0 << 8 | UInt64($1) }
        var (passed, place) = (0, 0)
        while place < count {
            let isWhole = place + 8 <= count
            if isWhole { head = head << 8 | UInt64(bytes[place + 7]) }
            if !isFinal, count - place < pieces.longest, pieces.goesOn(bytes[place...]) { break }
            guard isWhole, pieces.mayBegin(head),
                let found = pieces.match(head, at: place, in: bytes)
            else {
                place += 1
                continue
            }
            if passed < place || last != found.name {
                output += bytes[passed..<place]
                output += pieces.name(found.name)
            }
            place += found.length
            (passed, last) = (place, found.name)
            head = bytes[place...].prefix(7).reduce(0) { $0 << 8 | UInt64($1) }
        }
        output += bytes[passed..<place]
        if passed < place { last = nil }
        bytes.removeFirst(place)
        return output
    }
}

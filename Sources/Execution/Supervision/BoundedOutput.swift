/// The head and the tail of a stream, within a number of bytes.
public struct BoundedOutput: Sendable {
    /// The most bytes that ``bytes`` has.
    public let limit: Int

    /// How many bytes came in.
    public private(set) var total = 0

    private var head: [UInt8] = []
    private var tail: [[UInt8]] = []
    private var tailCount = 0

    /// The space that the line about the omission may take.
    private static let reserve = 48

    /// The size that pieces of the tail grow to.
    private static let piece = 4096

    /// Keeps at most `limit` bytes, but 128 at least.
    public init(limit: Int) { self.limit = max(limit, 128) }

    private var headLimit: Int { (limit - Self.reserve) / 2 }

    /// Whether something had to be left out.
    public var isTruncated: Bool { total > limit }

    /// Takes in what a stream delivered.
    public mutating func append(_ bytes: ArraySlice<UInt8>) {
        total += bytes.count
        let taken = bytes.prefix(headLimit - head.count)
        head.append(contentsOf: taken)
        let rest = bytes.dropFirst(taken.count).suffix(limit)
        guard !rest.isEmpty else { return }
        if let last = tail.last, last.count + rest.count <= Self.piece {
            tail[tail.count - 1].append(contentsOf: rest)
        } else {
            tail.append(Array(rest))
        }
        tailCount += rest.count
        while let first = tail.first, tailCount - first.count >= limit - headLimit {
            tail.removeFirst()
            tailCount -= first.count
        }
    }

    /// What was kept, with a line about what was left out.
    public var bytes: [UInt8] {
        let kept = Array(tail.joined())
        guard isTruncated else { return head + kept }
        let start = head.dropLast(Self.splitCharacter(atEndOf: head))
        var end = kept.suffix(limit - headLimit - Self.reserve)
        while let first = end.first, first & 0xC0 == 0x80 { end.removeFirst() }
        let omitted = total - start.count - end.count
        return start + Array("\n[… \(omitted) bytes left out …]\n".utf8) + end
    }

    /// ``bytes`` as text; what is not UTF-8 is replaced.
    public var text: String { String(decoding: bytes, as: UTF8.self) }

    /// How many bytes at the end begin a character that is not complete.
    private static func splitCharacter(atEndOf bytes: [UInt8]) -> Int {
        let continuation = bytes.suffix(3).reversed().prefix { $0 & 0xC0 == 0x80 }.count
        guard continuation < bytes.count else { return 0 }
        let lead = bytes[bytes.count - 1 - continuation]
        let length = lead < 0xC0 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4
        return length > continuation + 1 ? continuation + 1 : 0
    }
}

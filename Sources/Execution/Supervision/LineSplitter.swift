/// Cuts a stream into lines, none of them longer than a limit.
public struct LineSplitter: Sendable {
    /// The most bytes of a line that are kept.
    public let limit: Int

    private var pending: [UInt8] = []
    private var isOverlong = false
    private var hasPending = false

    /// One line, without its newline.
    public struct Line: Hashable, Sendable {
        /// Its first bytes.
        public let bytes: [UInt8]

        /// Whether there were more than the limit allowed.
        public let isTruncated: Bool

        /// The bytes as text; what is not UTF-8 is replaced.
        public var text: String { String(decoding: bytes, as: UTF8.self) }
    }

    /// Keeps at most `limit` bytes of each line.
    public init(limit: Int = 1 << 20) { self.limit = max(limit, 1) }

    /// Takes in what a stream delivered; returns the lines that it completes.
    public mutating func append(_ bytes: ArraySlice<UInt8>) -> [Line] {
        var lines: [Line] = []
        var rest = bytes
        while let newline = rest.firstIndex(of: UInt8(ascii: "\n")) {
            keep(rest[..<newline])
            hasPending = true
            if let line = finish() { lines.append(line) }
            rest = rest[(newline + 1)...]
        }
        keep(rest)
        return lines
    }

    /// Returns the last line if it did not end in a newline.
    public mutating func finish() -> Line? {
        guard hasPending else { return nil }
        defer {
            pending.removeAll(keepingCapacity: pending.count <= 4096)
            isOverlong = false
            hasPending = false
        }
        return Line(bytes: pending, isTruncated: isOverlong)
    }

    private mutating func keep(_ bytes: ArraySlice<UInt8>) {
        guard !bytes.isEmpty else { return }
        hasPending = true
        let taken = bytes.prefix(limit - pending.count)
        pending.append(contentsOf: taken)
        if taken.count < bytes.count { isOverlong = true }
    }
}

/// Who did something, and when.
public struct Signature: Hashable, Sendable {
    /// The name.
    public let name: String

    /// The address, without angle brackets.
    public let email: String

    /// Seconds since 1970.
    public let seconds: Int64

    /// Minutes east of Greenwich.
    public let offset: Int

    /// Creates a signature.
    public init(name: String, email: String, seconds: Int64, offset: Int = 0) {
        self.name = name
        self.email = email
        self.seconds = seconds
        self.offset = offset
    }
}

/// A commit, as stored.
public struct Commit: Hashable, Sendable {
    /// Its name.
    public let id: ObjectID

    /// The state that it records.
    public let tree: ObjectID

    /// What it follows, in order.
    public let parents: [ObjectID]

    /// Who made the change.
    public let author: Signature

    /// Who made the commit.
    public let committer: Signature

    /// The text, byte for byte but for what is not UTF-8.
    public let message: String

    /// The cryptographic signature, if it bears one.
    public let signature: String?

    /// The first line of the message.
    public var subject: String {
        String(message.prefix { $0 != "\n" })
    }

    /// A line `Key: value` at the end of the message.
    public struct Trailer: Hashable, Sendable {
        /// What is before the colon.
        public let key: String

        /// What is after it; continuation lines are joined by a space.
        public let value: String
    }

    /// The trailers: the last paragraph, unless it is the first or has any other line.
    public var trailers: [Trailer] {
        let lines = message.utf8.split(separator: 10, omittingEmptySubsequences: false)
            .map { String(decoding: $0, as: UTF8.self) }
        guard let last = lines.lastIndex(where: { !$0.isBlank }),
            let gap = lines[..<last].lastIndex(where: \.isBlank),
            lines[..<gap].contains(where: { !$0.isBlank })
        else { return [] }
        var trailers: [Trailer] = []
        for line in lines[(gap + 1)...last] {
            if line.utf8.first == 32 || line.utf8.first == 9, let open = trailers.popLast() {
                trailers.append(
                    Trailer(key: open.key, value: "\(open.value) \(line.trimmed)".trimmed))
            } else if let trailer = Trailer(line: line) {
                trailers.append(trailer)
            } else {
                return []
            }
        }
        return trailers
    }

    /// Returns the value of the last trailer of a key, whatever its case.
    public func trailer(_ key: String) -> String? {
        trailers.last { $0.key.lowercased() == key.lowercased() }?.value
    }
}

extension Commit.Trailer {
    fileprivate init?(line: String) {
        guard let colon = line.utf8.firstIndex(of: UInt8(ascii: ":")) else { return nil }
        let key = String(line[..<colon]).trimmed
        let isToken = key.utf8.allSatisfy {
            (0x30...0x39).contains($0) || (0x41...0x5a).contains($0)
                || (0x61...0x7a).contains($0) || $0 == UInt8(ascii: "-")
        }
        guard !key.isEmpty, isToken else { return nil }
        self.key = key
        value = String(line[line.utf8.index(after: colon)...]).trimmed
    }
}

extension String {
    fileprivate var isBlank: Bool { utf8.allSatisfy { $0 == 32 || $0 == 9 || $0 == 13 } }

    fileprivate var trimmed: String {
        let isSpace: (UInt8) -> Bool = { $0 == 32 || $0 == 9 || $0 == 13 }
        guard let first = utf8.firstIndex(where: { !isSpace($0) }),
            let last = utf8.lastIndex(where: { !isSpace($0) })
        else { return "" }
        return String(decoding: utf8[first...last], as: UTF8.self)
    }
}

/// Everything that one redactor looks for, sorted by first bytes.
struct RedactionRules: Sendable {
    /// One thing to look for, at one place.
    enum Rule: Sendable {
        case value([UInt8], KnownValue.Encoding)
        case base64(KnownValue.Base64)
        case hex(KnownValue.Hex)
        case prefixed(TokenShape)
        case modelKey
        case webToken
        case urlPassword
        case authorization
        case privateKey
    }

    private var rules: [Rule] = []
    /// The rules that can match where a pair of bytes stands, by the pair's ``slots``.
    private var byPair: [[Int]] = [[]]
    /// The index into ``byPair`` of each pair of bytes, 0 if nothing begins with it.
    private var slots = [Int32](repeating: 0, count: 65536)
    /// One bit for each byte that can follow a pair, four words for each of ``byPair``.
    private var thirds: [UInt64] = [0, 0, 0, 0]
    /// Whether something can begin with a byte.
    private var firsts = [Bool](repeating: false, count: 256)
    /// One bit for each pair of bytes with which something can begin.
    private var pairs = [UInt64](repeating: 0, count: 1024)

    init(values: [[UInt8]], patterns: Bool) {
        for value in values {
            for encoding in KnownValue.Encoding.allCases {
                add(.value(value, encoding), encoding.beginnings(of: value))
            }
            for alignment in 0..<3 {
                let form = KnownValue.Base64(value, alignment: alignment)
                add(.base64(form), form.beginnings)
            }
            let hex = KnownValue.Hex(value)
            add(.hex(hex), hex.beginnings)
        }
        guard patterns else { return }
        for shape in TokenShape.all {
            add(.prefixed(shape), [.init(shape.prefix[0], shape.prefix[1])])
        }
        add(.modelKey, [.init(0x73, 0x6b)])
        add(.webToken, [.init(0x65, 0x79)])
        add(.urlPassword, [.init(0x3a, 0x2f)])
        add(.privateKey, [.init(0x2d, 0x2d)])
        let (a, u) = ([UInt8(0x41), 0x61], [UInt8(0x55), 0x75])
        add(.authorization, a.flatMap { first in u.map { .init(first, $0) } })
    }

    private mutating func add(_ rule: Rule, _ beginnings: [KnownValue.Beginning]) {
        let index = rules.count
        rules.append(rule)
        for beginning in beginnings {
            let pair = Int(beginning.first) << 8 | Int(beginning.second)
            pairs[pair >> 6] |= 1 << UInt64(pair & 63)
            firsts[Int(beginning.first)] = true
            if slots[pair] == 0 {
                slots[pair] = Int32(byPair.count)
                byPair.append([])
                thirds += [0, 0, 0, 0]
            }
            let slot = Int(slots[pair])
            if byPair[slot].last != index { byPair[slot].append(index) }
            guard let bytes = beginning.thirds else {
                for word in 0..<4 { thirds[slot << 2 | word] = .max }
                continue
            }
            for byte in bytes { thirds[slot << 2 | Int(byte) >> 6] |= 1 << UInt64(byte & 63) }
        }
    }

    /// Whether something can begin with the pair of bytes at a place and the byte after it.
    private func canGoOn(_ pair: Int, at place: Int, in window: RedactionWindow) -> Bool {
        guard place + 2 < window.bytes.count else { return true }
        let third = window.bytes[place + 2]
        return thirds[Int(slots[pair]) << 2 | Int(third) >> 6] & (1 << UInt64(third & 63)) != 0
    }

    /// The first place, from `start` on, where something can begin.
    ///
    /// The last byte of a text that goes on can be such a place; that of a text
    /// that ends cannot, since nothing is one byte long.
    @inline(__always)
    func nextCandidate(from start: Int, in window: RedactionWindow) -> Int {
        let last = window.bytes.count - 1
        var i = start
        while i < last {
            let pair = Int(window.bytes[i]) << 8 | Int(window.bytes[i &+ 1])
            if pairs[pair >> 6] & (1 << UInt64(pair & 63)) != 0, canGoOn(pair, at: i, in: window) {
                return i
            }
            i &+= 1
        }
        guard i == last, !window.isFinal, firsts[Int(window.bytes[i])] else {
            return window.bytes.count
        }
        return i
    }

    /// What begins at a place, or `nil` if more bytes must be seen to say.
    func covers(at start: Int, in window: RedactionWindow) -> [RedactionCover]? {
        var covers: [RedactionCover] = []
        guard start + 1 < window.bytes.count else { return covers }
        let pair = Int(window.bytes[start]) << 8 | Int(window.bytes[start + 1])
        for index in byPair[Int(slots[pair])] {
            switch match(rules[index], at: start, in: window) {
            case .none: continue
            case .undecided: return nil
            case .found(let cover): covers.append(cover)
            }
        }
        return covers
    }

    private func match(_ rule: Rule, at start: Int, in window: RedactionWindow) -> RedactionMatch {
        switch rule {
        case .value(let value, let encoding): encoding.match(value, at: start, in: window)
        case .base64(let form): form.match(at: start, in: window)
        case .hex(let form): form.match(at: start, in: window)
        case .prefixed(let shape): shape.match(at: start, in: window)
        case .modelKey: CredentialShape.modelKey(at: start, in: window)
        case .webToken: CredentialShape.webToken(at: start, in: window)
        case .urlPassword: CredentialShape.urlPassword(at: start, in: window)
        case .authorization: CredentialShape.authorization(at: start, in: window)
        case .privateKey: CredentialShape.privateKey(at: start, in: window)
        }
    }
}

/// The bytes that a rule may look at.
struct RedactionWindow {
    let bytes: [UInt8]

    /// Whether nothing follows the bytes.
    let isFinal: Bool

    /// The answer of a rule that ran out of bytes.
    var end: RedactionMatch { isFinal ? .none : .undecided }

    /// Whether the bytes at a place are these; `nil` if too few are there.
    func has(_ expected: some Sequence<UInt8>, at start: Int) -> Bool? {
        for (k, byte) in expected.enumerated() {
            guard start + k < bytes.count else { return isFinal ? false : nil }
            guard bytes[start + k] == byte else { return false }
        }
        return true
    }
}

/// What a rule says of a place.
///
/// An answer other than `undecided` must not depend on bytes that were not there
/// yet: this makes the result independent of where a text was cut.
enum RedactionMatch {
    case none
    case undecided
    case found(RedactionCover)
}

/// A part of a text that is to be replaced, by indexes into the window.
struct RedactionCover {
    /// How far it goes.
    enum Extent {
        /// Up to an index.
        case until(Int)
        /// Up to an index, and then on while bytes are of a class.
        case token(ByteClass, from: Int)
        /// Up to the end line of a PEM block, or to an index.
        case block(limit: Int)
    }

    let kind: Redactor.Kind
    var start: Int
    var extent: Extent
}

/// The bytes of which tokens are made.
enum ByteClass: Sendable {
    case alphanumeric
    case word
    case urlSafe
    case dotted
    case credential

    /// Whether a byte is one of them.
    func contains(_ byte: UInt8) -> Bool {
        if isAlphanumeric(byte) { return true }
        return switch self {
        case .alphanumeric: false
        case .word: byte == 0x5f
        case .urlSafe: byte == 0x5f || byte == 0x2d
        case .dotted: byte == 0x5f || byte == 0x2d || byte == 0x2e || byte == 0x3d
        case .credential: "-._~+/=".utf8.contains(byte)
        }
    }
}

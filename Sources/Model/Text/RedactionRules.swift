/// Everything that one redactor looks for, sorted by first bytes.
struct RedactionRules: Sendable {
    /// One thing to look for, at one place.
    enum Rule: Sendable {
        case value([UInt8], KnownValue.Encoding)
        case base64(KnownValue.Base64)
        case prefixed(TokenShape)
        case modelKey
        case webToken
        case urlPassword
        case authorization
        case privateKey
    }

    private var rules: [Rule] = []
    /// The rules that can match where a given byte stands.
    private var byFirst = [[Int]](repeating: [], count: 256)
    /// One bit for each pair of bytes with which something can begin.
    private var pairs = [UInt64](repeating: 0, count: 1024)

    init(values: [[UInt8]], patterns: Bool) {
        for value in values {
            for encoding in KnownValue.Encoding.allCases {
                add(.value(value, encoding), pairs: encoding.firstPairs(of: value))
            }
            for alignment in 0..<3 {
                let form = KnownValue.Base64(value, alignment: alignment)
                add(.base64(form), pairs: form.firstPairs)
            }
        }
        guard patterns else { return }
        for shape in TokenShape.all {
            add(.prefixed(shape), pairs: [(shape.prefix[0], shape.prefix[1])])
        }
        add(.modelKey, pairs: [(0x73, 0x6b)])
        add(.webToken, pairs: [(0x65, 0x79)])
        add(.urlPassword, pairs: [(0x3a, 0x2f)])
        add(.privateKey, pairs: [(0x2d, 0x2d)])
        let (a, u) = ([UInt8(0x41), 0x61], [UInt8(0x55), 0x75])
        add(.authorization, pairs: a.flatMap { first in u.map { (first, $0) } })
    }

    private mutating func add(_ rule: Rule, pairs found: [(UInt8, UInt8)]) {
        let index = rules.count
        rules.append(rule)
        for (first, second) in found {
            let pair = Int(first) << 8 | Int(second)
            pairs[pair >> 6] |= 1 << UInt64(pair & 63)
            if byFirst[Int(first)].last != index { byFirst[Int(first)].append(index) }
        }
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
            if pairs[pair >> 6] & (1 << UInt64(pair & 63)) != 0 { return i }
            i &+= 1
        }
        guard i == last, !window.isFinal, !byFirst[Int(window.bytes[i])].isEmpty else {
            return window.bytes.count
        }
        return i
    }

    /// What begins at a place, or `nil` if more bytes must be seen to say.
    func covers(at start: Int, in window: RedactionWindow) -> [RedactionCover]? {
        var covers: [RedactionCover] = []
        for index in byFirst[Int(window.bytes[start])] {
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

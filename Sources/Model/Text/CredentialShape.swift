/// A token that is known by its first characters.
struct TokenShape: Sendable {
    let kind: Redactor.Kind
    let prefix: [UInt8]
    let bytes: ByteClass
    /// The least number of characters after the prefix.
    let minimum: Int
    /// Whether the token has just as many, and stands alone.
    let isExact: Bool

    private init(
        _ kind: Redactor.Kind, _ prefix: String, _ bytes: ByteClass, _ minimum: Int,
        isExact: Bool = false
    ) {
        self.kind = kind
        self.prefix = Array(prefix.utf8)
        self.bytes = bytes
        self.minimum = minimum
        self.isExact = isExact
    }

    /// The shapes that need no more than this.
    static let all: [TokenShape] =
        ["AKIA", "ASIA"].map { TokenShape(.aws, $0, .alphanumeric, 16, isExact: true) }
        + ["ghp_", "gho_", "ghu_", "ghs_", "ghr_"].map { TokenShape(.github, $0, .word, 20) }
        + ["xoxa-", "xoxb-", "xoxp-", "xoxr-", "xoxs-"].map { TokenShape(.slack, $0, .urlSafe, 10) }
        + [
            TokenShape(.github, "github_pat_", .word, 20),
            TokenShape(.gitlab, "glpat-", .dotted, 20),
            TokenShape(.google, "AIza", .urlSafe, 35),
            TokenShape(.npm, "npm_", .alphanumeric, 30),
            TokenShape(.stripe, "sk_live_", .alphanumeric, 20),
            TokenShape(.stripe, "rk_live_", .alphanumeric, 20),
        ]

    /// Whether such a token stands at a place.
    func match(at start: Int, in window: RedactionWindow) -> RedactionMatch {
        guard let isThere = window.has(prefix, at: start) else { return .undecided }
        guard isThere else { return .none }
        let first = start + prefix.count
        let end = first + minimum
        for index in first..<end {
            guard index < window.bytes.count else { return window.end }
            guard bytes.contains(window.bytes[index]) else { return .none }
        }
        guard isExact else {
            return .found(.init(kind: kind, start: start, extent: .token(bytes, from: end)))
        }
        let isUpperCase = window.bytes[first..<end].allSatisfy { isUpper($0) || isDigit($0) }
        guard isUpperCase, window.beginsWord(start) else { return .none }
        guard end < window.bytes.count || window.isFinal else { return .undecided }
        if end < window.bytes.count, bytes.contains(window.bytes[end]) { return .none }
        return .found(.init(kind: kind, start: start, extent: .until(end)))
    }
}

/// The credentials that take more than a prefix to recognise.
enum CredentialShape {
    /// `sk-…`: a provider's prefix and 16 characters, or 20 that look random.
    ///
    /// Twenty look random that have 16 letters and digits in a row, or a digit
    /// and an upper-case letter: words joined by hyphens have neither.
    static func modelKey(at start: Int, in window: RedactionWindow) -> RedactionMatch {
        guard let isThere = window.has("sk-".utf8, at: start) else { return .undecided }
        guard isThere, window.beginsWord(start) else { return .none }
        for provider in ["ant-", "proj-"] {
            guard let isProvider = window.has(provider.utf8, at: start + 3) else {
                return .undecided
            }
            guard isProvider else { continue }
            let first = start + 3 + provider.utf8.count
            return token(.model, .urlSafe, from: start, first: first, minimum: 16, in: window)
        }
        var (run, hasDigit, hasUpper) = (0, false, false)
        var longest = 0
        for index in start + 3..<start + 131 {
            guard index < window.bytes.count else { return window.end }
            let byte = window.bytes[index]
            guard ByteClass.urlSafe.contains(byte) else { return .none }
            run = isAlphanumeric(byte) ? run + 1 : 0
            longest = max(longest, run)
            hasDigit = hasDigit || isDigit(byte)
            hasUpper = hasUpper || isUpper(byte)
            if index >= start + 22, longest >= 16 || (hasDigit && hasUpper) {
                let extent = RedactionCover.Extent.token(.urlSafe, from: index)
                return .found(.init(kind: .model, start: start, extent: extent))
            }
        }
        return .none
    }

    /// `eyJ….eyJ…`, or three parts of which the first begins with `eyJ`.
    static func webToken(at start: Int, in window: RedactionWindow) -> RedactionMatch {
        let opening = "eyJ".utf8
        guard let isThere = window.has(opening, at: start) else { return .undecided }
        guard isThere, window.beginsWord(start) else { return .none }
        guard let headerEnd = window.endOfRun(.urlSafe, from: start, limit: 1024) else {
            return .undecided
        }
        guard headerEnd - start >= 12, let isDot = window.has([0x2e], at: headerEnd) else {
            return headerEnd - start >= 12 ? .undecided : .none
        }
        guard isDot, let isPayload = window.has(opening, at: headerEnd + 1) else {
            return isDot ? .undecided : .none
        }
        if isPayload {
            return token(
                .jwt, .urlSafe, last: .dotted, from: start, first: headerEnd + 4, minimum: 5,
                in: window)
        }
        guard let secondEnd = window.endOfRun(.urlSafe, from: headerEnd + 1, limit: 1024) else {
            return .undecided
        }
        guard let isSecondDot = window.has([0x2e], at: secondEnd) else { return .undecided }
        guard isSecondDot else { return .none }
        return token(
            .jwt, .urlSafe, last: .dotted, from: start, first: secondEnd + 1, minimum: 8,
            in: window)
    }

    /// The password in `://user:password@`, up to the last `@`.
    ///
    /// What stands for a password in documents is none: `<…>`, `{…}`, `$…`, `%s`,
    /// `[redacted]`, stars.
    static func urlPassword(at start: Int, in window: RedactionWindow) -> RedactionMatch {
        guard let isThere = window.has("://".utf8, at: start) else { return .undecided }
        guard isThere else { return .none }
        var index = start + 3
        while true {
            guard index < window.bytes.count else { return window.end }
            if window.bytes[index] == 0x3a { break }
            guard window.bytes[index] != 0x40, isUserinfo(window.bytes[index]), index < start + 260
            else { return .none }
            index += 1
        }
        let first = index + 1
        var lastAt: Int?
        index = first
        while index < first + 1024 {
            guard index < window.bytes.count else {
                if window.isFinal { break }
                return .undecided
            }
            guard isUserinfo(window.bytes[index]) else { break }
            if window.bytes[index] == 0x40 { lastAt = index }
            index += 1
        }
        guard let end = lastAt, end > first, !isPlaceholder(window.bytes[first..<end]) else {
            return .none
        }
        return .found(.init(kind: .url, start: first, extent: .until(end)))
    }

    /// The credential in `Authorization: Bearer …`, `Basic …` or `token …`.
    ///
    /// Quotes around the name and the value may be there, escaped or not. The
    /// credential has 16 characters, or eight and a digit among them.
    static func authorization(at start: Int, in window: RedactionWindow) -> RedactionMatch {
        var index = start
        guard let isThere = window.hasFolded("authorization", at: index) else { return .undecided }
        guard isThere else { return .none }
        index += 13
        guard let colon = window.skip(" \t\"'\\", from: index, limit: 16) else { return .undecided }
        guard let isColon = window.has([0x3a], at: colon) else { return .undecided }
        guard let isEqual = window.has([0x3d], at: colon) else { return .undecided }
        guard isColon || isEqual else { return .none }
        guard let scheme = window.skip(" \t\"'\\=>", from: colon + 1, limit: 16) else {
            return .undecided
        }
        for name in ["bearer", "basic", "token"] {
            guard let isScheme = window.hasFolded(name, at: scheme) else { return .undecided }
            guard isScheme else { continue }
            let blank = scheme + name.utf8.count
            guard let first = window.skip(" \t", from: blank, limit: 16) else { return .undecided }
            guard first > blank else { return .none }
            return credential(at: first, in: window)
        }
        return .none
    }

    private static func credential(at first: Int, in window: RedactionWindow) -> RedactionMatch {
        var hasDigit = false
        for index in first..<first + 16 {
            let isThere = index < window.bytes.count
            guard isThere || window.isFinal else { return .undecided }
            guard isThere, ByteClass.credential.contains(window.bytes[index]) else {
                guard hasDigit, index - first >= 8 else { return .none }
                return .found(.init(kind: .authorization, start: first, extent: .until(index)))
            }
            hasDigit = hasDigit || isDigit(window.bytes[index])
        }
        let extent = RedactionCover.Extent.token(.credential, from: first + 16)
        return .found(.init(kind: .authorization, start: first, extent: extent))
    }

    /// A token of which so many characters were seen, with no end yet.
    private static func token(
        _ kind: Redactor.Kind, _ bytes: ByteClass, last: ByteClass? = nil, from start: Int,
        first: Int, minimum: Int, in window: RedactionWindow
    ) -> RedactionMatch {
        for index in first..<first + minimum {
            guard index < window.bytes.count else { return window.end }
            guard bytes.contains(window.bytes[index]) else { return .none }
        }
        let extent = RedactionCover.Extent.token(last ?? bytes, from: first + minimum)
        return .found(.init(kind: kind, start: start, extent: extent))
    }

    private static func isUserinfo(_ byte: UInt8) -> Bool {
        byte > 0x20 && byte != 0x7f && !"/?#\"'`\\".utf8.contains(byte)
    }

    private static func isPlaceholder(_ password: ArraySlice<UInt8>) -> Bool {
        guard let first = password.first, let last = password.last else { return true }
        if password.allSatisfy({ $0 == 0x2a }) { return true }
        return switch (first, last) {
        case (0x3c, 0x3e), (0x7b, 0x7d), (0x5b, 0x5d): true
        case (0x24, 0x7d), (0x24, 0x29): true
        case (0x24, _): password.dropFirst().allSatisfy { isUpper($0) || isDigit($0) || $0 == 0x5f }
        case (0x25, _): password.count == 2
        default: false
        }
    }
}

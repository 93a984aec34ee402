/// Replaces secrets in texts by `[redacted]`.
///
/// A secret is a value that the caller knows, or a line of it, in five encodings (plain,
/// base64, hexadecimal, percent-encoded, JSON-escaped), or what has the shape of a known kind
/// of credential, see ``Kind``. A value is found also with colours, characters without width
/// or the zeros of UTF-16 between its bytes. Work is on bytes: invalid UTF-8 passes unchanged.
/// The time is linear in the text for given values.
///
/// Where a secret has a visible frame, the frame stays: of
/// `https://user:password@host` and `Authorization: Bearer token` only the
/// password and the token are replaced. What is next to each other or overlaps
/// is replaced once. Redacting twice changes nothing more.
///
/// Texts that it learns, such as a skill's, are no secrets: they are replaced by
/// their name, and never among its findings.
public struct Redactor: Sendable {
    /// What stands in the place of a secret.
    public static let marker = "[redacted]"

    /// The length in bytes below which a known value is not looked for.
    public static let minimumLength = 8

    private let values: LearnedValues

    var rules: RedactionRules { values.rules }

    let learned = LearnedTexts()

    /// Looks for values and, unless told otherwise, for the known shapes.
    ///
    /// White space around a value does not belong to it. A value of fewer than
    /// ``minimumLength`` bytes is ignored: it would stain ordinary text. Of a value of
    /// several lines each is looked for, see ``secretLines(of:)``.
    public init(values: [String], patterns: Bool = true) {
        self.values = LearnedValues(Self.known(values), patterns: patterns)
    }

    /// Has this one, and all copies of it, look for further values from now on.
    ///
    /// A stream that has begun does not look for them.
    public func learn(values: [String]) { self.values.add(Self.known(values)) }

    private static func known(_ values: [String]) -> Set<[UInt8]> {
        let whole = values.map { trimmed($0.utf8) }
        return Set((whole + whole.flatMap(secretLines)).filter { $0.count >= minimumLength })
    }

    /// Has this one, and all copies of it, replace the lines of texts from now on.
    ///
    /// A line is looked for without what begins it, such as a bullet, and only if it has
    /// ``KnownText/minimumLength`` bytes; plain, and as JSON spells it.
    public func learn(_ texts: [KnownText]) { learned.add(texts) }

    /// Replaces the secrets in a text.
    public func redact(_ text: String) -> String {
        String(decoding: redact(Array(text.utf8)), as: UTF8.self)
    }

    /// Replaces the secrets in bytes.
    public func redact(_ bytes: [UInt8]) -> [UInt8] {
        var stream = RedactingStream(self)
        let head = stream.feed(bytes)
        return head + stream.finish()
    }

    /// Lists the secrets in bytes, in the order in which they stand there.
    ///
    /// A secret within another one is not listed.
    public func finds(in bytes: [UInt8]) -> [Finding] {
        var stream = RedactingStream(self)
        stream.keepsFindings = true
        stream.texts = nil
        _ = stream.feed(bytes)
        _ = stream.finish()
        return stream.findings
    }
}

extension Redactor {
    /// What a secret was recognised by.
    public enum Kind: String, Sendable, CaseIterable {
        /// One of the values that the caller knows.
        case value
        /// An access key id of AWS: `AKIA…`, `ASIA…`.
        case aws
        /// A GitHub token: `ghp_…`, `gho_…`, `ghu_…`, `ghs_…`, `ghr_…`, `github_pat_…`.
        case github
        /// A GitLab token: `glpat-…`.
        case gitlab
        /// A Slack token: `xoxa-…`, `xoxb-…`, `xoxp-…`, `xoxr-…`, `xoxs-…`.
        case slack
        /// A key of a model's provider: `sk-…`, `sk-ant-…`, `sk-proj-…`.
        case model
        /// A Google API key: `AIza…`.
        case google
        /// An npm token: `npm_…`.
        case npm
        /// A key of Stripe that moves real money: `sk_live_…`, `rk_live_…`.
        case stripe
        /// A PEM block with a private key, up to its end or 16 KiB.
        case privateKey = "private-key"
        /// A JSON web token: `eyJ….….…`.
        case jwt
        /// The password of a URL: `scheme://user:password@host`.
        case url
        /// The credential of an `Authorization` header.
        case authorization
    }

    /// A secret in a text.
    public struct Finding: Hashable, Sendable {
        /// What it was recognised by.
        public let kind: Kind
        /// The number of bytes before what is to be replaced.
        public let offset: Int

        /// A secret of a kind at an offset.
        public init(kind: Kind, offset: Int) {
            self.kind = kind
            self.offset = offset
        }
    }
}

internal import Model

/// Puts keys into the headers of a request to a model's server, and takes them out of its answer.
struct Credentials {
    /// What is replaced by what.
    let pairs: [EgressDoor.Replacement]

    /// The methods that the interfaces of models have; others let a server tell what it was told.
    static let methods: Set = ["GET", "HEAD", "POST", "DELETE"]

    /// The headers with keys in the place of placeholders.
    ///
    /// A key stands in a header for keys alone, and there is nothing else in it: elsewhere a
    /// server may repeat it. Nor may the answer be compressed or in parts, because then it could
    /// not be looked through.
    ///
    /// - Throws: ``Fault`` if a header holds the credential of somebody else: it would let a
    ///   program inside write into an account that is not ours.
    func replaced(
        in headers: [(name: String, value: [UInt8])]
    ) throws(Fault) -> [(name: String, value: [UInt8])] {
        guard !pairs.isEmpty else { return headers }
        var result: [(name: String, value: [UInt8])] = []
        for header in headers {
            let name = header.name.lowercased()
            guard !Self.dropped.contains(name) else { continue }
            let isKey = Self.names.contains(name)
            if isKey || name == Self.account, let value = key(for: header.value) {
                result.append((header.name, value))
                continue
            }
            guard !isKey, name != "cookie" else {
                throw Fault(
                    403,
                    "the request has a credential of its own in '\(header.name)'; only the one of "
                        + "the job is taken to the model")
            }
            result.append(header)
        }
        result.append(("Accept-Encoding", Array("identity".utf8)))
        return result
    }

    /// The headers that hold keys, and nothing but a key.
    private static let names: Set = ["authorization", "x-api-key", "api-key"]

    /// The header in which Codex says whose log-in it has.
    private static let account = "chatgpt-account-id"

    private static let dropped: Set = ["accept-encoding", "range", "if-range"]

    /// A value with a key in the place of a placeholder; `nil` if it is none.
    private func key(for value: [UInt8]) -> [UInt8]? {
        let scheme = Array("bearer ".utf8)
        let isToken = value.prefix(scheme.count).map { $0 | 0x20 } == scheme
        let start = isToken ? value.prefix(scheme.count) : []
        let word = value.dropFirst(start.count)
        guard let pair = pairs.first(where: { $0.placeholder.utf8.elementsEqual(word) }) else {
            return nil
        }
        return start + Array(pair.value.utf8)
    }
}

/// Puts placeholders into an answer in the place of keys, however the server spells them.
///
/// Bytes are held back only while they may be the beginning of a key.
struct AnswerFilter {
    private var streams: [RedactingStream] = []

    /// Looks for the keys of a door.
    init(_ pairs: [EgressDoor.Replacement]) {
        // One key may be the beginning of another.
        for pair in pairs.sorted(by: { $0.value.utf8.count > $1.value.utf8.count })
        where pair.value.utf8.count >= Redactor.minimumLength {
            let redactor = Redactor(values: [pair.value], patterns: false)
            streams.append(RedactingStream(redactor, marker: pair.placeholder))
        }
    }

    /// Whether there is nothing to look for.
    var isIdle: Bool { streams.isEmpty }

    /// Takes the next piece; returns what can be passed on.
    mutating func feed(_ piece: [UInt8]) -> [UInt8] {
        var piece = piece
        for index in streams.indices { piece = streams[index].feed(piece) }
        return piece
    }

    /// Ends the text; returns what was held back.
    mutating func finish() -> [UInt8] {
        var rest: [UInt8] = []
        for index in streams.indices {
            rest = streams[index].feed(rest) + streams[index].finish()
        }
        return rest
    }

    /// A whole text without keys.
    func whole(_ bytes: [UInt8]) -> [UInt8] {
        var filter = self
        let head = filter.feed(bytes)
        return head + filter.finish()
    }
}

/// Redacts a text that comes in pieces, wherever it was cut.
///
/// What comes out, put together, is what ``Redactor/redact(_:)-([UInt8])`` makes
/// of the whole. Bytes are held back only while they may be the beginning of a
/// secret: at most a few KiB, or some times the longest known value.
///
///     var stream = RedactingStream(redactor)
///     while let piece = read() { write(stream.feed(piece)) }
///     write(stream.finish())
public struct RedactingStream: Sendable {
    /// How much of what was passed on a rule may look back at.
    private static let history = 16

    private let rules: RedactionRules
    private let marker: [UInt8]
    private var bytes: [UInt8] = []
    /// The index of the first byte that was not dealt with.
    private var position = 0
    /// The number of bytes that were dealt with and thrown away.
    private var base = 0
    private var covers: [RedactionCover] = []
    private var isCovering = false

    /// Replaces known texts before secrets are looked for; `nil` if there are none.
    var texts: KnownTextStream?

    /// Whether to fill ``findings``.
    var keepsFindings = false
    /// What was replaced so far.
    private(set) var findings: [Redactor.Finding] = []

    /// A text that has not begun.
    ///
    /// - Parameters:
    ///   - redactor: What is looked for.
    ///   - marker: What stands in the place of a secret.
    public init(_ redactor: Redactor, marker: String = Redactor.marker) {
        rules = redactor.rules
        self.marker = Array(marker.utf8)
        texts = redactor.learned.pieces.map { KnownTextStream($0) }
    }

    /// Takes the next piece; returns what can be passed on.
    public mutating func feed(_ piece: [UInt8]) -> [UInt8] {
        let piece = texts?.feed(piece) ?? piece
        if bytes.isEmpty { bytes = piece } else { bytes += piece }
        return scan(isFinal: false)
    }

    /// Ends the text; returns what was held back.
    ///
    /// The stream is then as new.
    public mutating func finish() -> [UInt8] {
        bytes += texts?.finish() ?? []
        let rest = scan(isFinal: true)
        (bytes, position, base, covers, isCovering) = ([], 0, 0, [], false)
        return rest
    }

    private mutating func scan(isFinal: Bool) -> [UInt8] {
        var output: [UInt8] = []
        let window = RedactionWindow(bytes: bytes, isFinal: isFinal)
        var candidate = rules.nextCandidate(from: position, in: window)
        while position < bytes.count {
            if covers.isEmpty, position < candidate {
                output += bytes[position..<candidate]
                position = candidate
                isCovering = false
                continue
            }
            guard closeBlocks(in: window) else { break }
            if position == candidate {
                guard let found = matches(in: window) else { break }
                covers += found
            }
            pass(to: &output)
            if position > candidate {
                candidate = rules.nextCandidate(from: position, in: window)
            }
        }
        discard()
        return output
    }

    private func matches(in window: RedactionWindow) -> [RedactionCover]? {
        guard position + 1 < bytes.count || window.isFinal else { return nil }
        return rules.covers(at: position, in: window)
    }

    /// Gives a PEM block its end where its last line begins.
    ///
    /// - Returns: Whether enough bytes were there to tell.
    private mutating func closeBlocks(in window: RedactionWindow) -> Bool {
        guard bytes[position] == 0x2d else { return true }
        for (i, cover) in covers.enumerated() {
            guard case .block = cover.extent else { continue }
            switch CredentialShape.privateKeyEnd(at: position, in: window) {
            case .none: continue
            case .undecided: return false
            case .found(let end): covers[i].extent = end.extent
            }
        }
        return true
    }

    /// Passes one byte on, or the marker if a secret begins, or nothing.
    private mutating func pass(to output: inout [UInt8]) {
        let byte = bytes[position]
        covers.removeAll { !$0.reaches(position, byte) }
        if let cover = covers.first(where: { $0.start <= position }) {
            if !isCovering {
                output += marker
                if keepsFindings {
                    findings.append(.init(kind: cover.kind, offset: base + position))
                }
            }
            isCovering = true
        } else {
            output.append(byte)
            isCovering = false
        }
        position += 1
    }

    /// Throws away what no rule will look at again.
    private mutating func discard() {
        let count = position - Self.history
        guard count > 4096 || (count > 0 && position == bytes.count) else { return }
        bytes.removeFirst(count)
        position -= count
        base += count
        for i in covers.indices { covers[i].shift(by: -count) }
    }
}

extension RedactionCover {
    /// Whether it has not ended before a byte at an index.
    fileprivate func reaches(_ index: Int, _ byte: UInt8) -> Bool {
        switch extent {
        case .until(let end), .block(let end): index < end
        case .token(let bytes, let from): index < from || bytes.contains(byte)
        }
    }

    fileprivate mutating func shift(by delta: Int) {
        start += delta
        switch extent {
        case .until(let end): extent = .until(end + delta)
        case .block(let limit): extent = .block(limit: limit + delta)
        case .token(let bytes, let from): extent = .token(bytes, from: from + delta)
        }
    }
}

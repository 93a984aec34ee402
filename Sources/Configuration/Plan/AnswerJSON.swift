/// JSON within the prose of an agent.
enum AnswerJSON {
    /// Some lines of an answer that are an object, or begin like one.
    struct Block {
        /// The bytes, with the end of each line.
        var bytes: [UInt8]
        /// The line that they begin on.
        var line: Int

        /// Whether it may be a plan.
        var hasTickets: Bool { bytes.firstRange(of: Array("\"tickets\"".utf8)) != nil }
    }

    /// The object that is meant: the last with tickets, else whatever looks most like one.
    static func find(in text: [UInt8]) -> Block? {
        let fenced = fencedBlocks(text)
        let raw = rawBlocks(text)
        if let block = fenced.last(where: \.hasTickets) ?? raw.whole.last(where: \.hasTickets) {
            return block
        }
        if text.first(where: { $0 > 0x20 }) == UInt8(ascii: "{") {
            return raw.broken?.line == 1
                ? raw.broken : raw.whole.last ?? Block(bytes: text, line: 1)
        }
        return fenced.last ?? raw.broken
    }

    // MARK: - Fenced

    /// The fenced blocks that begin like an object.
    private static func fencedBlocks(_ text: [UInt8]) -> [Block] {
        var open: (block: Block, language: String)?
        var found: [Block] = []
        let lines = text.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        for (index, line) in lines.enumerated() {
            let trimmed = line.drop { $0 <= 0x20 }
            guard trimmed.starts(with: "```".utf8) else {
                open?.block.bytes += line + [UInt8(ascii: "\n")]
                continue
            }
            if let ended = open {
                if ["", "json"].contains(ended.language.lowercased()),
                    ended.block.bytes.first(where: { $0 > 0x20 }) == UInt8(ascii: "{")
                {
                    found.append(ended.block)
                }
                open = nil
            } else {
                let words = trimmed.drop { $0 == UInt8(ascii: "`") }.filter { $0 > 0x20 }
                let language = String(decoding: words, as: UTF8.self)
                open = (Block(bytes: [], line: index + 2), language)
            }
        }
        return found
    }

    // MARK: - Raw

    /// How many objects without an end are looked at; each may cost a pass over the text.
    private static let attempts = 32

    /// The objects that stand in the text as they are, and the first that never ends.
    ///
    /// One begins a line, or is in the middle of one and begins with its tickets.
    private static func rawBlocks(_ text: [UInt8]) -> (whole: [Block], broken: Block?) {
        var whole: [Block] = []
        var broken: Block?
        var left = attempts
        var line = 1
        var isLineStart = true
        var index = 0
        while index < text.count, left > 0 {
            let byte = text[index]
            if byte == UInt8(ascii: "{"), isLineStart || beginsWithTickets(text[index...]) {
                if let end = end(of: text[index...]) {
                    whole.append(Block(bytes: Array(text[index..<end]), line: line))
                    line += text[index..<end].count { $0 == 10 }
                    index = end
                    isLineStart = false
                    continue
                }
                left -= 1
                let rest = Block(bytes: Array(text[index...]), line: line)
                if broken == nil, line == 1 || rest.hasTickets { broken = rest }
            }
            if byte == 10 {
                line += 1
                isLineStart = true
            } else if byte > 0x20 {
                isLineStart = false
            }
            index += 1
        }
        return (whole, broken)
    }

    private static func beginsWithTickets(_ text: ArraySlice<UInt8>) -> Bool {
        text.dropFirst().prefix(64).drop { $0 <= 0x20 }.starts(with: "\"tickets\"".utf8)
    }

    /// Where an object ends, by its braces outside of strings.
    private static func end(of text: ArraySlice<UInt8>) -> Int? {
        var depth = 0
        var isInString = false
        var isEscaped = false
        for (index, byte) in zip(text.indices, text) {
            if isInString {
                if isEscaped {
                    isEscaped = false
                } else if byte == UInt8(ascii: "\\") {
                    isEscaped = true
                } else if byte == UInt8(ascii: "\"") {
                    isInString = false
                }
                continue
            }
            switch byte {
            case UInt8(ascii: "\""): isInString = true
            case UInt8(ascii: "{"): depth += 1
            case UInt8(ascii: "}"):
                depth -= 1
                if depth == 0 { return index + 1 }
            default: break
            }
        }
        return nil
    }
}

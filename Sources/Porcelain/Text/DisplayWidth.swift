/// How many columns of a terminal a text takes.
///
/// East Asian wide signs and emoji take two, combining marks and invisible ones
/// none. Escape first: what a control character does is not known here.
public func displayWidth(_ text: String) -> Int {
    guard text.utf8.contains(where: { $0 >= 0x80 }) else {
        return text.utf8.count { $0 >= 0x20 && $0 < 0x7f }
    }
    return text.reduce(0) { $0 + $1.columns }
}

/// On which side a text stands in its column.
public enum Alignment: Sendable {
    /// Blanks follow.
    case left

    /// Blanks precede, as for numbers.
    case right
}

extension String {
    /// The text, cut to a width; a "…" stands for what is missing.
    public func truncated(to width: Int) -> String {
        guard displayWidth(self) > width else { return self }
        guard width > 0 else { return "" }
        var result = ""
        var left = width - 1
        for character in self {
            left -= character.columns
            if left < 0 { break }
            result.append(character)
        }
        return result + "…"
    }

    /// The text with blanks up to a width.
    public func padded(to width: Int, _ alignment: Alignment = .left) -> String {
        let blanks = String(repeating: " ", count: max(0, width - displayWidth(self)))
        return alignment == .left ? self + blanks : blanks + self
    }

    /// The words of the text in lines of at most a width.
    ///
    /// Words that are too long are cut apart. If there are more lines than the
    /// limit, the last one is truncated.
    public func wrapped(to width: Int, limit: Int = .max) -> [String] {
        let width = max(1, width)
        var lines: [String] = []
        var line = ""
        for word in split(separator: " ").map(String.init) {
            if !line.isEmpty, displayWidth(line) + 1 + displayWidth(word) <= width {
                line += " " + word
                continue
            }
            if !line.isEmpty { lines.append(line) }
            line = word
            while displayWidth(line) > width {
                let head = line.prefix(columns: width)
                lines.append(head)
                line.removeFirst(head.count)
            }
        }
        if !line.isEmpty || lines.isEmpty { lines.append(line) }
        guard lines.count > limit, limit > 0 else { return lines }
        let last = lines[(limit - 1)...].joined(separator: " ")
        return lines.prefix(limit - 1) + [last.truncated(to: width)]
    }

    /// As many characters as fit, but at least one.
    private func prefix(columns: Int) -> String {
        var left = columns
        var result = ""
        for character in self {
            left -= character.columns
            if left < 0, !result.isEmpty { break }
            result.append(character)
        }
        return result
    }
}

extension Character {
    fileprivate var columns: Int {
        let sum = unicodeScalars.reduce(0) { $0 + $1.columns }
        // An emoji of several scalars is drawn as one sign.
        let isJoined = unicodeScalars.contains { $0 == "\u{200d}" || $0 == "\u{fe0f}" }
        return isJoined && unicodeScalars.first?.properties.isEmoji == true ? 2 : min(sum, 2)
    }
}

extension Unicode.Scalar {
    fileprivate var columns: Int {
        switch properties.generalCategory {
        case .control, .format, .nonspacingMark, .enclosingMark: return 0
        default: break
        }
        if 0x1160...0x11ff ~= value || properties.isVariationSelector { return 0 }
        if 0x1f1e6...0x1f1ff ~= value { return 1 }
        return properties.isEmojiPresentation || isWide ? 2 : 1
    }

    /// Whether East_Asian_Width is W or F, emoji aside.
    private var isWide: Bool {
        guard value >= 0x1100 else { return false }
        return Unicode.Scalar.wide.contains { $0 ~= value }
    }

    private static let wide: [ClosedRange<UInt32>] = [
        0x1100...0x115f, 0x2329...0x232a, 0x2e80...0x303e, 0x3041...0x3247, 0x3250...0x4dbf,
        0x4e00...0xa4cf, 0xa960...0xa97c, 0xac00...0xd7a3, 0xf900...0xfaff, 0xfe10...0xfe19,
        0xfe30...0xfe6f, 0xff01...0xff60, 0xffe0...0xffe6, 0x16fe0...0x18cff, 0x1aff0...0x1b2ff,
        0x1f200...0x1f265, 0x20000...0x3fffd,
    ]
}

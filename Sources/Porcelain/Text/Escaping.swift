/// Text of others, made safe to show.
///
/// What would move the cursor, change the terminal, reorder the line or not be
/// seen at all becomes visible: `\x1b`, `\u{202e}`. Everything that the tool did
/// not say itself goes through here on its way to a terminal. Line feeds and
/// tabs may stay in text of several lines.
public func escaped(_ text: String, multiline: Bool = false) -> String {
    guard text.utf8.contains(where: { !(0x20..<0x7f).contains($0) }) else { return text }
    var result = ""
    var previous: Unicode.Scalar = " "
    for scalar in text.unicodeScalars {
        let stays = multiline && (scalar == "\n" || scalar == "\t")
        if stays || !scalar.isDeceptive(after: previous) {
            result.unicodeScalars.append(scalar)
        } else {
            result += scalar.visible
        }
        previous = scalar
    }
    return result
}

/// The output of another program, made safe to show or to keep in a log.
///
/// Complete colour sequences say nothing once they are taken apart, and are
/// dropped with the carriage returns of line ends; all else is as
/// ``escaped(_:multiline:)`` has it.
public func sanitised(_ text: String, multiline: Bool = true) -> String {
    let scalars = Array(text.unicodeScalars)
    var kept = String.UnicodeScalarView()
    var index = 0
    while index < scalars.count {
        let end = endOfColour(in: scalars, at: index)
        if end > index {
            index = end
        } else {
            let isLineEnd = scalars[index] == "\r" && scalars[(index + 1)...].first == "\n"
            if !isLineEnd { kept.append(scalars[index]) }
            index += 1
        }
    }
    return escaped(String(kept), multiline: multiline)
}

/// Where a sequence such as `ESC [ 1 ; 31 m` ends; its start if there is none.
private func endOfColour(in scalars: [Unicode.Scalar], at start: Int) -> Int {
    guard scalars[start] == "\u{1b}", scalars[(start + 1)...].first == "[" else { return start }
    let isParameter = { (scalar: Unicode.Scalar) in ("0"..."9" ~= scalar) || scalar == ";" }
    let rest = scalars[(start + 2)...]
    guard let end = rest.firstIndex(where: { !isParameter($0) }), scalars[end] == "m" else {
        return start
    }
    return end + 1
}

extension Unicode.Scalar {
    /// Whether showing the scalar would not simply draw something.
    fileprivate func isDeceptive(after previous: Unicode.Scalar) -> Bool {
        if value < 0x80 { return value < 0x20 || value == 0x7f }
        if self == "\u{fe0f}" || self == "\u{fe0e}" {
            // One selector makes a sign an emoji; a row of them carries hidden data.
            return !previous.properties.isEmoji
        }
        switch properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator, .privateUse, .surrogate:
            return true
        default:
            return properties.isDefaultIgnorableCodePoint || properties.isNoncharacterCodePoint
                || self == "\u{2800}"
        }
    }

    /// The scalar as Swift or C would write it in a string.
    fileprivate var visible: String {
        switch self {
        case "\n": return "\\n"
        case "\r": return "\\r"
        case "\t": return "\\t"
        default: break
        }
        let hex = String(value, radix: 16)
        guard value < 0x100 else { return "\\u{\(hex)}" }
        return "\\x" + (hex.count < 2 ? "0" : "") + hex
    }
}

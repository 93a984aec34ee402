import Porcelain

/// Gives the lines of a patch the colours that git gives them, whatever stands in them.
///
/// What a line is follows from where it stands: a hunk says how many lines it has, so that no
/// line of a file is taken for a header.
struct PatchPainter {
    private let terminal: Terminal

    /// How many lines of either side the hunk still has.
    private var old = 0
    private var new = 0

    /// Begins with the first line.
    init(_ terminal: Terminal) { self.terminal = terminal }

    /// Returns the next line as it is to be shown.
    mutating func painted(_ line: String) -> String {
        let text = escaped(line, multiline: true)
        guard old > 0 || new > 0 else {
            guard let (old, new) = Self.lengths(line) else {
                return terminal.styled(text, line.utf8.first == UInt8(ascii: "\\") ? .plain : .bold)
            }
            (self.old, self.new) = (old, new)
            return terminal.styled(text, .cyan)
        }
        switch line.utf8.first {
        case UInt8(ascii: "+"):
            new -= 1
            return terminal.styled(text, .green)
        case UInt8(ascii: "-"):
            old -= 1
            return terminal.styled(text, .red)
        case UInt8(ascii: "\\"): return text
        default:
            old -= 1
            new -= 1
            return text
        }
    }

    /// The numbers of lines in `@@ -1,2 +3,4 @@`; one where there is none.
    private static func lengths(_ line: String) -> (old: Int, new: Int)? {
        let words = line.utf8.split(separator: UInt8(ascii: " "), maxSplits: 3).map(String.init)
        guard words.count > 3, words[0] == "@@", words[1]?.utf8.first == UInt8(ascii: "-"),
            words[2]?.utf8.first == UInt8(ascii: "+")
        else { return nil }
        let lengths = words[1...2].map { word in
            word?.split(separator: ",").dropFirst().first.map { Int($0) ?? 0 } ?? 1
        }
        return (lengths[0], lengths[1])
    }
}

/// A line of another program in which colours are obeyed, and nothing else.
///
/// Concealed text is no colour.
func escapedButColors(_ line: String) -> String {
    var result = ""
    var rest = Substring(line)
    while let escape = rest.unicodeScalars.firstIndex(of: "\u{1b}") {
        result += escaped(String(rest[..<escape]), multiline: true)
        let scalars = rest.unicodeScalars
        let tail = scalars[scalars.index(after: escape)...]
        let parameters = tail.dropFirst().prefix { ("0"..."9" ~= $0) || $0 == ";" }
        let isColor =
            tail.first == "[" && parameters.endIndex < scalars.endIndex
            && scalars[parameters.endIndex] == "m"
            && !String(parameters).split(separator: ";").contains { Int($0) == 8 }
        guard isColor else {
            result += "\\x1b"
            rest = Substring(tail)
            continue
        }
        let end = scalars.index(after: parameters.endIndex)
        result += String(rest[escape..<end])
        rest = rest[end...]
    }
    return result + escaped(String(rest), multiline: true)
}

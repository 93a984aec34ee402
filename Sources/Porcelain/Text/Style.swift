/// How a piece of text looks; never the only carrier of what it means.
public struct Style: Sendable, Equatable {
    private let codes: [Int]

    private init(_ codes: Int...) { self.codes = codes }

    private init(codes: [Int]) { self.codes = codes }

    /// As it comes.
    public static let plain = Style()

    /// Heavier.
    public static let bold = Style(1)

    /// Fainter.
    public static let dim = Style(2)

    /// Underlined.
    public static let underline = Style(4)

    /// Red, for what failed.
    public static let red = Style(31)

    /// Green, for what is well.
    public static let green = Style(32)

    /// Yellow, for what wants attention.
    public static let yellow = Style(33)

    /// Blue.
    public static let blue = Style(34)

    /// Magenta.
    public static let magenta = Style(35)

    /// Cyan.
    public static let cyan = Style(36)

    /// Both styles.
    public static func + (first: Style, second: Style) -> Style {
        Style(codes: first.codes + second.codes)
    }

    /// The text in this style if colour is on, else the text.
    public func applied(to text: String, color: Bool) -> String {
        guard color, !codes.isEmpty, !text.isEmpty else { return text }
        let codes = codes.map(String.init).joined(separator: ";")
        return "\u{1b}[\(codes)m\(text)\u{1b}[m"
    }
}

/// A piece of text of anybody on one line, and its style.
///
/// The text is escaped when it is made, so tables and cards need not care.
public struct Cell: Sendable, Equatable, ExpressibleByStringInterpolation {
    /// What to show, safe for a terminal.
    public let text: String

    /// How to show it.
    public let style: Style

    /// Makes a cell of any text.
    public init(_ text: String, _ style: Style = .plain) {
        self.text = escaped(text)
        self.style = style
    }

    /// Makes a plain cell.
    public init(stringLiteral value: String) { self.init(value) }

    /// The cell in a column of a width, or as it is.
    func rendered(to width: Int?, _ alignment: Alignment = .left, color: Bool) -> String {
        guard let width else { return style.applied(to: text, color: color) }
        let shown = text.truncated(to: width)
        let blanks = String(repeating: " ", count: max(0, width - displayWidth(shown)))
        let styled = style.applied(to: shown, color: color)
        return alignment == .left ? styled + blanks : blanks + styled
    }
}

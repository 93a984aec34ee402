/// What a goal or a ticket is called: one line that a terminal can show.
///
/// It is a rule for what people and plans write. What a merge brings may break it, so that
/// whoever shows a title escapes it all the same.
public enum Title {
    /// The longest title, in bytes.
    public static let maximum = 255

    /// What is wrong with a title, or `nil`.
    public static func flaw(of title: String) -> String? {
        if title.unicodeScalars.allSatisfy(\.properties.isWhitespace) {
            return "the title is empty"
        }
        if title.utf8.count > maximum { return "the title is longer than \(maximum) bytes" }
        let isLine = title.unicodeScalars.allSatisfy { scalar in
            ![.control, .lineSeparator, .paragraphSeparator]
                .contains(scalar.properties.generalCategory)
        }
        return isLine ? nil : "the title must be one line without control characters"
    }
}

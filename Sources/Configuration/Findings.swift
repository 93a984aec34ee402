import Model

/// What a reader has to say about a file, collected until its end.
final class Findings {
    /// The name of the file.
    let file: String

    /// What is wrong.
    private(set) var problems: [ConfigurationProblem] = []

    /// What was read and does nothing.
    private(set) var warnings: [ConfigurationWarning] = []

    /// Starts with nothing to say.
    init(file: String) {
        self.file = file
    }

    /// How many problems are taken down; nobody reads more.
    private static let limit = 100

    /// Takes down a problem.
    func fail(_ place: Place, _ message: String) {
        guard problems.count < Self.limit else { return }
        problems.append(
            ConfigurationProblem(
                file: file, line: place.line, column: place.column, message: message))
    }

    /// Takes down that a key does nothing, once for each key.
    func warn(_ place: Place, key: String, _ message: String) {
        guard !warnings.contains(where: { same($0.key, key) }) else { return }
        warnings.append(
            ConfigurationWarning(file: file, line: place.line, key: key, message: message))
    }

    /// The tail of a message that offers the nearest right name, or nothing.
    ///
    /// To look for it takes long, so only the first problems get one.
    func suggestion(for word: String, among candidates: [String]) -> String {
        guard problems.count < 20 else { return "" }
        return Spelling.nearest(to: word, among: candidates)
            .map { "; did you mean '\(shown($0))'?" } ?? ""
    }

    /// Throws if anything is wrong, everything by its line.
    func finish() throws(ConfigurationError) {
        guard !problems.isEmpty else { return }
        let ordered = problems.enumerated().sorted {
            ($0.element.line, $0.offset) < ($1.element.line, $1.offset)
        }
        throw ConfigurationError(ordered.map(\.element))
    }
}

/// Where answers go and questions come from.
///
/// Standard output holds the answer and standard error all that is said about
/// it. The closures make it a value: a test captures what a user would see.
public struct Terminal: Sendable {
    /// Whether a person can type.
    public var inputIsTTY = false

    /// Whether a person reads standard output.
    public var outputIsTTY = false

    /// Whether a person reads standard error.
    public var errorIsTTY = false

    /// Whether the terminal can move its cursor.
    public var isDumb = false

    /// How many columns there are.
    public var width = 80

    /// How many lines there are.
    public var height = 24

    /// Whether standard output is coloured.
    public var outputHasColor = false

    /// Whether standard error is coloured.
    public var errorHasColor = false

    /// Takes secrets out of all that is written.
    public var redact: @Sendable (String) -> String = { $0 }

    private let output: @Sendable (String) throws -> Void
    private let error: @Sendable (String) throws -> Void
    private let input: @Sendable () -> String?

    /// Creates a terminal that is none, from closures.
    ///
    /// - Parameters:
    ///   - output: Takes what goes to standard output.
    ///   - error: Takes what goes to standard error.
    ///   - input: Returns the next line without its end, or `nil` if there is none.
    public init(
        output: @escaping @Sendable (String) throws -> Void,
        error: @escaping @Sendable (String) throws -> Void,
        input: @escaping @Sendable () -> String? = { nil }
    ) {
        self.output = output
        self.error = error
        self.input = input
    }

    /// Writes to standard output.
    ///
    /// Nothing is escaped here: put text of others through ``escaped(_:multiline:)``.
    ///
    /// - Throws: ``BrokenPipe`` if nobody reads any more, or ``WriteError``.
    public func write(_ text: String) throws {
        guard !text.isEmpty else { return }
        try output(redact(text))
    }

    /// Writes a line to standard output.
    ///
    /// - Throws: ``BrokenPipe`` if nobody reads any more, or ``WriteError``.
    public func writeLine(_ text: String) throws { try write(text + "\n") }

    /// Writes a line to standard error, where nobody needs to be listening.
    public func note(_ text: String) { noteRaw(text + "\n") }

    /// Writes to standard error as it is, such as a prompt.
    func noteRaw(_ text: String) {
        guard !text.isEmpty else { return }
        try? error(redact(text))
    }

    /// Asks for a yes or no; anything but a yes is a no.
    ///
    /// The question may hold text of others. Without a terminal to ask and to
    /// read on there is no answer.
    public func ask(_ question: String) -> Bool? {
        guard inputIsTTY, errorIsTTY else { return nil }
        for _ in 1...3 {
            noteRaw("\(escaped(question)) [y/N] ")
            guard let answer = input() else {
                noteRaw("\n")
                return false
            }
            switch answer.split(separator: " ").first?.lowercased() {
            case "y", "yes": return true
            case nil, "n", "no": return false
            default: note("answer 'y' or 'n'")
            }
        }
        return false
    }

    /// Text in a style, if standard output is coloured.
    public func styled(_ text: String, _ style: Style) -> String {
        style.applied(to: text, color: outputHasColor)
    }

    /// Text in a style, if standard error is coloured.
    public func styledNote(_ text: String, _ style: Style) -> String {
        style.applied(to: text, color: errorHasColor)
    }

    /// The terminal with colour as an option, a setting and the environment say.
    public func colored(
        _ option: ColorMode?, setting: String? = nil, environment: [String: String]
    ) -> Terminal {
        var terminal = self
        func decide(_ isTTY: Bool, _ environment: [String: String]) -> Bool {
            ColorMode.isOn(
                option: option, setting: setting, environment: environment, isTTY: isTTY)
        }
        terminal.outputHasColor = decide(outputIsTTY, environment)
        // A pager shows standard output only.
        var unpaged = environment
        unpaged["GIT_PAGER_IN_USE"] = nil
        terminal.errorHasColor = decide(errorIsTTY, unpaged)
        return terminal
    }
}

/// Whoever read the output has gone away; end quietly.
public struct BrokenPipe: Error {
    /// Reports it.
    public init() {}
}

/// Output that could not be written.
public struct WriteError: Error, CustomStringConvertible {
    /// The error number.
    public let code: Int32

    /// One line.
    public let description: String
}

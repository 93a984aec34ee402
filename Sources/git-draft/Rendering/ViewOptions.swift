import Model
import Porcelain

/// The options of a command that shows one thing.
struct ViewOptions: OptionGroup {
    @Options var output: OutputOptions
    @Options var look: LookOptions

    /// Whether to print JSON.
    var json: Bool { output.json }

    /// Whether to print ids only.
    var quiet: Bool { output.quiet }
}

/// The option of a command that may use colour.
struct LookOptions: OptionGroup {
    @Option("--color", value: "when", help: "use colour: auto, always or never")
    var color: ColorMode?
}

/// The option of a command that can look back.
struct PastOptions: OptionGroup {
    @Option(
        "--at", value: "when",
        help: "show the board as of a commit of it, a time, or the end of a day in UTC")
    var at: String?
}

/// A number of things that is not negative.
struct Count: ArgumentValue {
    /// The number.
    let value: Int

    /// What a word should have been.
    static let expected = "a number that is not negative"

    init?(argument: String) {
        guard let value = Int(argument), value >= 0 else { return nil }
        self.value = value
    }
}

/// A status of a job that a person names; `waiting-for-input` is as good.
struct StatusWord: ArgumentValue {
    /// The status.
    let status: JobStatus

    /// The words of the statuses.
    static var allWords: [String] { JobStatus.known.map(\.word) }

    init?(argument: String) {
        guard let status = JobStatus(known: argument.replacing("-", with: "_")) else {
            return nil
        }
        self.status = status
    }
}

import Porcelain

/// The exit statuses, as git has them.
enum ExitStatus {
    /// Done, also if the answer is an empty list.
    static let done: Int32 = 0
    /// The answer of a check is no.
    static let no: Int32 = 1
    /// Lost a race, locked or timed out: try again.
    static let again: Int32 = 75
    /// Cannot.
    static let fatal: Int32 = 128
    /// The command line does not say what to do.
    static let usage: Int32 = 129
    /// Interrupted.
    static let interrupted: Int32 = 130

    /// The lines of the manual.
    static let manual: [(status: Int32, meaning: String)] = [
        (done, "Done, also if the answer is an empty list."),
        (no, "The answer of a check is no."),
        (again, "Lost a race, locked or timed out: try again."),
        (fatal, "Cannot; nothing was changed unless the message says so."),
        (usage, "The command line does not say what to do."),
        (interrupted, "Interrupted."),
    ]
}

/// An end that is neither success nor an error: everything was said already.
struct Verdict: Error {
    /// The exit status.
    let status: Int32
}

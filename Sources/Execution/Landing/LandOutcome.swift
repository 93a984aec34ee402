public import GitStore

/// What came of an attempt to land.
public enum LandOutcome: Sendable {
    /// The base branch has it.
    ///
    /// The notes say what could not follow, such as a local branch under
    /// overlapping changes.
    case landed(ObjectID, notes: [String])

    /// Nothing was changed, and the revision is still approved.
    case refused(LandRefusal)

    /// It does not merge with the base; the ticket is blocked.
    case conflict(files: [String])

    /// Validation of the merged tree fails; the ticket is blocked.
    case red([Verdict])

    /// Somebody stopped it; nothing was changed, and the revision is still approved.
    case canceled
}

/// Why a revision cannot land now, and what would make it work.
public struct LandRefusal: Error, Hashable, Sendable, CustomStringConvertible {
    /// One line for people.
    public let reason: String

    /// The files that are in the way, sorted.
    public let files: [String]

    /// A command that would help, or `nil`.
    public let hint: String?

    /// Whether it passes by itself, so that to try again may work.
    public let isBusy: Bool

    /// The reason.
    public var description: String { reason }

    init(_ reason: String, files: [String] = [], hint: String? = nil, isBusy: Bool = false) {
        self.reason = reason
        self.files = files
        self.hint = hint
        self.isBusy = isBusy
    }
}

/// A landing that a killed process had begun, and what became of it.
public struct RecoveredLanding: Hashable, Sendable {
    /// The ticket.
    public let ticket: String

    /// The commit that was to land.
    public let commit: ObjectID

    /// What became of it.
    public let fate: Fate

    /// What could not follow, such as a local branch under overlapping changes.
    public let notes: [String]

    /// What became of a landing.
    public enum Fate: String, Sendable {
        /// It had landed, and everything says so now.
        case completed
        /// It had not; the revision is still approved.
        case undone
        /// A remote was asked to take it, and cannot be asked whether it did.
        case unknown
    }
}

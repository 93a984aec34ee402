public import Model

/// What the board needs of the world: a clock, new ids, and what must never be stored.
public struct BoardContext: Sendable {
    /// The time by this machine's clock.
    public let now: @Sendable () -> Timestamp

    /// A new id that was never issued.
    public let newID: @Sendable () -> String

    /// Finds secrets in whatever is about to be stored.
    public let redactor: Redactor

    /// Whether every transaction is flushed to the disk, not only decisions.
    public let isDurable: Bool

    /// Creates a context.
    public init(
        now: @escaping @Sendable () -> Timestamp, newID: @escaping @Sendable () -> String,
        redactor: Redactor, isDurable: Bool = false
    ) {
        self.now = now
        self.newID = newID
        self.redactor = redactor
        self.isDurable = isDurable
    }
}

/// What came of an attempt in one sandbox.
public enum EscapeVerdict: Hashable, Sendable {
    /// The sandbox stopped it.
    case held

    /// It got out; how that was noticed.
    case out(String)

    /// It shows nothing, for even without a sandbox it gets nowhere; why.
    case void(String)

    /// The word for it.
    public var word: String {
        switch self {
        case .held: "held"
        case .out: "out"
        case .void: "void"
        }
    }

    /// What there is to say about it.
    public var reason: String? {
        switch self {
        case .held: nil
        case .out(let reason), .void(let reason): reason
        }
    }
}

/// One attempt in one sandbox, and what came of it.
public struct EscapeResult: Sendable {
    /// The attempt.
    public let attempt: EscapeCase

    /// The sandbox.
    public let kind: SandboxKind

    /// What came of it.
    public let verdict: EscapeVerdict

    /// Whether something is wrong: a sandbox leaks, or the controller runs what it must not.
    public var isBreach: Bool {
        guard case .out = verdict else { return false }
        return kind.isApart || attempt.holdsEverywhere
    }
}

internal import Model

/// What keeps a program that others wrote apart from the machine.
public protocol Sandbox: Sendable {
    /// What it is.
    var kind: SandboxKind { get }

    /// Why it is no better one, for people; `nil` if there is nothing to say.
    var remark: String? { get }

    /// The command that runs another one apart.
    ///
    /// - Parameters:
    ///   - command: What is to run.
    ///   - cell: What it may see and use.
    /// - Returns: What to run instead.
    /// - Throws: ``ExecutionError`` if the cell cannot be made.
    func wrap(_ command: ChildCommand, in cell: Cell) throws -> ChildCommand
}

extension Sandbox {
    /// Nothing to say.
    public var remark: String? { nil }

    /// The form in which an event holds it.
    var json: JSON { ["kind": .string(kind.word), "remark": JSON(remark)] }
}

/// What a sandbox is, as a job records it.
public enum SandboxKind: String, CaseIterable, Sendable {
    /// Nothing: a program can do whatever its user can.
    case none

    /// Bubblewrap.
    case bwrap

    /// A container.
    case container

    /// The word for it.
    public var word: String { rawValue }

    /// Whether it keeps anything apart.
    public var isApart: Bool { self != .none }
}

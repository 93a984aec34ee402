internal import Model

/// What keeps a program that others wrote apart from the machine.
public protocol Sandbox: Sendable {
    /// What it is.
    var kind: SandboxKind { get }

    /// Why it is no better one, for people; `nil` if there is nothing to say.
    var remark: String? { get }

    /// The image that its programs are in; `nil` if they are those of the machine.
    var imageName: String? { get }

    /// Makes ready what its programs need, before the first of them runs.
    ///
    /// Without this the first of them waits for it, and nobody sees what is done.
    ///
    /// - Parameters:
    ///   - stop: Gives up.
    ///   - onOutput: Gets what is printed meanwhile.
    /// - Throws: ``ExecutionError`` if it cannot be made ready.
    func prepare(stop: StopSignal?, onOutput: ([UInt8]) -> Void) throws

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

    /// Those of the machine.
    public var imageName: String? { nil }

    /// Nothing to make ready.
    public func prepare(stop: StopSignal?, onOutput: ([UInt8]) -> Void) throws {}

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

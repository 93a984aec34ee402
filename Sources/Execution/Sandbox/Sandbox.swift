/// What keeps a program that others wrote apart from the machine.
public protocol Sandbox: Sendable {
    /// The word for it, as a job records it.
    var kind: String { get }

    /// The command that runs another one apart.
    ///
    /// - Parameters:
    ///   - command: What is to run.
    ///   - workspace: The directory that it may write.
    /// - Returns: What to run instead.
    func wrap(_ command: ChildCommand, in workspace: String) -> ChildCommand
}

/// No sandbox: the program can do whatever its user can.
public struct NoSandbox: Sandbox {
    /// Creates it.
    public init() {}

    /// `none`.
    public var kind: String { "none" }

    /// The command as it is.
    public func wrap(_ command: ChildCommand, in workspace: String) -> ChildCommand { command }
}

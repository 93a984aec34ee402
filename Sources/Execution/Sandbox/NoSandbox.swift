/// No sandbox: the program can do whatever its user can.
public struct NoSandbox: Sandbox {
    /// Why there is none, for people; `nil` if it is wanted so.
    public let remark: String?

    /// Creates it.
    ///
    /// - Parameter remark: Why there is none; `nil` if it is wanted so.
    public init(remark: String? = nil) { self.remark = remark }

    /// `none`.
    public var kind: SandboxKind { .none }

    /// The command as it is.
    public func wrap(_ command: ChildCommand, in cell: Cell) -> ChildCommand { command }
}

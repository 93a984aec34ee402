extension Job {
    /// Whether a person does the work with their own tools, and no agent.
    public var isPersons: Bool {
        record.value("invocation")["taken"]?.bool ?? false
    }

    /// The address of whoever started it, such as `ann@example.com`.
    public var person: String? {
        guard let invoker, invoker.utf8.starts(with: "git:".utf8) else { return invoker }
        return String(invoker.dropFirst("git:".count))
    }

    /// What a job of a person is about to do as long as nothing of it runs.
    public static let takenStage = "taken"
}

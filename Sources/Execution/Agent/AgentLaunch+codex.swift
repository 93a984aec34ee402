internal import Model

extension AgentLaunch {
    /// How to start a turn of Codex.
    ///
    /// - Throws: ``ExecutionError`` if it is not installed.
    static func codex(
        _ settings: AgentSettings, _ request: AgentRequest
    ) throws -> AgentLaunch {
        throw ExecutionError(
            .invalidArgument, "start agent '\(request.name)'",
            reason: "agents of kind 'codex' are not supported by this version")
    }
}

import Model
import Testing

/// What a model does to a job, and how the job stands afterwards.
struct Scenario: Sendable, CustomTestStringConvertible {
    /// What the table calls it.
    var name: String
    /// What the model says.
    var script: @Sendable (RealAgent) -> JSON
    /// Further settings of the agent.
    var settings: @Sendable (RealAgent) -> String = { _ in "" }
    /// Members of `guardrails`.
    var guardrails = "max_iterations: 2"
    /// Who has such a thing.
    var agents: [RealAgent] = [.claude, .codex]
    /// Further environment of `git draft`.
    var environment: [String: String?] = [:]
    /// Where the ticket and its job stand afterwards.
    var standing: String
    /// What `git draft run` says, among other things.
    var says = ""

    var testDescription: String { name }
}

extension RealAgent {
    /// A call of the tool that writes a new file.
    func write(_ path: String, _ text: String) -> JSON {
        switch self {
        case .claude:
            [
                "tool": "Write",
                "input": ["file_path": .string("$CWD/\(path)"), "content": .string(text)],
            ]
        case .codex, .aider, .mini:
            shell("cat >\(path) <<'END'\n\(text)END\n")
        }
    }
}

extension JSON {
    /// A step of a script: a text.
    static func says(_ text: String) -> JSON { ["text": .string(text)] }

    /// A step of a script: calls of tools.
    static func calls(_ calls: JSON...) -> JSON { ["calls": .array(calls)] }

    /// A step of a script: an error of HTTP.
    static func fails(_ status: Int64, _ type: String, _ message: String) -> JSON {
        ["error": .integer(status), "type": .string(type), "message": .string(message)]
    }
}

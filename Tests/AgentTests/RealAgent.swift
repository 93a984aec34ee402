import Foundation
import Model
import Testing

/// An agent that is installed for the tests by `tools/install-agents`.
enum RealAgent: String, CaseIterable, CustomTestStringConvertible {
    case claude, codex, aider, mini

    /// The source tree: where the tests run, or else where they were compiled.
    static let top: URL = {
        let here = URL(filePath: FileManager.default.currentDirectoryPath)
        let manifest = here.appending(path: "Package.swift").path
        if FileManager.default.fileExists(atPath: manifest) { return here }
        return URL(filePath: #filePath).appending(path: "../../..").standardized
    }()

    /// Whether the tests of real agents were called off.
    static let isCalledOff = ProcessInfo.processInfo.environment["SKIP_REAL_AGENTS"] == "1"

    var testDescription: String { rawValue }

    /// Where they are installed, which is in the user's `PATH`.
    static var folder: String { top.appending(path: ".build/agents").path }

    /// The program; a test fails if it is not installed.
    func path() throws -> String {
        let path = "\(Self.folder)/\(rawValue)"
        try #require(
            FileManager.default.isExecutableFile(atPath: path),
            "\(rawValue) is not installed; run: tools/install-agents")
        return path
    }
}

extension RealAgent {
    /// How `draft.yaml` has it driven.
    var kind: String { self == .claude || self == .codex ? rawValue : "command" }

    /// The variable that holds its key.
    var keyName: String { self == .claude ? "ANTHROPIC_API_KEY" : "OPENAI_API_KEY" }

    /// The variable that holds where its model is.
    var addressName: String {
        switch self {
        case .claude: "ANTHROPIC_BASE_URL"
        case .codex: "OPENAI_BASE_URL"
        case .aider, .mini: "OPENAI_API_BASE"
        }
    }

    /// What its model's address is, at a stub.
    func address(_ stub: StubModel) -> String {
        self == .claude ? stub.url : "\(stub.url)/v1"
    }

    /// A call of the tool that runs a command.
    func shell(_ command: String) -> JSON {
        switch self {
        case .claude:
            ["tool": "Bash", "input": ["command": .string(command), "description": "run it"]]
        case .codex: ["tool": "exec_command", "input": ["cmd": .string(command)]]
        case .aider, .mini: ["tool": "bash", "input": ["command": .string(command)]]
        }
    }
}

extension Trait where Self == ConditionTrait {
    /// Without the agents the tests fail, unless `SKIP_REAL_AGENTS=1` calls them off.
    static var realAgents: Self { .disabled(if: RealAgent.isCalledOff, "SKIP_REAL_AGENTS=1") }
}

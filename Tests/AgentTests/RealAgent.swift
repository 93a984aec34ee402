import Foundation
import Model
import Testing

/// An agent that is installed for the tests by `tools/install-agents`.
enum RealAgent: String, CaseIterable, CustomTestStringConvertible {
    case claude, codex, aider, mini

    /// The project.
    static let top = URL(filePath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent()

    /// Whether the tests of real agents were called off.
    static let isCalledOff = ProcessInfo.processInfo.environment["SKIP_REAL_AGENTS"] == "1"

    var testDescription: String { rawValue }

    /// The program; a test fails if it is not installed.
    func path() throws -> String {
        let path = Self.top.appending(path: ".build/agents/\(rawValue)").path
        try #require(
            FileManager.default.isExecutableFile(atPath: path),
            "\(rawValue) is not installed; run: tools/install-agents")
        return path
    }
}

extension Trait where Self == ConditionTrait {
    /// Without the agents the tests fail, unless `SKIP_REAL_AGENTS=1` calls them off.
    static var realAgents: Self { .disabled(if: RealAgent.isCalledOff, "SKIP_REAL_AGENTS=1") }
}

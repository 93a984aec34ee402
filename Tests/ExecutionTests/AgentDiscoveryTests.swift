import Foundation
import Model
import Testing

@testable import Execution

/// What is said of the agents of a machine, without starting one.
@Suite struct AgentDiscoveryTests {
    /// A folder that goes away with the test.
    final class Folder {
        let path: String

        init() throws {
            path = NSTemporaryDirectory() + "discovery-" + UUID().uuidString
            try FileManager.default.createDirectory(
                atPath: path, withIntermediateDirectories: true)
        }

        deinit { try? FileManager.default.removeItem(atPath: path) }

        /// Makes a file; returns its path.
        func file(_ name: String, mode: Int = 0o644) throws -> String {
            let file = "\(path)/\(name)"
            try FileManager.default.createDirectory(
                atPath: (file as NSString).deletingLastPathComponent,
                withIntermediateDirectories: true)
            let isMade = FileManager.default.createFile(
                atPath: file, contents: Data("#!/bin/sh\nexit 7\n".utf8),
                attributes: [.posixPermissions: mode])
            try #require(isMade)
            return file
        }
    }

    @Test func `the first program in the path that can be executed is found`() throws {
        let folder = try Folder()
        _ = try folder.file("a/claude")
        try FileManager.default.createDirectory(
            atPath: folder.path + "/b/claude", withIntermediateDirectories: true)
        let real = try folder.file("c/claude", mode: 0o755)
        _ = try folder.file("d/claude", mode: 0o755)
        let path = ["a", "b", "c", "d"].map { "\(folder.path)/\($0)" }.joined(separator: ":")
        #expect(AgentDiscovery.find(.claude, environment: ["PATH": "relative::" + path]) == real)
        #expect(AgentDiscovery.find(.codex, environment: ["PATH": path]) == nil)
        #expect(AgentDiscovery.find(.claude, environment: [:]) == nil)
    }

    @Test func `the place of an agent's own installer counts after the path`() throws {
        let folder = try Folder()
        let own = try folder.file("home/.claude/local/claude", mode: 0o755)
        var environment = ["HOME": folder.path + "/home", "PATH": folder.path + "/bin"]
        #expect(AgentDiscovery.find(.claude, environment: environment) == own)
        #expect(AgentDiscovery.firstInstalled(environment: environment) == .claude)
        let other = try folder.file("bin/claude", mode: 0o755)
        #expect(AgentDiscovery.find(.claude, environment: environment) == other)
        environment["HOME"] = "home"
        environment["PATH"] = nil
        #expect(AgentDiscovery.find(.claude, environment: environment) == nil)
        #expect(AgentDiscovery.firstInstalled(environment: environment) == nil)
    }

    @Test func `codex is the default where there is no claude`() throws {
        let folder = try Folder()
        _ = try folder.file("bin/codex", mode: 0o755)
        let environment = ["PATH": folder.path + "/bin"]
        #expect(AgentDiscovery.firstInstalled(environment: environment) == .codex)
    }

    @Test func `a program with a slash counts from its directory`() throws {
        let folder = try Folder()
        let file = try folder.file("tools/agent:1", mode: 0o755)
        let none = ["PATH": folder.path]
        func find(_ program: String) -> String? {
            AgentDiscovery.find(program: program, environment: none, in: folder.path)
        }
        #expect(find("tools/agent:1") == file)
        #expect(find(file) == file)
        #expect(find("tools/") == nil)
        #expect(find("tools") == nil)
        #expect(find("") == nil)
        #expect(find("agent:1") == nil)
    }

    @Test func `a key is told by its place, never by its value`() throws {
        let folder = try Folder()
        var environment = ["HOME": folder.path, "ANTHROPIC_API_KEY": ""]
        #expect(AgentDiscovery.credential(of: .claude, environment: environment) == nil)
        environment["ANTHROPIC_API_KEY"] = "sk-ant-value"
        let found = AgentDiscovery.credential(of: .claude, environment: environment)
        #expect(found == .variable("ANTHROPIC_API_KEY"))
        #expect(!"\(found as Any)".contains("sk-ant"))
        let file = try folder.file(".codex/auth.json")
        #expect(AgentDiscovery.credential(of: .codex, environment: environment) == .file(file))
        environment["CODEX_HOME"] = folder.path + "/other"
        #expect(AgentDiscovery.credential(of: .codex, environment: environment) == nil)
        #expect(AgentDiscovery.credential(of: .command, environment: environment) == nil)
    }

    @Test func `every kind with a program says how to get it`() {
        for kind in AgentKind.allCases {
            #expect((kind.program == nil) == (kind.installCommand == nil))
            #expect((kind.program == nil) == (kind.logInCommand == nil))
        }
    }
}

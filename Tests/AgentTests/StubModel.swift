import Foundation
import Model
import TestSupport

/// A model on loopback that says what a script tells it.
///
/// `StubModel/script.py` describes what a step may hold.
struct StubModel {
    /// Where it answers, without a path.
    let url: String

    private let child: Child
    private let log: URL

    /// Starts it.
    ///
    /// - Parameters:
    ///   - script: A list of steps, or an object of conversations.
    ///   - key: The key that requests should come with.
    ///   - sandbox: Where its script and its log are kept.
    /// - Throws: What making it throws.
    init(_ script: JSON, key: String, in sandbox: Sandbox) throws {
        let place = sandbox.root.appending(path: "stub-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: place, withIntermediateDirectories: true)
        log = place.appending(path: "log")
        try Data(script.line.utf8).write(to: place.appending(path: "script"))
        let program = RealAgent.top.appending(path: "Tests/AgentTests/StubModel/stub_model.py")
        // Whoever opens the one end waits for the other.
        child = try sandbox.start(
            """
            mkfifo port && PYTHONDONTWRITEBYTECODE=1 exec '\(program.path)' \
                script log --bodies --key '\(key)' >port
            """, in: place)
        let port = place.appending(path: "port").path
        let said = try sandbox.run(
            "while [ ! -p '\(port)' ]; do kill -0 \(child.identifier) || exit; done; head -n 1 '\(port)'"
        )
        url = "http://127.0.0.1:\(said.stdout.trimmingCharacters(in: .newlines))"
    }

    /// What was asked of it so far, oldest first.
    func requests() throws -> [JSON] {
        // What follows the last line is still being written.
        let lines = try String(contentsOf: log, encoding: .utf8)
            .split(separator: "\n", omittingEmptySubsequences: false).dropLast()
        return try lines.map { try JSON(parsing: String($0)) }
    }

    /// Ends it.
    func stop() {
        child.signal(SIGTERM)
        _ = child.wait()
    }
}

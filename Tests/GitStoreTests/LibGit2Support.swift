import Foundation
import GitStore
import TestSupport
import Testing

let ann = Signature(name: "Ann Author", email: "ann@example.com", seconds: 1_000_000_000)

/// Expects a failure of a certain kind.
func expect<Value>(
    _ code: GitError.Code, sourceLocation: SourceLocation = #_sourceLocation,
    _ body: () throws -> Value
) {
    let error = #expect(throws: GitError.self, sourceLocation: sourceLocation) { _ = try body() }
    #expect(error?.code == code, sourceLocation: sourceLocation)
}

extension Sandbox {
    /// Opens the repository, or another one in the sandbox.
    func open(
        _ path: String = "", environment: [String: String] = [:]
    ) throws -> Repository {
        let directory = path.isEmpty ? workTree.path : workTree.appending(path: path).path
        var all = ["GIT_CONFIG_NOSYSTEM": "1", "GIT_CONFIG_GLOBAL": "/dev/null"]
        all.merge(environment) { $1 }
        return try Repository(containing: directory, environment: all)
    }

    /// Runs a command that must succeed, and returns what it printed without the last newline.
    @discardableResult
    func git(_ command: String, sourceLocation: SourceLocation = #_sourceLocation) throws -> String
    {
        let outcome = try run(command)
        #expect(
            outcome.status == 0, "\(command): \(outcome.output)", sourceLocation: sourceLocation)
        return outcome.output.hasSuffix("\n") ? String(outcome.output.dropLast()) : outcome.output
    }

    /// The path of something in the work tree.
    func path(_ name: String) -> String { workTree.appending(path: name).path }

    /// The file of a loose object.
    func loose(_ id: ObjectID) -> String {
        path(".git/objects/\(id.description.prefix(2))/\(id.description.dropFirst(2))")
    }
}

extension Repository {
    /// Writes a commit on a tree with one file, and returns its name.
    func commit(
        _ text: String, on parents: [ObjectID] = [], journal: WriteJournal? = nil
    ) throws -> ObjectID {
        let blob = try write(blob: text.utf8, journal: journal)
        let tree = try updating(
            tree: nil, with: [TreeChange("a/b.json", blob)], journal: journal)
        return try writeCommit(
            tree: tree, parents: parents, author: ann, committer: ann, message: text,
            journal: journal)
    }
}

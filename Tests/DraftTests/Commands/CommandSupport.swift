import Foundation
import Model
import TestSupport
import Testing

extension Sandbox {
    /// A sandbox with one commit and a board.
    static func withBoard() throws -> Sandbox {
        let sandbox = try Sandbox()
        try sandbox.commitFile("README", "hello\n")
        try sandbox.draft("init")
        return sandbox
    }

    /// Runs `git draft`, and records an issue unless it ends with a status.
    @discardableResult
    func draft(
        _ words: String, expecting status: Int32 = 0, input: String = "", in directory: URL? = nil,
        environment: [String: String?] = [:], sourceLocation: SourceLocation = #_sourceLocation
    ) throws -> Outcome {
        let outcome = try run(
            "git draft \(words)", input: input, in: directory, environment: environment)
        let remark: Comment = "git draft \(words): \(outcome.output)"
        #expect(outcome.status == status, remark, sourceLocation: sourceLocation)
        return outcome
    }

    /// Runs `git draft` for the one id that it prints.
    func id(_ words: String, sourceLocation: SourceLocation = #_sourceLocation) throws -> String {
        let output = try draft("\(words) --quiet", sourceLocation: sourceLocation).stdout
        let id = output.trimmingCharacters(in: .newlines)
        #expect(Crockford.isValid(id), "\(words): \(output)", sourceLocation: sourceLocation)
        return id
    }

    /// Runs `git draft` for the JSON that it prints.
    func json(_ words: String, in directory: URL? = nil) throws -> JSON {
        try JSON(parsing: draft("\(words) --json", in: directory).stdout)
    }

    /// A record as it is stored.
    func stored(_ folder: String, _ id: String) throws -> JSON {
        let path = "refs/draft/board:\(folder)/\(id.suffix(2))/\(id).json"
        return try JSON(parsing: git("cat-file", "blob", path))
    }

    /// Gives a ticket a title that no command takes, as a merge may bring it.
    func retitle(_ id: String, _ title: String) throws {
        let path = "tickets/\(id.suffix(2))/\(id).json"
        guard var ticket = try stored("tickets", id).object else { return }
        ticket["title"] = .string(title)
        try replaceOnBoard(path, with: JSON.object(ticket).canonicalText)
    }

    /// Replaces a file of the board, as no command would.
    func replaceOnBoard(_ path: String, with text: String) throws {
        let outcome = try run(
            """
            set -e
            export GIT_INDEX_FILE=.git/other-index
            git read-tree refs/draft/board
            git update-index --cacheinfo "100644,$(git hash-object -w --stdin),\(path)"
            message=$(git show -s --format=%B refs/draft/board)
            commit=$(git commit-tree -p refs/draft/board -m "$message" "$(git write-tree)")
            git update-ref refs/draft/board "$commit"
            rm .git/other-index
            """, input: text)
        #expect(outcome.status == 0, "\(outcome.output)")
    }

    /// The types of all events, in the order of the log.
    func eventTypes() throws -> [String] {
        let text = try git("grep", "-h", "^  \"type\": ", "refs/draft/board", "--", "audit")
        return text.split(separator: "\n").map { line in
            line.split(separator: "\"").dropFirst(3).first.map(String.init) ?? ""
        }
    }

    /// The commit of the board.
    func board() throws -> String { try git("rev-parse", "refs/draft/board") }
}

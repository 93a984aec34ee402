import Foundation
import Model
import TestSupport
import Testing

/// What a person does with a ticket, in the worktree that it is taken in.
extension LoopBench {
    /// Takes a ticket, and returns its directory.
    func take(_ ticket: String, _ words: String = "") throws -> URL {
        try draft("take \(words) \(ticket)")
        return try path(ticket)
    }

    /// The directory that `git draft path` prints.
    func path(_ ticket: String) throws -> URL {
        let printed = try sandbox.run("git-draft path \(ticket)")
        #expect(printed.status == 0, "\(printed.output)")
        let line = printed.stdout.trimmingCharacters(in: .newlines)
        return URL(filePath: line.replacing("$SANDBOX", with: sandbox.root.path))
    }

    /// Writes a file of a worktree.
    func write(_ name: String, _ text: String, in worktree: URL) throws {
        let file = worktree.appending(path: name)
        try FileManager.default.createDirectory(
            at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
        try Data(text.utf8).write(to: file)
    }

    /// Commits everything in a worktree.
    func commit(_ message: String, in worktree: URL) throws {
        try sandbox.git("add", "--all", in: worktree)
        try sandbox.git("commit", "--quiet", "-m", message, in: worktree)
    }

    /// A file as a commit has it.
    func file(_ name: String, at commit: String) throws -> String {
        try sandbox.git("show", "\(commit):\(name)")
    }

    /// The last revision of a ticket.
    func revision(_ ticket: String) throws -> JSON {
        try JSON(parsing: draft("review \(ticket) --json").stdout)
    }

    /// Whether a commit is reachable from a reference that is not a branch.
    func isKept(_ commit: String) throws -> Bool {
        let names = try sandbox.git(
            "for-each-ref", "--contains", commit, "--format=%(refname)", "refs/draft",
            "refs/draft-local")
        return !names.isEmpty
    }

    /// Whether something is in the repository's folder.
    func exists(_ path: String) -> Bool {
        FileManager.default.fileExists(
            atPath: path.hasPrefix("/") ? path : sandbox.workTree.appending(path: path).path)
    }
}

import Execution
import Foundation
import GitStore
import TestSupport
import Testing

/// A user's repository and the workspaces of its jobs.
final class WorkspaceBench {
    let sandbox: TestSupport.Sandbox
    let repository: Repository
    let environment: [String: String]
    let root: String
    private(set) var base: ObjectID

    /// Creates a repository, lets a shell script fill it, and commits.
    init(
        _ script: String = "mkdir dir && echo a >a && echo b >dir/b && echo ignored >.gitignore",
        at subdirectory: String = "", commits: Bool = true, git edition: GitEdition = .installed
    ) throws {
        sandbox = try TestSupport.Sandbox(git: edition)
        let home = sandbox.workTree.deletingLastPathComponent().appending(path: "home").path
        environment = [
            "PATH": try "\(edition.prefix())/usr/bin:/bin", "HOME": home,
            "GIT_CONFIG_NOSYSTEM": "1", "GIT_CONFIG_GLOBAL": sandbox.configuration.path,
        ]
        let made = try sandbox.run(
            "set -e; \(script)" + (commits ? "\ngit add -A; git commit -q -m base" : ""))
        #expect(made.status == 0, "\(made.output)")
        repository = try Repository(
            containing: sandbox.workTree.path + subdirectory, environment: environment)
        root = WorkspaceRoot.path(repository, repository.configuration)
        base = try #require(try repository.headCommit())
    }

    var path: String { "\(root)/T-1" }

    func origin(_ change: (inout WorkspaceOrigin) -> Void = { _ in }) -> WorkspaceOrigin {
        var origin = WorkspaceOrigin(
            repository: repository, environment: environment, root: root, name: "Ann Author",
            email: "ann@example.com", baseBranch: "refs/heads/main", baseCommit: base,
            start: base, branch: "refs/heads/goal/G-1/ticket/T-1", seconds: 1_700_000_000)
        change(&origin)
        return origin
    }

    func open(job: String = "J-1", start: ObjectID? = nil) throws -> Workspace {
        let workspace = try Workspace.open(
            name: "T-1", job: job, origin: origin { if let start { $0.start = start } })
        try workspace.renewAgentGit(head: start ?? base)
        return workspace
    }

    /// Runs a script in the workspace, as an agent would.
    @discardableResult
    func agent(_ script: String) throws -> String {
        let outcome = try sandbox.run("cd '\(path)' && { \(script)\n}")
        return outcome.output
    }

    /// Runs a script in the user's checkout, and returns what it printed.
    @discardableResult
    func user(_ script: String) throws -> String {
        let outcome = try sandbox.run(script)
        #expect(outcome.status == 0, "\(script): \(outcome.output)")
        return outcome.output.trimmingCharacters(in: .newlines)
    }

    func snapshot(
        _ workspace: Workspace, _ number: Int = 1, after previous: ObjectID? = nil
    ) throws -> WorkspaceSnapshot {
        try workspace.snapshot(
            number: number, job: workspace.files.directory.components(separatedBy: "/").last ?? "",
            author: Signature(name: "Ann", email: "ann@example.com", seconds: 1_700_000_001),
            previous: previous ?? base)
    }

    /// The paths of a tree or commit.
    func paths(_ id: ObjectID) throws -> [String] {
        try user("git -c core.quotePath=false ls-tree -r --name-only \(id)")
            .split(separator: "\n").map(String.init)
    }

    func fingerprint() throws -> String {
        try UserCheckout.fingerprint(
            Repository(containing: sandbox.workTree.path, environment: environment))
    }

    /// Whether the hostile scripts were run.
    var isMarked: Bool { FileManager.default.fileExists(atPath: marker) }

    var marker: String {
        sandbox.workTree.deletingLastPathComponent().appending(path: "marker").path
    }

    /// Lets git judge what we wrote: sound, and the checkout clean.
    func expectSound() throws {
        let check = try sandbox.run("git fsck --strict --no-dangling 2>&1")
        #expect(check.status == 0 && check.output == "", "\(check.output)")
        #expect(try user("git status --porcelain") == "")
    }

    /// Whether any reference of ours keeps a commit.
    func isKept(_ commit: String) throws -> Bool {
        try user("git for-each-ref --contains \(commit) refs/draft-local refs/draft") != ""
    }
}

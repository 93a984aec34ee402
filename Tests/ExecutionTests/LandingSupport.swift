import Foundation
import GitStore
import Model
import Synchronization
import TestSupport
import Testing

@testable import Execution

/// The sandbox of tests; ``Execution`` has a protocol of that name.
typealias Sandbox = TestSupport.Sandbox

/// A repository with a board, tickets that are ready to land, and a lander.
final class LandingProject {
    let root: String
    let ann = Actor.person(name: "Ann Author", email: "ann@example.com")
    let cy = Actor.person(name: "Cy Committer", email: "cy@example.com")
    var policy = Policy.builtIn(cores: 2)

    /// Where the repository is: the work tree, or the bare repository.
    let path: String
    let board: Board
    private let sandbox: Sandbox?

    /// Makes a project whose branch `main` has a few files.
    init(bare: Bool = false, configure: (Sandbox) throws -> Void = { _ in }) throws {
        let sandbox = try Sandbox()
        self.sandbox = sandbox
        root = sandbox.root.path
        for (name, text) in ["a": "a\n", "b": "b\n", "dir/c": "c\n", "d": "1\n2\n3\n4\n5\n"] {
            try sandbox.write(name, text)
        }
        try sandbox.write(".gitignore", "*.log\n")
        try sandbox.git("add", "--all")
        try sandbox.git("commit", "--quiet", "-m", "begin")
        try configure(sandbox)
        if bare {
            let copy = sandbox.root.appending(path: "bare.git")
            try sandbox.git("clone", "--quiet", "--bare", sandbox.workTree.path, copy.path)
            try sandbox.git("-C", copy.path, "remote", "remove", "origin")
            path = copy.path
        } else {
            path = sandbox.workTree.path
        }
        board = try Self.board(at: path)
        _ = try board.create(
            NewBoard(name: "demo", baseBranch: "main", claimRemote: nil), as: ann)
    }

    /// Opens a project that another process made and will remove.
    init(opening root: String) throws {
        self.root = root
        sandbox = nil
        path = "\(root)/repo"
        board = try Self.board(at: path)
    }

    deinit { sandbox?.finish() }

    static func board(at path: String) throws -> Board {
        let generator = Mutex(SystemRandomNumberGenerator())
        return Board(
            repository: try Repository(containing: path, environment: environment(path)),
            context: BoardContext(
                now: { Timestamp(milliseconds: 1_700_000_000_000) },
                newID: { generator.withLock { Crockford.id(using: &$0) } },
                redactor: Redactor(values: [])))
    }

    private static func environment(_ path: String) -> [String: String] {
        [
            "PATH": "/usr/local/bin:/usr/bin:/bin", "HOME": "\(path)/../home", "TZ": "UTC",
            // Beside the repository, where the sandbox keeps it, as are all clones.
            "GIT_CONFIG_NOSYSTEM": "1", "GIT_CONFIG_GLOBAL": "\(path)/../gitconfig",
            "GIT_TERMINAL_PROMPT": "0",
        ]
    }

    /// The environment of everything here; `bin` goes first if there is one.
    var environment: [String: String] {
        var environment = Self.environment(path)
        environment["PATH"] = "\(root)/bin:/usr/local/bin:/usr/bin:/bin"
        return environment
    }

    /// Has every `git` of a lander go through a script first; `$*` are the arguments.
    func intercept(_ script: String) throws {
        let bin = "\(root)/bin"
        try writeExecutable("\(bin)/git", "#!/bin/sh\n\(script)\nexec /usr/bin/git \"$@\"\n")
    }

    /// Writes a program.
    ///
    /// By a process of its own: while another test of this process forks, its child would
    /// have the file open for writing, and nobody could execute it.
    func writeExecutable(_ file: String, _ text: String) throws {
        var command = ChildCommand(
            ["sh", "-c", "mkdir -p \"${0%/*}\" && cat >\"$0\" && chmod 755 \"$0\"", file],
            environment: Self.environment(path), directory: root, input: Array(text.utf8))
        command.killsDescendants = false
        #expect(try ChildProcess.run(command).isSuccess)
    }

    func stopIntercepting() throws { try FileManager.default.removeItem(atPath: "\(root)/bin") }

    // MARK: - Git

    @discardableResult
    func git(
        _ arguments: String..., input: String? = nil, index: String? = nil,
        in directory: String? = nil
    ) throws -> String {
        var environment = Self.environment(path)
        for role in ["AUTHOR", "COMMITTER"] {
            environment["GIT_\(role)_NAME"] = "Somebody"
            environment["GIT_\(role)_EMAIL"] = "somebody@example.com"
        }
        if let index { environment["GIT_INDEX_FILE"] = index }
        return try GitProgram(environment: environment).run(
            arguments, in: directory ?? path, input: input.map { Array($0.utf8) }
        ).text
    }

    /// Makes a commit without touching any work tree; a file of `nil` goes.
    func commit(_ files: [String: String?], on base: String, _ message: String) throws -> String {
        let index = "\(root)/index-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: index) }
        try git("read-tree", base, index: index)
        for (file, text) in files {
            guard let text else {
                let gone = "0 0000000000000000000000000000000000000000\t\(file)\n"
                try git("update-index", "--index-info", input: gone, index: index)
                continue
            }
            let blob = try git("hash-object", "-w", "--stdin", input: text)
            try git(
                "update-index", "--add", "--replace", "--cacheinfo", "100644,\(blob),\(file)",
                index: index)
        }
        let tree = try git("write-tree", index: index)
        return try git("commit-tree", tree, "-p", base, "-m", message)
    }

    /// Moves the base as somebody else would, in a repository that no one looks at.
    func advance(_ files: [String: String?], in directory: String? = nil) throws {
        let clone = "\(root)/advance-\(UUID().uuidString)"
        try git("clone", "--quiet", directory ?? path, clone)
        for (file, text) in files {
            try (text ?? "").write(toFile: "\(clone)/\(file)", atomically: true, encoding: .utf8)
        }
        try git("add", "--all", in: clone)
        try git("commit", "--quiet", "-m", "meanwhile", in: clone)
        try git("push", "--quiet", "origin", "HEAD:refs/heads/main", in: clone)
        try FileManager.default.removeItem(atPath: clone)
    }

    // MARK: - Tickets

    /// Makes a ticket whose first revision changes files.
    func offer(
        _ title: String, _ files: [String: String?], description: String = "",
        verdicts: JSON = [], agent: JSON = ["name": "replay", "version": "1.0"],
        validation: [String] = [], policyHash: String? = nil, approve: Bool = true
    ) throws -> String {
        let base = try git("rev-parse", "main")
        let head = try commit(files, on: base, "snapshot 1")
        let policyHash = policyHash ?? policy.policyHash
        return try board.transact(as: ann) { transaction in
            var new = NewTicket(title: title)
            new.description = description
            new.validation = validation
            let ticket = try transaction.createTicket(new, state: .planned)
            let executing = try transaction.move(ticket, to: .executing)
            try transaction.move(executing, to: .needsHuman)
            let job = transaction.newID()
            try transaction.create(
                .job, id: job,
                [
                    "ticket_id": .string(ticket.id), "kind": "execute", "agent": agent,
                    "status": [
                        "status": "succeeded", "reason": nil, "outcome": "revision",
                        "finished_at": nil,
                    ],
                    "invocation": [
                        "source": "cli", "external_event_id": nil, "invoker": .string(ann.id),
                        "name": .string(ann.name),
                    ],
                ], as: .jobCreated)
            let revision = transaction.newID()
            try transaction.create(
                .revision, id: revision,
                [
                    "ticket_id": .string(ticket.id), "job_id": .string(job), "number": 1,
                    "base_commit": .string(base), "head_commit": .string(head),
                    "verdicts": verdicts, "status": approve ? "approved" : "open",
                ], as: .revisionOpened)
            if approve {
                try transaction.create(
                    .review,
                    [
                        "revision_id": .string(revision), "decision": "approved",
                        "head_commit": .string(head), "policy_hash": .string(policyHash),
                        "author": .string(ann.id),
                    ], as: .reviewGiven)
            }
            return ticket.id
        }
    }

    func ticket(_ id: String) throws -> Ticket { try board.snapshot().require(Ticket.self, id) }

    func revision(of id: String) throws -> Revision {
        let all = try board.snapshot().list(Revision.self).filter { $0.ticketID == id }
        return try #require(all.first)
    }

    func landJobs() throws -> [Job] {
        try board.snapshot().list(Job.self).filter { $0.jobKind == .land }
    }

    func events(_ type: EventType) throws -> [Event] {
        try board.snapshot().events { $0.type == type.rawValue }
    }

    // MARK: - Landing

    func lander(_ progress: @escaping @Sendable (String) -> Void = { _ in }) -> Lander {
        let policy = policy
        let runner = ValidationRunner(
            sandbox: NoSandbox(), cell: Cell(workspace: root, phase: .validation),
            redactor: Redactor(values: []),
            environment: ["PATH": "/usr/local/bin:/usr/bin:/bin"], stop: nil, deadline: nil)
        let (program, root, path) = (GitProgram(environment: environment), root, path)
        var validation = TreeValidation(repository: board.repository, runners: { _, _ in runner }) {
            commit, job, body in
            let directory = "\(root)/checkout-\(job)"
            try FileManager.default.createDirectory(
                atPath: directory, withIntermediateDirectories: true)
            defer { try? FileManager.default.removeItem(atPath: directory) }
            let index = ["GIT_INDEX_FILE": "\(directory).index"]
            defer { try? FileManager.default.removeItem(atPath: "\(directory).index") }
            _ = try program.run(["read-tree", "\(commit)"], in: path, environment: index)
            _ = try program.run(
                ["--work-tree=\(directory)", "checkout-index", "--all"], in: path,
                environment: index)
            return try body(directory)
        }
        validation.keep = { [board] job, log in
            try board.keep([EvidenceFile(.validation, log)], of: job, month: "2023-11").first
        }
        return Lander(
            board: board, git: program, validation: validation,
            committer: Identity(name: "Cy Committer", email: "cy@example.com"),
            policy: { _ in policy }, progress: progress)
    }

    func land(_ id: String) throws -> LandOutcome { try lander().land(id, as: cy) }

    /// Lands, and expects that it did.
    @discardableResult
    func landed(
        _ id: String, sourceLocation: SourceLocation = #_sourceLocation
    ) throws -> (commit: String, notes: [String]) {
        let outcome = try land(id)
        guard case .landed(let commit, let notes) = outcome else {
            Issue.record("\(outcome)", sourceLocation: sourceLocation)
            return ("", [])
        }
        return ("\(commit)", notes)
    }

    /// Lands, and expects a refusal that changes nothing, but for the record of its job.
    func refused(
        _ id: String, besides isJob: Bool = false,
        sourceLocation: SourceLocation = #_sourceLocation
    ) throws -> LandRefusal? {
        let before = try Footprint(of: self, withBoard: !isJob)
        let outcome = try land(id)
        let after = try Footprint(of: self, withBoard: !isJob)
        #expect(after == before, sourceLocation: sourceLocation)
        guard case .refused(let refusal) = outcome else {
            Issue.record("\(outcome)", sourceLocation: sourceLocation)
            return nil
        }
        return refusal
    }

    // MARK: - Files

    func write(_ file: String, _ text: String, in directory: String? = nil) throws {
        try text.write(
            toFile: "\(directory ?? path)/\(file)", atomically: false, encoding: .utf8)
    }

    func read(_ file: String, in directory: String? = nil) -> String? {
        try? String(contentsOfFile: "\(directory ?? path)/\(file)", encoding: .utf8)
    }

    func status(in directory: String? = nil) throws -> String {
        try git("status", "--porcelain", in: directory)
    }
}

/// Everything of a repository that a landing that did not happen must not change.
struct Footprint: Equatable {
    let references: String
    let head: String
    let index: Data?
    let files: [String: Data]

    init(of project: LandingProject, withBoard: Bool = true) throws {
        let names = try project.git(
            "for-each-ref", "--format=%(refname) %(objectname)", "refs/heads", "refs/tags",
            "refs/draft", "refs/draft-local")
        let lines = names.split(separator: "\n").filter { withBoard || !$0.contains("refs/draft/") }
        references = lines.joined(separator: "\n")
        head = try project.git("rev-parse", "--abbrev-ref", "HEAD")
        index = FileManager.default.contents(atPath: "\(project.path)/.git/index")
        var files: [String: Data] = [:]
        let all = FileManager.default.enumerator(atPath: project.path)
        while let name = all?.nextObject() as? String {
            guard !name.hasPrefix(".git/"), !project.path.hasSuffix(".git") else { continue }
            files[name] = FileManager.default.contents(atPath: "\(project.path)/\(name)")
        }
        self.files = files
    }
}

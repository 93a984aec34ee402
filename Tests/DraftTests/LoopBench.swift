import Foundation
import Model
import TestSupport
import Testing

/// A repository whose agent is a shell script, and whose check is that `f` holds "good".
final class LoopBench {
    let sandbox: Sandbox

    /// The directory in which agents leave what the tests look at, `$LOG` for them.
    let log: URL

    /// Makes the repository and its board.
    ///
    /// - Parameters:
    ///   - agent: The script that is the agent.
    ///   - guardrails: Members of `guardrails`.
    ///   - validation: Members of `validation`.
    ///   - setup: The commands of `setup`.
    ///   - limits: Members of `sandbox.limits`.
    ///   - claude: Members of `agents.spoken`, which is the same script as Claude Code.
    ///   - codex: Members of `agents.asked`, which is the same script as Codex.
    ///   - edition: The git that everybody uses.
    /// - Throws: What the commands throw that make it.
    init(
        _ agent: String, guardrails: String = "", validation: String = "full: [./check]",
        setup: String = "", limits: String = "", claude: String = "", codex: String = "",
        git edition: GitEdition = .installed
    ) throws {
        sandbox = try Sandbox(git: edition)
        log = sandbox.root.appending(path: "log")
        try FileManager.default.createDirectory(at: log, withIntermediateDirectories: true)
        try sandbox.write(
            "check",
            """
            #!/bin/sh
            [ ! -e f ] || grep -q good f || { echo "wrong: $(cat f)"; exit 1; }

            """, executable: true)
        try sandbox.write(
            "draft.yaml",
            """
            setup: [\(setup)]
            validation: {\(validation)}
            guardrails: {\(guardrails)}
            sandbox:
              environment: [LOG, TREE, ROOT, SERVICE_TOKEN, USER_HOME]
              limits: {\(limits)}
            agents:
              default: script
              script: {kind: command, command: [sh, "\(sandbox.root.path)/agent"]}
              spoken: {kind: claude, command: [sh, "\(sandbox.root.path)/agent"], \(claude)}
              asked: {kind: codex, command: [sh, "\(sandbox.root.path)/agent"], \(codex)}
              later: {kind: gemini}
              lost: {kind: replay, file: nowhere.yaml}
              gone: {kind: command, command: [/no/such/program]}

            """)
        try self.agent(agent)
        try sandbox.git("add", "-A")
        try sandbox.git("commit", "-q", "-m", "start")
        try sandbox.draft("init")
        try sandbox.draft("trust --yes")
    }

    /// Replaces the agent.
    func agent(_ script: String) throws {
        try Data("set -e\n\(script)\n".utf8).write(to: sandbox.root.appending(path: "agent"))
    }

    /// Makes a ticket.
    func ticket(_ words: String = "") throws -> String {
        try sandbox.id("ticket new 'Do it' \(words)")
    }

    /// Runs a command of `git draft`.
    @discardableResult
    func draft(
        _ words: String, expecting status: Int32 = 0, environment: [String: String?] = [:],
        sourceLocation: SourceLocation = #_sourceLocation
    ) throws -> Outcome {
        try sandbox.draft(
            words, expecting: status, environment: environment.merging(["LOG": log.path]) { $1 },
            sourceLocation: sourceLocation)
    }

    /// The jobs of a ticket, oldest first.
    func jobs(_ ticket: String) throws -> [JSON] {
        let names = try sandbox.git("ls-tree", "-r", "--name-only", "refs/draft/board", "jobs/")
        return try names.split(separator: "\n").map {
            try JSON(parsing: sandbox.git("cat-file", "blob", "refs/draft/board:\($0)"))
        }.filter { $0["ticket_id"]?.string == ticket }.sorted {
            ($0["created_at"]?.string ?? "") < ($1["created_at"]?.string ?? "")
        }
    }

    /// The last job of a ticket.
    func job(_ ticket: String) throws -> JSON { try #require(jobs(ticket).last) }

    /// A ticket as it is stored.
    func record(_ ticket: String) throws -> JSON { try sandbox.stored("tickets", ticket) }

    /// What an agent left in `$LOG`.
    func left(_ name: String) throws -> String {
        try String(contentsOf: log.appending(path: name), encoding: .utf8)
    }

    /// A work order that an agent copied to `$LOG`.
    func order(_ name: String) throws -> JSON { try JSON(parsing: left(name)) }

    /// The names of a job's evidence, in order.
    func evidence(_ job: JSON) throws -> [String] {
        let id = job["id"]?.string ?? ""
        return try sandbox.git(
            "ls-tree", "-r", "--name-only", try evidenceReference(), "\(id.suffix(2))/\(id)/"
        ).split(separator: "\n").compactMap { $0.split(separator: "/").last.map(String.init) }
    }

    /// The contents of a piece of a job's evidence.
    func evidence(_ job: JSON, _ name: String) throws -> String {
        let id = job["id"]?.string ?? ""
        return try sandbox.git(
            "cat-file", "blob", "\(evidenceReference()):\(id.suffix(2))/\(id)/\(name)")
    }

    private func evidenceReference() throws -> String {
        try sandbox.git("for-each-ref", "--format=%(refname)", "refs/draft/evidence")
    }

    /// The objects that hold a text, and the files of ours that do.
    func places(of text: String, in references: String = "--batch-all-objects") throws -> String {
        try sandbox.run(
            """
            git cat-file \(references) --batch-check='%(objecttype) %(objectname)' |
            grep -v ^tree | while read -r type id; do
                if git cat-file "$type" "$id" | grep -qaF -e '\(text)'; then echo "$type $id"; fi
            done
            grep -rlaF -e '\(text)' .git/draft || :
            """
        ).output
    }

    /// The commits that a reference pattern reaches, and whose files hold a text.
    func commits(holding text: String, under pattern: String) throws -> [String] {
        try sandbox.run(
            """
            git for-each-ref --format='%(objectname)' '\(pattern)' | git rev-list --stdin |
            while read -r id; do
                if git grep -qaF -e '\(text)' "$id" --; then echo "$id"; fi
            done
            """
        ).stdout.split(separator: "\n").map(String.init)
    }
}

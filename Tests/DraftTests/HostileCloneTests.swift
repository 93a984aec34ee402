import Foundation
import Model
import TestSupport
import Testing

/// Commands that read, in a repository that somebody hostile has made.
@Suite struct HostileCloneTests {
    private static let reading = [
        "status", "board", "ticket list", "ticket show TICKET", "goal list", "goal show inbox",
        "goal progress inbox", "goal graph inbox", "log", "log TICKET", "logs TICKET", "job list",
        "job show JOB", "diff TICKET", "diff --json TICKET", "review TICKET", "questions",
        "doctor", "config", "trust --show", "ready", "completion bash", "hooks status",
        "path TICKET",
    ]

    /// A repository whose every file and setting that git clones is there to mislead.
    private static func upstream(_ edition: GitEdition) throws -> (LoopBench, [String: String]) {
        let bench = try LoopBench("echo good > f", git: edition)
        let payload = "\(bench.sandbox.root.path)/payload"
        try bench.sandbox.run(
            """
            printf '#!/bin/sh\\ntouch "%s.ran"\\n' '\(payload)' >evil; chmod +x evil; cp evil '\(payload)'
            echo '* filter=x diff=x merge=x' >.gitattributes
            printf '[submodule "x"]\\n\\tpath = x\\n\\turl = ext::./evil\\n' >.gitmodules
            ln -s evil .mailmap; mkdir -p .git-hooks buried/objects buried/refs; cp evil .git-hooks/pre-commit
            echo 'ref: refs/heads/main' >buried/HEAD; touch buried/objects/x buried/refs/x
            printf '[core]\\n\\tfsmonitor = ./evil\\n\\tworktree = ..\\n' >buried/config
            cat >>draft.yaml <<'END'
              hostile: {kind: claude, command: [./evil]}
              hostile2: {kind: codex, command: [./evil]}
              hostile3: {kind: command, command: [./evil]}
            END
            git add -A; git commit -qm hostile
            """)
        try bench.draft("trust --yes")
        let ticket = try bench.ticket()
        try bench.draft("run \(ticket)")
        try bench.draft("ask \(ticket) why?")
        let job = try #require(try bench.job(ticket)["id"]?.string)
        return (bench, ["TICKET": ticket, "JOB": job])
    }

    /// The programs that were run, as the kernel was asked to run them.
    private static func programs(_ trace: String) throws -> [String] {
        try String(contentsOfFile: trace, encoding: .utf8).split(separator: "\n")
            .filter { $0.contains("execve(\"") && $0.hasSuffix("= 0") }
            .map { String($0.split(separator: "\"")[1]) }
    }

    /// Whether a program is one of ours, of git or of the pager.
    private static func isKnown(_ path: String) -> Bool {
        let name = path.split(separator: "/").last.map(String.init) ?? ""
        return name == "git-draft" || name == "git" || name.hasPrefix("ld-linux")
            || ["less", "cat", "more", "pager"].contains(name)
    }

    @Test(arguments: GitEdition.tested, [false, true])
    func `what came by git clone runs nothing but git and the pager`(
        edition: GitEdition, onTerminal: Bool
    ) throws {
        let (bench, ids) = try Self.upstream(edition)
        let clone = bench.sandbox.root.appending(path: "clone")
        try bench.sandbox.git(
            "clone", "--quiet", "file://\(bench.sandbox.workTree.path)", clone.path)
        try bench.sandbox.git("fetch", "--quiet", "origin", "refs/draft/*:refs/draft/*", in: clone)
        let trace = bench.sandbox.root.appending(path: "trace").path
        for words in Self.reading {
            let command = ids.reduce(words) { $0.replacing($1.key, with: $1.value) }
            let traced = "strace -f -qq -e trace=execve,execveat -o '\(trace)' git-draft \(command)"
            // The trace of a terminal's own programs is not asked for.
            let line = onTerminal ? "script -qec \"\(traced)\" /dev/null" : traced
            let outcome = try bench.sandbox.run(
                line, in: clone, environment: ["TERM": "xterm", "PAGER": "cat", "LESS": "FRX"])
            let programs = try Self.programs(trace)
            #expect(programs.first?.hasSuffix("git-draft") == true, "\(words): \(outcome.output)")
            // Whether the machine's bubblewrap works is found out by running nothing in it.
            let tried = words.hasPrefix("doctor") ? ["bwrap", "git-draft-cell", "true"] : []
            let others = programs.filter { path in
                !Self.isKnown(path) && !tried.contains { path.hasSuffix("/\($0)") }
            }
            #expect(others == [], "git draft \(words): \(programs)")
        }
        #expect(!bench.exists("\(bench.sandbox.root.path)/payload.ran"))
    }

    @Test(arguments: GitEdition.tested)
    func `settings that were handed over run no more than git's own pager`(
        edition: GitEdition
    ) throws {
        let (bench, ids) = try Self.upstream(edition)
        let payload = try Payload(in: bench.sandbox.root.appending(path: "handed").path)
        // What names no objects or references of its own, so that the board can still be read.
        let plain = HostileVector.armed.filter { vector in
            !["common", "config.worktree", "promisor", "within", "instead", "another", "link"]
                .contains { vector.name.contains($0) }
        }
        let place = bench.sandbox.workTree.path
        try bench.sandbox.run(
            plain.map { $0.planting(in: "'\(place)/.git'", of: "'\(place)'", payload) }.joined())
        payload.disarm()
        for words in Self.reading {
            let command = ids.reduce(words) { $0.replacing($1.key, with: $1.value) }
            let outcome = try bench.sandbox.run("git-draft \(command)")
            #expect([0, 1, 128].contains(outcome.status), "\(words): \(outcome.output)")
            #expect(payload.calls == nil, "git draft \(words)")
            payload.disarm()
        }
        // The settings do work where git is let near them.
        try bench.sandbox.run("git status")
        #expect(payload.calls != nil)
    }
}

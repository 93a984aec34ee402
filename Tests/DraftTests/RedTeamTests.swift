import Execution
import Foundation
import Glibc
import TestSupport
import Testing

/// The attempts to get out of a sandbox; a part of them, and what `git draft redteam` says.
///
/// `make redteam` makes them all.
@Suite struct RedTeamTests {
    /// One in ten, each at something else.
    static let sample = [
        "read-ssh-key", "follow-link", "make-agent-settings", "write-main-hook",
        "replace-git-file", "write-through-link", "arm-a-shell", "git-fsmonitor", "git-nested",
        "git-link",
        "git-filter-clean", "git-tree-of-hooks", "tcp-loopback", "socket-docker",
        "socket-abstract", "proxy-nul", "proxy-empty-list", "environment-of-process",
        "kill-process", "survive-in-session", "user-space-by-clone3", "variable-cloud",
        "children", "file-size", "time", "land-filter", "land-merge-driver", "proxy-metadata",
        "proxy-rebinding", "model-key-repeated",
    ]

    @Test func `there are as many attempts of each category as were promised, by other names`() {
        let counts = EscapeCase.Category.allCases.map { category in
            EscapeCase.all.count { $0.category == category }
        }
        #expect(zip(counts, [40, 30, 20, 15, 15]).allSatisfy { $0 >= $1 }, "\(counts)")
        #expect(Set(EscapeCase.all.map(\.name)).count == EscapeCase.all.count)
        let categories = EscapeCase.Category.allCases.map(\.rawValue)
        #expect(!EscapeCase.all.contains { categories.contains($0.name) })
    }

    @Test func `one in ten of each category is made here`() {
        for category in EscapeCase.Category.allCases {
            let all = EscapeCase.all.count { $0.category == category }
            let made = Self.sample.flatMap { EscapeCase.named($0) }
                .count { $0.category == category }
            #expect(made * 10 >= min(all, 60) / 2, "\(category): \(made) of \(all)")
        }
        #expect(Self.sample.count * 10 >= EscapeCase.all.count - 30)
    }

    @Test func `what got out of other tools before is among the attempts`() {
        let known = Set(EscapeCase.all.flatMap(\.incidents))
        let incidents = [
            "CVE-2026-26268", "CVE-2026-50548", "CVE-2026-50549", "CVE-2025-59532",
            "CVE-2026-39861", "CVE-2026-25724", "CVE-2026-25725", "CVE-2025-66479",
            "SOCKS5 NUL host", "CVE-2025-55284", "CVE-2026-22708", "CVE-2026-103916",
            "CVE-2026-41397", "CVE-2026-46406", "CVE-2025-59536", "CVE-2026-21852",
            "CVE-2025-61260", "CVE-2025-54135", "CVE-2025-54136", "CVE-2025-68144",
            "CVE-2025-68143", "CVE-2026-27735", "CVE-2025-53107", "CVE-2025-6514",
            "CVE-2025-53109", "CVE-2025-53110", "container-use #365", "Codex branch name",
            "Clinejection", "Comment and Control", "CVE-2026-60004", "CVE-2022-24765",
            "CVE-2022-29187", "CVE-2024-32004", "CVE-2024-32465", "CVE-2018-11235",
            "CVE-2018-17456", "CVE-2024-32002", "CVE-2025-48384", "CVE-2025-48385",
            "CVE-2023-23946", "CVE-2023-25652", "CVE-2023-29007", "CVE-2021-21300",
            "CVE-2024-50349", "CVE-2026-53584", "CVE-2026-53586", "CVE-2026-5917",
            "libgit2 #7342", "OpenHands #1691", "OpenHands #14902", "Claude Code #66993",
            "Claude Code #22320", "vibe-kanban #880", "vibe-kanban #3406", "beads #3311",
            "0.0.0.0-day", "CVE-2026-44211", "CVE-2026-22812", "CVE-2026-59723",
        ]
        for incident in incidents where !known.contains(incident) {
            Issue.record("nothing replays \(incident)")
        }
    }

    @Test func `nothing gets out of bubblewrap, and every attempt would without it`() throws {
        let sandbox = try TestSupport.Sandbox()
        let words = Self.sample.map { "--only \($0)" }.joined(separator: " ")
        let outcome = try sandbox.run("git draft redteam --sandbox bwrap --json \(words)")
        let report = try Report(outcome.stdout)
        #expect(report.results.count == Self.sample.count)
        for result in report.results where result.verdict != "held" {
            Issue.record("\(result.name): \(result.verdict), \(result.reason ?? "")")
        }
        #expect(outcome.status == 0 && report.ok)
    }

    @Test func `without a sandbox attempts get out, and it says so`() throws {
        let sandbox = try TestSupport.Sandbox()
        let outcome = try sandbox.run(
            "git draft redteam --sandbox none --only read-ssh-key --only git-hook")
        #expect(outcome.status == 1)
        #expect(
            outcome.stdout.split(separator: "\n").map {
                $0.split(separator: " ").joined(separator: " ")
            }
                == [
                    "SANDBOX ATTEMPTS AT HELD OUT VOID", "none files 0 1 0", "none git 1 0 0",
                    "1 attempt got out",
                ])
    }

    @Test func `what leaks beside a sandbox does not count against it`() throws {
        let sandbox = try TestSupport.Sandbox()
        let outcome = try sandbox.run("git draft redteam --only read-netrc --json")
        let report = try Report(outcome.stdout)
        #expect(report.results.map(\.sandbox) == ["none", "bwrap"])
        #expect(report.results.map(\.verdict) == ["out", "held"])
        #expect(outcome.status == 0)
    }

    @Test func `where no sandbox was tried it does not say that nothing got out`() throws {
        let sandbox = try TestSupport.Sandbox()
        try sandbox.write("bin/bwrap", "#!/bin/sh\necho broken >&2; exit 1\n", executable: true)
        let outcome = try sandbox.run(
            "PATH=\"$PWD/bin:$PATH\" git draft redteam --only read-netrc --only git-hook")
        #expect(outcome.status == 1)
        #expect(outcome.stdout.hasSuffix("\nno sandbox was tried: broken: broken\n"))
        #expect(!outcome.stdout.contains("nothing got out"))
        let json = try sandbox.run(
            "PATH=\"$PWD/bin:$PATH\" git draft redteam --only git-hook --json")
        #expect(try !Report(json.stdout).ok && json.status == 1)
    }

    @Test func `a container without its image stopped nothing`() throws {
        let sandbox = try TestSupport.Sandbox()
        try sandbox.write(
            "bin/podman",
            "#!/bin/sh\ncase $* in *version*) echo podman version 4.3.1 ;; "
                + "*) echo no such image >&2; exit 125 ;; esac\n", executable: true)
        let outcome = try sandbox.run(
            "PATH=\"$PWD/bin:$PATH\" git draft redteam --only read-netrc --image nosuch:1")
        #expect(outcome.status == 1, "\(outcome.output)")
        #expect(!outcome.stdout.contains("bwrap and container"))
        #expect(outcome.stdout.contains("nothing got out of bwrap\ncontainer was not tried: "))
    }

    @Test func `nothing of an attempt is left, and nothing of the user's is touched`() throws {
        let sandbox = try TestSupport.Sandbox()
        try sandbox.commitFile("file", "a\n")
        let before = try sandbox.run("git for-each-ref; git config --list; ls -la .git")
        let planted = "ls /var/tmp | grep -- '-planted' || :"
        let old = Set(try sandbox.run(planted).stdout.split(separator: "\n"))
        _ = try sandbox.run("git draft redteam --only plant-in-var-tmp --only write-main-hook")
        let after = try sandbox.run("git for-each-ref; git config --list; ls -la .git")
        #expect(after.output == before.output)
        // What others plant at the same time goes, too.
        try eventually("something is left") {
            try old.isSuperset(of: sandbox.run(planted).stdout.split(separator: "\n"))
        }
    }

    @Test func `what a killed run left the next one removes`() throws {
        let sandbox = try TestSupport.Sandbox()
        let child = try sandbox.start("exec git-draft redteam --sandbox none --only git")
        var found: (runner: Int32, folder: String, tokens: [String])?
        eventually("it makes no attempt") {
            found = running(in: sandbox)
            return found?.tokens.isEmpty == false
        }
        let run = try #require(found)
        kill(run.runner, SIGKILL)
        _ = child.wait()
        let outcome = try sandbox.run("git draft redteam --sandbox none --only read-netrc")
        #expect(outcome.status == 1, "\(outcome.output)")
        // Another run that begins at the same time may be at it.
        eventually("the folder is left") { !FileManager.default.fileExists(atPath: run.folder) }
        for token in run.tokens {
            let word = Data("REDTEAM=\(token)\0".utf8)
            #expect(!Self.processes().contains { Self.environment($0)?.range(of: word) != nil })
            for place in ["/tmp", "/var/tmp", "/dev/shm"] {
                let names = try FileManager.default.contentsOfDirectory(atPath: place)
                #expect(!names.contains { $0.contains(token) })
            }
        }
    }

    /// The run of a sandbox, the folder that it holds, and the words of its attempts.
    private func running(
        in sandbox: TestSupport.Sandbox
    ) -> (runner: Int32, folder: String, tokens: [String])? {
        let files = FileManager.default
        let home = Data("HOME=\(sandbox.root.path)/home\0".utf8)
        for process in Self.processes() {
            guard Self.environment(process)?.range(of: home) != nil else { continue }
            let open = (try? files.contentsOfDirectory(atPath: "/proc/\(process)/fd")) ?? []
            let held = open.compactMap {
                try? files.destinationOfSymbolicLink(atPath: "/proc/\(process)/fd/\($0)")
            }
            let folder = held.first {
                $0.hasPrefix("/var/tmp/redteam-") && $0.split(separator: "/").count == 3
            }
            guard let folder else { continue }
            let tokens = (try? files.contentsOfDirectory(atPath: "\(folder)/tokens")) ?? []
            return (process, folder, tokens)
        }
        return nil
    }

    private static func processes() -> [Int32] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
        return names.compactMap { Int32($0) }
    }

    private static func environment(_ process: Int32) -> Data? {
        FileManager.default.contents(atPath: "/proc/\(process)/environ")
    }

    @Test func `what it is asked for wrongly it refuses`() throws {
        let sandbox = try TestSupport.Sandbox()
        let unknown = try sandbox.run("git draft redteam --only nothing")
        #expect(unknown.status == 128)
        #expect(
            unknown.stderr == """
                fatal: no attempt and no category is called 'nothing'
                hint: git draft redteam --list

                """)
        #expect(try sandbox.run("git draft redteam --list --sandbox none").status == 129)
        #expect(try sandbox.run("git draft redteam --sandbox container").status == 128)
        #expect(try sandbox.run("git draft redteam --sandbox jail").status == 129)
    }

    @Test func `the documentation has the table of attempts`() throws {
        let sandbox = try TestSupport.Sandbox()
        let table = try sandbox.run("git draft redteam --list").stdout
        let document = URL(filePath: #filePath).deletingLastPathComponent()
            .appending(path: "../../Documentation/redteam.md").standardized
        #expect(try String(contentsOf: document, encoding: .utf8).contains(table))
    }

    /// What `--json` prints.
    private struct Report: Decodable {
        struct Result: Decodable {
            let name: String
            let sandbox: String
            let verdict: String
            let reason: String?
        }

        let ok: Bool
        let results: [Result]

        init(_ text: String) throws {
            self = try JSONDecoder().decode(Report.self, from: Data(text.utf8))
        }
    }
}

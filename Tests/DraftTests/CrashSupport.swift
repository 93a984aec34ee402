import Foundation
import Glibc
import Model
import TestSupport
import Testing

/// A repository with a board and an embedded agent, whose processes may be killed.
///
/// Clock and ids are the real ones, because several processes of one command share a seed.
struct CrashProject {
    let sandbox: Sandbox

    /// Makes a repository whose tickets have these turns, in YAML, by title.
    ///
    /// `$ROOT` in the turns and in the policy is the folder of the sandbox, which no job cleans up.
    init(_ turns: [(title: String, yaml: String)], policy: String = "") throws {
        sandbox = try Sandbox()
        let root = sandbox.root.path
        try sandbox.write(
            "test.sh",
            """
            #!/bin/sh
            for file in *.txt; do
                [ ! -e "$file" ] || [ "$(cat "$file")" = hello ] || exit 1
            done
            """, executable: true)
        try sandbox.write(
            "draft.yaml",
            """
            validation:
              full: [./test.sh]
            agents:
              default: demo
              demo: {kind: replay, file: replay.yaml}
            \(policy.replacing("$ROOT", with: root))
            """)
        let script = turns.map { "  \($0.title):\n\($0.yaml.replacing("$ROOT", with: root))" }
        try sandbox.write("replay.yaml", "tickets:\n" + script.joined(separator: "\n") + "\n")
        try sandbox.git("add", "--all")
        try sandbox.git("commit", "--quiet", "-m", "start")
        try draft("init")
        try draft("trust --yes")
    }

    /// A turn that makes a mistake, and turns that mend it, however often one is interrupted.
    static func twoTurns(_ file: String) -> String {
        let wrong = """
                - - write: {path: \(file).txt, text: "helo\\n"}
                  - run: sleep 0.05
            """
        let right = """
                - - run: sleep 0.05
                  - write: {path: \(file).txt, text: "hello\\n"}
            """
        return ([wrong] + Array(repeating: right, count: 20)).joined(separator: "\n")
    }

    // MARK: - Commands

    private static let real: [String: String?] = [
        "GIT_DRAFT_TEST_SEED": nil, "GIT_DRAFT_TEST_TIME": nil,
    ]

    /// Runs `git draft`, and records an issue unless it ends with a status.
    @discardableResult
    func draft(
        _ words: String, expecting status: Int32? = 0, crash: String? = nil,
        sourceLocation: SourceLocation = #_sourceLocation
    ) throws -> Outcome {
        var environment = Self.real
        environment["GIT_DRAFT_TEST_CRASH"] = crash
        let outcome = try sandbox.run("git draft \(words)", environment: environment)
        if let status {
            let remark: Comment = "git draft \(words): \(outcome.output)"
            #expect(outcome.status == status, remark, sourceLocation: sourceLocation)
        }
        return outcome
    }

    /// Starts `git draft`; the words must be plain.
    func start(_ words: String) throws -> Child {
        try sandbox.start("exec git-draft \(words)", environment: Self.real)
    }

    /// What a command prints as JSON.
    func json(_ words: String) throws -> JSON {
        try JSON(parsing: draft("\(words) --json").stdout)
    }

    /// Makes a ticket, and returns its id.
    func ticket(_ title: String, _ options: String = "") throws -> String {
        try draft("ticket new '\(title)' --quiet \(options)").stdout
            .trimmingCharacters(in: .newlines)
    }

    func state(_ ticket: String) throws -> (state: String?, reason: String?) {
        let shown = try json("ticket show \(ticket)")
        return (shown["state"]?.string, shown["reason"]?.string)
    }

    /// All jobs, the newest first.
    func jobs() throws -> [JSON] { try json("job list")["jobs"]?.array ?? [] }

    /// The last job of a ticket.
    func lastJob(_ ticket: String) throws -> JSON {
        let mine = try jobs().first { $0["ticket_id"]?.string == ticket }
        return try #require(mine)
    }

    /// Runs a ticket to a revision, approves and lands it.
    func complete(_ ticket: String) throws {
        if try state(ticket).state == "planned" { try draft("run \(ticket)") }
        #expect(try state(ticket).state == "needs_human")
        try draft("review --approve \(ticket)")
        try draft("land \(ticket)")
        #expect(try state(ticket).state == "done")
    }

    // MARK: - Waiting and killing

    func exists(_ name: String) -> Bool {
        FileManager.default.fileExists(atPath: sandbox.root.appending(path: name).path)
    }

    func touch(_ name: String) throws {
        try Data().write(to: sandbox.root.appending(path: name))
    }

    /// The commit of the board, read without a process.
    var tip: Data? {
        FileManager.default.contents(
            atPath: sandbox.workTree.appending(path: ".git/refs/draft/board").path)
    }

    func hasEnded(_ child: Child) -> Bool {
        let stat = FileManager.default.contents(atPath: "/proc/\(child.identifier)/stat") ?? Data()
        let rest = String(decoding: stat, as: UTF8.self).split(separator: ")").last ?? ""
        return stat.isEmpty || rest.hasPrefix(" Z")
    }

    /// Waits until the board has moved so often, or the command has ended.
    func waitForBoard(moves: Int, of child: Child) throws {
        var last = tip
        var left = moves
        eventually("the board does not move") {
            let now = tip
            if now != last {
                last = now
                left -= 1
            }
            return left <= 0 || hasEnded(child)
        }
    }

    /// A process of this sandbox.
    struct Running {
        let id: Int32
        let words: [String]
        var isSupervisor: Bool { words.dropFirst().first == "_supervise" }
        var isCommand: Bool {
            words.first?.hasSuffix("git-draft") == true && words.count > 1
                && !words[1].hasPrefix("_")
        }
    }

    /// All processes that have our home in their environment, or a word among their arguments.
    func processes(or word: String? = nil) -> [Running] {
        let home = Data("HOME=\(sandbox.root.path)/home".utf8)
        let names = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
        return names.compactMap { name in
            guard let id = Int32(name) else { return nil }
            let environment =
                FileManager.default.contents(atPath: "/proc/\(name)/environ") ?? Data()
            let command = FileManager.default.contents(atPath: "/proc/\(name)/cmdline") ?? Data()
            let words = String(decoding: command, as: UTF8.self).split(separator: "\0")
                .map(String.init)
            let isOurs = environment.range(of: home) != nil || word.map(words.contains) ?? false
            return isOurs && !words.isEmpty ? Running(id: id, words: words) : nil
        }
    }

    /// Waits until nothing runs any more.
    ///
    /// A process shows neither its words nor its environment while it executes another
    /// program, so that it takes several looks to know that there is none.
    func waitForSilence(or word: String? = nil) throws {
        var looks = 0
        var last: [Running] = []
        let limit = ContinuousClock.now + .seconds(300)
        while looks < 5, ContinuousClock.now < limit {
            let found = processes(or: word)
            (looks, last) = found.isEmpty ? (looks + 1, last) : (0, found)
            usleep(3000)
        }
        guard looks < 5 else { return }
        for left in last {
            Issue.record("still running: \(left.words.joined(separator: " "))")
        }
    }

    /// The process of a command that was started.
    func command() throws -> Running {
        var found: Running?
        eventually("the command does not start") {
            found = processes().first(where: \.isCommand)
            return found != nil
        }
        return try #require(found)
    }

    // MARK: - What must hold after a kill

    /// Checks that all is told right and nothing is left, without a command that repairs.
    ///
    /// What a checkout left may be there as long as another run comes `next`, which removes it.
    func expectSound(
        _ remark: Comment = "", before next: Bool = false,
        sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
        try waitForSilence()
        let status = try json("status")
        #expect(status["running"] == [], remark, sourceLocation: sourceLocation)
        try draft("status")
        for job in try jobs() {
            let word = job["status"]?.string ?? ""
            let isOver = !["queued", "running"].contains(word)
            #expect(isOver, "\(remark): \(job)", sourceLocation: sourceLocation)
        }
        for ticket in try json("ticket list")["tickets"]?.array ?? [] {
            let state = ticket["state"]?.string ?? ""
            let isAtRest = !["executing", "verifying"].contains(state)
            #expect(isAtRest, "\(remark): \(state)", sourceLocation: sourceLocation)
        }
        let fsck = try sandbox.run("git fsck --strict --no-dangling --no-progress")
        #expect(fsck.output == "", remark, sourceLocation: sourceLocation)
        #expect(fsck.status == 0, remark, sourceLocation: sourceLocation)
        try expectKept(remark, sourceLocation)
        let left = try sandbox.run("isNext=\(next ? "1" : "")\n\(Self.leftovers)").output
        #expect(left == "", remark, sourceLocation: sourceLocation)
    }

    /// Locks that are held or are git's, and files that were meant to be temporary; those of a
    /// checkout only if no run is next.
    private static let leftovers = """
        find .git -name '*.lock'
        find .git/draft -maxdepth 3 '(' -name tmp -o -name home -o -name '*.new' ')' |
        while read -r file
        do
            [ "$isNext" ] && [ -e "${file%/*}/checkout" ] || echo "$file"
        done
        [ "$isNext" ] || find .draft -maxdepth 2 -name 'check-*' 2>/dev/null
        for file in .git/draft/lock .git/draft/land-lock .git/draft/slots/* \\
            .git/draft/jobs/*/lock .git/draft/jobs/*/launch .git/draft/jobs/*/checkout
        do
            [ ! -e "$file" ] || flock --nonblock "$file" true || echo "held: $file"
        done
        """

    /// Checks that references keep every snapshot that the board knows, or that was stored.
    private func expectKept(_ remark: Comment, _ sourceLocation: SourceLocation) throws {
        let kept = Set(try sandbox.git("rev-list", "--all").split(separator: "\n"))
        for job in try jobs() {
            for turn in job["iterations"]?.array ?? [] {
                guard let snapshot = turn["snapshot"]?.string else { continue }
                #expect(
                    kept.contains(Substring(snapshot)), "\(remark): \(snapshot) is lost",
                    sourceLocation: sourceLocation)
            }
        }
    }
}

/// Numbers that repeat themselves.
struct CrashRandom: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var z = state
        z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
        z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
        return z ^ (z >> 31)
    }
}

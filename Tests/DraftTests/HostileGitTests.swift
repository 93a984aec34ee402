import Foundation
import Model
import TestSupport
import Testing

/// The ways to have git run a program, through all that is done with a ticket.
@Suite struct HostileGitTests {
    /// Some at a time: what one plants may hide what another does.
    ///
    /// On a pipe the agent itself would wait, before the controller does.
    private static let groups: [[HostileVector]] = {
        let odd = HostileVector.all.filter { $0.isInert && !$0.name.contains("pipe") }
        return [HostileVector.armed, odd].flatMap { all in
            stride(from: 0, to: all.count, by: 11).map {
                Array(all[$0..<min($0 + 11, all.count)])
            }
        }
    }()

    @Test(arguments: GitEdition.tested, groups.indices)
    func `a hostile agent's work is shown, reviewed, landed and removed`(
        edition: GitEdition, group: Int
    ) throws {
        let bench = try LoopBench("echo good > f", git: edition)
        let trial = try HostileTrial(bench, Self.groups[group])
        try bench.agent(trial.script("git rev-parse --absolute-git-dir"))
        let ticket = try bench.ticket()
        try trial.does("run \(ticket)")
        for words in ["diff", "diff --json", "review", "path", "logs", "ticket show", "job list"] {
            try trial.does("\(words) \(words == "job list" ? "" : ticket)")
        }
        try trial.does("status")
        // Once more where all of it is still lying about.
        try bench.agent("\(trial.script("echo $PWD/.git"))\necho more >>f; rm -rf inner nested")
        try trial.does("review --request-changes -m again \(ticket)")
        try trial.does("run \(ticket)")
        try bench.agent(
            "rm -rf inner nested buried other .gitattributes .gitmodules .mailmap; echo good >f")
        try trial.does("retry \(ticket)")
        try trial.does("run --fresh \(ticket)")
        for words in ["review --approve", "land", "cancel", "status"] {
            try trial.does("\(words) \(words == "status" ? "" : ticket)")
        }
        try trial.does("doctor")
        #expect(try bench.sandbox.git("status", "--porcelain") == "")
        #expect(try bench.sandbox.git("config", "--local", "--list").contains("evil") == false)
    }

    @Test(arguments: GitEdition.tested)
    func `what a person takes over from an agent runs nothing either`(edition: GitEdition) throws {
        let bench = try LoopBench("echo good > f", git: edition)
        let inner = HostileVector.all.filter { $0.name.contains("within") }
        let trial = try HostileTrial(bench, inner)
        try bench.agent("echo '* filter=x diff=x merge=x' >.gitattributes; echo good >f")
        let ticket = try bench.ticket()
        try trial.does("run \(ticket)")
        try trial.does("take \(ticket)")
        let worktree = try bench.path(ticket)
        // What the person lets an agent of their own do there, beside the settings of all.
        try bench.sandbox.run(
            """
            git init -q nested; mkdir nested/dir; echo a >nested/a; git -C nested add -A
            git -C nested commit -qm nested; echo better >>f
            """, in: worktree)
        try trial.plant(in: "nested/.git", of: "nested", at: worktree)
        for words in ["submit", "diff", "path", "ticket show", "review --approve", "land"] {
            try trial.does("\(words) \(ticket)")
        }
        for words in ["cancel \(ticket)", "take \(ticket)", "status", "run --fresh \(ticket)"] {
            try trial.does(words)
        }
    }

    @Test(arguments: GitEdition.tested)
    func `what git's check of objects refuses ends one job, not three`(
        edition: GitEdition
    ) throws {
        let bench = try LoopBench(
            """
            printf '[submodule "x"]\\n\\tpath = x\\n\\turl = ./x\\n\\tupdate = !true\\n' >.gitmodules
            """, git: edition)
        let ticket = try bench.ticket()
        let run = try bench.draft("run \(ticket)", expecting: 1)
        #expect(run.output.contains("cannot run 'git fetch': object "), "\(run.output)")
        #expect(try bench.jobs(ticket).map { $0["reason"] } == ["agent_failed"])
    }

    @Test(arguments: GitEdition.tested)
    func `what is pushed is looked at without running anything`(edition: GitEdition) throws {
        let bench = try LoopBench("echo good > f", git: edition)
        try bench.sandbox.addRemote()
        try bench.draft("hooks install")
        let ticket = try bench.ticket()
        try bench.draft("run \(ticket)")
        let settings = HostileVector.all.filter { vector in
            ["gpg", "diff", "trailer", "fsmonitor", "promisor", "hook.", "attr.tree"].contains {
                vector.name.contains($0)
            }
        }
        let trial = try HostileTrial(bench, settings)
        try trial.plant(in: "$PWD/.git", of: "$PWD", at: bench.sandbox.workTree)
        let head = try bench.sandbox.git("-c", "core.fsmonitor=", "rev-parse", "HEAD")
        let nothing = String(repeating: "0", count: 40)
        try trial.runs(
            """
            echo refs/heads/main \(head) refs/heads/main \(nothing) |
            git-draft hook pre-push origin '\(bench.sandbox.root.path)/origin.git'
            """)
    }
}

/// What of git draft is tried on some ways to have git run a program.
private final class HostileTrial {
    private let bench: LoopBench
    private let payloads: [(vector: HostileVector, payload: Payload)]

    init(_ bench: LoopBench, _ vectors: [HostileVector]) throws {
        self.bench = bench
        payloads = try vectors.enumerated().map { index, vector in
            let folder = bench.sandbox.root.appending(path: "payload/\(index)").path
            return (vector, try Payload(in: folder))
        }
    }

    /// A script that plants them all as an agent, and forgets what ran meanwhile.
    func script(_ directory: String) -> String {
        let places = [("$(\(directory))", "$PWD"), ("$PWD/nested/.git", "$PWD/nested")]
        let plants = places.flatMap { place in
            payloads.map {
                $0.vector.planting(in: "\"\(place.0)\"", of: "\"\(place.1)\"", $0.payload)
            }
        }
        return """
            echo good >f
            git init -q nested || :; mkdir -p nested/dir; echo a >nested/a; echo b >nested/dir/b
            (cd nested; git add -A; git commit -qm nested) >/dev/null 2>&1 || :
            \(plants.joined())
            rm -f '\(bench.sandbox.root.path)'/payload/*/ran
            """
    }

    /// Plants them all in a repository, and forgets what ran meanwhile.
    func plant(in directory: String, of tree: String, at place: URL) throws {
        let plants = payloads.map { $0.vector.planting(in: directory, of: tree, $0.payload) }
        try bench.sandbox.run(plants.joined(), in: place)
        payloads.forEach { $0.payload.disarm() }
    }

    /// Runs `git draft`; it may refuse, and must run nothing of theirs.
    func does(_ words: String) throws {
        try runs("git-draft \(words)", environment: ["LOG": bench.log.path])
    }

    /// Runs a command that must run nothing of theirs.
    func runs(_ command: String, environment: [String: String?] = [:]) throws {
        let outcome = try bench.sandbox.run(command, environment: environment)
        #expect([0, 1, 75, 128].contains(outcome.status), "\(command): \(outcome.output)")
        for (vector, payload) in payloads {
            guard let calls = payload.calls else { continue }
            Issue.record("\(vector): \(command) ran \(calls)\(outcome.output)")
            payload.disarm()
        }
    }
}

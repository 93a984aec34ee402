import Foundation
import Model
import TestSupport
import Testing

/// Decisions belong to people, whatever a job does to look like one.
@Suite struct TrustDecisionTests {
    /// What decides, each as a job would try it.
    static let decisions = [
        "init", "trust --yes", "trust --yes --branch origin/main", "goal new x",
        "goal edit inbox --title x", "goal rm inbox", "goal run inbox --auto-approve", "plan inbox",
        "accept TICKET", "accept --all", "reject TICKET", "ticket edit TICKET --title x",
        "ticket move TICKET abandoned", "ticket block TICKET --by TICKET", "ticket rm TICKET",
        "run TICKET", "retry TICKET", "cancel OWN", "worker", "take TICKET", "submit TICKET",
        "review TICKET --approve", "review TICKET --request-changes -m x", "land TICKET",
        "answer QUESTION blue", "hooks install", "hooks uninstall", "try x",
    ]

    @Test func `no decision is taken from inside a job that forked twice and forgot all`() throws {
        let bench = try LoopBench("true")
        let ticket = try bench.ticket("--proposed")
        let own = try bench.ticket()
        let words = Self.decisions.map {
            $0.replacing("TICKET", with: ticket).replacing("QUESTION", with: ticket)
                .replacing("OWN", with: own)
        }
        let script = words.enumerated().map { index, words in
            """
            git draft \(words) < /dev/null > "$1/\(index)" 2>&1 && echo passed > "$1/passed-\(index)"

            """
        }.joined()
        try Data("cd '\(bench.sandbox.workTree.path)'\n\(script)mv \"$1/begun\" \"$1/over\"\n".utf8)
            .write(to: bench.sandbox.root.appending(path: "decide"))
        try bench.agent(
            """
            touch "$LOG/begun"
            setsid sh -c "env -i PATH=\\"$PATH\\" HOME=\\"$HOME\\" GIT_AUTHOR_NAME=A \\
                GIT_AUTHOR_EMAIL=ann@example.com GIT_COMMITTER_NAME=A \\
                GIT_COMMITTER_EMAIL=ann@example.com setsid sh '\(bench.sandbox.root.path)/decide' \\
                '$LOG' > /dev/null 2>&1 &"
            until [ -e "$LOG/over" ]; do sleep 0.1; done
            echo good > f
            """)
        let state = try bench.record(ticket)["state"]
        let hooks = try bench.sandbox.run("sha256sum .git/hooks/*").stdout
        try bench.draft("run \(own)")
        for (index, words) in words.enumerated() {
            let said = try bench.left("\(index)")
            #expect(said.contains("a job cannot decide"), "\(words): \(said)")
            #expect(!FileManager.default.fileExists(atPath: "\(bench.log.path)/passed-\(index)"))
        }
        #expect(try bench.record(ticket)["state"] == state)
        #expect(try bench.sandbox.run("sha256sum .git/hooks/*").stdout == hooks)
    }

    @Test func `the bound that a job passes on outlives its processes`() throws {
        let sandbox = try Sandbox.withBoard()
        let said = try sandbox.run(
            "prlimit --msgqueue=819177:819177 env -i PATH=\"$PATH\" HOME=\"$HOME\" "
                + "GIT_AUTHOR_NAME=A GIT_AUTHOR_EMAIL=a@b GIT_COMMITTER_NAME=A "
                + "GIT_COMMITTER_EMAIL=a@b git draft goal new x")
        #expect(said.status == 128 && said.stderr.contains("a job cannot decide"), "\(said.output)")
        try sandbox.draft("goal new x")
    }
}

import Execution
import Foundation
import GitStore
import Model
import TestSupport
import Testing

/// The user's checkout does not change while work is executing, whatever the agent does.
@Suite struct AttemptCheckoutTests {
    /// Everything that an agent could try with git, beside its work.
    static let busy = """
        echo one > f; git add f; git commit -qm one; git commit -q --amend -m amended
        echo stashed > f; git stash -q; git checkout -q main; git checkout -q -
        git branch side; git merge -q side; git tag mine; git config user.name Eve
        git config --global user.name Eve || :; git worktree prune; git gc -q || :
        git reset -q --hard; echo good > f
        """

    /// What would run a program if a git looked at it that is not careful.
    static let hostile = """
        trap="$PWD/trap"
        printf '#!/bin/sh\\ntouch "%s"\\ncat\\n' "$LOG/marker" > trap; chmod +x trap
        mkdir nested; cd nested; git init -q; echo x > x; echo '* filter=t' > .gitattributes
        git add -A; git -c user.name=E -c user.email=e commit -qm x
        git config core.fsmonitor "$trap"; git config filter.t.clean "$trap"
        git config filter.t.process "$trap"; git config diff.external "$trap"; cd ..
        mv nested/.git nested/held; cp -r nested/held inner; mv nested/held nested/.git
        agent=$(git rev-parse --git-dir)
        for hook in pre-commit post-checkout post-index-change reference-transaction; do
            mkdir -p "$agent/hooks"; cp trap "$agent/hooks/$hook"
        done
        git config core.fsmonitor "$trap"; git config core.hooksPath "$agent/hooks"
        git config diff.external "$trap"; git config core.pager "$trap"
        git config filter.t.clean "$trap"; git config filter.t.smudge "$trap"
        echo '* filter=t diff=t' > .gitattributes; git config diff.t.textconv "$trap"
        echo good > f
        """

    static let ends = [
        busy, hostile, hostile + "\nrm .git", hostile + "\nrm .git; mv inner .git",
        hostile + "\nrm .git; echo 'gitdir: nested/.git' > .git",
        hostile + "\nrm -rf nested; rm .git; ln -s inner .git",
    ]

    @Test(arguments: ends) func `the checkout stays as it is`(_ agent: String) throws {
        let sandbox = try TestSupport.Sandbox()
        let log = sandbox.root.appending(path: "log")
        try FileManager.default.createDirectory(at: log, withIntermediateDirectories: true)
        try sandbox.write(
            "draft.yaml",
            """
            validation: {full: ["[ ! -e f ] || grep good f"]}
            guardrails: {max_files: 100, max_lines: 9999}
            agents: {default: a, a: {kind: command, command: [sh, "\(sandbox.root.path)/agent"]}}

            """)
        // What the nested repository is left for: the next turn removes what cannot be kept.
        let script = """
            if [ $DRAFT_ITERATION = 1 ]; then
            \(agent)
            else rm -rf nested inner trap .gitattributes; echo good again > f; fi

            """
        try Data(script.utf8).write(to: sandbox.root.appending(path: "agent"))
        try sandbox.git("add", "-A")
        try sandbox.git("commit", "-q", "-m", "start")
        try sandbox.run("echo stash >> draft.yaml; git stash -q; echo local > untracked")
        let run = { (words: String) in
            try sandbox.run("git draft \(words)", environment: ["LOG": log.path])
        }
        #expect(try run("init").status == 0)
        #expect(try run("trust --yes").status == 0)
        let ticket = try run("ticket new 'Do it' --quiet").stdout
            .trimmingCharacters(in: .newlines)
        let repository = try Repository(containing: sandbox.workTree.path, environment: [:])
        let before = try UserCheckout.fingerprint(repository)
        let done = try run("run \(ticket)")
        #expect(done.status == 0, "\(done.output)")
        #expect(try UserCheckout.fingerprint(repository) == before)
        for words in ["diff \(ticket)", "review \(ticket)", "review --approve \(ticket)"] {
            let outcome = try run(words)
            #expect(outcome.status == 0, "\(words): \(outcome.output)")
        }
        #expect(try UserCheckout.fingerprint(repository) == before)
        let landed = try run("land \(ticket)")
        #expect(landed.status == 0, "\(landed.output)")
        #expect(try sandbox.git("show", "main:f").hasPrefix("good"))
        #expect(try sandbox.run("git config user.name").status == 1)
        #expect(try sandbox.run("cat untracked").stdout == "local\n")
        let marker = log.appending(path: "marker").path
        #expect(!FileManager.default.fileExists(atPath: marker), "something was executed")
        try sandbox.git("fsck", "--strict", "--no-dangling")
    }
}

import Foundation
import Model
import TestSupport
import Testing

/// Whole jobs in bubblewrap.
@Suite struct SandboxBwrapTests {
    @Test func `an agent edits and commits, and what is around it runs there, too`() throws {
        let bench = try SandboxBench(
            """
            cat ready ~/cached
            echo good >f && git add f && git commit -q -m work && git log --format=log:%s -1
            id -u; hostname; echo "result $DRAFT_RESULT"
            """, check: "id -u; cat ~/cached; git log --format=seen:%s -1; grep -q good f",
            setup: "id -u; git rev-parse --is-inside-work-tree; echo made >ready; "
                + "echo kept >~/cached; echo ready >>.git/info/exclude || echo 'no exclude'")
        let (ticket, log) = try bench.run()
        #expect(log.contains("1001\ntrue\n"))
        #expect(log.contains("made\nkept\nlog:work\n1001\ndraft\n"))
        #expect(log.contains("1001\nkept\nseen:work\n"))
        #expect(try bench.file("f", of: ticket) == "good")
        #expect(try bench.job(ticket)["sandbox"] == "bwrap")
        let started = try bench.sandbox.run("git draft log \(ticket)").stdout
        #expect(started.contains("sandbox bwrap"))
        let id = try #require(bench.job(ticket)["id"]?.string)
        #expect(try bench.sandbox.draft("job show \(id)").stdout.contains("bwrap"))
    }

    @Test func `what passes without a sandbox is judged again in one, and the other way`() throws {
        let bench = try SandboxBench(
            "echo good >f",
            check: "echo judged >>@ROOT@/judged; [ -e @ROOT@/outside ] && grep -q . agent",
            mode: "none")
        try Data().write(to: bench.sandbox.root.appending(path: "outside"))
        func judged() throws -> Int {
            let file = bench.sandbox.root.appending(path: "judged")
            return try String(contentsOf: file, encoding: .utf8).count { $0 == "\n" }
        }
        let count = try bench.run("").ticket.isEmpty ? 0 : judged()
        _ = try bench.run("")
        // The base is known, so that only the work is judged.
        #expect(try judged() == 2 * count - 1)
        try bench.sandbox.git("config", "draft.sandbox", "bwrap")
        let (_, log) = try bench.run("", expecting: 128)
        #expect(log.contains("base_red"), "\(log)")
        try bench.sandbox.git("config", "draft.sandbox", "none")
        _ = try bench.run("")
        #expect(try judged() == 3 * count - 2)
    }

    @Test func `nothing of the user is there to be read`() throws {
        let bench = try SandboxBench(
            """
            tree=@ROOT@/repo
            for place in @ROOT@/home @ROOT@/home/secret $tree/.git/config $tree/draft.yaml \\
                $tree/.git/hooks $tree/.git/refs $tree/.git/draft/leases /root /home /sys \\
                /etc/shadow /etc/ssl/private /var/lib /run/docker.sock /etc/gitconfig; do
                [ ! -e "$place" ] || echo "there is $place"
            done
            echo "HOME $HOME"; ls -A ~ | sed 's/^/home: /'; ls -A /tmp | sed 's/^/tmp: /'
            echo good >f
            """)
        let home = bench.sandbox.root.appending(path: "home")
        try Data("key".utf8).write(to: home.appending(path: "secret"))
        let (_, log) = try bench.run(environment: ["SSH_AUTH_SOCK": "/tmp/agent.sock"])
        #expect(!log.contains("there is"))
        #expect(!log.contains("home: "))
        #expect(log.contains("/home\n"))
    }

    @Test func `nothing outside of the work tree can be written`() throws {
        let bench = try SandboxBench(
            """
            job=${DRAFT_RESULT%/out/*}
            try() { if "$@" 2>/dev/null; then echo "could: $*"; fi; }
            put() { echo x >"$1"; }
            for place in /usr/x /etc/x /x /dev/x "$job/in/work-order.json" "$job/in/x" \\
                "$job/in/etc/passwd" .git .draft/logs/x .git/objects/x; do
                (try put "$place") 2>/dev/null
            done
            try test -w /etc/passwd
            try rm -rf .git; try mv .git other; try mv . ../else; try rmdir .draft/logs
            try chmod u+w .git
            objects=$(cat "$(sed 's/gitdir: //' .git)/objects/info/alternates")
            (try put "$objects/x") 2>/dev/null
            mkdir -p @ROOT@/repo/.git/hooks; echo x >@ROOT@/repo/.git/hooks/pre-commit
            echo good >f; echo done: $(git status --short f)
            """)
        let (_, log) = try bench.run()
        #expect(!log.contains("could:"))
        #expect(log.contains("done: ?? f"))
        #expect(!FileManager.default.fileExists(atPath: "/usr/x"))
        // In memory, where our folders begin, there is room for anything; here nothing came of it.
        let hook = bench.sandbox.workTree.path + "/.git/hooks/pre-commit"
        #expect(!FileManager.default.fileExists(atPath: hook))
    }

    @Test func `an agent's home does not judge its work, and goes with the job`() throws {
        let bench = try SandboxBench(
            """
            echo "package: $(cat ~/package)"; echo x >~/.profile; echo x >$TMPDIR/left
            mkdir -p ~/closed/inner $TMPDIR/closed/inner; chmod 0 ~/closed $TMPDIR/closed
            echo good >f
            """,
            check: """
                grep -q good f && [ -e ~/package ] && [ ! -e ~/.profile ] && [ ! -e $TMPDIR/left ]
                status=$?; mkdir -p ~/shut/inner; chmod 0 ~/shut; exit $status
                """, setup: "echo from set-up >~/package")
        let (_, log) = try bench.run()
        #expect(log.contains("package: from set-up\n"), "\(log)")
        let left = try bench.sandbox.run("ls -d .git/draft/jobs/*/*").stdout
        for name in ["home", "tmp", "check"] { #expect(!left.contains("/\(name)\n"), "\(left)") }
    }

    @Test func `there is no network, no other process and no way up`() throws {
        let bench = try SandboxBench(
            """
            echo "devices: $(tail -n +3 /proc/net/dev | cut -d: -f1 | tr -d ' ')"
            echo "processes: $(ls -d /proc/[0-9]* | wc -l)"
            grep -E '^(Cap(Prm|Eff|Bnd)|NoNewPrivs)' /proc/self/status
            unshare --user true 2>/dev/null && echo "could unshare"
            mount -t tmpfs none /tmp 2>/dev/null && echo "could mount"
            kill -0 @PID@ 2>/dev/null && echo "could kill"
            chroot / true 2>/dev/null && echo "could chroot"
            for name in sys/kernel/core_pattern sys/vm/overcommit_memory sysrq-trigger; do
                (cat /proc/$name >/tmp/old; cat /tmp/old >/proc/$name) 2>/dev/null \\
                    && echo "could set $name"
            done
            find /proc /dev -writable -type f ! -path '/proc/[0-9]*' ! -path '/proc/*self/*' \\
                -exec test -f {} ';' -print 2>/dev/null | sed 's/^/could write /'
            echo good >f
            """)
        let (_, log) = try bench.run()
        #expect(log.contains("devices: lo\n"))
        #expect(!log.contains("could "))
        for name in ["CapPrm", "CapEff", "CapBnd"] {
            #expect(log.contains("\(name):\t0000000000000000\n"))
        }
        #expect(log.contains("NoNewPrivs:\t1\n"))
    }

    @Test func `the log can be read while it grows, and not be changed`() throws {
        let bench = try SandboxBench(
            """
            until grep -q 'turn 1' .draft/logs/*.log; do sleep 0.1; done
            grep -c 'turn 1' .draft/logs/*.log | sed 's/^/lines: /'
            echo x 2>/dev/null >>.draft/logs/$(ls .draft/logs) && echo "could write"
            echo good >f
            """)
        let (_, log) = try bench.run()
        #expect(log.contains("lines: 1\n"))
        #expect(!log.contains("could write"))
    }

    @Test func `who only finds out changes nothing but what it leaves`() throws {
        let bench = try SandboxBench(
            """
            (echo x >f) 2>/dev/null && echo "could write"
            (rm draft.yaml) 2>/dev/null && echo "could remove"
            git status --short; git log --format=log:%s -1
            echo '{"status": "done", "summary": "s", "findings": "all is well"}' >$DRAFT_RESULT
            """)
        let (ticket, log) = try bench.run("--investigate")
        #expect(!log.contains("could"))
        #expect(log.contains("log:start"))
        #expect(try bench.job(ticket)["status"] == "succeeded")
    }

    @Test func `the recording agent is found, and plays`() throws {
        let bench = try SandboxBench("false")
        try bench.sandbox.write(
            "draft.yaml",
            """
            validation: {full: [./check]}
            agents: {demo: {kind: replay, file: replay.yaml}}

            """)
        try bench.sandbox.write(
            "replay.yaml", "tickets:\n  Do it:\n    - - write: {path: f, text: \"good\\n\"}\n")
        try bench.sandbox.git("add", "-A")
        try bench.sandbox.git("commit", "-q", "-m", "replay")
        try bench.sandbox.draft("trust --yes")
        let (ticket, _) = try bench.run()
        #expect(try bench.file("f", of: ticket) == "good")
    }

    @Test func `an exit status, and what a program printed before it, come through`() throws {
        let bench = try SandboxBench("echo first; echo second >&2; exit 7")
        let (ticket, log) = try bench.run(expecting: 1)
        #expect(log.contains("first\nsecond\n"))
        #expect(log.contains("exited with status 7"))
        #expect(try bench.job(ticket)["exit_code"] == 7)
    }
}

import Foundation
import Model
import TestSupport
import Testing

/// What jobs get of the user's environment.
@Suite struct EnvironmentTests {
    /// A bench whose agent, set-up and validation each leave their environment.
    private func bench() throws -> LoopBench {
        try LoopBench(
            "env > \"$LOG/agent\"; echo good > f",
            validation: "full: [./check, 'env > $LOG/full']", setup: "env > $LOG/setup")
    }

    /// Writes the file of variables that is not part of the repository.
    private func file(
        _ bench: LoopBench, _ text: String, mode: Int = 0o600
    ) throws -> URL {
        let folder = bench.sandbox.root.appending(path: "home/.config/git-draft/env")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        try FileManager.default.setAttributes([.posixPermissions: 0o700], ofItemAtPath: folder.path)
        let file = folder.appending(path: "repo")
        try Data(text.utf8).write(to: file)
        try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: file.path)
        return file
    }

    /// The variables that one of the three got.
    private func variables(_ bench: LoopBench, _ name: String) throws -> [String: String] {
        let lines = try bench.left(name).split(separator: "\n").map {
            $0.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        }
        return Dictionary(
            lines.filter { $0.count == 2 }.map { (String($0[0]), String($0[1])) }
        ) { $1 }
    }

    @Test func `what is on no list reaches nothing of a job`() throws {
        let bench = try bench()
        let ticket = try bench.ticket()
        try bench.draft(
            "run \(ticket)",
            environment: [
                "AWS_SECRET_ACCESS_KEY": "x", "SSH_AUTH_SOCK": "/run/agent", "MY_OWN": "x",
                "DATABASE_URL": "postgres://h/d", "ANTHROPIC_API_KEY": "sk-not-a-key",
                "HTTP_PROXY": "http://me:word@proxy.invalid:1", "DOCKER_HOST": "unix:///x",
                "https_proxy": "http://proxy.invalid:2", "LC_TIME": "C", "JAVA_HOME": "/opt/java",
                "GOPROXY": "https://me:word@go.invalid", "XDG_RUNTIME_DIR": "/run/user/1",
                "DRAFT_GOAL_OF_MINE": "x", "LD_PRELOAD": "",
            ])
        let expected: Set = [
            "PATH", "HOME", "LC_ALL", "LC_TIME", "TZ", "TERM", "COLUMNS", "JAVA_HOME",
            "https_proxy", "LOG", "TMPDIR", "GIT_CEILING_DIRECTORIES", "GIT_REFLOG_ACTION",
            "DRAFT_JOB",
            "DRAFT_JOB_FILES", "DRAFT_TICKET", "DRAFT_GOAL", "PWD", "OLDPWD", "SHLVL", "_",
        ]
        for name in ["setup", "full"] {
            let names = Set(try variables(bench, name).keys)
            #expect(names.isSubset(of: expected), "\(name): \(names.subtracting(expected))")
            #expect(names.isSuperset(of: ["PATH", "HOME", "https_proxy", "JAVA_HOME", "LC_TIME"]))
        }
        let own = Set(try variables(bench, "agent").keys).subtracting(expected)
        #expect(own.allSatisfy { $0.hasPrefix("DRAFT_") && $0 != "DRAFT_GOAL_OF_MINE" }, "\(own)")
    }

    @Test func `a file outside of the repository gives jobs variables, and nobody its values`()
        throws
    {
        let bench = try bench()
        _ = try file(
            bench,
            """
            # for the tests
            export SERVICE_PORT=not-a-secret-port   # a remark
            QUOTED="two\\nlines \\"and\\" more"
            RAW='$HOME stays'

            """)
        try bench.agent("env > \"$LOG/agent\"; echo \"is $SERVICE_PORT\"; echo good > f")
        let ticket = try bench.ticket()
        try bench.draft("run \(ticket)")
        for name in ["setup", "full", "agent"] {
            let variables = try variables(bench, name)
            #expect(variables["SERVICE_PORT"] == "not-a-secret-port", "\(name)")
            #expect(variables["RAW"] == "$HOME stays")
        }
        #expect(try bench.left("agent").contains("QUOTED=two\nlines \"and\" more\n"))
        let job = try bench.job(ticket)
        let path = job["invocation"]?["environment_file"]?.string
        #expect(path == "$SANDBOX/home/.config/git-draft/env/repo")
        let shown = try bench.draft("job show \(job["id"]?.string ?? "")").stdout
        #expect(shown.contains("home/.config/git-draft/env/repo"), "\(shown)")
        #expect(try bench.draft("logs \(ticket)").stdout.contains("is [redacted]"))
        #expect(try bench.places(of: "not-a-secret-port") == "")
    }

    @Test func `a change that has a value of the file is shown without it, also to a pipe`() throws
    {
        let bench = try LoopBench("echo good > f; printf 'is not-a-secret-port \\377\\n' > g")
        let ticket = try bench.ticket()
        try bench.draft("run \(ticket)")
        #expect(try bench.draft("diff \(ticket)").stdout.contains("+is not-a-secret-port"))
        _ = try file(bench, "SERVICE_PORT=not-a-secret-port\n")
        let shown = try bench.sandbox.run("git draft diff \(ticket) | od -c | tr -d ' \\n0-9'")
        #expect(shown.stdout.contains("+is[redacted]\\n"), "\(shown.output)")
        #expect(try !bench.draft("diff \(ticket)").stdout.contains("not-a-secret-port"))
        #expect(try bench.draft("diff \(ticket)").stdout.contains("+good"))
    }

    @Test func `no line of a value of the file is recorded or shown`() throws {
        let bench = try LoopBench(
            """
            echo good > f
            printf '%s\\n' "$PEMTEXT" | sed 's/^/    /' > deploy.yaml
            printf '%s' "$PEMTEXT" | od -An -v -tx1 > hex.txt
            printf '%s\\n' "$PEMTEXT" | sed 's/./&\\x00/g' > wide.txt
            cat deploy.yaml hex.txt wide.txt
            printf '%s\\n' "$PEMTEXT" | sed 's/\\(...\\)/\\1\\x1b[0m/g'
            """)
        let lines = ["QWxhZGRpbjpvcGVuIHNl", "c2FtZTEyMzQ1Njc4OTAx"]
        let value = "-----BEGIN X-----\\n\(lines[0])\\n\(lines[1])\\n-----END X-----"
        _ = try file(bench, "PEMTEXT=\"\(value)\"\n")
        let ticket = try bench.ticket()
        let said = try bench.draft("run \(ticket)", expecting: 1)
        let failure = try bench.job(ticket)["findings"]?["last_failure"]?.string
        for name in ["deploy.yaml", "hex.txt", "wide.txt"] {
            #expect(failure?.contains("value in \(name)") == true, "\(failure ?? said.output)")
        }
        let shown = try bench.draft("logs \(ticket)").stdout
        #expect(shown.contains("[redacted]\n"), "\(shown)")
        let hidden =
            lines
            + lines.map { line in
                line.utf8.prefix(8).map { String($0, radix: 16) }.joined(separator: " ")
            }
        for text in hidden + lines.map({ "\($0.prefix(3))\u{1b}" }) {
            #expect(!said.output.contains(text) && !shown.contains(text), "\(text)")
            let reached = try bench.sandbox.run(
                """
                for id in $(git rev-list --objects --glob='refs/draft/*' | cut -c1-40); do
                    git cat-file -p "$id" | grep -qaF -e '\(text)' && echo "$id"
                done; :
                """)
            #expect(reached.stdout == "", "\(text)")
        }
    }

    @Test(arguments: [
        (0o640, "can be read by others", "hint: chmod 600 '"),
        (0o604, "can be read by others", "hint: chmod 600 '"),
    ]) func `a file that others can read is refused`(
        mode: Int, reason: String, hint: String
    ) throws {
        let bench = try bench()
        let ticket = try bench.ticket()
        _ = try file(bench, "A=b\n", mode: mode)
        let said = try bench.draft("run \(ticket)", expecting: 128)
        #expect(said.stderr.contains(reason) && said.stderr.contains(hint), "\(said.stderr)")
        #expect(try bench.jobs(ticket).isEmpty)
    }

    @Test func `a link, a folder of others, and a file in the repository are refused`() throws {
        let bench = try bench()
        let ticket = try bench.ticket()
        let file = try file(bench, "A=b\n")
        let folder = file.deletingLastPathComponent().path
        func refused(_ reason: String) throws {
            let said = try bench.draft("run \(ticket)", expecting: 128)
            #expect(said.stderr.contains(reason), "\(said.stderr)")
        }
        try FileManager.default.setAttributes([.posixPermissions: 0o777], ofItemAtPath: folder)
        try refused("is in a folder that others can write to")
        try FileManager.default.setAttributes([.posixPermissions: 0o700], ofItemAtPath: folder)
        _ = try bench.sandbox.run("mv '\(file.path)' '\(folder)/other'; ln -s other '\(file.path)'")
        try refused("is a link")
        try bench.sandbox.write("secrets", "A=b\n")
        _ = try bench.sandbox.run("chmod 600 secrets; rm '\(file.path)'")
        try bench.sandbox.git(
            "config", "draft.environmentFile", bench.sandbox.workTree.path + "/secrets")
        try refused("is inside of the repository")
        try bench.sandbox.git("config", "draft.environmentFile", "secrets")
        try refused("must be an absolute path")
        try bench.sandbox.git("config", "draft.environmentFile", "~/nowhere")
        try refused("does not exist")
        try bench.sandbox.git("config", "draft.environmentFile", "~/.config/git-draft/env/other")
        try bench.draft("run \(ticket)")
        #expect(try variables(bench, "agent")["A"] == "b")
    }

    @Test(arguments: [
        ("NO SIGN", "line 2: it has no '='"), ("2X=1", "line 2: what is before '=' is no name"),
        ("A='open", "line 2: a quote is not closed"),
        ("GIT_DIR=/x", "line 2: 'GIT_DIR' cannot be set for jobs"),
    ]) func `a line that is wrong is named, and not repeated`(line: String, reason: String) throws {
        let bench = try bench()
        let ticket = try bench.ticket()
        _ = try file(bench, "A=b\n\(line)\n")
        let said = try bench.draft("run \(ticket)", expecting: 128)
        #expect(said.stderr.contains(reason), "\(said.stderr)")
    }

    @Test(arguments: [
        "AWS_PROFILE", "DATABASE_URL", "PGPASSWORD", "KUBECONFIG", "NPM_TOKEN", "DEPLOY_KEY",
        "GITHUB_TOKEN", "SSH_AUTH_SOCK", "DOCKER_HOST", "TEST_DB_URL", "SOME_SECRET_NAME",
    ]) func `a credential needs its name in the profile`(name: String) throws {
        let bench = try bench()
        let ticket = try bench.ticket()
        _ = try file(bench, "\(name)=some-value-of-it\n")
        let said = try bench.draft("run \(ticket)", expecting: 128)
        #expect(said.stderr.contains("gives jobs '\(name)', which looks like a credential"))
        #expect(said.stderr.contains("hint: git draft config sandbox.environment"))
        #expect(!said.output.contains("some-value"))
        #expect(try bench.jobs(ticket).isEmpty)
        guard name == "DATABASE_URL" else { return }
        _ = try bench.sandbox.run(
            "sed -i 's/TREE/DATABASE_URL, &/' draft.yaml; git commit -qam name")
        #expect(try bench.draft("run \(ticket)", expecting: 128).stderr.contains("not accepted"))
        #expect(
            try bench.draft("trust --yes").stdout.contains("+ sandbox.environment: DATABASE_URL"))
        try bench.draft("run \(ticket)")
        #expect(try variables(bench, "full")["DATABASE_URL"] == "some-value-of-it")
    }

    @Test func `a credential in the environment of an agent is refused, a vendor's key is not`()
        throws
    {
        let bench = try bench()
        let ticket = try bench.ticket()
        func set(_ variable: String) throws {
            _ = try bench.sandbox.run(
                "sed -i 's/spoken: {kind: claude,/& env: {\(variable)},/' draft.yaml; "
                    + "git commit -qam set; git draft trust --yes")
        }
        try set("ANTHROPIC_API_KEY: sk-not-a-key, CLAUDE_CODE_MAX_OUTPUT_TOKENS: \"8000\"")
        try bench.draft("run \(ticket)")
        _ = try bench.sandbox.run("git revert --no-edit HEAD")
        try set("AWS_SESSION_TOKEN: x")
        let next = try bench.ticket()
        let said = try bench.draft("run \(next)", expecting: 128)
        #expect(said.stderr.contains("'agents.spoken.env' gives jobs 'AWS_SESSION_TOKEN'"))
    }

    @Test func `the user's own variables come in where the profile names them`() throws {
        let bench = try bench()
        let ticket = try bench.ticket()
        try bench.draft("run \(ticket)", environment: ["SERVICE_TOKEN": "token-of-mine"])
        #expect(try variables(bench, "full")["SERVICE_TOKEN"] == "token-of-mine")
        #expect(try bench.places(of: "token-of-mine") == "")
    }
}

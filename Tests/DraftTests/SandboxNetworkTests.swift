import Foundation
import Model
import TestSupport
import Testing

/// Whom programs of jobs can talk to from bubblewrap.
@Suite struct SandboxNetworkTests {
    /// A server on loopback that says its own name.
    private final class Server {
        let port: String
        private let child: Child

        init(in sandbox: Sandbox) throws {
            let place = sandbox.root.appending(path: "server")
            try FileManager.default.createDirectory(at: place, withIntermediateDirectories: true)
            try Data("the server".utf8).write(to: place.appending(path: "name"))
            let program = """
                import http.server, os
                class Quiet(http.server.SimpleHTTPRequestHandler):
                    def log_message(self, *words): pass
                server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Quiet)
                with open("port", "w") as port: port.write(str(server.server_port))
                server.serve_forever()
                """
            try Data(program.utf8).write(to: place.appending(path: "serve.py"))
            child = try sandbox.start("mkfifo port && exec python3 serve.py", in: place)
            let fifo = place.appending(path: "port").path
            port = try sandbox.run(
                "while [ ! -p '\(fifo)' ]; do kill -0 \(child.identifier) || exit; done; cat '\(fifo)'"
            ).stdout
        }

        deinit {
            child.signal(SIGTERM)
            _ = child.wait()
        }
    }

    /// A line of a script that says what came of asking a server for its name.
    ///
    /// Its address is one of loopback, which programs look for inside unless they are told to ask
    /// the proxy for that, too.
    private func ask(_ url: String) -> String {
        "env -u NO_PROXY -u no_proxy " + ask(expression: "\"\(url)\"")
    }

    private func ask(expression: String) -> String {
        """
        python3 -c 'import os, urllib.request, urllib.error
        try: print("got", urllib.request.urlopen(\(expression), timeout=300).read().decode())
        except urllib.error.HTTPError as error: print("answer", error.code, error.read().decode())
        except Exception as error: print("error", error)'
        """
    }

    @Test func `who is listed is reached in all phases, and nobody else`() throws {
        let outside = try Sandbox(repository: false)
        let server = try Server(in: outside)
        let ask = ask("http://127.0.0.1:\(server.port)/name")
        let direct = self.ask(expression: "\"http://127.0.0.1:\(server.port)/name\"")
        let other = self.ask("http://evil.example/")
        let bench = try SandboxBench(
            "\(ask)\n\(direct)\n\(other)\necho good >f", check: "\(ask); grep -q good f",
            setup: ask,
            policy: "sandbox: {network: ['127.0.0.1:\(server.port)']}")
        let (_, log) = try bench.run()
        #expect(log.components(separatedBy: "got the server\n").count == 5, "\(log)")
        #expect(log.contains("answer 403 git-draft: the job may not talk to 'evil.example'"))
        #expect(log.contains("== network: allowed 127.0.0.1:\(server.port)\n"))
        #expect(log.contains("== network: refused evil.example:80: "))
        let doors = try bench.sandbox.run("ls -A .git/draft/jobs/*/doors")
        #expect(doors.stdout == "", "\(doors.output)")
    }

    @Test func `set-up reaches the mirror of what the base commit needs, and the work does not`()
        throws
    {
        let outside = try Sandbox(repository: false)
        let server = try Server(in: outside)
        let ask = ask("http://127.0.0.1:\(server.port)/name")
        let bench = try SandboxBench(
            "\(ask)\necho good >f", setup: "echo $PIP_INDEX_URL\n\(ask)")
        try bench.sandbox.commitFile("tools/requirements.txt", "six\n")
        let (_, log) = try bench.run(environment: [
            "PIP_INDEX_URL": "http://127.0.0.1:\(server.port)/simple"
        ])
        #expect(log.components(separatedBy: "got the server\n").count == 2, "\(log)")
        #expect(log.contains("http://127.0.0.1:\(server.port)/simple\n"))
        #expect(log.contains("error <urlopen error"))
    }

    @Test func `set-up reaches it from the files of the base commit alone`() throws {
        let outside = try Sandbox(repository: false)
        let server = try Server(in: outside)
        let ask = ask("http://127.0.0.1:\(server.port)/name")
        let bench = try SandboxBench(
            """
            echo "before: $(cat prepare | grep -c urlopen) $(cat made)"
            printf '#!/bin/sh\\n' >prepare
            cat >>prepare <<'END'
            \(ask)
            END
            echo x >>f
            """, check: "echo; false", setup: "echo own >made; cat f; echo base",
            policy: "guardrails: {max_iterations: 1}")
        try bench.sandbox.commitFile("requirements.txt", "six\n")
        let mirror = ["PIP_INDEX_URL": "http://127.0.0.1:\(server.port)/simple"]
        let (ticket, first) = try bench.run(expecting: 1, environment: mirror)
        #expect(first.contains("before: 0 own\n"), "\(first)")
        try bench.sandbox.draft(
            "retry --allow-red-base test \(ticket)", expecting: 1, environment: mirror)
        let second = try bench.sandbox.run("git draft logs \(ticket)").stdout
        #expect(second.contains("before: 1 own\n"), "\(second)")
        #expect(second.contains("\nbase\n"))
        #expect(!second.contains("got the server"))
        #expect(!second.contains("network: allowed"))
    }

    @Test func `a base that is red where a host was refused says which`() throws {
        let other = ask("http://evil.example/")
        let bench = try SandboxBench(
            "echo good >f", check: "\(other); exit 1", policy: "sandbox: {network: [example.com]}")
        let ticket = try bench.sandbox.id("ticket new 'Do it'")
        let said = try bench.sandbox.draft("run \(ticket)", expecting: 128)
        #expect(
            said.stderr.contains("(base_red), where the way to evil.example:80 was refused\n"),
            "\(said.stderr)")
        let hint = try #require(said.stderr.split(separator: "\n").last)
        let log = try bench.sandbox.run(String(hint.dropFirst("hint: ".count)))
        #expect(log.stdout.contains("evil.example"), "\(log.output)")
    }

    @Test func `set-up of what is to land reaches the listed hosts alone`() throws {
        let bench = try SandboxBench(
            "echo good >f", check: "true",
            setup: "[ -n \"$HTTP_PROXY\" ] || { echo alone; exit 1; }")
        try bench.sandbox.commitFile("requirements.txt", "six\n")
        let (ticket, log) = try bench.run("")
        #expect(!log.contains("alone"), "\(log)")
        try bench.sandbox.draft("review --approve \(ticket)")
        let outcome = try bench.sandbox.draft("land \(ticket)", expecting: 1)
        #expect(outcome.stderr.contains("  ./prepare: alone\n"), "\(outcome.stderr)")
    }

    @Test func `what needs no network starts no service`() throws {
        let bench = try SandboxBench("echo \"proxy: $HTTP_PROXY.\"; echo good >f", setup: "true")
        let (_, log) = try bench.run(environment: ["HTTP_PROXY": "http://127.0.0.1:1"])
        #expect(log.contains("proxy: .\n"))
        #expect(!log.contains("network:"))
        #expect(try bench.sandbox.run("ls -d .git/draft/jobs/*/doors").status != 0)
    }

    @Test func `the keys that the profile names have a door to their model, too`() throws {
        let outside = try Sandbox(repository: false)
        let server = try Server(in: outside)
        let bench = try SandboxBench(
            """
            echo "key: $OPENAI_API_KEY" | cut -c1-14
            \(ask(expression: "os.environ[\"OPENAI_API_BASE\"] + \"/name\""))
            echo good >f
            """, policy: "sandbox: {environment: [OPENAI_API_KEY, OPENAI_API_BASE]}")
        let (_, log) = try bench.run(environment: [
            "OPENAI_API_KEY": "sk-stub-Zk3vQ8Zk3vQ8",
            "OPENAI_API_BASE": "http://127.0.0.1:\(server.port)",
        ])
        #expect(log.contains("key: sk-draft-"), "\(log)")
        #expect(log.contains("got the server\n"), "\(log)")
    }
}

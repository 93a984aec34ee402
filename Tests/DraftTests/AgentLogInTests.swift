import Foundation
import Model
import TestSupport
import Testing

/// The user's log-in, of which an agent gets a copy for its turns.
@Suite struct AgentLogInTests {
    private static let token = "rt_u7-Kq_2mZx.Vw9"
    private static let codex = #"{"tokens":{"refresh_token":"\#(token)"},"auth_mode":"chatgpt"}"#

    /// A bench whose user is logged in: the script, the file, and the variables that lead there.
    private func bench(
        _ script: String, _ secret: String = codex, guardrails: String = ""
    ) throws -> (LoopBench, file: URL, user: [String: String?]) {
        let bench = try LoopBench(AgentCodexTests.speaking + script, guardrails: guardrails)
        let folder = bench.sandbox.root.appending(path: "user")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        let file = folder.appending(path: "auth.json")
        try Data(secret.utf8).write(to: file)
        return (
            bench, file,
            [
                "CODEX_HOME": folder.path, "CODEX_API_KEY": nil, "OPENAI_API_KEY": nil,
                "USER_HOME": folder.path,
            ]
        )
    }

    @Test(arguments: [codex, "plain text \(token)\n"])
    func `what an agent prints of it is redacted`(secret: String) throws {
        let (bench, _, user) = try bench(
            #"""
            begin; t=$(grep -o 'rt_[A-Za-z0-9._-]*' "$CODEX_HOME/auth.json")
            echo "on standard error: $t" >&2; say "it is $t"; echo $t >"$LOG/token"
            echo '{"status":"needs_input","question":{"text":"Is it '$t'?"}}' >$DRAFT_RESULT
            echo '{"type":"message","text":"'$t'"}' >>"$DRAFT_EVENTS"; echo good >f; end 1
            """#, secret)
        let ticket = try bench.ticket()
        try bench.draft("run --agent asked \(ticket)", expecting: 1, environment: user)
        #expect(try bench.left("token") == Self.token + "\n")
        #expect(try bench.places(of: Self.token) == "")
        let shown = try bench.draft("questions").output + bench.draft("logs \(ticket)").output
        #expect(!shown.contains(Self.token) && shown.contains("Is it [redacted]?"))
        #expect(shown.contains("it is [redacted]\n"))
    }

    @Test func `a snapshot that holds it stays in this clone`() throws {
        let (bench, _, user) = try bench(
            #"""
            begin; echo good >f; say done
            if [ $n = 1 ]; then cp "$CODEX_HOME/auth.json" leak.json; else rm -f leak.json; fi
            end $n
            """#)
        let ticket = try bench.ticket()
        try bench.draft("run --agent asked \(ticket)", environment: user)
        #expect(try bench.left("stdin-2").contains("leak.json"))
        #expect(try bench.left("stdin-2").contains("remove them"))
        for pattern in ["refs/draft/*", "refs/draft/attempts/*"] {
            #expect(try bench.commits(holding: Self.token, under: pattern) == [], "\(pattern)")
        }
    }

    @Test func `a snapshot of a canceled job that holds it stays in this clone`() throws {
        let (bench, _, user) = try bench(
            #"""
            begin; cp "$CODEX_HOME/auth.json" leak.json; say done
            echo '{"status":"needs_input","question":{"text":"?"}}' >$DRAFT_RESULT; end 1
            """#)
        let ticket = try bench.ticket()
        try bench.draft("run --agent asked \(ticket)", expecting: 1, environment: user)
        try bench.draft("cancel \(ticket)", environment: user)
        #expect(try bench.commits(holding: Self.token, under: "refs/draft-local/*").count == 1)
        #expect(try bench.commits(holding: Self.token, under: "refs/draft/attempts/*") == [])
    }

    @Test func `no link in place of the home is followed`() throws {
        let (bench, file, user) = try bench(
            #"""
            begin; say done; if [ $n = 1 ]; then echo bad >f; else echo good >f; fi
            [ ! -L "$HOME" ]; echo "$HOME" >"$LOG/home"; ln -f "$CODEX_HOME/auth.json" "$LOG/linked"
            mv "$HOME" "$HOME.moved"; ln -s "$USER_HOME" "$HOME"
            if [ $n = 1 ]; then
                echo '{"status":"needs_input","question":{"text":"?"}}' >$DRAFT_RESULT
            fi
            end $n
            """#)
        let folder = file.deletingLastPathComponent()
        let copy = folder.appending(path: ".codex/auth.json")
        try FileManager.default.createDirectory(
            at: copy.deletingLastPathComponent(), withIntermediateDirectories: true)
        try Data(Self.codex.utf8).write(to: copy)
        let ticket = try bench.ticket()
        for (words, status) in [("", 1), ("answer \(ticket) yes", 0), ("", 0)] as [(String, Int32)]
        {
            let words = words.isEmpty ? "run --agent asked \(ticket)" : words
            try bench.draft(words, expecting: status, environment: user)
            #expect(try String(contentsOf: file, encoding: .utf8) == Self.codex)
            #expect(try String(contentsOf: copy, encoding: .utf8) == Self.codex)
            #expect(try bench.left("linked") == "")
            #expect(try bench.places(of: Self.token) == "")
            let home = try bench.left("home").trimmingCharacters(in: .newlines)
            #expect(!FileManager.default.fileExists(atPath: home + ".moved"))
            let names = try FileManager.default.contentsOfDirectory(atPath: folder.path)
            #expect(names.sorted() == [".codex", "auth.json"])
            let inner = try FileManager.default.contentsOfDirectory(
                atPath: copy.deletingLastPathComponent().path)
            #expect(inner == ["auth.json"])
        }
    }
}

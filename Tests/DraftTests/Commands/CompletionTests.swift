import Foundation
import TestSupport
import Testing

/// What Tab offers, in the shells themselves.
@Suite struct CompletionTests {
    @Test func `tickets, goals and questions are offered where they can be meant`() throws {
        let sandbox = try Sandbox.withBoard()
        let goal = try sandbox.id("goal new 'Be kind'")
        let planned = try sandbox.id("ticket new 'Say hello' --goal \(goal)")
        let proposed = try sandbox.id("ticket new --proposed 'Say a b'")
        try sandbox.retitle(proposed, "Say a\tb")
        let question = try sandbox.id("ask \(planned) 'In which language?'")
        func offered(_ words: String) throws -> String {
            try sandbox.draft("_complete -- \(words)").stdout
        }
        let (hello, bye) = (planned.prefix(6), proposed.prefix(6))
        #expect(try offered("run ''") == "\(hello)\tplanned: Say hello\n")
        #expect(try offered("accept ''").contains("\(bye)\tproposed: Say a\\tb\n"))
        #expect(try offered("diff \(planned.prefix(2))").hasPrefix("\(hello)\t"))
        #expect(try offered("run zzzzzzzz") == "")
        #expect(try offered("ticket list --goal=").contains("--goal=\(goal.prefix(6))\tBe kind\n"))
        #expect(try offered("plan ''").contains("\(goal.prefix(6))\tBe kind\n"))
        #expect(try offered("answer ''") == "\(question.prefix(6))\tIn which language?\n")
        #expect(try offered("plan \(goal) --from ''") == "")
        #expect(try offered("help ticket ''").hasPrefix("new\nlist\n"))
        #expect(try offered("help ti") == "ticket\n")
        try sandbox.commitFile(
            "draft.yaml", "agents: {scribe: {kind: command, command: \"true\"}}\n")
        #expect(try offered("run --agent ''").contains("scribe\tcommand\n"))
        #expect(try offered("plan --agent=scr") == "--agent=scribe\tcommand\n")
    }

    @Test func `a repository that cannot be read is no reason to complain`() throws {
        let sandbox = try Sandbox(repository: false)
        let outcome = try sandbox.draft("_complete -- run ''")
        #expect(outcome.stdout == "" && outcome.stderr == "")
    }

    @Test func `bash completes beside git's own completion, and alone`() throws {
        let sandbox = try Sandbox.withBoard()
        let ticket = try sandbox.id("ticket new 'Say hello'").prefix(6)
        let shell = """
            . /dev/stdin
            COMP_WORDS=(git-draft run "") COMP_CWORD=2
            _git_draft_alone
            echo "${COMPREPLY[@]}"
            words=(git -C . draft ticket sh) cword=5
            _git_draft
            echo "${COMPREPLY[@]}"
            """
        let script = try sandbox.draft("completion bash").stdout
        try sandbox.write("shell", shell)
        let outcome = try sandbox.run("bash --norc shell", input: script)
        #expect(outcome.stdout == "\(ticket)\nshow\n")
        #expect(outcome.stderr == "")
    }

    @Test func `zsh completes with what there is to say of each word`() throws {
        let sandbox = try Sandbox.withBoard()
        let ticket = try sandbox.id("ticket new 'Say hello'").prefix(6)
        let shell = """
            zstyle () { : }
            compadd () { print -r -- "$* | $words_ | $shown | $open" }
            _files () { print files }
            . ./script
            words=(git-draft run '') CURRENT=3 _git-draft
            words=(git-draft plan 7 --from '') CURRENT=5 _git-draft
            words=(git-draft ticket list --go) CURRENT=4 _git-draft
            """
        try sandbox.write("script", try sandbox.draft("completion zsh").stdout)
        try sandbox.write("shell", shell)
        let outcome = try sandbox.run("zsh -f shell")
        let lines = outcome.stdout.split(separator: "\n")
        #expect(lines.contains { $0.hasSuffix(" | \(ticket) | \(ticket)  planned: Say hello | ") })
        #expect(lines.contains("files"))
        #expect(lines.contains { $0.hasPrefix("-S  -a open") && $0.hasSuffix("--goal=") })
        #expect(outcome.stderr == "")
    }

    @Test func `fish completes words, records and files`() throws {
        let sandbox = try Sandbox.withBoard()
        let ticket = try sandbox.id("ticket new 'Say hello'").prefix(6)
        try sandbox.write("script.fish", try sandbox.draft("completion fish").stdout)
        let outcome = try sandbox.run(
            """
            fish --no-config -c 'source script.fish
            complete -C "git-draft run "
            complete -C "git-draft ticket sh"
            complete -C "git-draft plan 7 --from scr"'
            """)
        #expect(
            outcome.stdout.split(separator: "\n").map { $0.split(separator: "\t")[0] }
                == [ticket, "show", "script.fish"])
        #expect(outcome.stderr == "")
    }
}

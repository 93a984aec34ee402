import Porcelain
import TestSupport
import Testing

@testable import git_draft

@Suite struct ManualCommandTests {
    @Test func `nothing is declared in a way that the parser or the manual dislikes`() {
        #expect(flaws(in: Draft.self, program: "git draft") == [])
    }

    @Test func `the manual has every command that is not hidden, and the exit statuses`() throws {
        let page = try Sandbox().draft("_manual").stdout
        #expect(page.hasPrefix(".TH \"GIT\\-DRAFT\" 1 "))
        for words in ["ticket new", "goal edit", "trust", "answer", "plan"] {
            #expect(page.contains(".SS \"git draft \(words)\"\n"), "\(words)")
        }
        #expect(page.contains("_manual") == false)
        #expect(page.contains("\\fB75\\fR\nLost a race, locked or timed out: try again."))
    }

    @Test func `a command has a page of its own`() throws {
        let sandbox = try Sandbox(repository: false)
        let page = try sandbox.draft("_manual ticket new").stdout
        #expect(page.contains("git\\-draft\\-ticket\\-new \\- Create a ticket\n"))
        try sandbox.draft("_manual ticket nothing", expecting: 129)
    }

    @Test func `man reads the page without a complaint`() throws {
        let sandbox = try Sandbox(repository: false)
        let outcome = try sandbox.run(
            "command -v groff >/dev/null || exit 0; git draft _manual | groff -man -ww -z -Tutf8")
        #expect(outcome.output == "" && outcome.status == 0)
    }
}

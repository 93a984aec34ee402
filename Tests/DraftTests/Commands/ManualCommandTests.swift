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
        for word in ["ticket", "goal", "trust", "answer", "plan"] {
            #expect(page.contains("\\fBgit\\-draft\\-\(word)\\fR(1)\n"), "\(word)")
        }
        for title in ["CONFIGURATION", "ENVIRONMENT", "REFERENCES AND FILES"] {
            #expect(page.contains(".SH \"\(title)\"\n"), "\(title)")
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

    @Test func `man reads every page without a complaint`() throws {
        let sandbox = try Sandbox(repository: false)
        try sandbox.draft("_manual --all pages")
        let outcome = try sandbox.run("groff -man -ww -z -Tutf8 pages/*.1; ls pages")
        #expect(outcome.status == 0 && outcome.stderr == "")
        let pages = outcome.stdout.split(separator: "\n")
        for page in ["git-draft.1", "git-draft-ticket.1", "git-draft-ticket-new.1"] {
            #expect(pages.contains(Substring(page)))
        }
        #expect(!pages.contains { $0.contains("_") })
    }

    @Test func `on a terminal the page is shown by man, else as plain text`() throws {
        let sandbox = try Sandbox(repository: false)
        try sandbox.write(
            "bin/man", "#!/bin/sh\nhead -n 1 >&2\necho \"man $*\"\n", executable: true)
        let path = "PATH=$PWD/bin:$PATH"
        let shown = try sandbox.run("\(path) script -qec 'git-draft ticket new --help' /dev/null")
        #expect(shown.stdout.contains(".TH \"GIT\\-DRAFT\\-TICKET\\-NEW\" 1 "))
        #expect(shown.stdout.contains("man -l -"))
        try sandbox.write("bin/man", "#!/bin/sh\nexit 5\n", executable: true)
        let plain = try sandbox.run("\(path) script -qec 'git-draft help ticket new' /dev/null")
        #expect(plain.stdout.hasPrefix("Create a ticket"))
        let piped = try sandbox.run("git-draft ticket new --help")
        #expect(piped.stdout.hasPrefix("Create a ticket\n\nusage: git draft ticket new "))
        #expect(try sandbox.run("git-draft ticket new --help >/dev/full").status != 0)
    }
}

import Foundation
import GitStore
import Model
import TestSupport
import Testing

@Suite struct ViewsDiffTests {
    private struct Change {
        let sample: ViewsSample
        let base: String
        let head: String

        init(_ text: String = "one\ntwo\n") throws {
            sample = try ViewsSample()
            base = try sample.sandbox.git("rev-parse", "HEAD")
            head = try sample.sandbox.commitFile("file", text)
            try sample.sandbox.git("reset", "--quiet", "--hard", base)
        }
    }

    @Test func `the latest revision is shown, or the one of a number`() throws {
        let change = try Change()
        let sample = change.sample
        let ticket = try sample.ticket("Mine")
        try sample.revision(ticket, number: 1, base: change.base, head: change.base)
        let last = try sample.revision(ticket, number: 2, base: change.base, head: change.head)
        let text = try sample.draft("diff \(ticket)")
        #expect(text.status == 0)
        #expect(text.stdout.hasSuffix("@@ -1 +1,2 @@\n one\n+two\n"))
        #expect(try sample.draft("diff \(last)").stdout == text.stdout)
        #expect(try sample.draft("diff \(ticket) 1").stdout.isEmpty)
        #expect(try sample.draft("diff \(ticket) 3").status == 128)
        let odd = try sample.draft("diff \(last) 1")
        #expect(odd.status == 129)
        #expect(odd.stderr.contains("the number of a revision goes with a ticket"))
        #expect(try sample.draft("diff --name-only \(ticket)").stdout == "file\n")
        #expect(try sample.draft("diff --stat \(ticket)").stdout.contains("1 insertion(+)"))
        #expect(try sample.draft("diff --stat --name-only \(ticket)").status == 129)
        let colored = try sample.draft("diff --color=always \(ticket)").stdout
        #expect(colored.contains("\u{1b}[32m"))
    }

    @Test func `without a revision the last snapshot is shown`() throws {
        let change = try Change()
        let sample = change.sample
        let ticket = try sample.ticket("Mine")
        #expect(try sample.draft("diff \(ticket)").stderr.contains("has no change yet"))
        let job = try sample.job(ticket, ["base_commit": .string(change.base)])
        #expect(try sample.draft("diff \(ticket)").stderr.contains("has no snapshot yet"))
        try sample.sandbox.git("update-ref", "refs/draft-local/\(job)", change.head)
        #expect(try sample.draft("diff \(ticket)").stdout.hasSuffix("+two\n"))
        #expect(try sample.draft("diff \(job)").stdout.hasSuffix("+two\n"))
    }

    @Test func `no program that the repository or its attributes name is run`() throws {
        let change = try Change()
        let sample = change.sample
        let ticket = try sample.ticket("Mine")
        try sample.revision(ticket, base: change.base, head: change.head)
        for key in ["diff.external", "diff.evil.command", "diff.evil.textconv"] {
            try sample.sandbox.git("config", key, "touch $HOME/ran; cat")
        }
        try sample.sandbox.write(".git/info/attributes", "* diff=evil\n")
        #expect(try sample.draft("diff \(ticket)").stdout.hasSuffix("+two\n"))
        #expect(try sample.sandbox.run("test -e $HOME/ran").status == 1)
    }

    @Test func `commits that are options or names are refused`() throws {
        let sample = try ViewsSample()
        let ticket = try sample.ticket("Mine")
        try sample.revision(ticket, base: "--output=evil", head: "--output=evil2")
        #expect(try sample.draft("diff \(ticket)").status == 128)
        #expect(try sample.sandbox.run("ls").stdout == "file\n")
    }

    @Test func `on a terminal nothing but colours is obeyed, and the pager is the user's`() throws {
        let change = try Change("one\n\(ViewsSample.hostile)\n")
        let sample = change.sample
        let ticket = try sample.ticket("Mine")
        try sample.revision(ticket, base: change.base, head: change.head)
        let shown = try sample.draftOnTerminal("diff \(ticket)")
        #expect(shown.status == 0)
        #expect(isSafe(shown.stdout))
        #expect(shown.stdout.contains("\u{1b}[32m"))
        #expect(shown.stdout.contains("\\x1b]52;c;eA=="))
        let paged = try sample.draftOnTerminal(
            "diff --color never \(ticket)", pager: "sed s/^/PAGED:/")
        #expect(paged.stdout.contains("PAGED:+a"))
    }

    @Test func `no colour that is in the files is obeyed`() throws {
        let lines = [
            "\u{1b}[08mhid", "\u{1b}[30;40mden", "\u{1b}[32mgreen", "-- a/file", "@@ -1 +1 @@",
        ]
        let change = try Change("one\n" + lines.map { $0 + "\n" }.joined())
        let sample = change.sample
        let ticket = try sample.ticket("Mine")
        try sample.revision(ticket, base: change.base, head: change.head)
        func shown(_ ticket: String) throws -> [String] {
            try sample.draftOnTerminal("diff \(ticket)").stdout
                .replacing("\r\n", with: "\n").split(separator: "\n").map(String.init)
        }
        let texts = [
            "\\x1b[08mhid", "\\x1b[30;40mden", "\\x1b[32mgreen", "-- a/file", "@@ -1 +1 @@",
        ]
        let added = try shown(ticket)
        #expect(added.suffix(6).map { $0 } == [" one"] + texts.map { "\u{1b}[32m+\($0)\u{1b}[m" })
        #expect(added.first?.hasPrefix("\u{1b}[1mdiff --git") == true)
        #expect(added.contains("\u{1b}[36m@@ -1 +1,6 @@\u{1b}[m"))
    }
}

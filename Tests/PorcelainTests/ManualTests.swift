import Foundation
import Porcelain
import Testing

@Suite struct ManualTests {
    private let book = ManualBook(
        program: "git depot", version: "1.0", date: "2026-02-01",
        exitStatus: [(0, "done"), (129, "the command line is wrong")], seeAlso: ["git-tag(1)"],
        chapters: [("files", "`depot.db`: all parcels")])

    @Test func `the page of a command has all of its parts`() {
        let page = manual(of: [Depot.self, Parcel.self, Parcel.New.self], in: book)
        for part in [
            #".TH "GIT\-DEPOT\-PARCEL\-NEW" 1 "2026\-02\-01" "1.0" "git depot manual""#,
            ".SH \"NAME\"\ngit\\-depot\\-parcel\\-new \\- Create a parcel\n",
            "\\fBgit depot parcel new\\fR [<options>] <content> [<address>]\n",
            ".SH \"DESCRIPTION\"\nIt is \\fBwrapped\\fR at once.\n\\&.dots are safe\n",
            ".nf\ndepot parcel new \\-\\-label \\(aqa b\\(aq\n",
            ".SH \"OPTIONS\"\n",
            ".TP\n\\fB\\-f, \\-\\-[no\\-]fragile\\fR\ntake care\n",
            ".SH \"EXIT STATUS\"\n.TP\n\\fB0\\fR\ndone\n.TP\n\\fB129\\fR\n",
            ".SH \"SEE ALSO\"\ngit\\-depot\\-parcel(1), git\\-depot(1)\n",
        ] {
            #expect(page.contains(part))
        }
    }

    @Test func `the page of the root lists every command but hidden ones`() {
        let page = manual(of: [Depot.self], in: book)
        for part in [
            ".SH \"PARCELS\"\n.TP\n\\fBgit\\-depot\\-parcel\\fR(1)\nWork on parcels: new, list.\n",
            "\\fBgit\\-depot\\-weigh\\fR(1)\nWeigh parcels.\n", ".SH \"FOR SCRIPTS\"",
            ".SH \"FILES\"\n\\fBdepot.db\\fR: all parcels\n", ".SH \"SEE ALSO\"\ngit\\-tag(1)\n",
        ] {
            #expect(page.contains(part), "\(part)")
        }
        #expect(!page.contains("secret"))
        #expect(!page.contains("back door"))
        #expect(book.name(of: [Depot.self, Parcel.self]) == "git-depot-parcel")
        #expect(
            book.pages(of: Depot.self).map(book.name(of:)) == [
                "git-depot", "git-depot-parcel", "git-depot-parcel-new", "git-depot-parcel-list",
                "git-depot-weigh", "git-depot-dump",
            ])
    }

    @Test func `what is not ASCII is spelt as groff alone understands it`() {
        let book = ManualBook(
            program: "git depot", version: "1.0", date: "2026-02-01",
            chapters: [("names", "Zoë… 🚚")])
        #expect(manual(of: [Depot.self], in: book).contains("Zo\\[u00EB]\\[u2026] \\[u1F69A]"))
    }

    @Test func `the page of a group holds its commands with their options`() {
        let page = manual(of: [Depot.self, Parcel.self], in: book)
        for part in [
            ".SS \"git depot parcel new\"", ".SS \"git depot parcel list\"",
            "\\-\\-weight <grams>",
        ] {
            #expect(page.contains(part))
        }
        #expect(!page.contains("depot.db"))
    }

    private static let groff = "/usr/bin/groff"

    @Test(.enabled(if: FileManager.default.isExecutableFile(atPath: groff)))
    func `groff formats the pages without a warning`() throws {
        let paths: [[any Command.Type]] = [
            [Depot.self], [Depot.self, Parcel.self], [Depot.self, Parcel.self, Parcel.New.self],
            [Depot.self, Weigh.self],
        ]
        for path in paths {
            let (output, warnings) = try format(manual(of: path, in: book))
            #expect(warnings == "")
            #expect(output.contains("NAME"))
        }
        let (page, _) = try format(
            manual(of: [Depot.self, Parcel.self, Parcel.New.self], in: book))
        #expect(page.contains("    depot parcel new --label 'a b'"))
        #expect(page.contains(".dots are safe"))
    }

    private func format(_ page: String) throws -> (output: String, warnings: String) {
        let file = FileManager.default.temporaryDirectory
            .appending(path: "manual-\(UUID().uuidString).1")
        try page.write(to: file, atomically: true, encoding: .utf8)
        defer { try? FileManager.default.removeItem(at: file) }
        let (output, warnings) = (Pipe(), Pipe())
        let process = Process()
        process.executableURL = URL(filePath: ManualTests.groff)
        process.arguments = ["-man", "-Tascii", "-ww", "-P-c", "-P-bou", file.path()]
        process.standardOutput = output
        process.standardError = warnings
        try process.run()
        let text = try output.fileHandleForReading.readToEnd() ?? Data()
        let complaints = try warnings.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        return (String(decoding: text, as: UTF8.self), String(decoding: complaints, as: UTF8.self))
    }
}

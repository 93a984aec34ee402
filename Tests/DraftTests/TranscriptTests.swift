import Foundation
import TestSupport
import Testing

/// Replays every `Transcripts/*.md`, and the README's first five minutes.
///
/// `RECORD=1 swift test` rewrites the files instead; review is `git diff`.
@Suite struct TranscriptTests {
    @Test(arguments: try Files.all) func `a transcript is true`(file: Files) throws {
        let written = try String(contentsOf: file.url, encoding: .utf8)
        let transcript = try Transcript(written, section: file.section)
        let sandbox = try Sandbox(repository: transcript.wantsRepository)
        let actual = try transcript.replayed(in: sandbox)
        if ProcessInfo.processInfo.environment["RECORD"] != nil {
            try actual.write(to: file.url, atomically: true, encoding: .utf8)
        } else if actual != written {
            let difference = Transcript.difference(from: written, to: actual)
            Issue.record("\(file.url.lastPathComponent) is not what happens:\n\(difference)")
        }
    }

    @Test func `what is not true is noticed, and corrected line by line`() throws {
        let written = """
            Prose.

                $ printf 'one\\n\\ntwo\\n'; echo three >&2; exit 7
                one
                four

            More prose.

                $ cat <<END
                > $((40 + 2))
                > END
            """
        let actual = """
            Prose.

                $ printf 'one\\n\\ntwo\\n'; echo three >&2; exit 7
                one

                two
                three
                [7]

            More prose.

                $ cat <<END
                > $((40 + 2))
                > END
                42
            """
        #expect(try Transcript(written).replayed(in: Sandbox()) == actual)
        #expect(try Transcript(actual).replayed(in: Sandbox()) == actual)
        #expect(Transcript.difference(from: "a\nb\nc", to: "a\nd\nc") == "2 - b\n2 + d")
    }

    @Test func `of a document with sections only the named one is replayed`() throws {
        let written = """
            ```
            $ exit 3
            ```
            ## Here
            ```console
            $ mkdir folder && cd folder
            $ basename "$PWD"
            wrong
            ```
            ```
            $ exit 4
            ```
            ## There
            ```
            $ exit 5
            ```
            """
        let actual = try Transcript(written, section: "Here")
            .replayed(in: Sandbox(repository: false))
        #expect(actual == written.replacing("wrong", with: "folder"))
    }

    @Test func `what changes from run to run is hidden where the text says so`() throws {
        let written = """
            <!-- hide commits -->
            <!-- hide /[0-9.]+ s/ as <time> -->

                $ echo 0123456789012345678901234567890123456789 took 0.25 s
                <commit> took <time>
            """
        #expect(try Transcript(written).replayed(in: Sandbox()) == written)
    }
}

/// A document with commands in it.
struct Files: CustomTestStringConvertible, Sendable {
    /// The document.
    let url: URL
    /// The heading under which the commands are, if not everywhere.
    let section: String?

    /// How the test report calls it.
    var testDescription: String { url.lastPathComponent }

    /// All transcripts, and the README.
    static var all: [Files] {
        get throws {
            let folder = top.appending(path: "Tests/DraftTests/Transcripts")
            let transcripts = try FileManager.default
                .contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)
                .filter { $0.pathExtension == "md" }
                .sorted { $0.path < $1.path }
            let readme = top.appending(path: "README.md")
            let exists = FileManager.default.fileExists(atPath: readme.path)
            return transcripts.map { Files(url: $0, section: nil) }
                + (exists ? [Files(url: readme, section: "First five minutes")] : [])
        }
    }

    /// The source tree: where the tests run, or else where they were compiled.
    static var top: URL {
        let here = URL(filePath: FileManager.default.currentDirectoryPath)
        let manifest = here.appending(path: "Package.swift").path
        if FileManager.default.fileExists(atPath: manifest) { return here }
        return URL(filePath: #filePath).appending(path: "../../..").standardized
    }
}

import Porcelain
import Testing

@Suite struct TableTests {
    private var table: Table {
        var table = Table(columns: [
            .init("id"), .init("title", isFlexible: true), .init("n", .right), .init("state"),
        ])
        table.add(["a1", "short", "5", "open"])
        table.add([Cell("b", .red), "a long title\u{1b}[J", "12", "done"])
        table.add(["c"])
        return table
    }

    @Test func `columns are aligned and text is escaped`() {
        #expect(
            table.rendered(width: nil, color: false) == #"""
                ID  TITLE                N  STATE
                a1  short                5  open
                b   a long title\x1b[J  12  done
                c

                """#)
    }

    @Test func `the flexible column is cut where the terminal ends`() {
        let lines = table.rendered(width: 29, color: false).split(separator: "\n")
        #expect(lines[2] == #"b   a long title\…  12  done"#)
        #expect(lines.allSatisfy { displayWidth(String($0)) <= 29 })
    }

    @Test func `colour changes no layout`() {
        let colored = table.rendered(width: 29, color: true)
        #expect(colored.contains("\u{1b}[31mb\u{1b}[m   a long"))
        #expect(sanitised(colored) == table.rendered(width: 29, color: false))
    }

    @Test func `a table without titles has no head`() {
        var table = Table(columns: [.init(""), .init("")])
        #expect(table.isEmpty)
        #expect(table.rendered(width: 80, color: false) == "")
        table.add(["x", "y", "dropped"])
        #expect(table.rendered(width: 80, color: false) == "x  y\n")
    }

    @Test func `nothing is cut where nobody looks`() throws {
        let recording = Recording()
        try recording.terminal(width: 10).write(table.rendered(for: recording.terminal(width: 10)))
        #expect(recording.output.contains("a long title"))
    }
}

@Suite struct ColumnsTests {
    private let board = Columns([
        .init("Planned", cards: [.init(["first ticket of them all", Cell("low", .dim)])]),
        .init("Running", cards: [.init(["second"]), .init(["third"])]),
        .init("Done", cards: []),
    ])

    @Test func `lanes stand side by side`() {
        #expect(
            board.rendered(width: 60, color: false) == """
                Planned (1)         Running (2)         Done (0)
                ──────────────────  ──────────────────  ──────────────────
                first ticket of     second
                them all
                low                 third

                """)
    }

    @Test func `lanes that do not fit go below`() {
        let text = board.rendered(width: 40, color: false)
        #expect(text.split(separator: "\n")[0] == "Planned (1)          Running (2)")
        #expect(text.contains("\n\nDone (0)\n"))
        #expect(text.split(separator: "\n").allSatisfy { displayWidth(String($0)) <= 40 })
    }

    @Test func `a narrow terminal gets a list`() {
        #expect(
            board.rendered(width: 20, color: false) == """
                Planned (1)
                  first ticket of
                  them all
                  low

                Running (2)
                  second
                  third

                Done (0)

                """)
    }

    @Test(arguments: [0, 1, 5, 37, 38, 39, 200])
    func `no width is a trap`(width: Int) {
        #expect(board.rendered(width: width, color: true).contains("Done"))
        #expect(
            sanitised(board.rendered(width: width, color: true))
                == board.rendered(width: width, color: false))
    }
}

@Suite struct ProgressTests {
    @Test func `a terminal sees one block rewritten`() {
        let recording = Recording()
        var progress = ProgressLine(terminal: recording.terminal(isTTY: true))
        progress.show([.init("one", detail: "1s"), .init("two")])
        #expect(recording.error == "\rone 1s\u{1b}[K\n\rtwo\u{1b}[K\n\u{1b}[J")
        progress.show([.init("one", detail: "1s"), .init("two")])
        #expect(recording.error.count { $0 == "J" } == 1)
        progress.show([.init("one", detail: "2s")])
        #expect(recording.error.hasSuffix("\u{1b}[2A\rone 2s\u{1b}[K\n\u{1b}[J"))
        progress.note("said")
        #expect(
            recording.error.hasSuffix(
                "\u{1b}[1A\r\u{1b}[Jsaid\n\rone 2s\u{1b}[K\n\u{1b}[J"))
        progress.clear()
        #expect(recording.error.hasSuffix("\u{1b}[1A\r\u{1b}[J"))
        progress.clear()
        #expect(recording.output == "")
    }

    @Test func `elsewhere only changes are written`() {
        let recording = Recording()
        var progress = ProgressLine(terminal: recording.terminal())
        progress.show([.init("one", detail: "1s"), .init("two")])
        progress.show([.init("one", detail: "2s"), .init("two")])
        progress.note("said")
        progress.show([.init("one"), .init("two: done\u{1b}c")])
        progress.clear()
        #expect(recording.error == "one\ntwo\nsaid\ntwo: done\\x1bc\n")
    }

    @Test func `lines never wrap nor scroll`() {
        let recording = Recording()
        let terminal = recording.terminal(isTTY: true, width: 10, height: 4)
        var progress = ProgressLine(terminal: terminal)
        progress.show((1...9).map { .init("line \($0) is long", detail: "9s") })
        let lines = recording.error.split(separator: "\n").dropLast()
        #expect(
            lines.map { $0.dropFirst().prefix { $0 != "\u{1b}" } } == [
                "line … 9s", "line … 9s", "… and 7 …",
            ])
    }
}

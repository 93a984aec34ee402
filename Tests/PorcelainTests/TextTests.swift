import Porcelain
import Testing

@Suite struct EscapingTests {
    @Test(arguments: [
        ("plain text, 100 %", "plain text, 100 %"),
        ("naïve 日本 ✓ 👍🏽", "naïve 日本 ✓ 👍🏽"),
        ("\u{1b}[31mred\u{1b}[0m", #"\x1b[31mred\x1b[0m"#),
        ("\u{1b}]8;;http://x\u{1b}\\y", #"\x1b]8;;http://x\x1b\y"#),
        ("\u{1b}]52;c;cHduZWQ=\u{7}", #"\x1b]52;c;cHduZWQ=\x07"#),
        ("\u{9b}31m", #"\x9b31m"#),
        ("done\rfail", #"done\rfail"#),
        ("a\r\nb", #"a\r\nb"#),
        ("a\tb\u{0}\u{8}\u{7f}", #"a\tb\x00\x08\x7f"#),
        ("a\u{202e}b\u{2066}c\u{2069}", #"a\u{202e}b\u{2066}c\u{2069}"#),
        ("\u{61c}\u{200e}\u{200f}", #"\u{61c}\u{200e}\u{200f}"#),
        ("x\u{200b}y\u{200c}z\u{200d}\u{feff}", #"x\u{200b}y\u{200c}z\u{200d}\u{feff}"#),
        ("👨\u{200d}👩", #"👨\u{200d}👩"#),
        ("\u{2028}\u{2029}\u{ad}\u{3164}\u{2800}", #"\u{2028}\u{2029}\xad\u{3164}\u{2800}"#),
        ("❤\u{fe0f}", "❤\u{fe0f}"),
        ("❤\u{fe0f}\u{fe0f}", "❤\u{fe0f}\\u{fe0f}"),
        ("a\u{fe0f}\u{e0101}\u{e0041}", #"a\u{fe0f}\u{e0101}\u{e0041}"#),
        ("\u{e000}\u{fff9}", #"\u{e000}\u{fff9}"#),
    ])
    func `what cannot be seen becomes visible`(text: String, expected: String) {
        #expect(Array(escaped(text).unicodeScalars) == Array(expected.unicodeScalars))
        #expect(escaped(escaped(text)) == escaped(text))
    }

    @Test func `line feeds and tabs stay only where they may`() {
        #expect(escaped("a\n\tb\r", multiline: true) == "a\n\tb\\r")
        #expect(escaped("a\n\tb") == #"a\n\tb"#)
    }

    @Test(arguments: [
        ("\u{1b}[1;31mred\u{1b}[m\r\nnext", "red\nnext"),
        ("\u{1b}[2J\u{1b}[", #"\x1b[2J\x1b["#),
        ("\u{1b}", #"\x1b"#),
        ("10%\r20%", #"10%\r20%"#),
        ("\u{1b}\u{1b}[31m[31m", #"\x1b[31m"#),
        ("\u{1b}]52;c;x\u{7}\u{202e}", #"\x1b]52;c;x\x07\u{202e}"#),
    ])
    func `a log keeps its lines and loses its colours`(text: String, expected: String) {
        #expect(sanitised(text) == expected)
    }

    @Test func `no byte of noise reaches the terminal`() {
        var random = Seeded(state: 7)
        for _ in 0..<5_000 {
            let noise = random.noise()
            for text in [escaped(noise), sanitised(noise, multiline: false)] {
                #expect(!text.unicodeScalars.contains { $0.properties.generalCategory == .control })
            }
        }
    }
}

@Suite struct WidthTests {
    @Test(arguments: [
        ("", 0), ("abc", 3), ("é", 1), ("e\u{301}", 1), ("日本", 4), ("한글", 4), ("ｆ", 2),
        ("👍", 2), ("👍🏽", 2), ("👨‍👩‍👧", 2), ("❤\u{fe0f}", 2), ("❤", 1), ("🇩🇪", 2), ("✓", 1), ("─", 1),
        ("a\u{200b}b", 2), ("𠀀", 2), ("✅", 2), ("…", 1),
    ])
    func `signs take their columns`(text: String, width: Int) {
        #expect(displayWidth(text) == width)
    }

    @Test(arguments: [
        ("hello", 5, "hello"), ("hello", 4, "hel…"), ("hello", 1, "…"), ("hello", 0, ""),
        ("日本語", 5, "日本…"), ("日本語", 4, "日…"), ("", 0, ""),
    ])
    func `text is cut to a width`(text: String, width: Int, expected: String) {
        #expect(text.truncated(to: width) == expected)
    }

    @Test func `text is padded to a width`() {
        #expect("日".padded(to: 4) == "日  ")
        #expect("7".padded(to: 3, .right) == "  7")
        #expect("long".padded(to: 2) == "long")
    }

    @Test func `words are wrapped and long ones cut`() {
        #expect("one two three".wrapped(to: 7) == ["one two", "three"])
        #expect("abcdefgh ij".wrapped(to: 3) == ["abc", "def", "gh", "ij"])
        #expect("日本語".wrapped(to: 1) == ["日", "本", "語"])
        #expect("one two three four".wrapped(to: 7, limit: 2) == ["one two", "three …"])
        #expect("".wrapped(to: 5) == [""])
    }
}

@Suite struct TimeTests {
    @Test(
        arguments: [
            (0, "just now"), (999, "just now"), (1_000, "1 second ago"), (59_999, "59 seconds ago"),
            (60_000, "1 minute ago"), (180_000, "3 minutes ago"), (3_600_000, "1 hour ago"),
            (86_400_000, "1 day ago"), (13 * 86_400_000, "13 days ago"),
            (14 * 86_400_000, "2 weeks ago"), (70 * 86_400_000, "2 months ago"),
            (365 * 86_400_000, "1 year ago"), (-7_200_000, "in 2 hours"),
        ] as [(Int64, String)])
    func `time is told in words`(past: Int64, expected: String) {
        #expect(relativeTime(from: 1_700_000_000_000 - past, to: 1_700_000_000_000) == expected)
    }

    @Test func `the ends of time are no trap`() {
        #expect(relativeTime(from: .min, to: .max).hasSuffix("years ago"))
        #expect(relativeTime(from: .max, to: .min).hasPrefix("in "))
        #expect(relativeTime(from: 0, to: .min).hasPrefix("in "))
    }

    @Test(
        arguments: [
            (-5, "0ms"), (850, "850ms"), (12_300, "12s"), (185_000, "3m 05s"),
            (7_800_000, "2h 10m"),
        ] as [(Int64, String)])
    func `durations are short`(milliseconds: Int64, expected: String) {
        #expect(elapsedTime(milliseconds) == expected)
    }
}

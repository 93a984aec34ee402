import Model
import Testing

@Suite struct TextTests {
    @Test func `a tail has at most the limit and whole characters`() {
        let text = "aé€😀z"
        for limit in 0...text.utf8.count + 1 {
            for tail in [
                Text.boundedTail(Array(text.utf8), limit: limit),
                Text.boundedTail(text, limit: limit),
            ] {
                #expect(tail.utf8.count <= limit)
                #expect(text.hasSuffix(tail) || tail.isEmpty)
                #expect(limit - tail.utf8.count < 4 || tail == text)
            }
        }
        #expect(Text.boundedTail(Array("abc".utf8), limit: -1) == "")
    }

    @Test func `invalid bytes are replaced without breaking the limit`() {
        let bytes = [UInt8](repeating: 0xff, count: 100)
        let tail = Text.boundedTail(bytes, limit: 50)
        #expect(tail.utf8.count == 48)
        #expect(tail.allSatisfy { $0 == "\u{fffd}" })
        #expect(Text.decode([0x61, 0xff, 0x62]) == "a\u{fffd}b")
    }

    @Test func `a head ends between characters`() {
        #expect(Text.boundedHead("aé", limit: 2) == "a")
        #expect(Text.boundedHead("aé", limit: 3) == "aé")
        #expect(Text.boundedHead("aé", limit: -1) == "")
    }

    @Test func `both ends say how much is missing`() {
        let text = String(repeating: "é", count: 100)
        for limit in 0...210 {
            let short = Text.boundedHeadAndTail(text, limit: limit)
            #expect(short.utf8.count <= limit || short == text)
            #expect(!short.contains("\u{fffd}"))
        }
        #expect(Text.boundedHeadAndTail(text, limit: 200) == text)
        let short = Text.boundedHeadAndTail("0123456789" + text + "9876543210", limit: 43)
        #expect(short.contains("\n[200 bytes left out]\n") && short.utf8.count <= 43)
        #expect(short.hasPrefix("0123456789") && short.hasSuffix("9876543210"))
    }

    @Test func `the first line that says something`() {
        #expect(Text.firstLine("\n  \r\n\t error: no \r\nmore") == "error: no")
        #expect(Text.firstLine(" \n") == "")
    }

    @Test(arguments: [
        ("Fix the Parser's crash!", "fix-the-parser-s-crash"),
        ("  --weird..name~^:?*[\\ @{x}.lock", "weird-name-x-lock"),
        ("größe", "gr-e"),
        ("日本語", "untitled"),
        ("", "untitled"),
        ("one two three four five six seven eight nine", "one-two-three-four-five-six-seven-eight"),
        (String(repeating: "x", count: 50), String(repeating: "x", count: 40)),
    ])
    func `a slug is fit for a branch name`(title: String, slug: String) {
        #expect(Text.slug(title) == slug)
    }
}

import Testing

@testable import Configuration

@Suite struct YAMLTreeTests {
    private func parse(_ text: String) throws -> Node {
        try YAMLTree.parse(Array(text.utf8), file: "t")
    }

    private func refused(_ text: String) -> [String] {
        refusal { _ = try parse(text) }
    }

    @Test func `a tree knows where its parts stand`() throws {
        let root = try parse("a: 1\nb:\n  - 'x'\n  - [y, z]\n")
        guard case .mapping(let entries) = root.value else { throw Missing() }
        #expect(entries.map(\.key) == ["a", "b"])
        #expect(entries.map(\.place) == [Place(line: 1, column: 1), Place(line: 2, column: 1)])
        guard case .sequence(let items) = entries[1].value.value else { throw Missing() }
        #expect(items[0] == Node(value: .scalar("x", .quoted), place: Place(line: 3, column: 5)))
        #expect(items[1].place == Place(line: 4, column: 5))
    }

    @Test(
        arguments: [
            ("true", true), ("True", true), ("FALSE", false), ("'true'", nil), ("yes", nil),
            ("on", nil), ("1", nil),
        ] as [(String, Bool?)])
    func `truth values are those of the core schema`(text: String, value: Bool?) throws {
        #expect(try parse(text).bool == value)
    }

    @Test(
        arguments: [
            ("12", 12), ("-3", -3), ("+4", 4), ("0x1F", 31), ("0o17", 15), ("0b1", nil),
            ("1_000", nil), ("1.0", nil), ("'12'", nil), ("0x-1", nil),
            ("99999999999999999999", nil),
        ] as [(String, Int?)])
    func `whole numbers are those of the core schema`(text: String, value: Int?) throws {
        #expect(try parse(text).int == value)
    }

    @Test(arguments: ["", "# only a comment\n", "~", "null", "---\n", "\u{FEFF}"])
    func `nothing is null`(text: String) throws {
        #expect(try parse(text).isNull)
    }

    @Test func `a quoted null is a text`() throws {
        #expect(try parse("'null'").text == "null")
        #expect(try parse("''").isNull == false)
    }

    @Test func `aliases repeat what they name`() throws {
        let root = try parse("a: &x [1, 2]\nb: *x\n")
        guard case .mapping(let entries) = root.value else { throw Missing() }
        #expect(entries[0].value == entries[1].value)
    }

    @Test(
        arguments: [
            ("a: 1\na: 2\n", "t:2: the key 'a' is there twice"),
            ("a: !!str 1\n", "t:1: tags such as 'tag:yaml.org,2002:str' are not allowed"),
            ("- !x y\n", "t:1: tags such as '!x' are not allowed"),
            ("a: 1\n---\nb: 2\n", "t:2: only one document is allowed in a file"),
            ("a: *x\n", "t:1: the alias '*x' has no anchor before it"),
            ("a: &x [*x]\n", "t:1: the alias '*x' has no anchor before it"),
            ("? [a]\n: 1\n", "t:1: a key must be a text"),
            (
                "a: [1,\nb: }\n",
                "t:2: while parsing a flow node, did not find expected node content"
            ),
            ("a: \u{1}\n", "t:1: control characters are not allowed"),
            ("ok: 1\nb: \0\n", "t:2: control characters are not allowed"),
        ])
    func `what is not wanted is refused with its line`(text: String, message: String) {
        #expect(refused(text) == [message])
    }

    @Test func `keys are compared by bytes`() throws {
        let root = try parse("\u{E9}: 1\ne\u{301}: 2\n")
        guard case .mapping(let entries) = root.value else { throw Missing() }
        #expect(entries.count == 2)
    }

    @Test func `bytes that are not UTF-8 are refused with their line`() {
        let bytes = Array("a: 1\nb: ".utf8) + [0xFF, 0x0A]
        let messages = refusal { _ = try YAMLTree.parse(bytes, file: "t") }
        #expect(messages == ["t:2: the file is not valid UTF-8"])
        let wide = refusal { _ = try YAMLTree.parse([0xFF, 0xFE, 0x61, 0x00], file: "t") }
        #expect(wide == ["t:1: the file is not valid UTF-8"])
    }

    @Test func `a file of more than 256 KiB is refused`() {
        let text = "a: " + String(repeating: "x", count: YAMLTree.maxBytes - 3)
        #expect(refused(text) == [])
        #expect(refused(text + "x") == ["t:1: the file is larger than 256 KiB"])
    }

    @Test func `sixty-four levels are read and one more is refused`() {
        let deep = String(repeating: "[", count: 64) + String(repeating: "]", count: 64)
        #expect(refused(deep) == [])
        #expect(refused("[" + deep + "]") == ["t:1: more than 64 levels inside each other"])
        let flood = String(repeating: "[", count: 200_000)
        #expect(refused(flood) == ["t:1: more than 64 levels inside each other"])
        let maps = String(repeating: "{a: ", count: 50_000)
        #expect(refused(maps) == ["t:1: more than 64 levels inside each other"])
    }

    @Test func `levels that aliases bring are counted`() {
        let half = String(repeating: "[", count: 40) + String(repeating: "]", count: 40)
        let text =
            "a: &x \(half)\nb: \(String(repeating: "[", count: 40))*x"
            + String(repeating: "]", count: 40)
        #expect(refused(text) == ["t:2: more than 64 levels inside each other"])
    }

    @Test func `nine levels of laughs are refused`() {
        var text = "a0: &a0 [lol, lol, lol, lol, lol, lol, lol, lol, lol]\n"
        for level in 1...9 {
            let aliases = Array(repeating: "*a\(level - 1)", count: 9).joined(separator: ", ")
            text += "a\(level): &a\(level) [\(aliases)]\n"
        }
        #expect(refused(text) == ["t:5: aliases add more than 10000 nodes"])
    }

    @Test func `text that aliases multiply is refused above a megabyte`() {
        let text = String(repeating: "x", count: 1 << 16)
        for anchor in ["&a \(text)", "&a {k: \(text.dropFirst())}", "&a [[\(text)]]"] {
            let many = String(repeating: "- *a\n", count: 16)
            #expect(refused("- \(anchor)\n\(many)") == [])
            let message = "t:18: aliases add more than 1 MiB of text"
            #expect(refused("- \(anchor)\n\(many)- *a\n") == [message])
        }
    }

    @Test func `no bytes are a trap`() {
        let words = [
            "a", ":", " ", "\n", "- ", "[", "]", "{", "}", ",", "&x ", "*x", "!", "'", "\"",
            "|", ">", "\t", "---\n", "%TAG ! x\n", "? ", "#", "\\", "<<", "\r\n", "\u{85}",
        ]
        for seed in 1...4000 {
            var noise = Noise(seed: UInt64(seed))
            let bytes = noise.bytes(words)
            let messages = refusal { _ = try YAMLTree.parse(bytes, file: "t") }
            #expect(
                messages.allSatisfy {
                    !$0.utf8.contains(0x0A) && $0.utf8.starts(with: "t:".utf8)
                })
        }
    }
}

import Testing

@testable import Configuration

@Suite struct JSONTreeTests {
    private func parse(_ text: String) throws -> Node {
        try JSONTree.parse(Array(text.utf8), file: "t")
    }

    @Test(
        arguments: [
            (#""a\"\\\/\b\f\n\r\tb""#, "a\"\\/\u{8}\u{C}\n\r\tb"),
            (#""\u00e9\uD83D\uDE00""#, "\u{E9}\u{1F600}"), ("-0.5e+10", "-0.5e+10"),
            ("12", "12"), (" true ", "true"),
        ])
    func `scalars are read`(text: String, value: String) throws {
        #expect(try parse(text).text == value)
    }

    @Test func `parts know where they stand`() throws {
        guard case .mapping(let entries) = try parse("{\n  \"a\": [\n    1]}").value,
            case .sequence(let items) = entries[0].value.value
        else { throw Missing() }
        #expect(entries[0].place == Place(line: 2, column: 3))
        #expect(items[0].place == Place(line: 3, column: 5))
    }

    @Test(
        arguments: [
            ("", "t:1: the JSON ends too early"), ("[1", "t:1: expected ',' or ']'"),
            ("{\"a\": 1,\n\"a\": 2}", "t:2: the key 'a' is there twice"),
            ("[1] x", "t:1: unexpected text after the JSON value"),
            ("[1,]", "t:1: expected a JSON value"), ("{a: 1}", "t:1: expected a key in quotes"),
            ("NaN", "t:1: expected a JSON value"),
            ("01", "t:1: unexpected text after the JSON value"),
            ("1.", "t:1: expected a digit"), ("-", "t:1: expected a digit"),
            (#""\uD800""#, "t:1: half of a surrogate pair in a string"),
            (#""\uD800\u0041""#, "t:1: half of a surrogate pair in a string"),
            (#""\uDC00""#, "t:1: half of a surrogate pair in a string"),
            (#""\u12""#, "t:1: expected four hexadecimal digits"),
            (#""\x""#, "t:1: unknown escape in a string"),
            ("\"a\nb\"", "t:1: a control character in a string must be escaped"),
            ("\"a", "t:1: the JSON ends inside a string"),
        ])
    func `what is not JSON is refused with its line`(text: String, message: String) {
        #expect(refusal { _ = try parse(text) } == [message])
    }

    @Test func `sixty-four levels are read and one more is refused`() {
        let deep = String(repeating: "[", count: 64) + String(repeating: "]", count: 64)
        #expect(refusal { _ = try parse(deep) } == [])
        let flood = String(repeating: "[", count: 100_000)
        #expect(refusal { _ = try parse(flood) } == ["t:1: more than 64 levels inside each other"])
    }

    @Test func `no bytes are a trap`() {
        let words = [
            "{", "}", "[", "]", ",", ":", "\"", "\"a\"", "1", "-", ".", "e", "\\u", "d8", "00",
            "true", "nul", " ", "\n", "\\",
        ]
        for seed in 1...4000 {
            var noise = Noise(seed: UInt64(seed))
            let bytes = noise.bytes(words)
            let messages = refusal { _ = try JSONTree.parse(bytes, file: "t") }
            #expect(messages.count <= 1)
        }
    }
}

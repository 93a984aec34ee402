import Model
import Testing

@Suite struct JSONTests {
    @Test(arguments: [
        ("null", "null\n"), ("[]", "[]\n"), ("{}", "{}\n"), ("[[],{}]", "[\n  [],\n  {}\n]\n"),
        ("[1,\"a\"]", "[\n  1,\n  \"a\"\n]\n"),
        (
            "{\"b\":1,\"a\":{\"c\":[true]}}",
            "{\n  \"a\": {\n    \"c\": [\n      true\n    ]\n  },\n  \"b\": 1\n}\n"
        ),
        (
            "{\"ä\":1,\"z\":2,\"Z\":3,\"aa\":4,\"a\":5}",
            "{\n  \"Z\": 3,\n  \"a\": 5,\n  \"aa\": 4,\n  \"z\": 2,\n  \"ä\": 1\n}\n"
        ),
        ("\"\\/ \\u00e9 \\u007f\"", "\"/ é \u{7F}\"\n"),
    ])
    func `the canonical form is one`(text: String, canonical: String) throws {
        #expect(try JSON(parsing: text).canonicalText == canonical)
        #expect(try JSON(parsing: canonical).canonicalText == canonical)
    }

    @Test func `every character below the space has its one escape`() throws {
        let short: [UInt8: String] = [
            0x08: "\\b", 0x09: "\\t", 0x0A: "\\n", 0x0C: "\\f", 0x0D: "\\r",
        ]
        for byte in UInt8(0)..<0x20 {
            let hexadecimal = String(byte, radix: 16)
            let long = "\\u00" + (hexadecimal.utf8.count < 2 ? "0" : "") + hexadecimal
            let text = String(UnicodeScalar(byte))
            let written = JSON.string(text).canonicalText
            #expect(written == "\"\(short[byte] ?? long)\"\n")
            #expect(
                try JSON(parsing: "\"\(long.uppercased().replacing("U", with: "u"))\"")
                    == .string(text))
        }
        #expect(JSON.string("\"\\/").canonicalText == "\"\\\"\\\\/\"\n")
    }

    @Test func `numbers that are none of ours keep their text`() throws {
        let texts = ["1.0", "1e5", "-0", "9223372036854775808", "1E+2", "0.10"]
        for text in texts {
            #expect(try JSON(parsing: text) == .number(text))
            #expect(try JSON(parsing: text).canonicalText == text + "\n")
        }
        #expect(try JSON(parsing: "9223372036854775807") == .integer(.max))
        #expect(try JSON(parsing: "-9223372036854775808") == .integer(.min))
        #expect(try JSON(parsing: "1.0") != JSON(parsing: "1"))
    }

    @Test func `keys and texts differ by their bytes`() throws {
        let value = try JSON(parsing: "{\"é\":1,\"e\u{301}\":2}")
        #expect(value["\u{E9}"] == 1 && value["e\u{301}"] == 2)
        #expect(value.object?.count == 2)
        #expect(JSON.string("é") != JSON.string("e\u{301}"))
        let error = #expect(throws: JSONError.self) {
            try JSON(parsing: "{\n  \"a\": 1,\n  \"a\": 2\n}")
        }
        #expect(error?.description == "duplicate key 'a' at line 3, column 3")
    }

    @Test func `the depth has a limit`() throws {
        func nested(_ depth: Int, _ open: String, _ close: String) -> String {
            String(repeating: open, count: depth) + "1" + String(repeating: close, count: depth)
        }
        for (open, close) in [("[", "]"), ("{\"a\":", "}")] {
            #expect(throws: Never.self) { try JSON(parsing: nested(64, open, close)) }
            let error = #expect(throws: JSONError.self) {
                try JSON(parsing: nested(65, open, close))
            }
            #expect(error?.reason == "nested deeper than 64")
            #expect(error?.offset == 64 * open.utf8.count)
        }
        // Siblings are no depth.
        #expect(throws: Never.self) {
            try JSON(parsing: "[" + String(repeating: "[[]],", count: 100) + "1]")
        }
        #expect(throws: JSONError.self) {
            try JSON(parsing: String(repeating: "[", count: 100_000))
        }
    }

    @Test func `the size has a limit`() throws {
        let full = "\"" + String(repeating: "a", count: JSON.maximumRecordSize - 2) + "\""
        #expect(throws: Never.self) { try JSON(parsing: full) }
        let error = #expect(throws: JSONError.self) { try JSON(parsing: full + " ") }
        #expect(error?.offset == JSON.maximumRecordSize)
        #expect(throws: JSONError.self) { try JSON(parsing: Array("[1]".utf8), limit: 2) }
    }

    @Test(arguments: [
        ("[1,]", "unexpected character at line 1, column 4"),
        ("{\"a\":\n  tru}", "unexpected word at line 2, column 3"),
        ("[1]\n2", "unexpected text after the value at line 2, column 1"),
        ("\"a\n\"", "control character in a text at line 1, column 3"),
        ("[\"\\q\"]", "unknown escape at line 1, column 3"),
        ("\"\\ud800\"", "lone surrogate at line 1, column 2"),
        ("[01]", "malformed number at line 1, column 2"),
        ("\"abc", "unterminated text at line 1, column 1"),
        ("", "unexpected end at line 1, column 1"),
        ("[1 2]", "expected ',' or ']' at line 1, column 4"),
        ("{\"a\" 1}", "expected ':' at line 1, column 6"),
        ("{1}", "expected a key at line 1, column 2"),
    ])
    func `an error says what and where`(text: String, message: String) {
        let error = #expect(throws: JSONError.self) { try JSON(parsing: text) }
        #expect(error?.description == message)
    }

    @Test func `what random values are written as is read as the same`() throws {
        var random = SeededGenerator(seed: 3)
        for _ in 0..<400 {
            let value = Self.value(depth: 4, using: &random)
            let bytes = value.canonical
            #expect(try JSON(parsing: bytes) == value)
            #expect(try JSON(parsing: bytes).canonical == bytes)
            #expect(try JSON(parsing: value.line) == value)
            #expect(!value.line.contains("\n"))
        }
    }

    private static func value(depth: Int, using random: inout SeededGenerator) -> JSON {
        let texts = ["", "a", "é", "e\u{301}", "\u{0}", "\"\\/\n", "😀", "\u{FFFF}", "_a", "A"]
        let text = texts.randomElement(using: &random) ?? ""
        switch Int.random(in: 0..<(depth > 0 ? 8 : 6), using: &random) {
        case 0: return .null
        case 1: return .bool(.random(using: &random))
        case 2: return .integer(.random(in: .min ... .max, using: &random))
        case 3: return .number("1.50")
        case 4, 5: return .string(text)
        case 6:
            return .array(
                (0..<Int.random(in: 0...4, using: &random)).map { _ in
                    value(depth: depth - 1, using: &random)
                })
        default:
            var members = JSONObject()
            for _ in 0..<Int.random(in: 0...4, using: &random) {
                members[texts.randomElement(using: &random) ?? ""] =
                    value(depth: depth - 1, using: &random)
            }
            return .object(members)
        }
    }
}

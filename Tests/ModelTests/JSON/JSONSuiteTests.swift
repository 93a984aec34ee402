import Model
import Testing

/// What every strict reader accepts and refuses, case by case.
@Suite struct JSONSuiteTests {
    /// Documents that are one value.
    private static let accepted: [String] = [
        "null", "true", "false", "0", "-0", "1", "-1", "10", "1.5", "-1.5", "1e5", "1E5", "1e+5",
        "1e-5", "0.1", "0e0", "0E+1", "-0.0", "123456789012345678901234567890", "1e999",
        "9223372036854775807", "-9223372036854775808", "9223372036854775808", "\"\"", "\"a\"",
        "\"\\\"\"", "\"\\\\\"", "\"\\/\"", "\"/\"", "\"\\b\\f\\n\\r\\t\"", "\"\\u0041\"",
        "\"\\u00e9\"", "\"\\uD834\\uDD1E\"", "\"\\u0000\"", "\"\\uFFFF\"", "\"\\u2028\"",
        "\"\u{7F}\"", "\"\u{2028}\"", "\"é\"", "\"e\u{301}\"", "\"😀\"", "[]", "[ ]", "[1]",
        "[1,2]", "[1 , 2]", "[[]]", "[[],{}]", "[null]", "[\"a\",1,true]", "{}", "{ }",
        "{\"a\":1}", "{\"a\" : 1}", "{\"a\":1,\"b\":2}", "{\"b\":1,\"a\":2}", "{\"\":0}",
        "{\"a\":{\"a\":{}}}", "{\"é\":1,\"e\u{301}\":2}", "{\"a\":[1,{\"b\":null}]}", " 1",
        "1 ", "\t1\n", "\r\n[\n1\r\n]\n", "{\"\\u0061\":1}", "{\"a\\nb\":1}",
    ]

    /// Documents that are none.
    private static let refused: [String] = [
        "", " ", "nul", "nulll", "NULL", "True", "tru", "falsee", "undefined", "NaN", "Infinity",
        "-Infinity", "-", "--1", "+1", "01", "-01", "00", "1.", ".5", "-.5", "1.e5", "1e", "1e+",
        "1E-", "1ee5", "1.2.3", "0x10", "1_000", "1a", "- 1", "１", "\"", "\"a", "a\"", "'a'",
        "\"\\\"", "\"\\a\"", "\"\\x41\"", "\"\\u\"", "\"\\u004\"", "\"\\u00G0\"", "\"\\U0041\"",
        "\"\\uD800\"", "\"\\uDC00\"", "\"\\uD800\\u0041\"", "\"\\uD800\\uD800\"", "\"\\uD800a\"",
        "\"\\uDC00\\uD800\"", "\"\\uD800\\\"", "\"\n\"", "\"\t\"", "\"\u{0}\"", "\"\u{1F}\"",
        "[", "]", "[1", "[1,", "[1,]", "[,1]", "[,]", "[1,,2]", "[1 2]", "[1:2]", "[1}", "[a]",
        "{", "}", "{1:2}", "{\"a\"}", "{\"a\":}", "{\"a\":1,}", "{,\"a\":1}", "{\"a\" 1}",
        "{\"a\":1 \"b\":2}", "{\"a\"::1}", "{a:1}", "{'a':1}", "{\"a\":1]", "{\"a\":1",
        "{\"a\":1,,\"b\":2}", "{\"a\":1,\"a\":1}", "{\"a\":1,\"\\u0061\":2}", "1 2", "[] []",
        "{}{}", "[]]", "1,", "null null", "// a\n1", "/* a */ 1", "1 # a", "\u{FEFF}1",
        "\u{A0}1", "1\u{0}", "\u{0}", "\u{C}1", "\u{B}1", "{\"a\":/**/1}", "[1]x", "\"a\" \"b\"",
        "&", "@", "\\u0031", "é", "[\"a\nb\"]", "{\"a\u{1}\":1}", "[-]", "[1e]", "[0 1]",
    ]

    @Test func `what is JSON is read, and its canonical form is stable`() throws {
        for text in Self.accepted {
            let value = try JSON(parsing: text)
            let canonical = value.canonical
            let again = try JSON(parsing: canonical)
            #expect(again == value && again.canonical == canonical, "\(text)")
            #expect(try JSON(parsing: value.line) == value, "\(text)")
        }
    }

    @Test func `what is no JSON is refused with a position`() {
        for text in Self.refused {
            let error = #expect(throws: JSONError.self, "\(text)") { try JSON(parsing: text) }
            #expect(error.map { (0...text.utf8.count).contains($0.offset) } == true, "\(text)")
        }
        #expect(Self.accepted.count + Self.refused.count >= 150)
    }

    @Test func `what is no UTF-8 is refused`() {
        let sequences: [[UInt8]] = [
            [0x80], [0xC3], [0xC0, 0x80], [0xC1, 0xBF], [0xE0, 0x80, 0x80], [0xED, 0xA0, 0x80],
            [0xF0, 0x80, 0x80, 0x80], [0xF4, 0x90, 0x80, 0x80], [0xF8], [0xFE], [0xFF],
            [0xE2, 0x82],
        ]
        for bytes in sequences {
            for quoted in [[0x22] + bytes + [0x22], [0x22, 0x5C, 0x6E] + bytes + [0x22]] {
                let error = #expect(throws: JSONError.self, "\(bytes)") {
                    try JSON(parsing: quoted)
                }
                #expect(error?.reason == "invalid UTF-8", "\(bytes)")
            }
            #expect(throws: JSONError.self, "\(bytes)") { try JSON(parsing: bytes) }
        }
    }

    @Test func `no bytes make the reader fail in any other way`() throws {
        var random = SeededGenerator(seed: 7)
        let alphabet =
            Array("{}[]\",:\\u0123dDeE+-. \n\ttrufalsn/".utf8) + [0x00, 0x80, 0xC3, 0xFF]
        for _ in 0..<4000 {
            let bytes = (0..<Int.random(in: 0...40, using: &random)).map { _ in
                alphabet.randomElement(using: &random) ?? 0
            }
            try read(bytes)
        }
        for _ in 0..<4000 {
            let text = Self.accepted.randomElement(using: &random) ?? ""
            var bytes = Array(text.utf8)
            for _ in 0..<Int.random(in: 1...3, using: &random) {
                mutate(&bytes, using: &random)
            }
            try read(bytes)
        }
    }

    /// Reads it or not; what is read must come back.
    private func read(_ bytes: [UInt8]) throws {
        guard let value = try? JSON(parsing: bytes) else { return }
        #expect(try JSON(parsing: value.canonical) == value, "\(bytes)")
    }

    private func mutate(_ bytes: inout [UInt8], using random: inout SeededGenerator) {
        let place = Int.random(in: 0...bytes.count, using: &random)
        let byte = UInt8.random(in: 0...255, using: &random)
        switch Int.random(in: 0..<3, using: &random) {
        case 0: bytes.insert(byte, at: place)
        case 1 where place < bytes.count: bytes.remove(at: place)
        default: if place < bytes.count { bytes[place] = byte }
        }
    }
}

/// The same numbers on every run.
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var value = state
        value = (value ^ value >> 30) &* 0xBF58_476D_1CE4_E5B9
        value = (value ^ value >> 27) &* 0x94D0_49BB_1331_11EB
        return value ^ value >> 31
    }
}

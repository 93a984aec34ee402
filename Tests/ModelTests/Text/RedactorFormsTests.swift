import Foundation
import Model
import Testing

/// The forms in which a value comes when somebody did not print it just as it is.
@Suite struct RedactorFormsTests {
    private static let value = "s3cr3t/V4lue:k"

    /// What redacting makes of a text, the same wherever the text is cut.
    private func redacted(
        _ bytes: [UInt8], _ redactor: Redactor = Redactor(values: [Self.value])
    ) -> [UInt8] {
        let whole = redactor.redact(bytes)
        for cut in 0...bytes.count {
            var stream = RedactingStream(redactor)
            let head = stream.feed(Array(bytes[..<cut])) + stream.feed(Array(bytes[cut...]))
            #expect(head + stream.finish() == whole, "cut at \(cut)")
        }
        return whole
    }

    private func redacted(_ text: String) -> String {
        String(decoding: redacted(Array(text.utf8)), as: UTF8.self)
    }

    @Test func `each line of a value is as secret as the whole, but not its frame`() {
        let lines = ["QWxhZGRpbjpvcGVu", "c2VzYW1lMTIzNDU2", "NDJU+/=="]
        let frame = ["-----BEGIN X-----", "-----END X-----"]
        let value = ([frame[0]] + lines + [frame[1]]).joined(separator: "\n")
        for spelling in [
            value, value.replacingOccurrences(of: "\n", with: "\r\n"),
            value.replacingOccurrences(of: "\n", with: "\\n"),
        ] {
            let redactor = Redactor(values: [spelling], patterns: false)
            for line in lines {
                #expect(redactor.redact("key: |\n    \(line)\n") == "key: |\n    [redacted]\n")
                let encoded = Data("    \(line)\n".utf8).base64EncodedString()
                #expect(redactor.redact(encoded) != encoded)
            }
            for line in frame { #expect(redactor.redact("  \(line)\n") == "  \(line)\n") }
            #expect(redactor.redact("<\(spelling)>") == "<[redacted]>")
        }
    }

    @Test func `lines that everybody writes are not learned`() {
        let value =
            "apiVersion: v1\nclusters:\n- name: \"x\"\n==========\ntoken: b4d-f00d-17\n\tshort\n"
        let redactor = Redactor(values: [value], patterns: false)
        let text = "apiVersion: v1\nclusters:\n- name: \"x\"\n==========\nshort\n"
        #expect(redactor.redact(text) == text)
        #expect(redactor.redact("  token: b4d-f00d-17\n") == "  [redacted]\n")
        let one = Redactor(values: ["C:\\new\\nothing-else"], patterns: false)
        #expect(one.redact("nothing-else othing-else") == "nothing-else othing-else")
    }

    @Test(arguments: ["", " ", ":", "-", "\n", ", ", "\\x", ", 0x", "', '", "\\n"], [false, true])
    func `a value in hexadecimal digits is found`(separator: String, isUpper: Bool) {
        let digits = Self.value.utf8.map { byte in
            let digits = String(byte, radix: 16)
            return isUpper ? digits.uppercased() : digits
        }.joined(separator: separator)
        #expect(redacted("<\(digits)>") == "<[redacted]>")
        let other = String(digits.dropLast()) + "c"
        #expect(redacted("<\(other)>") == "<\(other)>")
    }

    @Test(arguments: [
        "\u{1b}[31m", "\u{1b}[0m\u{1b}[1;32m", "\u{1b}(B", "\u{1b}]0;title\u{7}",
        "\u{1b}]8;;http://h\u{1b}\\", "\u{200b}", "\u{feff}", "\u{ad}", "\u{2060}\u{200d}",
        "\\u001b[0m", "\\u200B", "\\u001b]0;t\\u0007", "\0",
    ]) func `what nobody sees does not hide a value`(unseen: String) {
        for place in [1, 3, 6, 13] {
            let text = "<" + Self.value.prefix(place) + unseen + Self.value.dropFirst(place) + ">"
            #expect(redacted(text) == "<[redacted]>", "at \(place)")
        }
        let encoded = Data(Self.value.utf8).base64EncodedString()
        #expect(
            redacted("<\(encoded.prefix(5))\(unseen)\(encoded.dropFirst(5))>") == "<[redacted]>")
        let between = Self.value.map { "\($0)" }.joined(separator: unseen)
        #expect(redacted("<\(between)>") == "<[redacted]>")
        let start = "<\(Self.value.prefix(6))\(unseen)"
        #expect(redacted(start) == start)
        #expect(redacted(start + "x") == start + "x")
    }

    @Test func `a value in UTF-16 is found in either order of bytes`() {
        for units in [[0, 1], [1, 0]] {
            let wide = "é <\(Self.value)>".utf16.flatMap { unit -> [UInt8] in
                let bytes = [UInt8(unit & 0xff), UInt8(unit >> 8)]
                return units.map { bytes[$0] }
            }
            let text = redacted(wide)
            #expect(
                text.filter { $0 != 0 } == Array("\u{e9} <".unicodeScalars.map { UInt8($0.value) })
                    + Array("[redacted]>".utf8))
        }
    }

    @Test func `a text of which nothing is seen is passed on in time`() {
        let unseen = String(repeating: "\u{1b}[0m", count: 100)
        let far = "s3cr3t\(unseen)/V4lue:k"
        #expect(redacted(far) == far)
        let start = String(repeating: "s\0", count: 20_000)
        #expect(Redactor(values: [Self.value]).redact(start) == start)
    }
}

import Foundation
import Model
import Testing

@Suite struct KnownTextTests {
    private static let quoted = #"Always say "good morning" to C:\files before you begin"#
    private static let foreign = "Überall gilt: keine Zeile ist länger als hundert Zeichen"
    private static let long = (0..<60).map { "word\($0)" }.joined(separator: " ")

    private func redactor() -> Redactor {
        let redactor = Redactor(values: ["secret-value"])
        let text = "# Short\n\n- \(Self.quoted)\r\n  * \(Self.foreign)  \n\(Self.long)\nshort\n"
        redactor.learn([KnownText(name: "[skill x 1]", bytes: Array(text.utf8))])
        return redactor
    }

    @Test func `a line is replaced without what begins it`() {
        let redactor = redactor()
        #expect(redactor.redact("  12\t- \(Self.quoted)!\n") == "  12\t- [skill x 1]!\n")
        #expect(redactor.redact("> \(Self.foreign)") == "> [skill x 1]")
        #expect(redactor.redact("# Short, short") == "# Short, short")
        #expect(redactor.redact(Self.quoted.dropLast(3) + "") != "[skill x 1]")
    }

    @Test func `of a long line the parts are replaced, too`() {
        let redactor = redactor()
        #expect(redactor.redact(Self.long) == "[skill x 1]")
        let cut = redactor.redact(String(Self.long.dropLast(5)))
        #expect(cut.hasPrefix("[skill x 1]") && !cut.contains("word20"))
    }

    @Test func `lines are found as JSON spells them, also within JSON`() throws {
        let redactor = redactor()
        for line in [Self.quoted, Self.foreign] {
            let once = JSON.string("a\n\(line)\nb").line
            let twice = JSON.string(once).line
            for text in [once, twice, once.replacing("/", with: "\\/"), ascii(once)] {
                #expect(redactor.redact(text).contains("[skill x 1]"), "\(text)")
            }
        }
    }

    private func ascii(_ text: String) -> String {
        text.utf16.map {
            $0 < 0x80 ? String(UnicodeScalar(UInt8($0))) : String(format: "\\u%04x", $0)
        }
        .joined()
    }

    @Test func `pieces of any size give what the whole gives, secrets included`() {
        let redactor = redactor()
        let text =
            "x \(Self.quoted)\(Self.quoted)\n\(Self.foreign.dropLast(4)) secret-value "
            + "\(Self.long)\n\(Self.foreign)Always say"
        let bytes = Array(text.utf8)
        let whole = redactor.redact(bytes)
        #expect(String(decoding: whole, as: UTF8.self).contains("[redacted] [skill x 1]\n"))
        for size in Array(1...40) + [100, 200] {
            var stream = RedactingStream(redactor)
            var result: [UInt8] = []
            for start in stride(from: 0, to: bytes.count, by: size) {
                result += stream.feed(Array(bytes[start..<min(start + size, bytes.count)]))
            }
            #expect(result + stream.finish() == whole)
        }
        #expect(redactor.redact(whole) == whole)
    }

    @Test func `only what may be a line is held back, and copies learn with each other`() {
        let redactor = Redactor(values: [])
        let copy = redactor
        copy.learn([KnownText(name: "[it]", bytes: Array(Self.quoted.utf8))])
        var stream = RedactingStream(redactor)
        #expect(stream.feed(Array("hello, ".utf8)) == Array("hello, ".utf8))
        #expect(stream.feed(Array("Always say".utf8)) == [])
        #expect(stream.feed(Array(" no ".utf8)) == Array("Always say no ".utf8))
        #expect(stream.finish() == [])
    }

    @Test func `a known text is no secret`() {
        let redactor = redactor()
        let bytes = Array("\(Self.quoted) secret-value".utf8)
        #expect(redactor.finds(in: bytes).count == 1)
    }
}

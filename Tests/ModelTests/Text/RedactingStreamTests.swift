import Foundation
import Model
import Testing

@Suite struct RedactingStreamTests {
    /// Thirty values of different alphabets and lengths.
    static let canaries: [String] = {
        var generator = SeededGenerator(seed: 30)
        let alphabets = [
            "abcdefghijklmnopqrstuvwxyz0123456789", "ABCdef+/=-_", "p%2F&=? +#@:",
            "\"\\/\n\t\u{1}x<>y",
            "äöü€😀ß", "aA1!$^*(){}[]|;',.~`",
        ]
        return (0..<30).map { index in
            let alphabet = Array(alphabets[index % alphabets.count].unicodeScalars)
            var scalars = String.UnicodeScalarView("\(index % 10)!".unicodeScalars)
            for _ in 0..<(7 + index % 12) {
                scalars.append(alphabet[Int.random(in: 0..<alphabet.count, using: &generator)])
            }
            scalars.append("z")
            return String(scalars)
        }
    }()

    /// The spellings of a value that must not come through.
    static func spellings(of value: String) throws -> [String] {
        let bytes = Array(value.utf8)
        let json = String(
            decoding: try JSONEncoder().encode([value]).dropFirst(2).dropLast(2), as: UTF8.self)
        let ascii = value.utf16.map { String(format: "\\u%04x", $0) }.joined()
        let percent = value.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? ""
        let hex = bytes.map { String(format: "%%%02x", $0) }.joined()
        let upper = bytes.map { String(format: "%%%02X", $0) }.joined()
        var all = [value, json, ascii, percent, percent.lowercasedEscapes, hex, upper]
        all.append(percent.replacingOccurrences(of: "%20", with: "+"))
        for offset in 0..<3 {
            let plain = Data(Array("ab".utf8).prefix(offset) + bytes + Array("cd".utf8))
            let encoded = plain.base64EncodedString()
            let url = encoded.replacingOccurrences(of: "+", with: "-")
                .replacingOccurrences(of: "/", with: "_")
            all += [encoded, url, url.replacingOccurrences(of: "=", with: "")]
            all.append(encoded.enumerated().map { $0 == 7 ? "\n\($1)" : "\($1)" }.joined())
            all.append(Data(Array("ab".utf8).prefix(offset) + bytes).base64EncodedString())
        }
        return all
    }

    @Test(arguments: canaries)
    func `no spelling of a known value survives any cut`(canary: String) throws {
        let redactor = Redactor(values: Self.canaries)
        for spelling in try Self.spellings(of: canary) {
            let text = Array("say \(spelling)\u{7f} on".utf8)
            let whole = redactor.redact(text)
            let shown = String(decoding: whole, as: UTF8.self)
            #expect(shown.hasPrefix("say ") && shown.hasSuffix("\u{7f} on"))
            #expect(shown.contains("[redacted]"), "\(spelling)")
            #expect(!shown.contains(spelling))
            #expect(shown.utf8.count <= "say [redacted]\u{7f} on".utf8.count + 8, "\(shown)")
            for cut in 0...text.count {
                var stream = RedactingStream(redactor)
                let pieces = stream.feed(Array(text[..<cut])) + stream.feed(Array(text[cut...]))
                #expect(pieces + stream.finish() == whole)
            }
        }
    }

    @Test func `pieces of any size give what the whole gives`() {
        let key = "-----BEGIN EC PRIVATE KEY-----\nMHcCAQEE\n-----END EC PRIVATE KEY-----"
        var text = "log https://u:pw@h/ Authorization: Bearer abc.def-0123456789 \(key)\n\(key)"
        text += RedactorTests.tokens.map { "\($0.1) x" }.joined()
        text +=
            #"{"a": "say \"-----BEGIN PRIVATE KEY-----\" or \\\"-----BEGIN PRIVATE KEY-----\\\""}"#
        text += Self.canaries.joined() + "\u{0}\u{e9} -----BEGIN PRIVATE KEY----- sk- eyJ"
        let bytes = Array(text.utf8) + [0xff, 0xfe] + Array("-----BEGIN PRIVATE KEY--".utf8)
        let redactor = Redactor(values: Self.canaries)
        let whole = redactor.redact(bytes)
        #expect(!String(decoding: whole, as: UTF8.self).contains("MHcC"))
        for size in Array(1...40) + [100, 500] {
            var stream = RedactingStream(redactor)
            var result: [UInt8] = []
            for start in stride(from: 0, to: bytes.count, by: size) {
                result += stream.feed(Array(bytes[start..<min(start + size, bytes.count)]))
            }
            result += stream.finish()
            #expect(result == whole)
        }
        #expect(redactor.redact(whole) == whole)
    }

    @Test func `random mixtures of fragments give the same however cut`() {
        let redactor = Redactor(values: Array(Self.canaries.prefix(12)))
        var fragments = [
            "-----BEGIN PRIVATE KEY-----", "-----END PRIVATE KEY-----", "-----BEGIN ", "://",
            "a:b@",
            "Authorization: ", "Bearer ", "basic ", "\\u", "%", "\\", "\"", "\n", " ", "eyJ", "sk-",
            ".",
        ]
        for value in Self.canaries.prefix(12) {
            fragments += [value, String(value.prefix(5)), Data(value.utf8).base64EncodedString()]
        }
        for (_, token) in RedactorTests.tokens { fragments += [token, String(token.prefix(9))] }
        var generator = SeededGenerator(seed: 99)
        for _ in 0..<150 {
            var text: [UInt8] = []
            for _ in 0..<12 {
                text += Array(fragments.randomElement(using: &generator)?.utf8 ?? "".utf8)
            }
            let whole = redactor.redact(text)
            var stream = RedactingStream(redactor)
            var result: [UInt8] = []
            var start = 0
            while start < text.count {
                let end = min(text.count, start + Int.random(in: 1...30, using: &generator))
                result += stream.feed(Array(text[start..<end]))
                start = end
            }
            #expect(result + stream.finish() == whole)
        }
    }

    @Test func `what cannot be a secret is passed on at once`() {
        var stream = RedactingStream(Redactor(values: ["secret-value"]))
        #expect(stream.feed(Array("hello, ".utf8)) == Array("hello, ".utf8))
        #expect(stream.feed(Array("secret-val".utf8)) == [])
        #expect(stream.feed(Array("id ".utf8)) == Array("secret-valid ".utf8))
        #expect(stream.finish() == [])
    }

    @Test func `a token without end is not held back`() {
        var stream = RedactingStream(Redactor(values: []))
        var output = stream.feed(Array("ghp_".utf8))
        for _ in 0..<100 { output += stream.feed([UInt8](repeating: 0x61, count: 1000)) }
        #expect(output == Array("[redacted]".utf8))
        #expect(stream.feed([0x20]) + stream.finish() == [0x20])
    }
}

extension String {
    /// The text with its `%2F` written as `%2f`.
    fileprivate var lowercasedEscapes: String {
        let parts = split(separator: "%", omittingEmptySubsequences: false)
        return parts.enumerated().map { index, part in
            index == 0 ? String(part) : part.prefix(2).lowercased() + part.dropFirst(2)
        }.joined(separator: "%")
    }
}

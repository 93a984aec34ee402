extension JSON {
    /// The canonical bytes: two spaces of indent, keys sorted by bytes, one final newline.
    public var canonical: [UInt8] {
        var writer = JSONWriter()
        writer.write(self, indent: 0)
        writer.bytes.append(0x0A)
        return writer.bytes
    }

    /// The canonical bytes as text.
    public var canonicalText: String { String(decoding: canonical, as: UTF8.self) }

    /// The value on one line, as JSON Lines want it, without a newline.
    public var line: String {
        var writer = JSONWriter(isCompact: true)
        writer.write(self, indent: 0)
        return String(decoding: writer.bytes, as: UTF8.self)
    }
}

private struct JSONWriter {
    var bytes: [UInt8] = []
    var isCompact = false

    mutating func write(_ value: JSON, indent: Int) {
        switch value {
        case .null: bytes += "null".utf8
        case .bool(let truth): bytes += (truth ? "true" : "false").utf8
        case .integer(let number): bytes += String(number).utf8
        case .number(let text): bytes += text.utf8
        case .string(let text): write(text)
        case .array(let elements):
            list(elements, "[", "]", indent) { writer, element in
                writer.write(element, indent: indent + 1)
            }
        case .object(let members):
            list(Array(members), "{", "}", indent) { writer, member in
                writer.write(member.key)
                writer.bytes += (writer.isCompact ? ":" : ": ").utf8
                writer.write(member.value, indent: indent + 1)
            }
        }
    }

    private mutating func list<Element>(
        _ elements: [Element], _ open: UnicodeScalar, _ close: UnicodeScalar, _ indent: Int,
        write: (inout JSONWriter, Element) -> Void
    ) {
        bytes.append(UInt8(ascii: open))
        for (index, element) in elements.enumerated() {
            if index > 0 { bytes.append(UInt8(ascii: ",")) }
            newline(indent + 1)
            write(&self, element)
        }
        if !elements.isEmpty { newline(indent) }
        bytes.append(UInt8(ascii: close))
    }

    private mutating func newline(_ indent: Int) {
        guard !isCompact else { return }
        bytes.append(0x0A)
        for _ in 0..<indent { bytes += [0x20, 0x20] }
    }

    private mutating func write(_ text: String) {
        bytes.append(UInt8(ascii: "\""))
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"): bytes += [UInt8(ascii: "\\"), byte]
            case 0x08: bytes += "\\b".utf8
            case 0x09: bytes += "\\t".utf8
            case 0x0A: bytes += "\\n".utf8
            case 0x0C: bytes += "\\f".utf8
            case 0x0D: bytes += "\\r".utf8
            case 0..<0x20:
                bytes += "\\u00".utf8
                let digits = Array("0123456789abcdef".utf8)
                bytes += [digits[Int(byte >> 4)], digits[Int(byte & 15)]]
            default: bytes.append(byte)
            }
        }
        bytes.append(UInt8(ascii: "\""))
    }
}

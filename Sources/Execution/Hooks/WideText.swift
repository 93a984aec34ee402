/// The text in bytes whose characters have two bytes each, as in UTF-16.
struct WideText {
    private let bytes: [UInt8]

    /// The fewest characters in a row that are text and no accident.
    private static let minimum = 6

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    /// The text in UTF-8; nothing if there is none.
    ///
    /// With a mark at the beginning everything is decoded. Without one it is every run of
    /// ASCII with zeros in between, in either order of the bytes and at any offset, since what
    /// a commit adds need not begin where a character does.
    var narrow: [UInt8] {
        guard bytes.contains(0) else { return [] }
        // The first line of what a commit adds to a file is the file's name.
        for start in [0, (bytes.firstIndex(of: 10) ?? 0) + 1] {
            let text = bytes[start...]
            if text.starts(with: [0xff, 0xfe]) { return decoded(from: start + 2, high: 1) + runs }
            if text.starts(with: [0xfe, 0xff]) { return decoded(from: start + 2, high: 0) + runs }
        }
        return runs
    }

    private func decoded(from start: Int, high: Int) -> [UInt8] {
        let units = stride(from: start, to: bytes.count - 1, by: 2).map { index in
            UInt16(bytes[index + high]) << 8 | UInt16(bytes[index + 1 - high])
        }
        return Array(String(decoding: units, as: UTF16.self).utf8) + [10]
    }

    private var runs: [UInt8] {
        var text: [UInt8] = []
        var index = 0
        while index + 1 < bytes.count {
            let start = index
            while index + 1 < bytes.count, Self.isText(bytes[index]), bytes[index + 1] == 0 {
                index += 2
            }
            // Of the other order of bytes, the last character has its zero before it.
            let isLast = index > start && index < bytes.count && Self.isText(bytes[index])
            let end = isLast ? index + 1 : index
            if (index - start) / 2 >= Self.minimum {
                text += stride(from: start, to: end, by: 2).map { bytes[$0] } + [10]
            }
            if index == start { index += 1 }
        }
        return text
    }

    private static func isText(_ byte: UInt8) -> Bool {
        (0x20...0x7e).contains(byte) || [0x09, 0x0a, 0x0d].contains(byte)
    }
}

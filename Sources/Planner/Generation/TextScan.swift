internal import GitStore
internal import Model

/// What the texts of a repository say: the README, and what they mark as open.
struct TextScan {
    /// The length of each file, where it was read.
    private(set) var sizes: [Int?] = []
    /// The README: path and text; null if there is none.
    private(set) var readme = JSON.null
    /// The marks: path, line and text.
    private(set) var markers: [JSON] = []
    /// What is not said.
    private(set) var cut: [String] = []

    private var scanned = 0
    private var left = (files: 0, markers: 0)

    /// The longest file that is looked into, in bytes.
    private static let fileLimit = 256 << 10
    /// How much is looked through in all, in bytes.
    private static let scanLimit = 8 << 20
    private static let markerLimit = 50
    private static let lineLimit = 160
    private static let readmeLimit = 6 << 10

    /// The words that mark what is open; in halves, for our own sources must not hold them.
    private static let words = [("TO", "DO"), ("FIX", "ME"), ("XX", "X"), ("HA", "CK")].map {
        Array(($0 + $1).utf8)
    }

    /// Looks into files; one that cannot be read is left out.
    init(_ files: [TrackedFile], _ repository: Repository) {
        for file in files {
            guard let blob = file.blob, scanned < Self.scanLimit,
                let bytes = try? repository.readBlob(blob, limit: Self.fileLimit)
            else {
                sizes.append(nil)
                left.files += file.blob == nil ? 0 : 1
                continue
            }
            sizes.append(bytes.count)
            scanned += bytes.count
            guard !bytes.prefix(8000).contains(0) else { continue }
            if readme.isNull, Self.isReadme(file.path) { take(bytes, of: file.path) }
            look(in: bytes, of: file.path)
        }
        if left.files > 0 { cut.append("\(left.files) files were not looked into") }
        if left.markers > 0 { cut.append("\(left.markers) more open marks") }
    }

    private static func isReadme(_ path: String) -> Bool {
        let names = ["readme", "readme.md", "readme.markdown", "readme.rst", "readme.txt"]
        return names.contains { $0.utf8.elementsEqual(path.lowercased().utf8) }
    }

    private mutating func take(_ bytes: [UInt8], of path: String) {
        var head = Text.boundedHead(Text.decode(bytes), limit: Self.readmeLimit)
        if head.utf8.count < bytes.count, let line = head.utf8.lastIndex(of: 10) {
            head = String(head[..<line])
            cut.append("of '\(path)' only the beginning")
        }
        readme = ["path": .string(path), "text": .string(head)]
    }

    private mutating func look(in bytes: [UInt8], of path: String) {
        var number: Int64 = 0
        for line in bytes.split(separator: 10, omittingEmptySubsequences: false) {
            number += 1
            guard Self.isMarked(line) else { continue }
            guard markers.count < Self.markerLimit else {
                left.markers += 1
                continue
            }
            let text = Text.boundedHead(Text.firstLine(Text.decode(line)), limit: Self.lineLimit)
            markers.append([
                "path": .string(path), "line": .integer(number), "text": .string(text),
            ])
        }
    }

    /// Whether a line holds one of the words.
    static func isMarked(_ line: ArraySlice<UInt8>) -> Bool {
        var index = line.startIndex
        var before: UInt8 = 0
        while index < line.endIndex {
            let byte = line[index]
            let mayBegin = byte == 0x54 || byte == 0x46 || byte == 0x58 || byte == 0x48
            if mayBegin, !isWord(before) {
                for word in words where line[index...].starts(with: word) {
                    let end = index + word.count
                    if end == line.endIndex || !isWord(line[end]) { return true }
                }
            }
            before = byte
            index += 1
        }
        return false
    }

    private static func isWord(_ byte: UInt8) -> Bool {
        (0x30...0x39).contains(byte) || (0x41...0x5a).contains(byte)
            || (0x61...0x7a).contains(byte) || byte == 0x5f || byte >= 0x80
    }
}

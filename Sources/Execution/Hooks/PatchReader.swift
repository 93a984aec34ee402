internal import GitStore

/// Cuts a stream of commits and patches without context into what each adds to each file.
struct PatchReader {
    /// What a commit adds to a file, its message, or who made it.
    struct Patch {
        let commit: ObjectID
        /// `nil` if it is none.
        let path: String?
        /// Whether it is who made the commit.
        var isPerson = false
        var added: [UInt8]
        /// Whether there was more than is looked at.
        var isCut: Bool
    }

    private let fileLimit: Int
    private var line: [UInt8] = []
    private var added: [UInt8] = []
    private var isCut = false
    private var path: String?
    private var place = Place.message
    /// The commit that is being read.
    private(set) var commit = ObjectID.zero
    /// How many there were.
    private(set) var commits = 0

    private enum Place: Equatable {
        case message
        case header
        /// Lines, each behind that many columns of signs.
        case lines(columns: Int)
    }

    /// What the lines begin with that say who made a commit; those of messages are indented.
    static let person = "person "

    init(fileLimit: Int) { self.fileLimit = fileLimit }

    /// Reads on; gives every part that is complete.
    mutating func feed(_ bytes: ArraySlice<UInt8>, _ take: (Patch) -> Void) {
        var start = bytes.startIndex
        while let end = bytes[start...].firstIndex(of: 10) {
            append(bytes[start..<end])
            read(take)
            line.removeAll(keepingCapacity: true)
            start = end + 1
        }
        append(bytes[start...])
    }

    /// Gives what is left.
    mutating func finish(_ take: (Patch) -> Void) {
        if !line.isEmpty { read(take) }
        line = []
        close(take)
    }

    /// Keeps the beginning of a line, however long it is.
    private mutating func append(_ bytes: ArraySlice<UInt8>) {
        line += bytes.prefix(max(0, fileLimit + 1 - line.count))
    }

    private mutating func close(_ take: (Patch) -> Void) {
        if !added.isEmpty || isCut {
            take(Patch(commit: commit, path: path, added: added, isCut: isCut))
        }
        added.removeAll(keepingCapacity: true)
        isCut = false
    }

    private mutating func read(_ take: (Patch) -> Void) {
        if line.starts(with: "commit ".utf8) {
            close(take)
            commit = ObjectID(hex: String(decoding: line.dropFirst(7), as: UTF8.self)) ?? commit
            commits += 1
            (path, place) = (nil, .message)
        } else if place == .message, line.starts(with: Self.person.utf8) {
            let name = Array(line.dropFirst(Self.person.utf8.count))
            take(Patch(commit: commit, path: nil, isPerson: true, added: name, isCut: false))
        } else if line.starts(with: "diff --".utf8) {
            close(take)
            path = Self.name(in: line)
            place = .header
            keep(line[...])
        } else if line.starts(with: "@@".utf8) {
            place = .lines(columns: line.prefix { $0 == UInt8(ascii: "@") }.count - 1)
        } else {
            readContent()
        }
    }

    private mutating func readContent() {
        switch place {
        case .message: keep(line.dropFirst())
        case .header:
            guard line.starts(with: "+++ b/".utf8) else { return }
            path = String(decoding: line.dropFirst(6).prefix { $0 != 9 }, as: UTF8.self)
        case .lines(let columns):
            let signs = line.prefix(columns)
            guard signs.contains(UInt8(ascii: "+")), !signs.contains(UInt8(ascii: "-")) else {
                return
            }
            keep(line.dropFirst(columns))
        }
    }

    private mutating func keep(_ bytes: ArraySlice<UInt8>) {
        guard added.count + bytes.count < fileLimit else {
            isCut = true
            return
        }
        added += bytes
        added.append(10)
    }

    /// The name in the first line of a patch, until a better one comes.
    private static func name(in line: [UInt8]) -> String {
        let text = String(decoding: line, as: UTF8.self)
        for prefix in ["diff --cc ", "diff --combined "] where text.hasPrefix(prefix) {
            return String(text.dropFirst(prefix.count))
        }
        return text.split(separator: " b/", maxSplits: 1).last.map(String.init) ?? text
    }
}

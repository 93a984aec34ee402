/// How a tree's entry is to be understood.
public struct FileMode: RawRepresentable, Hashable, Sendable {
    /// The number that git keeps, in octal as `100644`.
    public let rawValue: UInt32

    /// Creates a mode from git's number.
    public init(rawValue: UInt32) { self.rawValue = rawValue }

    /// A folder.
    public static let tree = FileMode(rawValue: 0o040000)
    /// A plain file.
    public static let file = FileMode(rawValue: 0o100644)
    /// An executable file.
    public static let executable = FileMode(rawValue: 0o100755)
    /// A symbolic link.
    public static let link = FileMode(rawValue: 0o120000)
    /// A commit of another repository.
    public static let submodule = FileMode(rawValue: 0o160000)
}

/// One line of a tree.
public struct TreeEntry: Hashable, Sendable {
    /// Its name, byte for byte; git does not ask for UTF-8.
    public let nameBytes: [UInt8]

    /// What it is.
    public let mode: FileMode

    /// What it refers to.
    public let id: ObjectID

    /// Creates an entry.
    public init(nameBytes: [UInt8], mode: FileMode, id: ObjectID) {
        self.nameBytes = nameBytes
        self.mode = mode
        self.id = id
    }

    /// Creates an entry with a name in UTF-8.
    public init(name: String, mode: FileMode = .file, id: ObjectID) {
        self.init(nameBytes: Array(name.utf8), mode: mode, id: id)
    }

    /// Its name; bytes that are not UTF-8 are replaced.
    public var name: String { String(decoding: nameBytes, as: UTF8.self) }

    /// Whether it is a folder.
    public var isTree: Bool { mode == .tree }

    /// Whether git sorts it before another: by bytes, a folder as if its name ended in a slash.
    func precedes(_ other: TreeEntry) -> Bool {
        let length = min(nameBytes.count, other.nameBytes.count)
        for index in 0..<length where nameBytes[index] != other.nameBytes[index] {
            return nameBytes[index] < other.nameBytes[index]
        }
        return byte(at: length) < other.byte(at: length)
    }

    private func byte(at index: Int) -> UInt8 {
        index < nameBytes.count ? nameBytes[index] : isTree ? UInt8(ascii: "/") : 0
    }
}

// MARK: - The stored form

/// Reads and writes the stored form of a tree.
enum TreeFormat {
    static func decode(_ bytes: [UInt8], of id: ObjectID) throws(GitError) -> [TreeEntry] {
        var entries: [TreeEntry] = []
        entries.reserveCapacity(bytes.count / 36)
        let isWhole = bytes.withUnsafeBytes { buffer in
            var index = 0
            while index < buffer.count {
                var mode: UInt32 = 0
                let first = index
                while index < buffer.count, (0x30...0x37).contains(buffer[index]) {
                    mode = mode << 3 | UInt32(buffer[index] - 0x30)
                    index += 1
                    guard index - first <= 7 else { return false }
                }
                guard index > first, index < buffer.count, buffer[index] == 0x20 else {
                    return false
                }
                let start = index + 1
                guard let end = buffer[start...].firstIndex(of: 0), end > start,
                    buffer.count - end > ObjectID.byteCount
                else { return false }
                let id = ObjectID(raw: UnsafeRawBufferPointer(rebasing: buffer[(end + 1)...]))
                entries.append(
                    TreeEntry(
                        nameBytes: Array(buffer[start..<end]), mode: FileMode(rawValue: mode),
                        id: id))
                index = end + 1 + ObjectID.byteCount
            }
            return true
        }
        guard isWhole else { throw GitError(.corrupt, "tree \(id) is malformed") }
        return entries
    }

    /// - Precondition: The entries are sorted as git sorts them.
    static func encode(_ entries: [TreeEntry]) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(entries.count * 48)
        for entry in entries {
            bytes.append(contentsOf: String(entry.mode.rawValue, radix: 8).utf8)
            bytes.append(UInt8(ascii: " "))
            bytes.append(contentsOf: entry.nameBytes)
            bytes.append(0)
            bytes.append(contentsOf: entry.id.bytes)
        }
        return bytes
    }

    /// Whether a name may be an entry's, as `git fsck --strict` sees it.
    static func isValid(name: some Collection<UInt8>) -> Bool {
        let bytes = Array(name)
        guard !bytes.isEmpty, !bytes.contains(0), !bytes.contains(UInt8(ascii: "/")) else {
            return false
        }
        guard bytes != Array(".".utf8), bytes != Array("..".utf8) else { return false }
        let folded = bytes.map { (0x41...0x5a).contains($0) ? $0 | 0x20 : $0 }
        return folded != Array(".git".utf8) && folded != Array("git~1".utf8)
    }
}

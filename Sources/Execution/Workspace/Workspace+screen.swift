/// Files that git reads, wherever they are, before anybody could leave them out.
extension Workspace {
    /// The bytes of a file of patterns; git takes many times as much memory for it.
    private static let mostPatterns: Int64 = 1 << 20

    /// How deep it is looked for.
    private static let depth = 200

    /// Takes away what git would choke on in each directory: patterns without end, and pipes.
    ///
    /// What the index has in its place is laid out again. A file that is as large as the index
    /// says is the user's own.
    ///
    /// - Returns: What was taken away.
    func screen() throws -> [[UInt8]] {
        let root = try folder()
        var found: [[UInt8]: Int64] = [:]
        try Self.findPatterns(in: root, below: [], Self.depth, &found)
        guard !found.isEmpty else { return [] }
        let known = try knownPatterns()
        let paths = found.filter { known[$0.key] != $0.value }.keys
            .sorted { $0.lexicographicallyPrecedes($1) }
        for path in paths {
            let steps = path.split(separator: UInt8(ascii: "/"))
            guard let name = steps.last else { continue }
            try root.opening(bytes: steps.dropLast()).remove(name)
        }
        let tracked = paths.filter { known[$0] != nil }
        if !tracked.isEmpty {
            _ = try control(
                ["checkout-index", "--quiet", "--force", "-z", "--stdin"],
                input: Array(tracked.joined(separator: [0])) + [0], allowed: [0, 1, 128])
        }
        return paths
    }

    /// Finds them, with the size of each; one that is no file has none.
    private static func findPatterns(
        in folder: borrowing Folder, below path: [UInt8], _ depth: Int,
        _ found: inout [[UInt8]: Int64]
    ) throws {
        let names = [".gitattributes", ".gitignore"].map { Array($0.utf8) }
        for entry in try folder.entries() {
            if entry.isFolder {
                guard depth > 0, let inner = try? folder.folder(entry.name) else { continue }
                let below = path + entry.name + [UInt8(ascii: "/")]
                // What cannot be read is nothing that git reads.
                try? findPatterns(in: inner, below: below, depth - 1, &found)
            } else if names.contains(entry.name) {
                switch folder.kind(entry.name) {
                case .other: found[path + entry.name] = -1
                case .file:
                    let size = folder.size(entry.name)
                    if size > mostPatterns { found[path + entry.name] = size }
                default: continue
                }
            }
        }
    }

    /// The sizes of those that the index has.
    private func knownPatterns() throws -> [[UInt8]: Int64] {
        let listed = try control([
            "ls-files", "--stage", "-z", "--", ":(glob)**/.gitattributes", ":(glob)**/.gitignore",
        ])
        var paths: [(path: [UInt8], id: ArraySlice<UInt8>)] = []
        for line in listed.bytes.split(separator: 0) {
            let words = line.prefix { $0 != 9 }.split(separator: 32)
            guard words.count == 3 else { continue }
            paths.append((Array(line.drop { $0 != 9 }.dropFirst()), words[1]))
        }
        guard !paths.isEmpty else { return [:] }
        let sizes = try controlObjects(
            ["cat-file", "--batch-check=%(objectsize)"],
            input: Array(paths.map(\.id).joined(separator: [10])) + [10]
        ).bytes.split(separator: 10)
        guard sizes.count == paths.count else { return [:] }
        return Dictionary(
            zip(paths, sizes).map { ($0.path, Int64(String(decoding: $1, as: UTF8.self)) ?? 0) },
            uniquingKeysWith: max)
    }
}

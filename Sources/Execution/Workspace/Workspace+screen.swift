/// What git does not tell of the files, or reads before anybody could leave it out.
extension Workspace {
    /// What is found on the way through all directories.
    struct Screened {
        /// What was taken away.
        var removed: [[UInt8]] = []

        /// What is neither a file nor a link nor a directory, which git passes over in silence.
        var special: [[UInt8]] = []
    }

    /// The bytes of a file of patterns; git takes many times as much memory for it.
    private static let mostPatterns: Int64 = 1 << 20

    /// How deep it is looked for.
    private static let depth = 200

    /// Takes away what git would choke on in each directory: patterns without end, and pipes.
    ///
    /// What the index has in its place is laid out again. A file that is as large as the index
    /// says is the user's own.
    ///
    /// - Returns: What was taken away, and what git would not tell of.
    @discardableResult
    func screen() throws -> Screened {
        let root = try folder()
        var screened = Screened()
        var found: [[UInt8]: Int64] = [:]
        try Self.findPatterns(in: root, below: [], Self.depth, &found, &screened.special)
        guard !found.isEmpty else { return screened }
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
        screened.removed = paths
        return screened
    }

    /// Those that git would list if they were files: not what is ignored, in a repository of its
    /// own, or ours.
    ///
    /// - Parameters:
    ///   - special: What is no file.
    ///   - listed: What git lists; a repository ends in a slash.
    /// - Returns: Their paths, sorted.
    /// - Throws: ``ExecutionError`` if git cannot be asked.
    func told(_ special: [[UInt8]], beside listed: Set<ArraySlice<UInt8>>) throws -> [String] {
        let (ours, git) = (Array(".draft/".utf8)[...], Array(".git".utf8)[...])
        let paths = special.filter { path in
            let folders = path.indices.filter { path[$0] == UInt8(ascii: "/") }
                .map { path[...$0] }
            return !listed.contains(path[...]) && !folders.contains { listed.contains($0) }
                && folders.first != ours && !path.split(separator: UInt8(ascii: "/")).contains(git)
        }
        guard !paths.isEmpty else { return [] }
        // A name that begins with a colon would mean something, and one that git refuses is told.
        var input: [UInt8] = []
        for path in paths { input += Array("./".utf8) + path + [0] }
        let ignored = try control(
            ["check-ignore", "-z", "--stdin"], input: input, allowed: [0, 1, 128]
        ).bytes.split(separator: 0).map { $0.dropFirst(2) }
        return Set(paths.map { $0[...] }).subtracting(ignored)
            .map { String(decoding: $0, as: UTF8.self) }.sorted()
    }

    /// Finds them, with the size of each; one that is no file has none.
    private static func findPatterns(
        in folder: borrowing Folder, below path: [UInt8], _ depth: Int,
        _ found: inout [[UInt8]: Int64], _ special: inout [[UInt8]]
    ) throws {
        let names = [".gitattributes", ".gitignore"].map { Array($0.utf8) }
        for entry in try folder.entries() {
            if entry.isFolder {
                guard depth > 0, let inner = try? folder.folder(entry.name) else { continue }
                let below = path + entry.name + [UInt8(ascii: "/")]
                // What cannot be read is nothing that git reads.
                try? findPatterns(in: inner, below: below, depth - 1, &found, &special)
            } else if names.contains(entry.name) {
                switch folder.kind(entry.name) {
                case .other: found[path + entry.name] = -1
                case .file:
                    let size = folder.size(entry.name)
                    if size > mostPatterns { found[path + entry.name] = size }
                default: continue
                }
            } else if entry.isSpecial {
                special.append(path + entry.name)
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

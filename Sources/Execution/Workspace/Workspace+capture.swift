internal import GitStore
internal import Glibc
internal import Synchronization

/// The files of a workspace as a tree.
struct Capture {
    /// The tree; its objects are in the controller's git directory.
    let tree: ObjectID

    /// What is not in the tree although it is in the directory.
    let omitted: [String]

    /// What was taken away, since git would have read it before anybody could tell.
    let screened: [String]

    /// What is in the tree, but has a name that is not UTF-8.
    let odd: [String]

    /// What is not in the tree, and has no contents: pipes, sockets and devices.
    let special: [String]
}

extension Workspace {
    /// Stores the files as a tree, and runs nothing that they ask for.
    ///
    /// Of all ways to do this only `ls-files` and `update-index` enter no nested
    /// repository. Nothing of the agent may be running.
    ///
    /// - Parameters:
    ///   - paths: Files that are to be in it although they are ignored.
    ///   - pinned: Files that are to be in it as the index has them.
    ///   - screens: Whether an agent wrote them, and what git would choke on is taken away.
    /// - Returns: The tree, and what is not in it.
    /// - Throws: ``ExecutionError`` if git cannot store the files.
    func capture(
        beside paths: [[UInt8]] = [], pinning pinned: Set<[UInt8]> = [], screens: Bool = false
    ) throws -> Capture {
        let root = try folder()
        try unlockIndex()
        let screened = screens ? try screen() : Screened()
        let listed = try unstuck(["ls-files", "-z", "-m", "-o", "-d", "--exclude-standard"])
        var sorter = PathSorter(pinned, origin.bounds)
        let all = Set(listed.bytes.split(separator: 0)).union(paths.map { $0[...] })
            .subtracting(screened.removed.map { $0[...] })
        for path in all.sorted(by: {
            $0.lexicographicallyPrecedes($1)
        }) {
            sorter.add(Array(path), in: root)
        }
        sorter.omitted += Self.unreadable(in: listed.errors)
        if screens, !sorter.large.isEmpty { sorter.leaveOut(try encoded(among: sorter.large)) }
        if !sorter.removed.isEmpty {
            _ = try control(
                ["update-index", "--force-remove", "-z", "--stdin"], input: sorter.removed)
        }
        if !sorter.kept.isEmpty {
            let update = try unstuck(
                ["update-index", "--add", "--remove", "--replace", "-z", "--stdin"],
                input: Array(sorter.kept.joined(separator: [0])) + [0])
            let words = "Ignoring path "
            for line in update.errors.split(separator: "\n") where line.hasPrefix(words) {
                sorter.omitted.append(String(line.dropFirst(words.count)))
            }
        }
        sorter.special += try told(screened.special, beside: all)
        let isUnchanged = sorter.removed.isEmpty && sorter.kept.isEmpty
        let known = state.withLock { $0.tree }
        let tree = try (isUnchanged ? known : nil) ?? writeTree()
        state.withLock { $0.tree = tree }
        return Capture(
            tree: tree, omitted: sorter.omitted,
            screened: screened.removed.map { String(decoding: $0, as: UTF8.self) },
            odd: sorter.odd, special: sorter.special)
    }

    /// The files that attributes say to store in another encoding.
    private func encoded(among paths: [[UInt8]]) throws -> Set<[UInt8]> {
        let answer = try control(
            ["check-attr", "-z", "--stdin", "working-tree-encoding"],
            input: Array(paths.joined(separator: [0])) + [0]
        ).bytes.split(separator: 0, omittingEmptySubsequences: false)
        let plain = ["unspecified", "unset"].map { Array($0.utf8)[...] }
        return Set(
            stride(from: 2, to: answer.count, by: 3).filter { !plain.contains(answer[$0]) }
                .map { Array(answer[$0 - 2]) })
    }

    /// Runs git on the files; if it is at it for long, pipes that it may wait for are removed.
    private func unstuck(_ arguments: [String], input: [UInt8]? = nil) throws -> GitOutput {
        do {
            return try control(arguments, input: input, limit: origin.patience)
        } catch ExecutionError.Code.deadline {
            try Self.removePipes(from: folder(), depth: 0)
            try unlockIndex()
            return try control(arguments, input: input)
        }
    }

    /// Removes what git would open in every directory, where it is no file.
    private static func removePipes(from folder: borrowing Folder, depth: Int) throws {
        for name in [".gitattributes", ".gitignore"] where folder.kind(name) == .other {
            try folder.remove(name)
        }
        guard depth < 200 else { return }
        for entry in try folder.entries() where entry.isFolder {
            guard let inner = try? folder.folder(entry.name) else { continue }
            try removePipes(from: inner, depth: depth + 1)
        }
    }

    /// Writes the tree that the controller's index describes.
    func writeTree() throws -> ObjectID {
        let text = try control(["write-tree"]).text
        guard let id = ObjectID(hex: text) else {
            throw WorkspaceError(.system, "write a tree", reason: "git printed '\(text)'")
        }
        return id
    }

    /// Removes the lock that a killed run of git left on our own index.
    func unlockIndex() throws {
        let job = try jobFolder()
        guard job.kind("control.git") == .folder else { return }
        try job.folder("control.git".utf8).remove("index.lock")
    }

    /// The directories that git could not read.
    private static func unreadable(in errors: String) -> [String] {
        errors.split(separator: "\n").compactMap { line in
            guard line.contains("could not open directory"),
                let first = line.firstIndex(of: "'"), let last = line.lastIndex(of: "'"),
                first < last
            else { return nil }
            return String(line[line.index(after: first)..<last])
        }
    }
}

/// Decides for each path that git listed what becomes of it in the index.
private struct PathSorter {
    /// What is to be added, updated or, if it is gone, removed.
    var kept: [[UInt8]] = []

    /// What of it is too large to be stored in another form than it has.
    var large: [[UInt8]] = []

    /// What is to be removed, whatever is there; each ends in a zero.
    var removed: [UInt8] = []

    /// What is left out.
    var omitted: [String] = []

    /// What has a name that is not UTF-8.
    var odd: [String] = []

    /// What is neither a file nor a link nor a directory.
    var special: [String] = []

    private var parents: [[UInt8]: Folder.Kind] = [[]: .folder]

    /// What may be stored, and how much of that is left.
    private let bounds: CaptureBounds
    private var rest: Int64

    /// What stays as it is in the index, whatever is there.
    private let pinned: Set<[UInt8]>

    /// The directories that hold it.
    private let pinnedParents: Set<[UInt8]>

    init(_ pinned: Set<[UInt8]>, _ bounds: CaptureBounds) {
        self.bounds = bounds
        rest = bounds.total
        self.pinned = pinned
        pinnedParents = Set(pinned.flatMap { Self.parents(of: $0) })
    }

    mutating func add(_ path: [UInt8], in root: borrowing Folder) {
        let slash = UInt8(ascii: "/")
        let name = String(decoding: path, as: UTF8.self)
        let ours = Array(".draft".utf8)
        guard path != ours, !path.starts(with: ours + [slash]) else { return }
        guard !pinned.contains(path) else { return }
        // An untracked directory ends in a slash only if it is a repository itself.
        guard path.last != slash else { return omitted.append(name) }
        // It would take the place of what is not laid out.
        guard !pinnedParents.contains(path),
            pinned.isEmpty || !Self.parents(of: path).contains(where: pinned.contains)
        else { return omitted.append(name) }
        switch parent(of: path, in: root) {
        case .folder, .missing: break
        case .denied: return omitted.append(name)
        default: return remove(path)
        }
        switch root.kind(path) {
        case .folder: return remove(path)
        case .denied: return omitted.append(name)
        case .other:
            special.append(name)
            return remove(path)
        case .file where !isReadable(path, in: root): return omitted.append(name)
        case .file:
            let size = root.size(path)
            guard size <= bounds.file, size <= rest else { return omitted.append(name) }
            rest -= size
            if size > Self.mostEncoded { large.append(path) }
        default: break
        }
        if Array(name.utf8) != path { odd.append(name) }
        kept.append(path)
    }

    /// The bytes of a file that git may turn into another encoding, for which it needs ten times
    /// as many.
    private static let mostEncoded: Int64 = 16 << 20

    /// Leaves out what was to be kept.
    mutating func leaveOut(_ paths: Set<[UInt8]>) {
        kept.removeAll(where: paths.contains)
        omitted += paths.map { String(decoding: $0, as: UTF8.self) }.sorted()
    }

    /// The directories on the way to a path.
    private static func parents(of path: [UInt8]) -> [[UInt8]] {
        path.indices.filter { path[$0] == UInt8(ascii: "/") }.map { Array(path[..<$0]) }
    }

    private mutating func remove(_ path: [UInt8]) {
        removed += path
        removed.append(0)
    }

    /// What the first step is, on the way to a path, that is no directory.
    private mutating func parent(of path: [UInt8], in root: borrowing Folder) -> Folder.Kind {
        guard let slash = path.lastIndex(of: UInt8(ascii: "/")) else { return .folder }
        let parent = Array(path[..<slash])
        if let known = parents[parent] { return known }
        let above = self.parent(of: parent, in: root)
        let kind = above == .folder ? root.kind(parent) : above
        parents[parent] = kind
        return kind
    }

    private func isReadable(_ path: [UInt8], in root: borrowing Folder) -> Bool {
        let number = root.descriptor.number
        return unsafe faccessat(number, Folder.terminated(path), R_OK, AT_EACCESS) == 0
    }
}

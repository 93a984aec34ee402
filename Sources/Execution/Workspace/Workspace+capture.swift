internal import GitStore
internal import Glibc
internal import Synchronization

/// The files of a workspace as a tree.
struct Capture {
    /// The tree; its objects are in the controller's git directory.
    let tree: ObjectID

    /// What is not in the tree although it is in the directory.
    let omitted: [String]

    /// What is in the tree, but has a name that is not UTF-8.
    let odd: [String]
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
    /// - Returns: The tree, and what is not in it.
    /// - Throws: ``ExecutionError`` if git cannot store the files.
    func capture(
        beside paths: [[UInt8]] = [], pinning pinned: Set<[UInt8]> = []
    ) throws -> Capture {
        let root = try folder()
        try unlockIndex()
        let listed = try unstuck(["ls-files", "-z", "-m", "-o", "-d", "--exclude-standard"])
        var sorter = PathSorter(pinned, origin.bounds)
        let all = Set(listed.bytes.split(separator: 0)).union(paths.map { $0[...] })
        for path in all.sorted(by: {
            $0.lexicographicallyPrecedes($1)
        }) {
            sorter.add(Array(path), in: root)
        }
        sorter.omitted += Self.unreadable(in: listed.errors)
        if !sorter.removed.isEmpty {
            _ = try control(
                ["update-index", "--force-remove", "-z", "--stdin"], input: sorter.removed)
        }
        if !sorter.kept.isEmpty {
            let update = try unstuck(
                ["update-index", "--add", "--remove", "--replace", "-z", "--stdin"],
                input: sorter.kept)
            let words = "Ignoring path "
            for line in update.errors.split(separator: "\n") where line.hasPrefix(words) {
                sorter.omitted.append(String(line.dropFirst(words.count)))
            }
        }
        let isUnchanged = sorter.removed.isEmpty && sorter.kept.isEmpty
        let known = state.withLock { $0.tree }
        let tree = try (isUnchanged ? known : nil) ?? writeTree()
        state.withLock { $0.tree = tree }
        return Capture(tree: tree, omitted: sorter.omitted, odd: sorter.odd)
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
    /// What is to be added, updated or, if it is gone, removed; each ends in a zero.
    var kept: [UInt8] = []

    /// What is to be removed, whatever is there; each ends in a zero.
    var removed: [UInt8] = []

    /// What is left out.
    var omitted: [String] = []

    /// What has a name that is not UTF-8.
    var odd: [String] = []

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
            omitted.append(name)
            return remove(path)
        case .file where !isReadable(path, in: root): return omitted.append(name)
        case .file:
            let size = size(of: path, in: root)
            guard size <= bounds.file, size <= rest else { return omitted.append(name) }
            rest -= size
        default: break
        }
        if Array(name.utf8) != path { odd.append(name) }
        kept += path
        kept.append(0)
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

    private func size(of path: [UInt8], in root: borrowing Folder) -> Int64 {
        var status = stat()
        let number = root.descriptor.number
        guard unsafe fstatat(number, Folder.terminated(path), &status, AT_SYMLINK_NOFOLLOW) == 0
        else { return 0 }
        return Int64(status.st_size)
    }

    private func isReadable(_ path: [UInt8], in root: borrowing Folder) -> Bool {
        let number = root.descriptor.number
        return unsafe faccessat(number, Folder.terminated(path), R_OK, AT_EACCESS) == 0
    }
}

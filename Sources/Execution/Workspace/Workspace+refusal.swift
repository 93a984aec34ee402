internal import GitStore

/// Refusing files that git would lay out, or store, by running something.
extension Workspace {
    /// Refuses what the files could not be laid out with.
    func checkStart() throws {
        let action = "use the repository"
        let repository = try controlRepository()
        let entries = try entries(of: tree(of: origin.start), in: repository)
        if let link = entries.first(where: \.isGitlink) {
            throw WorkspaceError(
                .unsupported, action,
                reason: "submodules are not supported, and '\(link.name)' is one")
        }
        try checkFilters(entries, in: repository, gitDirectory: nil, action)
    }

    /// Refuses files that the user's git would put through a filter.
    ///
    /// We run no filter: what it is to hide would be stored as it is.
    ///
    /// - Parameters:
    ///   - tree: The files.
    ///   - gitDirectory: That of the work tree that they are in.
    ///   - action: What cannot be done then.
    /// - Throws: ``WorkspaceError`` with code ``WorkspaceError/Code/unsupported``.
    func checkFilters(in tree: ObjectID, gitDirectory: String?, _ action: String) throws {
        // It has the files of the work tree, too, before they are kept.
        let repository = try controlRepository()
        let entries = try entries(of: tree, in: repository)
        try checkFilters(entries, in: repository, gitDirectory: gitDirectory, action)
    }

    private func checkFilters(
        _ entries: [TreeLine], in repository: Repository, gitDirectory: String?, _ action: String
    ) throws {
        let known = try filters(gitDirectory)
        for entry in entries where entry.isAttributes {
            let named = try filters(named: entry, in: repository)
            if named.contains(Array("lfs".utf8)) {
                throw WorkspaceError(
                    .unsupported, action,
                    reason: "'\(entry.name)' keeps files in Git LFS, which is not supported")
            }
            if let filter = named.first(where: known.contains) {
                throw Self.refusal(of: filter, action, "'\(entry.name)' has files go through")
            }
        }
        guard !known.isEmpty else { return }
        // The user's own attributes are in no tree: only git knows all places where they are.
        let paths = Array(entries.map { $0.path + [0] }.joined())
        let answer = try user(
            ["check-attr", "--stdin", "-z", "filter"], at: gitDirectory, input: paths
        ).bytes.split(separator: 0, omittingEmptySubsequences: false)
        for index in stride(from: 2, to: answer.count, by: 3)
        where known.contains(Array(answer[index])) {
            let name = String(decoding: answer[index - 2], as: UTF8.self)
            throw Self.refusal(of: Array(answer[index]), action, "'\(name)' goes through")
        }
    }

    private static func refusal(
        of filter: [UInt8], _ action: String, _ what: String
    ) -> WorkspaceError {
        let name = String(decoding: filter, as: UTF8.self)
        return WorkspaceError(
            .unsupported, action, reason: "\(what) the filter '\(name)', which is not supported",
            hint: "git config --show-origin --get-regexp '^filter[.]\(name)[.]'")
    }

    /// The filters that the user's git has commands for.
    private func filters(_ gitDirectory: String?) throws -> Set<[UInt8]> {
        let settings = try user(
            ["config", "--null", "--get-regexp", "^filter\\..*\\.(clean|smudge|process)$"],
            at: gitDirectory, allowed: [0, 1])
        // An empty value takes back what another file says.
        var isSet: [ArraySlice<UInt8>: Bool] = [:]
        for setting in settings.bytes.split(separator: 0) {
            let key = setting.prefix { $0 != 10 }
            isSet[key] = setting.count > key.count + 1
        }
        return Set(
            isSet.filter(\.value).keys.compactMap { key in
                guard let dot = key.lastIndex(of: UInt8(ascii: ".")) else { return nil }
                return Array(key[..<dot].dropFirst("filter.".utf8.count))
            })
    }

    /// The filters that a file of attributes names, for whichever paths.
    private func filters(named file: TreeLine, in repository: Repository) throws -> [[UInt8]] {
        let prefix = Array("filter=".utf8)
        let lines = try repository.readBlob(file.id).split(separator: 10)
        return lines.flatMap { line -> [[UInt8]] in
            let words = line.split { $0 == 32 || $0 == 9 || $0 == 13 }
            guard words.first?.first != UInt8(ascii: "#") else { return [] }
            return words.filter { $0.starts(with: prefix) }.map { Array($0.dropFirst(7)) }
        }
    }

    /// All that is in a tree and in those in it.
    private func entries(of tree: ObjectID, in repository: Repository) throws -> [TreeLine] {
        var lines: [TreeLine] = []
        var folders = [(id: tree, prefix: [UInt8]())]
        // A few trees that hold one another often can name more files than any disk has.
        var left = origin.listing
        while let folder = folders.popLast() {
            for entry in try repository.tree(folder.id) {
                let path = folder.prefix + entry.nameBytes
                left -= path.count + 54  // as git lists it
                guard left > 0 else {
                    throw WorkspaceError(
                        .unsupported, "use the repository", reason: "it has too many files")
                }
                if entry.mode.isFolder {
                    folders.append((entry.id, path + [UInt8(ascii: "/")]))
                } else {
                    lines.append(TreeLine(entry, at: path))
                }
            }
        }
        return lines
    }
}

extension FileMode {
    /// Whether git takes it for a folder.
    fileprivate var isFolder: Bool { rawValue & 0o170000 == FileMode.tree.rawValue }

    /// Whether git takes it for a commit of another repository.
    fileprivate var isGitlink: Bool { rawValue & 0o170000 == FileMode.submodule.rawValue }
}

/// One file of a tree.
private struct TreeLine {
    let isGitlink: Bool
    let id: ObjectID
    let path: [UInt8]

    var name: String { String(decoding: path, as: UTF8.self) }

    /// Whether it is a file of attributes.
    var isAttributes: Bool {
        let name = Array(".gitattributes".utf8)
        return !isGitlink && path.suffix(name.count).elementsEqual(name)
            && (path.count == name.count || path[path.count - name.count - 1] == 47)
    }

    init(_ entry: TreeEntry, at path: [UInt8]) {
        id = entry.id
        isGitlink = entry.mode.isGitlink
        self.path = path
    }
}

internal import Glibc
internal import Model

/// What is to be seen inside, and what can be written.
extension Bubblewrap {
    /// The mounts of a cell, in no order.
    ///
    /// Nothing of the cell runs while they are made, so that what is looked at stays as it is.
    ///
    /// - Throws: ``ExecutionError`` if something is not as it must be.
    func mounts(_ cell: Cell, _ roots: ToolchainRoots) throws -> [Mount] {
        var mounts = SystemFiles.mounts()
        mounts += [
            Mount(path: "/tmp", what: .memory(Self.temporary, mode: "1777")),
            Mount(path: "/dev/shm", what: .memory(Self.temporary, mode: "1777")),
            Mount(path: "/run", what: .memory(1 << 20, mode: "0755")),
            Mount(path: "/var/tmp", what: .link("../tmp")),
        ]
        mounts += roots.found.map { Mount(path: $0.path, what: .readable($0.source)) }
        let readable = [cellProgram, cell.program] + LoadedLibraries.paths + cell.readable
        mounts += readable.filter { !$0.isEmpty && PlacePath.isThere($0) }.map(Mount.readable)
        mounts += hidden(cell, below: mounts)
        mounts += cell.objects.filter(PlacePath.isFolder).map(Mount.readable)
        mounts += try Self.work(cell)
        mounts += try cell.files.map { try Self.files($0) } ?? []
        mounts += try cell.writable.map { try Self.writable($0, cell) }
        mounts += cell.doors.map { .readable($0.socket) }
        return Self.needed(mounts, hidden: cell.hidden)
    }

    /// The bytes that fit into a folder in memory.
    private static let temporary: Int64 = 1 << 30

    /// The mounts but those below `/usr` that show what is to be seen there anyway.
    ///
    /// Where something can be written, what is only to be read within it is another thing.
    static func needed(_ mounts: [Mount], hidden: [String]) -> [Mount] {
        let writable = mounts.compactMap { mount -> String? in
            guard case .writable = mount.what else { return nil }
            return mount.path
        }
        return mounts.filter { mount in
            guard PlacePath.isWithin(mount.path, "/usr"),
                case .readable(let source) = mount.what,
                source.utf8.elementsEqual(mount.path.utf8)
            else { return true }
            return mount.path.utf8.count == 4
                || PlacePath.isWithin(mount.path, any: hidden + writable)
        }
    }

    /// Empty folders in the place of what lies in a folder that is shown, and must not.
    private func hidden(_ cell: Cell, below mounts: [Mount]) -> [Mount] {
        let shown = mounts.compactMap { mount -> String? in
            guard case .readable = mount.what else { return nil }
            return mount.path
        }
        let places = cell.hidden + cell.hidden.compactMap(PlacePath.physical)
        return places.filter { place in
            PlacePath.isFolder(place)
                && shown.contains {
                    PlacePath.isWithin(place, $0) && $0.utf8.count < place.utf8.count
                }
        }.map { Mount(path: $0, what: .memory(1 << 20, mode: "0755")) }
    }

    // MARK: - The work

    /// The work tree and its git directory, as they are in any sandbox.
    static func work(_ cell: Cell) throws -> [Mount] {
        guard !cell.workspace.isEmpty else { return [] }
        let action = "open workspace '\(cell.workspace)'"
        let work = try Folder(trusted: cell.workspace)
        var mounts = [cell.isReadOnly ? Mount.readable(cell.workspace) : .writable(cell.workspace)]
        if work.kind(".draft") == .folder {
            let draft = try work.folder(".draft".utf8)
            if cell.isReadOnly { mounts.append(.writable("\(cell.workspace)/.draft")) }
            if draft.kind("logs") == .folder {
                mounts.append(.readable("\(cell.workspace)/.draft/logs"))
            }
        }
        guard let git = cell.gitDirectory else { return mounts }
        guard work.kind(".git") == .file else {
            throw ExecutionError(.failed, action, reason: "its '.git' is no file of ours")
        }
        guard PlacePath.kind(git) == .folder else {
            throw ExecutionError(.failed, action, reason: "'\(git)' is no directory")
        }
        return mounts + [.readable("\(cell.workspace)/.git"), .writable(git)]
    }

    /// The files of a job and what is made for it, as they are in any sandbox.
    static func files(_ files: JobFiles) throws -> [Mount] {
        let job = try Folder(trusted: files.directory)
        let input = try job.making("in", mode: 0o700)
        let settings = try input.making("etc", mode: 0o700)
        var mounts: [Mount] = []
        for (name, text) in SystemFiles.made(home: files.home) {
            try settings.replace(name, Array(text.utf8), mode: 0o600)
            mounts.append(
                Mount(path: "/etc/\(name)", what: .readable("\(files.input)/etc/\(name)")))
        }
        mounts.append(.readable(files.input))
        mounts.append(Mount(path: JobFiles.shortTemporary, what: .writable(files.temporary)))
        return mounts + [files.output, files.home, files.temporary].map(Mount.writable)
    }

    /// A folder of `sandbox.writable`, as it is in any sandbox.
    static func writable(_ path: String, _ cell: Cell) throws -> Mount {
        try OpenedPlace(
            path, beside: cell.hidden, path: cell.userEnvironment["PATH"]
        ).mount
    }
}

internal import FoundationEssentials
internal import Glibc

/// What a container sees of the machine, as arguments of its engine.
struct ContainerMounts {
    /// The arguments, the place of a mount before what lies in it.
    private(set) var arguments: [String] = []

    /// Collects what a cell names.
    ///
    /// - Parameters:
    ///   - cell: What the program may see and use.
    ///   - kind: Whose arguments these are.
    ///   - helper: The program that runs first.
    ///   - guest: The program, and what it needs of this machine.
    /// - Throws: ``ExecutionError`` if an agent has put a link where a folder was.
    init(
        _ cell: Cell, _ kind: ContainerEngine.Kind, helper: String, guest: ContainerGuest
    ) throws {
        bind(cell.workspace, isWritable: !cell.isReadOnly)
        try bindPrivateParts(of: cell)
        if let directory = cell.gitDirectory { bind(directory, isWritable: true) }
        for folder in cell.objects { bind(folder) }
        if let files = cell.files {
            try files.prepare()
            bind(files.input)
            for path in [files.output, files.home, files.temporary] {
                bind(path, isWritable: true)
            }
            if kind == .podman {
                // Podman would show the names that the machine knows.
                try JobFiles.replace(files.hosts, with: Array(Self.hosts.utf8))
                bind(files.hosts, at: "/etc/hosts")
            }
        }
        for path in cell.writable { bind(path, isWritable: true) }
        for path in cell.readable + guest.readable where !isBelow(path, cell) { bind(path) }
        for (path, place) in guest.libraries { bind(path, at: place) }
        for door in cell.doors { bind(door.socket) }
        bind(helper)
    }

    private static let hosts = "127.0.0.1\tlocalhost draft\n::1\tlocalhost\n"

    /// Mounts what is not to be written over what is.
    ///
    /// No agent runs now, so what is there stays; but a link that one has left would lead the
    /// engine, which follows it, out of the work tree.
    private mutating func bindPrivateParts(of cell: Cell) throws {
        let tree = try Folder(trusted: cell.workspace)
        if tree.kind(".git") == .file { bind("\(cell.workspace)/.git") }
        guard tree.kind(".draft") == .folder else { return }
        let place = "\(cell.workspace)/.draft"
        if cell.isReadOnly { bind(place, isWritable: true) }
        if try tree.folder(".draft".utf8).kind("logs") == .folder { bind("\(place)/logs") }
    }

    /// Whether something is visible already.
    private func isBelow(_ path: String, _ cell: Cell) -> Bool {
        let shown = [cell.workspace] + (cell.files.map { [$0.input] } ?? [])
        return shown.contains { path.utf8.starts(with: "\($0)/".utf8) }
    }

    private mutating func bind(_ path: String, at place: String? = nil, isWritable: Bool = false) {
        guard unsafe access(path, F_OK) == 0 else { return }
        var fields = ["type=bind", "source=\(path)", "target=\(place ?? path)"]
        if !isWritable { fields.append("readonly") }
        arguments += ["--mount", fields.map(Self.quoted).joined(separator: ",")]
    }

    /// A field as both engines read it: that of a table whose columns a comma divides.
    private static func quoted(_ field: String) -> String {
        guard field.utf8.contains(where: { ",\"\r\n".utf8.contains($0) }) else { return field }
        return "\"\(field.replacing("\"", with: "\"\""))\""
    }
}

extension JobFiles {
    /// What names mean in a container of the job.
    var hosts: String { "\(input)/hosts" }

    /// Is there once the job has started a container.
    var containers: String { "\(directory)/containers" }
}

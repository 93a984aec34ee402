/// What a container sees of the machine, as arguments of its engine.
struct ContainerMounts {
    /// The arguments.
    let arguments: [String]

    /// Collects what a cell names.
    ///
    /// - Parameters:
    ///   - cell: What the program may see and use.
    ///   - helper: The program that runs first.
    ///   - guest: The program, and what it needs of this machine.
    /// - Throws: ``ExecutionError`` if something is not as it must be.
    init(_ cell: Cell, helper: String, guest: ContainerGuest) throws {
        let readable = (cell.readable + guest.readable).filter(PlacePath.isThere)
        var mounts = readable.map(Mount.readable)
        mounts += guest.libraries.map { Mount(path: $0.place, what: .readable($0.path)) }
        mounts += cell.objects.filter(PlacePath.isFolder).map(Mount.readable)
        mounts += try Bubblewrap.work(cell)
        if let files = cell.files {
            // Whom the image knows, and whom the engine adds, are other people.
            let others = ["/etc/passwd", "/etc/group"]
            mounts += try Bubblewrap.files(files).filter { mount in
                !others.contains { $0.utf8.elementsEqual(mount.path.utf8) }
            }
            mounts.append(.readable(files.containers))
        }
        mounts += try cell.writable.map { try Bubblewrap.writable($0, cell) }
        mounts += cell.doors.map { .readable($0.socket) } + [.readable(helper)]
        arguments = Mount.ordered(mounts).flatMap(Self.words)
    }

    private static func words(_ mount: Mount) -> [String] {
        let (source, isWritable): (String, Bool)
        switch mount.what {
        case .readable(let path): (source, isWritable) = (path, false)
        case .writable(let path): (source, isWritable) = (path, true)
        // The image has folders and links of its own.
        case .memory, .link: return []
        }
        var fields = ["type=bind", "source=\(source)", "target=\(mount.path)"]
        if !isWritable { fields.append("readonly") }
        return ["--mount", fields.map(quoted).joined(separator: ",")]
    }

    /// A field as both engines read it: that of a table whose columns a comma divides.
    private static func quoted(_ field: String) -> String {
        guard field.utf8.contains(where: { ",\"\r\n".utf8.contains($0) }) else { return field }
        return "\"\(field.replacing("\"", with: "\"\""))\""
    }
}

extension JobFiles {
    /// Is there once the job has started a container, and locked while whoever did so lives.
    var containers: String { "\(directory)/containers" }
}

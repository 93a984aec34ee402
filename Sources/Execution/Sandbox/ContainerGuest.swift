/// The program that runs in a container, and what it needs there of this machine.
///
/// Programs are those of the image, with two exceptions: an agent that is installed here is
/// shown to it, and `git-draft`, which replays, comes with its libraries and their loader.
struct ContainerGuest {
    /// The program and its arguments, as they are inside.
    private(set) var arguments: [String]

    /// What is shown at the same place as outside.
    private(set) var readable: [String] = []

    /// What is shown at another place: the path here, and there.
    private(set) var libraries: [(path: String, place: String)] = []

    /// Finds out what a command needs.
    init(_ command: ChildCommand, _ cell: Cell) throws {
        arguments = command.arguments
        guard let program = arguments.first, program.utf8.first == UInt8(ascii: "/") else { return }
        if !cell.program.isEmpty, program == cell.program {
            try bringOwn(program)
        } else if cell.phase == .agent, let found = PlacePath.physical(program),
            !Self.belongs(found, to: cell.workspace)
        {
            arguments[0] = found
            let named = NamedFile.shown(found, tree: cell.checkout, writable: cell.writable)
            readable =
                cell.isOwn(program) ? [Self.package(of: found)] : [named].compactMap(\.self)
        }
    }

    /// Whether a program is one of the image, or of the repository.
    private static func belongs(_ program: String, to workspace: String) -> Bool {
        PlacePath.isWithin(
            program, any: ["/bin", "/sbin", "/usr/bin", "/usr/sbin", workspace])
    }

    /// The folder of the package that a script belongs to; another program is itself enough.
    private static func package(of program: String) -> String {
        let head = JobFiles.contents(program, limit: 2) ?? []
        guard head == Array("#!".utf8) else { return program }
        var folder = program
        for _ in 0..<3 {
            folder = PlacePath.parent(folder)
            if PlacePath.isThere("\(folder)/package.json") { return folder }
        }
        return program
    }

    // MARK: - git-draft itself

    /// Runs a program of ours with the libraries of this machine, whatever the image has.
    private mutating func bringOwn(_ program: String) throws {
        readable = [program]
        let folder = "/run/git-draft"
        var loader: String?
        for (name, path) in try Self.libraries(of: program) {
            let place = "\(folder)/\(PlacePath.name(name))"
            libraries.append((path, place))
            if name.utf8.first == UInt8(ascii: "/") { loader = place }
        }
        guard let loader else { return }
        arguments = [loader, "--library-path", folder] + arguments
    }

    /// What the loader finds for a program: the name that is asked for, and the file.
    private static func libraries(of program: String) throws -> [(name: String, path: String)] {
        var command = ChildCommand(
            [program], environment: ["LD_TRACE_LOADED_OBJECTS": "1"], directory: "/")
        command.killsDescendants = false
        command.deadline = .now + .seconds(10)
        var output: [UInt8] = []
        _ = try ChildProcess.run(command) { stream, bytes in
            if stream == .output { output += bytes }
        }
        // "\tlibc.so.6 => /lib/x86_64-linux-gnu/libc.so.6 (0x…)", "\t/lib64/ld-linux-x86-64.so.2 (0x…)"
        return output.split(separator: 0x0a).compactMap { line in
            let words = line.split { $0 == 0x20 || $0 == 0x09 }.map {
                String(decoding: $0, as: UTF8.self)
            }
            if words.count > 2, words[1] == "=>", words[2].utf8.first == UInt8(ascii: "/") {
                return (words[0], words[2])
            }
            guard words.count == 2, words[0].utf8.first == UInt8(ascii: "/") else { return nil }
            return (words[0], words[0])
        }
    }
}

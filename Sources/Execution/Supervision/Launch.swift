internal import CProcess
internal import Glibc

/// The step from a command to a running process.
enum Launch {
    /// Starts a command with the given streams, -1 being `/dev/null`.
    ///
    /// Call it from a thread that lives at least as long as the child is
    /// meant to: the kernel takes the end of that thread for our death.
    static func start(
        _ command: ChildCommand, _ streams: cprocess_streams, groups: [Int32] = []
    ) throws -> Int32 {
        let action = "run '\(command.arguments.first ?? "")'"
        let program = try resolve(command, action)
        let arguments = try flatten(command.arguments, action)
        let entries = command.environment.map { "\($0.key)=\($0.value)" }.sorted()
        let environment = try flatten(entries, action)
        guard !command.directory.utf8.contains(0) else { throw nulByte(action) }
        let handed = try open(command.handed, action)
        defer { close(handed) }
        var left = busyTries
        while true {
            let started = unsafe cprocess_start(
                program, arguments, command.arguments.count, environment, entries.count,
                command.directory.isEmpty ? "." : command.directory, streams,
                command.ownSession ? 1 : 0, command.parentDeathSignal, groups, groups.count,
                handed, handed.count, command.dataLimit ?? 0)
            guard started.pid < 0 else { return started.pid }
            // Whoever has just written the program may have forked meanwhile, and the child holds
            // the file until it executes something else.
            left -= 1
            guard started.error == ETXTBSY, left > 0 else {
                throw failure(started, command, action)
            }
            usleep(5000)
        }
    }

    /// How often a program is started at most that is still being written: for half a second.
    private static let busyTries = 100

    /// Opens what a program is handed; all or nothing.
    private static func open(_ files: [String], _ action: String) throws -> [Int32] {
        var opened: [Int32] = []
        for file in files {
            let number = unsafe Glibc.open(file, O_RDONLY | O_CLOEXEC | O_NOCTTY)
            guard number >= 0 else {
                let error = errno
                close(opened)
                throw ExecutionError.system("open '\(file)'", error)
            }
            opened.append(number)
        }
        return opened
    }

    private static func close(_ descriptors: [Int32]) {
        for number in descriptors { _ = Glibc.close(number) }
    }

    /// Finds the file to execute.
    static func resolve(_ command: ChildCommand, _ action: String) throws -> String {
        guard let name = command.arguments.first, !name.isEmpty else {
            throw ExecutionError(.invalidArgument, action, reason: "the command is empty")
        }
        if name.utf8.contains(UInt8(ascii: "/")) { return name }
        let (found, isThere) = find(name, in: command.environment["PATH"])
        if let found { return found }
        if isThere { throw ExecutionError.system(action, EACCES, as: .notExecutable) }
        throw ExecutionError(.programNotFound, action, reason: "no such program in PATH")
    }

    /// Looks a program up in the absolute entries of a `PATH`.
    ///
    /// - Returns: Its path, and whether there is a file of that name at all.
    static func find(_ name: String, in path: String?) -> (path: String?, isThere: Bool) {
        var isThere = false
        for entry in (path ?? "").utf8.split(separator: UInt8(ascii: ":"))
        where entry.first == UInt8(ascii: "/") {
            let file = "\(Substring(entry))/\(name)"
            guard unsafe access(file, F_OK) == 0, !isDirectory(file) else { continue }
            if isProgram(file) { return (file, true) }
            isThere = true
        }
        return (nil, isThere)
    }

    /// Tells whether a path leads to a file that may be executed.
    static func isProgram(_ path: String) -> Bool {
        unsafe access(path, X_OK) == 0 && !isDirectory(path)
    }

    /// Tells whether a path leads to a directory.
    private static func isDirectory(_ path: String) -> Bool {
        var status = stat()
        return unsafe stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
    }

    /// Lays strings out one after another, each with its NUL.
    private static func flatten(_ strings: [String], _ action: String) throws -> [UInt8] {
        var bytes: [UInt8] = []
        for string in strings {
            guard !string.utf8.contains(0) else { throw nulByte(action) }
            bytes.append(contentsOf: string.utf8)
            bytes.append(0)
        }
        return bytes
    }

    private static func nulByte(_ action: String) -> ExecutionError {
        ExecutionError(.invalidArgument, action, reason: "a NUL byte cannot be passed on")
    }

    private static func failure(
        _ started: cprocess_started, _ command: ChildCommand, _ action: String
    ) -> ExecutionError {
        switch UInt32(bitPattern: started.stage) {
        case cprocess_stage_directory.rawValue:
            .system("enter '\(command.directory)'", started.error, as: .directory)
        case cprocess_stage_execute.rawValue where started.error == ENOENT:
            .system(action, started.error, as: .programNotFound)
        case cprocess_stage_execute.rawValue:
            .system(action, started.error, as: .notExecutable)
        default:
            .system(action, started.error)
        }
    }
}

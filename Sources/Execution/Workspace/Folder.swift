internal import Glibc

/// An open directory, through which files are reached without following links.
///
/// What an agent wrote is only ever touched through one of these: no step of a
/// path is a symbolic link, whatever was put in the place of what we made.
struct Folder: ~Copyable {
    /// The open directory.
    let descriptor: Descriptor

    /// Where it was found, for messages.
    let path: String

    /// Takes an open directory.
    init(_ number: Int32, at path: String) {
        descriptor = Descriptor(number: number)
        self.path = path
    }

    /// Opens a directory that is trusted, whatever links lead there.
    init(trusted path: String) throws {
        let number = unsafe open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard number >= 0 else { throw Self.failure("open '\(path)'", errno) }
        self.init(number, at: path)
    }

    /// What is behind a name.
    enum Kind: Hashable {
        /// Nothing.
        case missing
        /// A directory.
        case folder
        /// A file.
        case file
        /// A symbolic link.
        case link
        /// A pipe, socket or device.
        case other
        /// Something that may not be looked at.
        case denied
    }

    /// A refusal of the system, in its own words.
    static func failure(_ action: String, _ code: Int32) -> WorkspaceError {
        let kind: WorkspaceError.Code = code == ELOOP || code == ENOTDIR ? .place : .system
        let reason =
            kind == .place ? "it is not a directory" : ExecutionError.words(for: code)
        return WorkspaceError(kind, action, reason: reason)
    }

    /// Ends a name with the zero that C expects.
    static func terminated(_ name: some Sequence<UInt8>) -> [CChar] {
        name.map { CChar(bitPattern: $0) } + [0]
    }

    /// Describes what is behind a name, a link itself and not its target.
    func kind(_ name: some Sequence<UInt8>) -> Kind {
        var status = stat()
        let found = unsafe fstatat(
            descriptor.number, Self.terminated(name), &status, AT_SYMLINK_NOFOLLOW)
        guard found == 0 else {
            return errno == ENOENT || errno == ENOTDIR ? .missing : .denied
        }
        return Self.kind(of: status)
    }

    /// Describes what is behind a name, a link itself and not its target.
    func kind(_ name: String) -> Kind { kind(name.utf8) }

    /// The bytes that a file says it has; 0 if there is none.
    func size(_ name: some Sequence<UInt8>) -> Int64 {
        var status = stat()
        let found = unsafe fstatat(
            descriptor.number, Self.terminated(name), &status, AT_SYMLINK_NOFOLLOW)
        return found == 0 ? Int64(status.st_size) : 0
    }

    /// Tells what an entry of a directory says that it is.
    private static func kind(ofType type: Int) -> Kind {
        switch type {
        case Int(DT_DIR): .folder
        case Int(DT_REG): .file
        case Int(DT_LNK): .link
        default: .other
        }
    }

    /// Tells what a status describes.
    static func kind(of status: stat) -> Kind {
        switch status.st_mode & S_IFMT {
        case S_IFDIR: .folder
        case S_IFREG: .file
        case S_IFLNK: .link
        default: .other
        }
    }
}

// MARK: - Folders

extension Folder {
    /// Opens a directory in this one, which must not be a link.
    func folder(_ name: some Sequence<UInt8>) throws -> Folder {
        let bytes = Array(name)
        let place = "\(path)/\(String(decoding: bytes, as: UTF8.self))"
        let number = unsafe openat(
            descriptor.number, Self.terminated(bytes),
            O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
        guard number >= 0 else { throw Self.failure("open '\(place)'", errno) }
        return Folder(number, at: place)
    }

    /// Opens a directory in this one, made if there is none.
    func making(_ name: String, mode: UInt32 = 0o777) throws -> Folder {
        if unsafe mkdirat(descriptor.number, name, mode) != 0, errno != EEXIST {
            throw Self.failure("make '\(path)/\(name)'", errno)
        }
        return try folder(name.utf8)
    }

    /// Opens or makes a chain of directories, none of which is a link.
    func making(_ names: [String], mode: UInt32 = 0o777) throws -> Folder {
        guard let first = names.first else {
            return Folder(fcntl(descriptor.number, F_DUPFD_CLOEXEC, 3), at: path)
        }
        return try making(first, mode: mode).making(Array(names.dropFirst()), mode: mode)
    }

    /// Opens a chain of directories, none of which is a link.
    func opening(_ names: [String]) throws -> Folder {
        try opening(bytes: names.map { Array($0.utf8)[...] }[...])
    }

    /// Opens a chain of directories, none of which is a link.
    func opening(bytes names: ArraySlice<ArraySlice<UInt8>>) throws -> Folder {
        guard let first = names.first else {
            return Folder(fcntl(descriptor.number, F_DUPFD_CLOEXEC, 3), at: path)
        }
        return try folder(first).opening(bytes: names.dropFirst())
    }

    /// Removes the directories of a chain that are empty, the last one first.
    func prune(_ names: ArraySlice<ArraySlice<UInt8>>) {
        var rest = names
        while let last = rest.popLast() {
            guard let parent = try? opening(bytes: rest),
                unsafe unlinkat(parent.descriptor.number, Self.terminated(last), AT_REMOVEDIR) == 0
            else { return }
        }
    }

    /// Something in a directory.
    struct Entry {
        /// Its name.
        let name: [UInt8]

        /// Whether it is a directory.
        let isFolder: Bool

        /// Whether it is a symbolic link.
        let isLink: Bool

        /// Whether it is neither of both nor a file, such as a pipe or a socket.
        let isSpecial: Bool
    }

    /// Returns the names of what is in it, in no order.
    func names() throws -> [[UInt8]] { try entries().map(\.name) }

    /// Returns what is in it, in no order.
    func entries() throws -> [Entry] {
        let number = unsafe openat(descriptor.number, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard number >= 0, let stream = unsafe fdopendir(number) else {
            throw Self.failure("read '\(path)'", errno)
        }
        defer { unsafe closedir(stream) }
        var entries: [Entry] = []
        while let entry = unsafe readdir(stream) {
            let name = unsafe withUnsafeBytes(of: &entry.pointee.d_name) {
                unsafe Array($0.prefix { $0 != 0 })
            }
            guard name != [46], name != [46, 46] else { continue }
            let type = unsafe Int(entry.pointee.d_type)
            let kind = type == Int(DT_UNKNOWN) ? kind(name) : Self.kind(ofType: type)
            entries.append(
                Entry(
                    name: name, isFolder: kind == .folder, isLink: kind == .link,
                    isSpecial: kind == .other))
        }
        return entries
    }
}

// MARK: - Files

extension Folder {
    /// Returns the bytes of a file; `nil` if there is none, or it is no plain file.
    func read(_ name: String, limit: Int = 64 << 20) throws -> [UInt8]? {
        try read(name.utf8, limit: limit)
    }

    /// Returns the bytes of a file; `nil` if there is none, or it is no plain file.
    func read(_ name: some Sequence<UInt8>, limit: Int = 64 << 20) throws -> [UInt8]? {
        let bytes = Array(name)
        let place = "\(path)/\(String(decoding: bytes, as: UTF8.self))"
        let number = unsafe openat(
            descriptor.number, Self.terminated(bytes),
            O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC)
        guard number >= 0 else {
            guard errno != ENOENT, errno != ELOOP else { return nil }
            throw Self.failure("open '\(place)'", errno)
        }
        let file = Descriptor(number: number)
        var status = stat()
        guard unsafe fstat(file.number, &status) == 0, Self.kind(of: status) == .file else {
            return nil
        }
        var contents: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        while contents.count < limit {
            let count = unsafe Glibc.read(file.number, &buffer, buffer.count)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw Self.failure("read '\(place)'", errno) }
            guard count > 0 else { break }
            contents.append(contentsOf: buffer[..<count])
        }
        return contents
    }

    /// Puts a file in the place of whatever has its name, unless that is a directory.
    func replace(_ name: String, _ bytes: some Collection<UInt8>, mode: UInt32 = 0o666) throws {
        let draft = ".\(name).\(getpid()).draft"
        _ = unsafe unlinkat(descriptor.number, draft, 0)
        let number = unsafe openat(
            descriptor.number, draft, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode)
        guard number >= 0 else { throw Self.failure("write '\(path)/\(name)'", errno) }
        let file = Descriptor(number: number)
        guard Self.write(Array(bytes), to: file.number),
            unsafe renameat(descriptor.number, draft, descriptor.number, name) == 0
        else {
            let code = errno
            _ = unsafe unlinkat(descriptor.number, draft, 0)
            throw Self.failure("write '\(path)/\(name)'", code)
        }
    }

    /// Writes bytes to an open file; `false` if that is not possible.
    static func write(_ bytes: [UInt8], to number: Int32) -> Bool {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = unsafe rest.withUnsafeBytes {
                unsafe Glibc.write(number, $0.baseAddress, $0.count)
            }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { return false }
            rest = rest.dropFirst(count)
        }
        return true
    }
}

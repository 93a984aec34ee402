internal import FoundationEssentials
internal import Glibc

/// Reading and writing the files that a job and its agent exchange.
///
/// The agent may have put anything in their place: links are not followed, and what is no
/// ordinary file is not read.
extension JobFiles {
    /// The contents of a file, `nil` if there is none or it is no ordinary file.
    static func contents(_ path: String, limit: Int) -> [UInt8]? {
        let file = unsafe open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY)
        guard file >= 0 else { return nil }
        defer { close(file) }
        return contents(of: file, limit: limit)
    }

    /// The contents of an open file, `nil` if it is no ordinary file.
    static func contents(of file: Int32, limit: Int) -> [UInt8]? {
        var status = stat()
        guard unsafe fstat(file, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            return nil
        }
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65536)
        while bytes.count < limit {
            let count = unsafe read(file, &buffer, min(buffer.count, limit - bytes.count))
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { break }
            bytes += buffer[..<count]
        }
        return bytes
    }

    /// Makes the folders that the job and its programs share, unless they are there.
    ///
    /// A program without a sandbox may have put a link in the place of one: it is replaced.
    func prepare() throws {
        let job = try Folder(trusted: directory)
        func make(_ name: String, in folder: borrowing Folder) throws -> Folder {
            if folder.kind(name) != .folder { try folder.remove(name) }
            return try folder.making(name, mode: 0o700)
        }
        for name in [Self.inputFolder, Self.outputFolder] { _ = try make(name, in: job) }
        let own = isForChecks ? try make(Self.checksFolder, in: job) : try job.making([])
        for name in [Self.homeFolder, Self.temporaryFolder] { _ = try make(name, in: own) }
    }

    /// Removes the home and the temporary files of set-up and validation.
    ///
    /// No mode that a program gave to a folder keeps it, as nothing does of what is removed here.
    func removeChecks() { try? Folder(trusted: directory).remove(Self.checksFolder) }

    /// What a program left in ``output`` by a name, which is removed; `nil` if that is no file.
    ///
    /// No link is followed, wherever the program put one.
    func take(_ name: String, limit: Int) -> [UInt8]? {
        guard let folder = try? outputFolder() else { return nil }
        defer { try? folder.remove(name) }
        return (try? folder.read(name, limit: limit)) ?? nil
    }

    /// Whether a program left anything in ``output`` by a name.
    func left(_ name: String) -> Bool {
        guard let folder = try? outputFolder() else { return false }
        return folder.kind(name) != .missing
    }

    /// Empties ``output`` of a name, and puts a file of no bytes there if that is wanted.
    func clear(_ name: String, isMade: Bool = false) throws {
        let folder = try outputFolder()
        if folder.kind(name) != .missing { try folder.remove(name) }
        if isMade { try folder.replace(name, [], mode: 0o600) }
    }

    private func outputFolder() throws -> Folder {
        try Folder(trusted: directory).folder(Self.outputFolder.utf8)
    }

    /// Replaces a file by a new one with these contents.
    static func replace(_ path: String, with bytes: [UInt8]) throws {
        try remove(path)
        let flags = O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW
        let file = unsafe open(path, flags, 0o600)
        guard file >= 0 else { throw ExecutionError.system("write '\(path)'", errno) }
        defer { close(file) }
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = unsafe rest.withUnsafeBytes {
                unsafe write(file, $0.baseAddress, $0.count)
            }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw ExecutionError.system("write '\(path)'", errno) }
            rest = rest.dropFirst(count)
        }
    }

    /// Appends to a file of our own, made if need be; never to anything else of that name.
    static func append(_ path: String, _ bytes: [UInt8]) throws {
        let flags = O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK
        let file = unsafe open(path, flags, 0o600)
        guard file >= 0 else { throw ExecutionError.system("write '\(path)'", errno) }
        defer { close(file) }
        var status = stat()
        guard unsafe fstat(file, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            throw ExecutionError.system("write '\(path)'", EINVAL)
        }
        let count = unsafe write(file, bytes, bytes.count)
        guard count == bytes.count else { throw ExecutionError.system("write '\(path)'", errno) }
    }

    /// Removes a file; that it is not there is no error.
    ///
    /// A directory that the agent put in its place goes with all that is in it.
    static func remove(_ path: String) throws {
        guard unsafe unlink(path) != 0, errno != ENOENT else { return }
        let reason = errno
        guard reason == EISDIR, (try? FileManager.default.removeItem(atPath: path)) != nil else {
            throw ExecutionError.system("remove '\(path)'", reason)
        }
    }

    /// Whether there is anything of that name; a link counts, wherever it leads.
    static func isThere(_ path: String) -> Bool {
        var status = stat()
        return unsafe lstat(path, &status) == 0
    }
}

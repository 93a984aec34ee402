import Glibc

/// A program that shares our terminal, such as git or a pager.
///
/// It stays in our process group, so that it may read keys and the terminal's Ctrl-C
/// reaches it; as long as we give it something to read, we ignore that ourselves.
struct ForegroundProgram {
    /// The program, found in `PATH`, and its arguments.
    let arguments: [String]

    /// Its whole environment.
    let environment: [String: String]

    /// Runs it with our streams; returns its status.
    func run() throws -> Int32 { Self.wait(try start()) }

    /// Runs it and takes what it prints; returns its status.
    func run(output take: ([UInt8]) throws -> Void) throws -> Int32 {
        let pipe = try Pipe()
        let child = try start(output: pipe.write)
        pipe.closeWrite()
        var failure: (any Error)?
        while let bytes = pipe.next() {
            do {
                if failure == nil { try take(bytes) }
            } catch {
                failure = error
                _ = kill(child, SIGTERM)
            }
        }
        let status = Self.wait(child)
        if let failure { throw failure }
        return status
    }

    /// Runs it and gives it something to read; returns its status.
    ///
    /// The function that writes throws ``ReaderGone`` if the program reads no more.
    func run(input give: (@escaping (String) throws -> Void) throws -> Void) throws -> Int32 {
        let old = (signal(SIGINT, SIG_IGN), signal(SIGQUIT, SIG_IGN))
        defer {
            _ = signal(SIGINT, old.0)
            _ = signal(SIGQUIT, old.1)
        }
        let pipe = try Pipe()
        let child = try start(input: pipe.read)
        pipe.closeRead()
        var failure: (any Error)?
        do { try give { try pipe.put($0) } } catch { failure = error }
        pipe.closeWrite()
        let status = Self.wait(child)
        if let failure, !(failure is ReaderGone) { throw failure }
        return status
    }

    /// The program reads no more of what it is given.
    struct ReaderGone: Error {}

    private func start(input: Int32? = nil, output: Int32? = nil) throws -> pid_t {
        var files = unsafe posix_spawn_file_actions_t()
        unsafe posix_spawn_file_actions_init(&files)
        defer { unsafe posix_spawn_file_actions_destroy(&files) }
        if let input { unsafe posix_spawn_file_actions_adddup2(&files, input, STDIN_FILENO) }
        if let output { unsafe posix_spawn_file_actions_adddup2(&files, output, STDOUT_FILENO) }

        // We ignore SIGPIPE; a program that we start must not.
        var attributes = posix_spawnattr_t()
        unsafe posix_spawnattr_init(&attributes)
        defer { unsafe posix_spawnattr_destroy(&attributes) }
        unsafe posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGDEF))
        var signals = sigset_t()
        unsafe sigfillset(&signals)
        unsafe posix_spawnattr_setsigdefault(&attributes, &signals)

        var words = unsafe arguments.map { unsafe strdup($0) } + [nil]
        var settings = unsafe environment.map { unsafe strdup("\($0.key)=\($0.value)") } + [nil]
        defer { unsafe (words + settings).forEach { unsafe free($0) } }
        var child: pid_t = 0
        let code = unsafe posix_spawnp(
            &child, arguments.first ?? "", &files, &attributes, &words, &settings)
        guard code == 0 else {
            let reason = unsafe String(cString: strerror(code)).lowercased()
            throw CommandError("cannot run '\(arguments.first ?? "")': \(reason)")
        }
        return child
    }

    private static func wait(_ child: pid_t) -> Int32 {
        var raw: Int32 = 0
        while unsafe waitpid(child, &raw, 0) < 0, errno == EINTR {}
        let signal = raw & 0x7f
        return signal == 0 ? raw >> 8 & 0xff : 128 + signal
    }
}

/// Two ends of a pipe, closed when released.
private final class Pipe {
    private(set) var read: Int32 = -1
    private(set) var write: Int32 = -1

    init() throws {
        var ends: [Int32] = [-1, -1]
        guard unsafe pipe(&ends) == 0 else { throw CommandError("cannot make a pipe") }
        (read, write) = (ends[0], ends[1])
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    }

    deinit {
        closeRead()
        closeWrite()
    }

    func closeRead() {
        if read >= 0 { _ = close(read) }
        read = -1
    }

    func closeWrite() {
        if write >= 0 { _ = close(write) }
        write = -1
    }

    func next() -> [UInt8]? {
        let bytes = unsafe [UInt8](unsafeUninitializedCapacity: 1 << 16) { buffer, count in
            var got = -1
            repeat {
                got = unsafe Glibc.read(read, buffer.baseAddress, buffer.count)
            } while got < 0 && errno == EINTR
            count = max(0, got)
        }
        return bytes.isEmpty ? nil : bytes
    }

    func put(_ text: String) throws {
        var rest = Array(text.utf8)[...]
        while !rest.isEmpty {
            let count = unsafe rest.withUnsafeBytes { buffer in
                unsafe Glibc.write(write, buffer.baseAddress, buffer.count)
            }
            if count > 0 {
                rest = rest.dropFirst(count)
            } else if errno != EINTR {
                throw ForegroundProgram.ReaderGone()
            }
        }
    }
}

internal import Foundation
internal import Glibc
internal import Synchronization

/// A child process whose output goes to files, so that no reader can be late.
///
/// `Foundation.Process` waits for grandchildren and stands still when 64 KiB
/// remain unread. Here only the leader is waited for, whatever it left behind.
/// The child leads a session of its own, without a terminal, and has no descriptors but its
/// streams: what it held of another test would have no end before it does.
public final class Child: Sendable {
    /// What is to be run, and with what.
    struct Launch: Sendable {
        var arguments: [String]
        var environment: [String: String]
        var directory: String
        /// Paths of standard input, output and error; two equal ones share a file.
        var streams: [String]
    }

    /// The process, which is also the session and the process group.
    public let identifier: Int32

    /// The descriptors of this process that a child may get, as far as any are open.
    private static let inherited: Range<Int32> = 3..<1024

    private let streams: [String]
    private let status = Mutex<Int32?>(nil)
    private let sandbox: Sandbox?

    init(_ launch: Launch, keeping sandbox: Sandbox? = nil) throws {
        streams = launch.streams
        self.sandbox = sandbox
        var files: posix_spawn_file_actions_t = unsafe .init()
        unsafe posix_spawn_file_actions_init(&files)
        defer { unsafe posix_spawn_file_actions_destroy(&files) }
        let append = O_WRONLY | O_CREAT | O_APPEND
        for (descriptor, path) in launch.streams.enumerated() {
            let flags = descriptor == STDIN_FILENO ? O_RDONLY : append
            unsafe posix_spawn_file_actions_addopen(&files, Int32(descriptor), path, flags, 0o600)
        }
        // Pipes of Foundation are inherited, and the Glibc module does not show what closes all.
        for descriptor in Self.inherited {
            unsafe posix_spawn_file_actions_addclose(&files, descriptor)
        }

        var attributes: posix_spawnattr_t = .init()
        unsafe posix_spawnattr_init(&attributes)
        defer { unsafe posix_spawnattr_destroy(&attributes) }
        let newSession = 0x80  // POSIX_SPAWN_SETSID, which the Glibc module does not show
        let flags = newSession | Int(POSIX_SPAWN_SETSIGDEF) | Int(POSIX_SPAWN_SETSIGMASK)
        unsafe posix_spawnattr_setflags(&attributes, Int16(flags))
        var signals = sigset_t()
        unsafe sigemptyset(&signals)
        unsafe posix_spawnattr_setsigmask(&attributes, &signals)
        unsafe sigfillset(&signals)
        unsafe posix_spawnattr_setsigdefault(&attributes, &signals)

        // The Glibc module has no way to change the directory on the way.
        let words = ["/usr/bin/env", "--chdir=\(launch.directory)"] + launch.arguments
        var arguments = unsafe words.map { unsafe strdup($0) } + [nil]
        let settings = launch.environment.map { "\($0)=\($1)" }
        var environment = unsafe settings.map { unsafe strdup($0) } + [nil]
        defer { unsafe (arguments + environment).forEach { unsafe free($0) } }
        var pid: pid_t = 0
        let failure = unsafe posix_spawn(
            &pid, words[0], &files, &attributes, &arguments, &environment)
        guard failure == 0 else {
            throw POSIXError(.init(rawValue: failure) ?? .EIO)
        }
        identifier = pid
    }

    /// Waits until the leader has ended, and reads what was printed.
    ///
    /// The status of a command that a signal ended is 128 and the signal's
    /// number, as a shell says it.
    public func wait() -> Outcome {
        let code = status.withLock { known in
            if let known { return known }
            var raw: Int32 = 0
            while unsafe waitpid(identifier, &raw, 0) < 0 && errno == EINTR {}
            let signal = raw & 0x7f
            let code = signal == 0 ? (raw >> 8) & 0xff : 128 + signal
            known = code
            return code
        }
        let texts = streams.dropFirst().map { path in
            String(decoding: FileManager.default.contents(atPath: path) ?? Data(), as: UTF8.self)
        }
        return texts[0] == texts[1] && streams[1] == streams[2]
            ? Outcome(output: texts[0], stdout: texts[0], stderr: "", status: code)
            : Outcome(output: texts[0] + texts[1], stdout: texts[0], stderr: texts[1], status: code)
    }

    /// Sends a signal to the leader and to everything in its process group.
    public func signal(_ number: Int32) { _ = kill(-identifier, number) }
}

/// What a command printed, and how it ended.
public struct Outcome: Sendable {
    /// Both streams: as they came if merged, else the answer before the remarks.
    public var output: String
    /// What it printed on standard output.
    public var stdout: String
    /// What it printed on standard error, unless merged.
    public var stderr: String
    /// Its exit status.
    public let status: Int32
}

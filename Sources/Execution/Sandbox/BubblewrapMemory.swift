internal import Glibc

/// Remembers that bubblewrap works here, so that not every command has to try it.
///
/// Only the best is remembered: that it works, and turns user namespaces off inside. Whoever
/// forges that gets a job that cannot start its sandbox, and none that does without.
public struct BubblewrapMemory: Sendable {
    /// The file that it is in.
    private let path: String

    /// Creates a memory; nothing is read yet.
    ///
    /// - Parameter path: The file that it is in, whose folder is there.
    public init(_ path: String) { self.path = path }

    /// Whether it worked when it was tried last, and nothing that decides it is different now.
    func holds(_ sandbox: Bubblewrap) -> Bool {
        sandbox.closesNamespaces
            && JobFiles.contents(path, limit: 1 << 16) == Self.circumstances(of: sandbox)
    }

    /// Remembers that it works; what cannot be remembered is tried again.
    func keep(_ sandbox: Bubblewrap) {
        guard sandbox.closesNamespaces else { return forget() }
        try? JobFiles.replace(path, with: Self.circumstances(of: sandbox))
    }

    /// Has it tried the next time.
    func forget() { unsafe unlink(path) }

    /// What decides whether it works: the programs, who we are and what binds us, and the kernel.
    private static func circumstances(of sandbox: Bubblewrap) -> [UInt8] {
        var lines = [sandbox.program, sandbox.cellProgram].map(identity)
        lines.append("\(getuid()) \(geteuid()) \(getgid()) \(getegid())")
        let namespaces = ["user", "mnt", "pid", "net"].map { "/proc/self/ns/\($0)" }
        lines += namespaces.map { link($0) }
        lines += kernel.map { String(decoding: contents($0), as: UTF8.self) }
        let status = contents("/proc/self/status").split(separator: 10)
            .map { String(decoding: $0, as: UTF8.self) }
        lines += status.filter { line in
            ["Cap", "NoNewPrivs", "Seccomp", "Groups"].contains {
                line.utf8.starts(with: $0.utf8)
            }
        }
        return Array(lines.joined(separator: "\n").utf8)
    }

    /// When the machine was started, the profile that we run under, and what the kernel allows.
    private static let kernel = [
        "/proc/sys/kernel/random/boot_id", "/proc/self/attr/current",
        "/proc/sys/user/max_user_namespaces", "/proc/sys/user/max_mnt_namespaces",
        "/proc/sys/user/max_pid_namespaces", "/proc/sys/user/max_net_namespaces",
        "/proc/sys/kernel/unprivileged_userns_clone",
        "/proc/sys/kernel/apparmor_restrict_unprivileged_userns",
    ]

    /// Which file a path leads to, and which state of it.
    private static func identity(_ path: String) -> String {
        var status = stat()
        guard unsafe stat(path, &status) == 0 else { return "\(path): none" }
        let numbers = [
            Int(status.st_dev), Int(status.st_ino), Int(status.st_mode), Int(status.st_uid),
            Int(status.st_size), status.st_mtim.tv_sec, status.st_mtim.tv_nsec,
            status.st_ctim.tv_sec, status.st_ctim.tv_nsec,
        ]
        return "\(path): " + numbers.map { "\($0)" }.joined(separator: " ")
    }

    private static func contents(_ path: String) -> [UInt8] {
        JobFiles.contents(path, limit: 1 << 14) ?? []
    }

    private static func link(_ path: String) -> String {
        var buffer = [CChar](repeating: 0, count: 256)
        let count = unsafe readlink(path, &buffer, buffer.count)
        guard count > 0 else { return "\(path): none" }
        return String(decoding: buffer[..<count].map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}

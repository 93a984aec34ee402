internal import Glibc
internal import Model

/// One step by which a sandbox gets its files.
struct Mount: Hashable, Sendable {
    /// Where it is, inside.
    var path: String
    /// What is there.
    var what: What

    /// What a mount shows.
    enum What: Hashable, Sendable {
        /// A file or folder of the machine that can be read.
        case readable(String)
        /// A file or folder of the machine that can be written.
        case writable(String)
        /// A folder in memory of so many bytes.
        case memory(Int64, mode: String)
        /// A link.
        case link(String)
    }

    /// A file or folder that is where it is outside, to be read.
    static func readable(_ path: String) -> Mount { Mount(path: path, what: .readable(path)) }

    /// A file or folder that is where it is outside, to be written.
    static func writable(_ path: String) -> Mount { Mount(path: path, what: .writable(path)) }

    /// The words by which bubblewrap is told.
    var words: [String] {
        switch what {
        case .readable(let source): ["--ro-bind", source, path]
        case .writable(let source): ["--bind", source, path]
        case .memory(let size, let mode):
            ["--perms", mode, "--size", "\(size)", "--tmpfs", path]
        case .link(let target): ["--symlink", target, path]
        }
    }

    /// In the order in which they can be made: what is inside of another comes after it.
    static func ordered(_ mounts: [Mount]) -> [Mount] {
        let last = Dictionary(
            mounts.enumerated().map { (Array($1.path.utf8), $0) }, uniquingKeysWith: { $1 })
        let kept = mounts.enumerated().filter { last[Array($1.path.utf8)] == $0 }
        return kept.sorted {
            (PlacePath.depth($0.element.path), $0.offset)
                < (PlacePath.depth($1.element.path), $1.offset)
        }.map(\.element)
    }

    /// Those of mounts, in order, that show anything that is not to be seen anyway.
    ///
    /// What lies in a folder that is shown as it is does not need a mount of its own, unless a
    /// link leads there or something else is in between.
    static func needed(among mounts: [Mount]) -> [Mount] {
        mounts.filter { mount in
            guard mount.isAsItIs else { return true }
            let around = mounts.filter {
                $0.path.utf8.count < mount.path.utf8.count
                    && PlacePath.isWithin(mount.path, $0.path)
            }.max { $0.path.utf8.count < $1.path.utf8.count }
            guard let around, around.isAsItIs, let place = PlacePath.physical(mount.path) else {
                return true
            }
            return !place.utf8.elementsEqual(mount.path.utf8)
        }
    }

    /// Whether it shows what is in the same place outside, to be read.
    private var isAsItIs: Bool {
        guard case .readable(let source) = what else { return false }
        return source.utf8.elementsEqual(path.utf8)
    }

    /// The file that it shows, if that is a small one in `/etc`, which a copy can stand for.
    var smallSetting: String? {
        guard case .readable(let source) = what,
            PlacePath.parent(path).utf8.elementsEqual("/etc".utf8)
        else { return nil }
        var status = stat()
        guard unsafe stat(source, &status) == 0, Folder.kind(of: status) == .file,
            status.st_size <= 1 << 18, unsafe access(source, R_OK) == 0
        else { return nil }
        return source
    }
}

/// The part of a machine that every program needs, and that is nobody's secret.
enum SystemFiles {
    /// The mounts: `/usr`, what leads there, and the harmless part of `/etc`.
    static func mounts() -> [Mount] {
        var mounts = [Mount.readable("/usr")]
        for path in ["/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32"] {
            switch PlacePath.kind(path) {
            case .link:
                if let target = PlacePath.physical(path) {
                    mounts.append(Mount(path: path, what: .link(String(target.dropFirst()))))
                }
            case .folder: mounts.append(.readable(path))
            default: break
            }
        }
        for path in ["/nix/store", "/gnu/store"] where PlacePath.isFolder(path) {
            mounts.append(.readable(path))
        }
        return mounts + kernel() + settings().map(Mount.readable)
    }

    /// What tells of the kernel's memory and keys; all of `/proc` is read-only, too.
    private static func kernel() -> [Mount] {
        masked.map { "/proc/\($0)" }.filter(PlacePath.isThere)
            .map { Mount(path: $0, what: .readable("/dev/null")) }
    }

    private static let masked = [
        "config.gz", "kallsyms", "kcore", "key-users", "keys", "kmsg", "kpagecgroup",
        "kpagecount", "kpageflags", "latency_stats", "pagetypeinfo", "sched_debug", "slabinfo",
        "timer_list", "timer_stats", "vmallocinfo",
    ]

    private static func settings() -> [String] {
        var names = known
        if let folder = try? Folder(trusted: "/etc"), let all = try? folder.names() {
            names += all.map { String(decoding: $0, as: UTF8.self) }.filter { name in
                families.contains { name.utf8.starts(with: $0.utf8) }
            }
        }
        return names.map { "/etc/\($0)" }.filter(PlacePath.isThere)
    }

    private static let families = ["java-", "python3", "php", "ImageMagick-"]

    private static let known = [
        "alternatives", "bash.bashrc", "ca-certificates", "ca-certificates.conf",
        "crypto-policies", "debian_version", "fonts", "inputrc", "ld.so.cache", "ld.so.conf",
        "ld.so.conf.d", "localtime", "locale.alias", "lsb-release", "magic", "magic.mime",
        "maven", "mime.types", "os-release", "perl", "pki/ca-trust", "pki/tls/cert.pem",
        "pki/tls/certs", "pki/tls/openssl.cnf", "profile", "protocols", "redhat-release",
        "services", "sgml", "ssl/certs", "ssl/cert.pem", "ssl/openssl.cnf", "terminfo", "texmf",
        "timezone", "xdg/mimeapps.list", "xml",
    ]

    /// The files of `/etc` that are made for a job, by name.
    ///
    /// - Parameter home: The home of the one user there is.
    /// - Returns: The names, and what is in them.
    static func made(home: String) -> [(name: String, text: String)] {
        let isPlain = home.utf8.allSatisfy { $0 >= 0x20 && $0 != UInt8(ascii: ":") && $0 != 0x7f }
        let (user, id) = (Self.user, Self.userID)
        return [
            (
                "passwd",
                """
                root:x:0:0:root:/:/usr/sbin/nologin
                \(user):x:\(id):\(id):\(user):\(isPlain ? home : "/tmp"):/bin/sh
                nobody:x:65534:65534:nobody:/:/usr/sbin/nologin

                """
            ),
            ("group", "root:x:0:\n\(user):x:\(id):\nnogroup:x:65534:\n"),
            ("hosts", "127.0.0.1 localhost \(host)\n::1 localhost\n"),
            ("nsswitch.conf", "passwd: files\ngroup: files\nhosts: files\nservices: files\n"),
        ]
    }

    /// The name of the one user there is inside.
    static let user = "draft"

    /// Its number, and that of its group.
    static let userID = 1001

    /// The name of the machine, inside.
    static let host = "draft"
}

/// The libraries that this process has loaded from outside of the system's folders.
enum LoadedLibraries {
    /// Their paths, each once.
    static let paths: [String] = {
        guard let bytes = JobFiles.contents("/proc/self/maps", limit: 4 << 20) else {
            return []
        }
        var found: [String] = []
        for line in bytes.split(separator: 10) {
            guard let slash = line.firstIndex(of: UInt8(ascii: "/")) else { continue }
            let path = String(decoding: line[slash...], as: UTF8.self)
            guard path.utf8.contains(UInt8(ascii: ".")), !found.contains(path),
                PlacePath.name(path).contains(".so"),
                !PlacePath.isWithin(path, any: ToolchainRoots.system), PlacePath.isThere(path)
            else { continue }
            found.append(path)
        }
        return found
    }()
}

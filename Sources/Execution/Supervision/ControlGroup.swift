internal import CProcess
internal import Glibc

/// A group of processes that the kernel itself holds to limits of memory and number.
///
/// It is had where this process may make groups: as the superuser, or where a
/// part of the tree was delegated to us. Nowhere else is anything made.
final class ControlGroup {
    /// What a process writes itself into.
    let lists: [Int32]

    private let folders: [String]

    /// Makes groups for a child, or none if that cannot be.
    init?(_ limits: ChildLimits) {
        guard limits.usesControlGroups, limits.memory != nil || limits.processes != nil else {
            return nil
        }
        let name = Self.nextName()
        var folders: [String] = []
        for place in GroupPlace.all() {
            for candidate in place.candidates {
                guard let made = Self.make("\(candidate)/\(name)", limits) else { continue }
                folders.append(made)
                break
            }
        }
        guard !folders.isEmpty else { return nil }
        self.folders = folders
        lists = folders.map { unsafe open("\($0)/cgroup.procs", O_WRONLY | O_CLOEXEC) }
            .filter { $0 >= 0 }
    }

    deinit {
        for list in lists { _ = close(list) }
        for folder in folders { Self.remove(folder) }
    }

    /// What the kernel had to refuse or to kill.
    func breach(_ limits: ChildLimits) -> LimitBreach? {
        for folder in folders {
            let refused = Self.count("max", in: "\(folder)/pids.events")
            if let most = limits.processes, refused > 0 {
                return LimitBreach(.processes, allowed: Int64(most))
            }
            let killed =
                Self.count("oom_kill", in: "\(folder)/memory.events")
                + Self.count("oom_kill", in: "\(folder)/memory.oom_control")
            if let most = limits.memory, killed > 0 { return LimitBreach(.memory, allowed: most) }
        }
        return nil
    }
}

// MARK: - Making and removing

extension ControlGroup {
    private static let prefix = "git-draft-"

    /// When this process started, as the kernel counts.
    private static let ownStart =
        Descendants.process(getpid())?.started ?? 0

    /// A name that tells whose it is: a number of a process, and when that started.
    private static func nextName() -> String {
        var now = timespec()
        _ = unsafe clock_gettime(CLOCK_MONOTONIC, &now)
        return "\(prefix)\(getpid())-\(ownStart)-\(now.tv_sec)\(now.tv_nsec)"
    }

    /// Makes one group that limits something; returns its folder.
    private static func make(_ folder: String, _ limits: ChildLimits) -> String? {
        sweep(String(folder[..<(folder.lastIndex(of: "/") ?? folder.endIndex)]))
        guard unsafe mkdir(folder, 0o755) == 0 else { return nil }
        var isLimited = false
        if let most = limits.processes {
            isLimited = write("\(most)", to: "\(folder)/pids.max")
        }
        if let most = limits.memory {
            let isNew = write("\(most)", to: "\(folder)/memory.max")
            let isOld = !isNew && write("\(most)", to: "\(folder)/memory.limit_in_bytes")
            _ = write("0", to: "\(folder)/memory.swap.max")
            _ = write("1", to: "\(folder)/memory.oom.group")
            _ = write("\(most)", to: "\(folder)/memory.memsw.limit_in_bytes")
            isLimited = isLimited || isNew || isOld
        }
        guard isLimited else {
            _ = unsafe rmdir(folder)
            return nil
        }
        return folder
    }

    /// Removes a group; the kernel may still be at the end of a process in it.
    private static func remove(_ folder: String) {
        for _ in 0..<50 {
            guard unsafe rmdir(folder) != 0, errno == EBUSY else { return }
            usleep(5000)
        }
    }

    /// Removes the groups of processes of ours that ended without doing so, and who is in them.
    private static func sweep(_ parent: String) {
        guard let entries = try? Folder(trusted: parent).names() else { return }
        for name in entries where name.starts(with: prefix.utf8) {
            let parts = name.dropFirst(prefix.utf8.count).split(separator: UInt8(ascii: "-"))
            let numbers = parts.compactMap { UInt64(String(decoding: $0, as: UTF8.self)) }
            guard numbers.count == 3, parts.count == 3,
                !isAlive(numbers[0], since: numbers[1])
            else { continue }
            let folder = "\(parent)/\(String(decoding: name, as: UTF8.self))"
            for line in read("\(folder)/cgroup.procs").split(separator: "\n") {
                if let pid = Int32(line), pid > 1 { _ = kill(pid, SIGKILL) }
            }
            remove(folder)
        }
    }

    private static func isAlive(_ pid: UInt64, since start: UInt64) -> Bool {
        Int32(exactly: pid).flatMap { Descendants.process($0) }?.started == start
    }

    /// The memory that the groups above us leave to us, in bytes; `nil` if that is all there is.
    static var memory: Int64? {
        let files = GroupPlace.all().flatMap(\.candidates).flatMap {
            ["\($0)/memory.max", "\($0)/memory.limit_in_bytes"]
        }
        return files.compactMap { Int64(read($0).dropLast()) }.filter { $0 > 0 }.min()
    }

    // MARK: - Files of the kernel

    private static func write(_ text: String, to path: String) -> Bool {
        let file = Descriptor(number: unsafe open(path, O_WRONLY | O_CLOEXEC))
        guard file.number >= 0 else { return false }
        let bytes = Array(text.utf8)
        return unsafe Glibc.write(file.number, bytes, bytes.count) == bytes.count
    }

    fileprivate static func read(_ path: String) -> String {
        let file = Descriptor(number: unsafe open(path, O_RDONLY | O_CLOEXEC))
        guard file.number >= 0 else { return "" }
        var text: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 4096)
        while text.count < 1 << 20 {
            let count = unsafe Glibc.read(file.number, &buffer, buffer.count)
            guard count > 0 else { break }
            text += buffer[..<count]
        }
        return String(decoding: text, as: UTF8.self)
    }

    /// The number beside a name in a file with one of each a line.
    private static func count(_ name: String, in path: String) -> Int {
        for line in read(path).split(separator: "\n") {
            let words = line.split(separator: " ")
            if words.count == 2, words[0] == name { return Int(words[1]) ?? 0 }
        }
        return 0
    }
}

/// Where this process stands in one tree of groups.
private struct GroupPlace {
    /// The folders in which a group may be made, best first.
    let candidates: [String]

    /// Our places in the trees that limit memory or processes.
    static func all() -> [GroupPlace] {
        let lines = ControlGroup.read("/proc/self/cgroup").split(separator: "\n")
        let mounts = ControlGroup.read("/proc/self/mountinfo").split(separator: "\n")
        return lines.compactMap { line in
            let fields = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
            guard fields.count == 3 else { return nil }
            let controllers = fields[1].split(separator: ",")
            let isNew = fields[0] == "0" && controllers.isEmpty
            guard isNew || controllers.contains("memory") || controllers.contains("pids") else {
                return nil
            }
            return mounts.lazy.compactMap { place(fields[2], controllers, isNew, $0) }.first
        }
    }

    /// The place that a path has below a mount, if the mount is of that tree.
    private static func place(
        _ path: Substring, _ controllers: [Substring], _ isNew: Bool, _ mount: Substring
    ) -> GroupPlace? {
        let fields = mount.split(separator: " ")
        guard let dash = fields.firstIndex(of: "-"), dash >= 6, fields.count > dash + 3,
            fields[dash + 1] == (isNew ? "cgroup2" : "cgroup")
        else { return nil }
        let options = fields[dash + 3].split(separator: ",")
        guard isNew || controllers.allSatisfy({ options.contains($0) }) else { return nil }
        var rest = path
        if fields[3] != "/" {
            guard path.hasPrefix(fields[3]) else { return nil }
            rest = path.dropFirst(fields[3].count)
        }
        let own = String(fields[4]) + (rest == "/" ? "" : String(rest))
        // A group of the new kind may hold processes or groups, hence the one above.
        guard isNew, rest.count > 1, let slash = own.lastIndex(of: "/") else {
            return GroupPlace(candidates: [own])
        }
        return GroupPlace(candidates: [own, String(own[..<slash])])
    }
}

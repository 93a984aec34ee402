internal import CProcess
internal import Glibc
internal import Synchronization

/// Everything below this process, but what the roster spares.
///
/// The process is a sub-reaper here, so whatever is orphaned below it becomes
/// its child: sessions, double forks and ignored signals hide nothing.
enum Descendants {
    /// Kills and collects until nothing is left; returns how many were alive.
    ///
    /// - Throws: ``ExecutionError`` with code ``ExecutionError/Code/unkillable``
    ///   if something is left when the time is up.
    static func killAll(within limit: Duration = .seconds(30)) throws -> Int {
        let end = ContinuousClock.now + limit
        var killed: Set<ProcessIdentity> = []
        var cleanRounds = 0
        while cleanRounds < 2 {
            let round = killRound(&killed)
            if !round.hasChildren { break }
            cleanRounds = round.victims.isEmpty ? cleanRounds + 1 : 0
            guard ContinuousClock.now < end else {
                throw ExecutionError(
                    .unkillable, "end all descendants", reason: "some outlive SIGKILL")
            }
            collect(round.victims)
        }
        return killed.count
    }

    /// What one round found.
    private struct Round {
        var victims: [Int32]
        var hasChildren: Bool
    }

    /// All that is there now below this process but what the roster spares.
    static func current() -> [cprocess_entry] {
        Roster.shared.withLock { descendants(sparing: $0.spared) }
    }

    /// Kills what is there now; processes that fork meanwhile wait for the next.
    ///
    /// Children are read afresh after the slow walk through /proc, for a process
    /// that lives on by forking and exiting is always one of them. A process
    /// group is signalled as a whole, which no fork inside it can outrun.
    private static func killRound(_ killed: inout Set<ProcessIdentity>) -> Round {
        Roster.shared.withLock { roster in
            guard cprocess_has_children() != 0 else {
                return Round(victims: [], hasChildren: false)
            }
            let entries = descendants(sparing: roster.spared)
            let children = children().filter { !roster.spared.contains($0) }
            for pid in children.reversed() { _ = kill(pid, SIGKILL) }
            let session = getsid(0)
            for entry in entries {
                if entry.session != session, entry.group > 1 { _ = kill(-entry.group, SIGKILL) }
                _ = kill(entry.pid, SIGKILL)
                if entry.ended == 0 {
                    killed.insert(ProcessIdentity(entry))
                }
            }
            return Round(victims: entries.map(\.pid) + children, hasChildren: true)
        }
    }

    /// Waits for the victims that are our children, a moment each at most.
    private static func collect(_ victims: [Int32]) {
        for pid in Set(victims) {
            let descriptor = Descriptor(number: cprocess_pidfd(pid))
            var entry = pollfd(fd: descriptor.number, events: Int16(POLLIN), revents: 0)
            _ = unsafe poll(&entry, 1, 20)
            _ = Roster.reap(pid)
        }
    }

    /// The direct children, ended ones too, oldest first.
    private static func children() -> [Int32] {
        unsafe listing(capacity: 256, empty: 0) { unsafe cprocess_children($0, $1) }
    }

    /// All processes below this one but the spared and what is below them.
    private static func descendants(sparing spared: Set<Int32>) -> [cprocess_entry] {
        var below: [Int32: [cprocess_entry]] = [:]
        for entry in processes() { below[entry.parent, default: []].append(entry) }
        var found: [cprocess_entry] = []
        var next = [getpid()]
        while let parent = next.popLast() {
            // Taken out, so that a number seen twice cannot lead in a circle.
            for entry in below.removeValue(forKey: parent) ?? []
            where !spared.contains(entry.pid) {
                found.append(entry)
                next.append(entry.pid)
            }
        }
        return found
    }

    /// One process; `nil` if there is none of that number, or we may not see it.
    static func process(_ pid: Int32) -> cprocess_entry? {
        var entry = cprocess_entry()
        return unsafe cprocess_find(pid, &entry) == 0 ? nil : entry
    }

    /// All processes of the machine, as far as we may see them.
    static func processes() -> [cprocess_entry] {
        unsafe listing(capacity: 1024, empty: cprocess_entry()) { unsafe cprocess_list($0, $1) }
    }

    /// Calls a C function that fills an array until the array is big enough.
    static func listing<Element>(
        capacity: Int, empty: Element,
        _ fill: (UnsafeMutablePointer<Element>?, Int) -> Int
    ) -> [Element] {
        var capacity = capacity
        while true {
            var list = [Element](repeating: empty, count: capacity)
            let count = unsafe list.withUnsafeMutableBufferPointer {
                unsafe fill($0.baseAddress, capacity)
            }
            guard count > capacity else { return Array(list.prefix(max(count, 0))) }
            capacity = count * 2
        }
    }
}

/// A process, told apart from a later one with the same number.
struct ProcessIdentity: Hashable {
    /// Its number.
    let pid: Int32

    /// When it started, as the kernel counts.
    let started: UInt64

    /// The identity of a process that was listed.
    init(_ entry: cprocess_entry) {
        pid = entry.pid
        started = entry.started
    }
}

internal import CProcess
internal import Glibc

/// Looks now and then at what a child and all below it use.
///
/// It sees what is there when it looks, a few times a second; where control
/// groups can be had, the kernel holds the limits in between.
final class LimitWatch {
    private let limits: ChildLimits
    private let group: ControlGroup?
    private var disk: DiskWatch?
    private var hidden: HiddenUse
    private var spent: (living: [ProcessIdentity: UInt64], gone: UInt64) = ([:], 0)

    /// When to look again.
    private(set) var next = ContinuousClock.now + .milliseconds(100)

    /// Begins to watch a child that is about to start.
    init(_ limits: ChildLimits, group: ControlGroup?) {
        self.limits = limits
        self.group = group
        disk = limits.disk.map { DiskWatch(limits.folders, limit: $0) }
        hidden = HiddenUse(taken: cprocess_memory().shared)
    }

    /// Looks, if it is time to; returns the limit that is not kept.
    func breach() -> LimitBreach? {
        let begun = ContinuousClock.now
        guard begun >= next else { return nil }
        let found = look()
        // However many processes there are, most of the time is left to them.
        let cost = begun.duration(to: .now)
        next = .now + max(.milliseconds(250), cost * 8)
        return found
    }

    private func look() -> LimitBreach? {
        if let breach = group?.breach(limits) { return breach }
        let entries = Descendants.current()
        if let most = limits.processes {
            let count = entries.reduce(0) { $0 + max(Int($1.threads), 1) }
            if count >= most {
                return LimitBreach(.processes, allowed: Int64(most), used: Int64(count))
            }
        }
        if let most = limits.cpuSeconds {
            let seconds = processorTime(entries)
            if seconds >= most {
                return LimitBreach(.cpuSeconds, allowed: Int64(most), used: Int64(seconds))
            }
        }
        // Twice: what ends in between leaves its part of what was shared to the others.
        if let most = limits.memory, memory(entries, most) != nil,
            let used = memory(Descendants.current(), most)
        {
            return LimitBreach(.memory, allowed: most, used: used)
        }
        return disk?.look { OpenFiles(entries, areMemory: false) }
    }

    /// What can only be told once the child has ended: by the kernel, or by how it ended.
    func breach(after end: ChildEnd) -> LimitBreach? {
        if let breach = group?.breach(limits) { return breach }
        let signal: Int32? =
            switch end {
            case .signaled(let number): number
            case .exited(let status): status > 128 ? status - 128 : nil
            }
        if signal == SIGXFSZ, let most = limits.fileSize {
            return LimitBreach(.fileSize, allowed: most)
        }
        if signal == SIGXCPU, let most = limits.cpuSeconds {
            return LimitBreach(.cpuSeconds, allowed: Int64(most))
        }
        return nil
    }
}

// MARK: - Processor time

extension LimitWatch {
    /// The seconds that the tree took; both ways to count miss some, neither has too many.
    private func processorTime(_ entries: [cprocess_entry]) -> Int {
        var living: [ProcessIdentity: UInt64] = [:]
        var waited: UInt64 = 0
        for entry in entries {
            living[ProcessIdentity(entry)] = entry.ticks
            waited += entry.ticks + entry.waited_ticks
        }
        for (identity, ticks) in spent.living where living[identity] == nil {
            spent.gone += ticks
        }
        spent.living = living
        let seen = living.values.reduce(spent.gone, +)
        return Int(max(seen, waited)) / max(sysconf(Int32(_SC_CLK_TCK)), 1)
    }
}

// MARK: - Memory

extension LimitWatch {
    /// The memory in use if it is more than allowed.
    ///
    /// What several processes share is in the size of each; only if these sizes are too much
    /// together with all files in the machine's memory is it worth to count exactly. What is
    /// swapped out is in neither.
    private func memory(_ entries: [cprocess_entry], _ most: Int64) -> Int64? {
        let page = Int64(sysconf(Int32(_SC_PAGESIZE)))
        let sizes = entries.reduce(into: Int64(0)) { $0 += $1.pages * page }
        let machine = cprocess_memory()
        let isMuch = sizes + machine.shared + machine.swapped > most
        guard hidden.hasGrown(to: machine.shared, by: most / 8) || isMuch else { return nil }
        let files = filesInMemory(entries, machine.shared)
        guard isMuch else { return nil }
        var own: Int64 = 0
        var shared: Int64 = 0
        for entry in entries where entry.ended == 0 {
            let share = cprocess_share(entry.thread)
            own += share.own < 0 ? entry.pages * page : share.own
            shared += max(share.files, 0)
            if own > most { return own }
        }
        // What is mapped of a file in memory is counted both ways.
        let used = own + max(shared, files)
        return used > most ? used : nil
    }

    /// The bytes in files that are memory: those without a name, and whole file systems that
    /// only the tree sees.
    private func filesInMemory(_ entries: [cprocess_entry], _ taken: Int64) -> Int64 {
        let ours = cprocess_mount_namespace(getpid())
        var known = Set(mounts(getpid()).map(\.device))
        var counted: Set<UInt64> = []
        var seen: Set<UInt64> = [ours, 0]
        var bytes: Int64 = 0
        for entry in entries where seen.insert(cprocess_mount_namespace(entry.thread)).inserted {
            for mount in mounts(entry.thread) where known.insert(mount.device).inserted {
                bytes += mount.bytes
                counted.insert(mount.device)
            }
        }
        let open = OpenFiles(entries, areMemory: true)
        bytes += open.bytes { counted.contains($0) }
        // Of a file that is mapped alone nobody knows how much of it there is; not more than of all.
        let mapped = min(open.mappedBytes { counted.contains($0) }, taken - bytes)
        return hidden.use(
            taken: taken, known: bytes + max(mapped, 0), isHiding: open.isSending)
    }

    private func mounts(_ thread: Int32) -> [cprocess_file] {
        unsafe Descendants.listing(capacity: 32, empty: cprocess_file()) {
            unsafe cprocess_memory_mounts(thread, $0, $1)
        }
    }
}

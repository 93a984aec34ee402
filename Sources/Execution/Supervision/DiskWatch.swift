internal import CProcess
internal import Glibc

/// Looks at what is added to some folders, a little at a time.
///
/// Whoever owns a file can say when it was written, but not when it was made or
/// changed last: what is younger than the start of the watch is what counts.
final class DiskWatch {
    private let folders: [String]
    private let limit: Int64
    private let since: (seconds: Int64, nanoseconds: Int64)
    private let freeBefore: [Int64]

    private var sent = HiddenUse(taken: 0)
    private var mapped = HiddenUse(taken: 0)
    private var made: Int64 = 0
    private var pass: Pass?
    private var nextPass = ContinuousClock.now

    /// One walk through all the folders.
    private struct Pass {
        var walk: Walk?
        var left: [String]
        var made: Int64 = 0
        var changed: Int64 = 0
        var isPartial = false
        var spent = Duration.zero
    }

    /// Remembers what is free now.
    init(_ folders: [String], limit: Int64) {
        self.folders = folders
        self.limit = limit
        var now = timespec()
        _ = unsafe clock_gettime(CLOCK_REALTIME, &now)
        // The kernel stamps files with the time of its last tick.
        since = (Int64(now.tv_sec), Int64(now.tv_nsec) - 20_000_000)
        freeBefore = folders.map { unsafe cprocess_room($0).free }
    }

    /// Goes on looking, for some milliseconds at most.
    ///
    /// - Parameter unnamed: Finds the files that are kept, and have no name any more.
    /// - Returns: That too much was added, if so.
    func look(_ unnamed: () -> OpenFiles) -> LimitBreach? {
        let (lost, available) = lost
        let begun = ContinuousClock.now
        if lost >= limit, available < Self.almostNothing { return breach(lost) }
        let mayBeSent = sent.hasGrown(to: lost, by: limit / 8)
        if mapped.hasGrown(to: lost, by: limit / 8) || mayBeSent {
            let used = added(unnamed(), lost)
            if used >= limit { return breach(used) }
        }
        guard pass != nil || begun >= nextPass || lost >= limit / 2 else { return nil }
        var pass = pass ?? Pass(walk: nil, left: folders)
        var hasEnded = false
        while !hasEnded, begun.duration(to: .now) < .milliseconds(20) {
            hasEnded = !step(&pass)
            if let used = excess(pass, lost) { return breach(used) }
        }
        pass.spent += begun.duration(to: .now)
        self.pass = pass
        guard hasEnded else { return nil }
        self.pass = nil
        nextPass = .now + max(.milliseconds(500), pass.spent * 20)
        made = pass.made
        let used = added(unnamed(), lost)
        if used >= limit { return breach(used) }
        return pass.isPartial && lost >= limit ? breach(lost) : nil
    }

    /// What was added, with what has no name; where nobody can say how much that is, it counts
    /// as far as it is gone from what is free.
    private func added(_ files: OpenFiles, _ lost: Int64) -> Int64 {
        let seen = made + files.bytes()
        let most = seen + files.mappedBytes()
        let kept = mapped.use(
            taken: lost, known: min(seen, max(lost, 0)), isHiding: most > seen)
        let known = max(seen, min(kept, most))
        let all = sent.use(
            taken: lost, known: min(known, max(lost, 0)), isHiding: files.isSending)
        return max(known, all)
    }

    /// So little that nothing on the machine works any more.
    private static let almostNothing: Int64 = 64 << 20

    private func breach(_ used: Int64) -> LimitBreach {
        LimitBreach(.disk, allowed: limit, used: used)
    }

    /// How much less is free than before where most went, and how much of it we may use.
    private var lost: (bytes: Int64, available: Int64) {
        zip(folders, freeBefore).map { folder, before in
            let room = unsafe cprocess_room(folder)
            guard before >= 0, room.free >= 0 else { return (0, Int64.max) }
            return (before - room.free, room.available)
        }.max { $0.0 < $1.0 } ?? (0, Int64.max)
    }

    /// What was added, if it is too much; what was there before counts if it is gone from
    /// what is free, for not all of it may be new.
    private func excess(_ pass: Pass, _ lost: Int64) -> Int64? {
        if pass.made >= limit { return pass.made }
        let both = pass.made + pass.changed
        return both >= limit && lost >= limit ? min(both, lost) : nil
    }

    /// Takes the next step of a pass; returns whether there is one after it.
    private func step(_ pass: inout Pass) -> Bool {
        if pass.walk == nil {
            guard let folder = pass.left.popLast() else { return false }
            pass.walk = Walk(folder, since)
        }
        guard let walk = pass.walk else { return false }
        let before = walk.sum
        let hasMore = walk.step()
        pass.made += Int64(walk.sum.made - before.made)
        pass.changed += Int64(walk.sum.changed - before.changed)
        if !hasMore {
            pass.isPartial = pass.isPartial || walk.sum.is_partial != 0
            pass.walk = nil
        }
        return hasMore || !pass.left.isEmpty
    }
}

/// A walk through one folder and all below it.
@safe private final class Walk {
    private let walk: OpaquePointer?

    /// What it has found so far.
    var sum: cprocess_walk_sum {
        guard let walk = unsafe walk else { return cprocess_walk_sum() }
        return unsafe cprocess_walk_found(walk)
    }

    init(_ folder: String, _ since: (seconds: Int64, nanoseconds: Int64)) {
        unsafe walk = cprocess_walk_begin(folder, since.seconds, since.nanoseconds)
    }

    deinit { if let walk = unsafe walk { unsafe cprocess_walk_end(walk) } }

    /// Looks at some more files; returns whether there are still more.
    func step() -> Bool {
        guard let walk = unsafe walk else { return false }
        return unsafe cprocess_walk_step(walk, 500) != 0
    }
}

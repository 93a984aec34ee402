internal import Glibc

/// Pauses between tries, a little longer each time, until there is no time left.
struct Backoff {
    private let end: ContinuousClock.Instant
    private var step = 1

    init(waiting limit: Duration) { end = .now + limit }

    /// Whether there is time for another try.
    var hasTime: Bool { ContinuousClock.now < end }

    /// Sleeps for a while, different in every process; `false` at once if the time is up.
    mutating func pause() -> Bool {
        guard hasTime else { return false }
        let milliseconds = Int.random(in: step...(3 * step))
        step = min(2 * step, 16)
        let time = timespec(tv_sec: 0, tv_nsec: milliseconds * 1_000_000)
        // A signal only makes the pause shorter.
        _ = withUnsafePointer(to: time) { nanosleep($0, nil) }
        return true
    }
}

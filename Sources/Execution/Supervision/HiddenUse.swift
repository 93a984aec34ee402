/// What goes of a machine into files that are being sent, which nobody can look at.
///
/// While such files are there, whatever goes is taken to go into them, unless it is
/// known to be elsewhere; while there are none, it is somebody else's.
struct HiddenUse {
    /// How things stood when nothing was hidden.
    private var start: (taken: Int64, known: Int64)

    /// Begins where so much of the machine is taken.
    init(taken: Int64) { start = (taken, 0) }

    /// Whether so much more is taken that it is worth to look for what is hidden.
    mutating func hasGrown(to taken: Int64, by step: Int64) -> Bool {
        notice(taken)
        return taken - start.taken >= step
    }

    /// Has what somebody gave back not hide what is taken next.
    private mutating func notice(_ taken: Int64) {
        let returned = max(start.taken - taken, 0)
        start = (start.taken - returned, max(start.known - returned, 0))
    }

    /// What is in use, of which so much is known.
    mutating func use(taken: Int64, known: Int64, isHiding: Bool) -> Int64 {
        notice(taken)
        guard isHiding else {
            start = (taken, known)
            return known
        }
        return max(known, start.known + taken - start.taken)
    }
}

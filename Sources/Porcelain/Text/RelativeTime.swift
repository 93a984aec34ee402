/// How long ago something was, such as "3 minutes ago" or "in 2 hours".
///
/// Both times are milliseconds since 1970.
public func relativeTime(from then: Int64, to now: Int64) -> String {
    let (difference, overflow) = now.subtractingReportingOverflow(then)
    let milliseconds = overflow ? (now > then ? Int64.max : Int64.min) : difference
    let seconds = milliseconds.magnitude / 1000
    guard seconds > 0 else { return "just now" }
    let (count, unit) = measure(seconds)
    let text = "\(count) \(unit)\(count == 1 ? "" : "s")"
    return milliseconds > 0 ? "\(text) ago" : "in \(text)"
}

private func measure(_ seconds: UInt64) -> (UInt64, String) {
    let (minute, hour, day): (UInt64, UInt64, UInt64) = (60, 3600, 86400)
    switch seconds {
    case ..<minute: return (seconds, "second")
    case ..<hour: return (seconds / minute, "minute")
    case ..<day: return (seconds / hour, "hour")
    case ..<(14 * day): return (seconds / day, "day")
    case ..<(70 * day): return (seconds / (7 * day), "week")
    case ..<(365 * day): return (seconds / (30 * day), "month")
    default: return (seconds / (365 * day), "year")
    }
}

/// How long something took, such as "850ms", "12s", "3m 05s" or "2h 10m".
public func elapsedTime(_ milliseconds: Int64) -> String {
    let milliseconds = max(0, milliseconds)
    let seconds = milliseconds / 1000
    func two(_ number: Int64) -> String { (number < 10 ? "0" : "") + String(number) }
    switch seconds {
    case 0: return "\(milliseconds)ms"
    case ..<60: return "\(seconds)s"
    case ..<3600: return "\(seconds / 60)m \(two(seconds % 60))s"
    default: return "\(seconds / 3600)h \(two(seconds / 60 % 60))m"
    }
}

internal import Model

/// What the messages of Codex mean; it has no other way to say why a turn failed.
enum CodexFailure {
    /// Finds out what kind of failure a message tells of.
    ///
    /// - Parameters:
    ///   - message: What Codex said.
    ///   - now: The time, from which a limit that is lifted "in 20s" counts, if it is known.
    /// - Returns: The failure.
    static func classify(_ message: String, now: Timestamp?) -> AgentFailure {
        let text = message.lowercased()
        let kind = kind(of: text)
        return AgentFailure(
            kind, readable(message),
            resetsAt: kind == .rateLimit
                ? now.flatMap { CodexReset.moment(in: message, now: $0) } : nil)
    }

    /// The message as people like to read it: the one within, where the provider answered JSON.
    static func readable(_ message: String) -> String {
        let json = (try? JSON(parsing: message)) ?? .null
        let inner = json["error"]?["message"]?.string ?? json["message"]?.string
        return Text.boundedHead(inner ?? message, limit: 4096)
    }

    /// What went wrong, without the number of the try that stands before it.
    static func withoutTry(_ message: String) -> String {
        guard let open = message.firstIndex(of: "("), message.utf8.last == UInt8(ascii: ")")
        else { return message }
        return String(message[message.index(after: open)...].dropLast())
    }

    private static func kind(of text: String) -> AgentFailure.Kind {
        for (kind, signs) in first where signs.contains(where: text.contains) { return kind }
        switch status(in: text) {
        case 401?, 402?, 403?: return .authentication
        case 413?: return .tooLong
        case 429?: return .rateLimit
        case .some(500...599): return .overloaded
        case .some: return .api
        case nil: break
        }
        for (kind, signs) in second where signs.contains(where: text.contains) { return kind }
        return .other
    }

    /// What is clear whatever the status is; the order counts.
    private static let first: [(AgentFailure.Kind, [String])] = [
        (
            .tooLong,
            [
                "context window", "context_length_exceeded", "ran out of room",
                "prompt is too long",
                "maximum context length",
            ]
        ),
        (.rateLimit, ["usage limit", "usage_limit_reached", "rate limit", "rate_limit_exceeded"]),
        (
            .authentication,
            [
                "quota exceeded", "insufficient_quota", "your current quota", "out of credits",
                "missing environment variable", "sign in again", "log in again", "not logged in",
                "invalid_api_key", "incorrect api key", "upgrade to plus",
            ]
        ),
        (
            .refusal,
            [
                "content_filter", "usage policy", "usage policies", "flagged", "cyber_policy",
                "invalid prompt",
            ]
        ),
        (.budget, ["token budget exhausted", "budget exceeded"]),
        (.interrupted, ["turn interrupted", "interrupted (ctrl-c)"]),
    ]

    /// What is only clear without a status.
    private static let second: [(AgentFailure.Kind, [String])] = [
        (
            .overloaded,
            [
                "at capacity", "capacity unavailable", "high demand", "overloaded",
                "server_is_overloaded", "service unavailable",
            ]
        ),
        (.rateLimit, ["too many requests"]), (.authentication, ["unauthorized"]),
        (
            .api,
            [
                "stream disconnected", "connection failed", "incomplete response", "\"error\":",
                "error while reading the server response", "request timed out",
            ]
        ),
        (.interrupted, ["interrupted"]),
    ]

    /// The status of HTTP that a message names: "unexpected status 401", "last status: 429".
    private static func status(in text: String) -> Int? {
        guard let range = text.firstRange(of: "status") else { return nil }
        let rest = text[range.upperBound...].utf8.drop { $0 == 0x3a || $0 == 0x20 }
        let digits = rest.prefix { $0 >= 0x30 && $0 <= 0x39 }
        return digits.count == 3 ? Int(Text.decode(digits)) : nil
    }
}

/// The moment at which a limit is lifted, as Codex writes it.
///
/// It writes times of day without a zone; the launch sees to it that they are in UTC.
enum CodexReset {
    /// Finds the moment in a message.
    ///
    /// - Parameters:
    ///   - message: Such as "… or try again at Nov 25th, 2026 1:58 AM."
    ///   - now: The time.
    /// - Returns: The end of that minute, or of the duration that it names; `nil` if it names
    ///   neither.
    static func moment(in message: String, now: Timestamp) -> Timestamp? {
        let text = message.lowercased()
        if let range = text.firstRange(of: "try again at ") {
            return clock(words(text[range.upperBound...]), now)
        }
        guard let range = text.firstRange(of: "try again in ") else { return nil }
        return duration(text[range.upperBound...].utf8).map { now.advanced(byMilliseconds: $0) }
    }

    /// The words of a sentence, without its punctuation.
    private static func words(_ text: Substring) -> [String] {
        text.utf8.split { $0 == 0x20 || $0 == 0x2c }.prefix(6).map { word in
            Text.decode(word.last == 0x2e ? word.dropLast() : word)
        }
    }

    // "3:37 PM", or "Nov 25th, 2026 1:58 AM".
    private static func clock(_ words: [String], _ now: Timestamp) -> Timestamp? {
        if words.count >= 2, let minutes = minutes(words[0], words[1]) {
            guard let moment = moment("\(now)".prefix(10), minutes) else { return nil }
            return moment < now ? moment.advanced(byMilliseconds: 86_400_000) : moment
        }
        guard words.count >= 5, let month = months.firstIndex(of: String(words[0].prefix(3))),
            let day = Int(Text.decode(words[1].utf8.prefix { $0 >= 0x30 && $0 <= 0x39 })),
            let minutes = minutes(words[3], words[4]), words[2].utf8.count == 4, day < 32
        else { return nil }
        return moment("\(words[2])-\(two(month + 1))-\(two(day))", minutes)
    }

    /// The end of a minute, for Codex leaves the seconds away.
    private static func moment(_ day: some StringProtocol, _ minutes: Int) -> Timestamp? {
        Timestamp("\(day)T\(two(minutes / 60)):\(two(minutes % 60)):00.000Z")?
            .advanced(byMilliseconds: 60_000)
    }

    private static func minutes(_ time: String, _ half: String) -> Int? {
        let parts = time.utf8.split(separator: 0x3a).map { Int(Text.decode($0)) }
        guard parts.count == 2, let hour = parts[0], let minute = parts[1],
            (1...12).contains(hour), (0...59).contains(minute), half == "am" || half == "pm"
        else { return nil }
        return (hour % 12 + (half == "pm" ? 12 : 0)) * 60 + minute
    }

    private static let months = [
        "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec",
    ]

    private static func two(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }

    // "1.054s", "20ms", "6m0s", "3 days 4 hours 5 minutes".
    private static func duration(_ text: Substring.UTF8View) -> Int64? {
        var total = 0.0
        var isFound = false
        var rest = text
        while true {
            rest = rest.drop { $0 == 0x20 }
            let digits = rest.prefix { ($0 >= 0x30 && $0 <= 0x39) || $0 == 0x2e }
            guard let number = Double(Text.decode(digits)) else { break }
            rest = rest.dropFirst(digits.count).drop { $0 == 0x20 }
            let unit = rest.prefix { $0 >= 0x61 && $0 <= 0x7a }
            guard let factor = factor(Text.decode(unit)) else { break }
            rest = rest.dropFirst(unit.count)
            total += number * factor
            isFound = true
        }
        guard isFound, total < 366 * 86_400_000 else { return nil }
        return Int64(total.rounded(.up))
    }

    private static func factor(_ unit: String) -> Double? {
        switch unit {
        case "ms": 1
        case "s", "sec", "secs", "second", "seconds": 1000
        case "m", "min", "mins", "minute", "minutes": 60_000
        case "h", "hr", "hour", "hours": 3_600_000
        case "d", "day", "days": 86_400_000
        default: nil
        }
    }
}

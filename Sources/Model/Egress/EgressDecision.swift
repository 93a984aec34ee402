/// What became of a wish to get out of a sandbox, or of several that were the same; a line of
/// evidence.
///
/// It names a host and a port, and nothing of what was asked there.
public struct EgressDecision: Hashable, Sendable {
    /// When; of several the first.
    public var at: Timestamp
    /// How many there were.
    public var count: Int64
    /// When the last of several was.
    public var last: Timestamp?
    /// The door.
    public var door: String
    /// Whom it was for; empty if the request did not say so properly.
    public var host: String
    /// Which port.
    public var port: UInt16?
    /// What was decided, or came of it.
    public var verdict: Verdict
    /// Why, in words.
    public var why: String
    /// The bytes that went out.
    public var sent: Int64
    /// The bytes that came in.
    public var received: Int64

    /// What came of a wish.
    public enum Verdict: String, Hashable, Sendable {
        /// It was let through.
        case allowed
        /// It was not.
        case refused
        /// It was let through, and the other side could not be reached or gave up.
        case failed
    }

    /// Creates a line.
    public init(
        at: Timestamp, door: String, host: String, port: UInt16?, verdict: Verdict, why: String,
        sent: Int64 = 0, received: Int64 = 0, count: Int64 = 1, last: Timestamp? = nil
    ) {
        self.at = at
        self.count = count
        self.last = last
        self.door = door
        self.host = host
        self.port = port
        self.verdict = verdict
        self.why = why
        self.sent = sent
        self.received = received
    }

    /// The form in which it is stored, on one line.
    public var json: JSON {
        var members: JSONObject = [
            "at": .string(at.description), "door": .string(door), "host": .string(host),
            "port": JSON(port.map(Int64.init)), "verdict": .string(verdict.rawValue),
            "why": .string(why), "sent": .integer(sent), "received": .integer(received),
        ]
        if count > 1 {
            members["count"] = .integer(count)
            members["last"] = .string((last ?? at).description)
        }
        return .object(members)
    }

    /// Counts another one that was the same.
    public mutating func add(_ other: EgressDecision) {
        last = max(last ?? at, other.last ?? other.at)
        at = min(at, other.at)
        count += other.count
        sent += other.sent
        received += other.received
    }

    /// Reads a line; `nil` if it is none, such as the one that says that the service is ready.
    public init?(_ line: String) {
        guard let json = try? JSON(parsing: line),
            let at = json["at"]?.string.flatMap({ Timestamp($0) }),
            let door = json["door"]?.string,
            let verdict = json["verdict"]?.string.flatMap(Verdict.init)
        else { return nil }
        self.init(
            at: at, door: door, host: json["host"]?.string ?? "",
            port: json["port"]?.integer.flatMap { UInt16(exactly: $0) }, verdict: verdict,
            why: json["why"]?.string ?? "", sent: json["sent"]?.integer ?? 0,
            received: json["received"]?.integer ?? 0, count: json["count"]?.integer ?? 1,
            last: json["last"]?.string.flatMap { Timestamp($0) })
    }
}

import GitStore
import Model

/// A state of the board, as `--at` names it.
enum PointInTime: Equatable {
    /// The commit of the board that begins with these digits.
    case commit(prefix: String)

    /// The last commit that is not later, in milliseconds since 1970.
    case time(Int64)

    /// Reads what a person says: digits of a commit, a date, or a time as RFC 3339 has it.
    ///
    /// A date means the end of that day, in UTC.
    init(_ text: String) throws {
        let digits = Set("0123456789abcdef".utf8)
        let lowered = text.lowercased()
        if (4...40).contains(lowered.utf8.count), lowered.utf8.allSatisfy(digits.contains) {
            self = .commit(prefix: lowered)
        } else if let time = Self.milliseconds(Array(text.utf8)) {
            self = .time(time)
        } else {
            throw CommandError(
                "'\(text)' is neither a commit of the board nor a time",
                hint: "git log --oneline refs/draft/board")
        }
    }

    private static func milliseconds(_ bytes: [UInt8]) -> Int64? {
        let date = String(decoding: bytes.prefix(10), as: UTF8.self)
        if bytes.count == 10 {
            return Timestamp("\(date)T23:59:59.999Z")?.milliseconds
        }
        guard bytes.count >= 17, [0x54, 0x74, 0x20].contains(bytes[10]) else { return nil }
        let zone = zoneStart(bytes)
        var clock = String(decoding: bytes[11..<zone], as: UTF8.self)
        if clock.utf8.count == 5 { clock += ":00" }
        if clock.utf8.count == 8 { clock += "." }
        guard clock.utf8.count > 8, clock.utf8.count <= 18 else { return nil }
        let padded =
            String(clock.prefix(12)) + String(repeating: "0", count: max(0, 12 - clock.count))
        guard let offset = minutes(bytes[zone...]) else { return nil }
        return (Timestamp("\(date)T\(padded)Z")?.milliseconds).map { $0 - offset * 60_000 }
    }

    private static func zoneStart(_ bytes: [UInt8]) -> Int {
        bytes[11...].firstIndex { [0x5a, 0x7a, 0x2b, 0x2d].contains($0) } ?? bytes.count
    }

    /// The minutes east of Greenwich of `Z`, `+02:00` or `+0200`.
    private static func minutes(_ zone: ArraySlice<UInt8>) -> Int64? {
        guard let sign = zone.first else { return nil }
        if sign == 0x5a || sign == 0x7a { return zone.count == 1 ? 0 : nil }
        let digits = zone.dropFirst().filter { $0 != 0x3a }
        guard digits.count == 4, digits.allSatisfy({ (0x30...0x39).contains($0) }),
            let number = Int64(String(decoding: digits, as: UTF8.self)), number % 100 < 60
        else { return nil }
        return (sign == 0x2d ? -1 : 1) * (number / 100 * 60 + number % 100)
    }
}

extension PointInTime {
    /// Finds the commit in the history of the board.
    func commit(before tip: ObjectID, in repository: Repository) throws -> ObjectID {
        switch self {
        case .commit(let prefix): try Self.find(prefix, from: tip, in: repository)
        case .time(let time): try Self.last(before: time, from: tip, in: repository)
        }
    }

    private static func find(
        _ prefix: String, from tip: ObjectID, in repository: Repository
    ) throws -> ObjectID {
        var hits: [ObjectID] = []
        try walk(from: tip, in: repository) { commit in
            if "\(commit.id)".hasPrefix(prefix) { hits.append(commit.id) }
            return hits.isEmpty || prefix.utf8.count < 40
        }
        guard let hit = hits.first else {
            throw CommandError(
                "the board has no commit '\(prefix)'", hint: "git log --oneline refs/draft/board")
        }
        guard hits.count == 1 else {
            throw CommandError("'\(prefix)' begins \(hits.count) commits of the board")
        }
        return hit
    }

    private static func last(
        before time: Int64, from tip: ObjectID, in repository: Repository
    ) throws -> ObjectID {
        var best: (id: ObjectID, rank: (Int64, Int64))?
        // Whole seconds, rounded down: of a commit these may be any number.
        let seconds = (time < 0 ? time - 999 : time) / 1000
        try walk(from: tip, in: repository) { commit in
            guard commit.committer.seconds <= seconds else { return true }
            let lamport = commit.trailer("Draft-Time").flatMap(Int64.init) ?? 0
            let rank = (lamport, commit.committer.seconds)
            if best.map({ $0.rank < rank }) ?? true { best = (commit.id, rank) }
            return false
        }
        guard let best else {
            let text = Timestamp(milliseconds: time).description
            throw CommandError("there was no board yet at \(text)")
        }
        return best.id
    }

    /// Visits a commit and, if the visitor says so, what it follows.
    private static func walk(
        from tip: ObjectID, in repository: Repository, _ visit: (Commit) -> Bool
    ) throws {
        var seen: Set<ObjectID> = [tip]
        var queue = [tip]
        while let next = queue.popLast() {
            let commit = try repository.readCommit(next)
            guard visit(commit) else { continue }
            for parent in commit.parents where seen.insert(parent).inserted {
                queue.append(parent)
            }
        }
    }
}

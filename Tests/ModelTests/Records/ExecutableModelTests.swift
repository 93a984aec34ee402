import Foundation
import Model
import Testing

@Suite struct ExecutableModelTests {
    @Test func `the executable model keeps its promises in random histories`() throws {
        let (status, printed) = try ExecutableModel.run("check.py", "300")
        let text = String(decoding: printed, as: UTF8.self)
        #expect(status == 0 && text.contains("P13") && !text.contains("FAIL"), "\(text)")
    }

    @Test func `the runner notices a rule that is missing`() throws {
        let (status, printed) = try ExecutableModel.run("check.py", "20", "1", "--off", "void")
        #expect(status == 1 && String(decoding: printed, as: UTF8.self).contains("FAIL"))
    }

    @Test(arguments: [1, 151])
    func `records become what the executable model makes of them`(seed: Int) throws {
        let (status, printed) = try ExecutableModel.run("export.py", "150", "\(seed)")
        try #require(status == 0, "\(String(decoding: printed.suffix(2000), as: UTF8.self))")
        var replay = Replay(frames: printed.split(separator: 0))
        while try replay.next() {}
        #expect(replay.commits > 3000 && replay.twins > 300 && replay.refusals > 1000)
    }
}

/// The histories of the executable model, done once more.
private struct Replay {
    /// A version of a record, and the events behind it.
    struct Version {
        var record: Record
        var events: Set<String>
    }

    let frames: [Data]
    var position = 0
    var seed: Int64 = 0
    var states: [[String: Version]] = []
    var commits = 0
    var twins = 0
    var refusals = 0

    init(frames: [Data]) { self.frames = frames }

    /// Does what the next frame says; `false` after the last one.
    mutating func next() throws -> Bool {
        guard position < frames.count else { return false }
        let frame = try JSON(parsing: Array(take()))
        if let seed = frame["seed"]?.integer {
            (self.seed, states) = (seed, [])
            return true
        }
        let commit = try ModelCommit(frame)
        let state = try state(after: commit)
        for (name, meaning) in commit.records {
            try compare(try #require(state[name], place(name)), meaning, to: take(), name)
        }
        states.append(state)
        commits += 1
        try refuse(commit, in: state)
        for twin in commit.twins { try join(twin) }
        return true
    }

    private mutating func take() -> Data {
        defer { position += 1 }
        return frames[position]
    }

    private func place(_ name: String) -> Comment {
        "history \(seed), commit \(states.count), record \(name)"
    }

    /// What a commit means: its events, applied to its parents' joined meanings.
    private func state(after commit: ModelCommit) throws -> [String: Version] {
        var state = commit.parents.first.map { states[$0] } ?? [:]
        for parent in commit.parents.dropFirst() {
            for (name, theirs) in states[parent] {
                state[name] = state[name].map { Self.join($0, theirs) } ?? theirs
            }
        }
        let before = state
        for event in try commit.events.map(Event.init(model:)) {
            state[event.subjectID] = try apply(event, to: before)
        }
        return state
    }

    private func apply(_ event: Event, to state: [String: Version]) throws -> Version {
        let old = state[event.subjectID]
        let ticket = (old?.record.value("ticket_id") ?? event.writes["ticket_id"])?.string
        let record = try Record.applying(
            event, kind: event.subjectKind, to: old?.record,
            ticketFence: ticket.flatMap { state[$0]?.record.fence } ?? 0)
        return Version(record: record, events: (old?.events ?? []).union([event.id]))
    }

    private static func join(_ left: Version, _ right: Version) -> Version {
        let record = Record.join(
            left.record, right.record, leftKnows: left.events.contains,
            rightKnows: right.events.contains)
        return Version(record: record, events: left.events.union(right.events))
    }

    private func compare(
        _ version: Version, _ meaning: JSON, to expected: Data, _ name: String
    ) throws {
        let record = version.record
        let stored = record.stored
        let bytes = stored.canonical
        try #require(Data(bytes) == expected, place(name))
        #expect(record.isHidden == meaning["hidden"]?.bool, place(name))
        if record.kind == .ticket {
            #expect(record.statusAsRead == meaning["status"], place(name))
        }
        guard commits % 4 == 0 else { return }
        #expect(record.digest == meaning["seen"]?.string, place(name))
        let again = try Record(kind: record.kind, id: name, stored: JSON(parsing: bytes))
        #expect(again == record, place(name))
    }

    /// Events that are out of order must not apply.
    private mutating func refuse(_ commit: ModelCommit, in state: [String: Version]) throws {
        for event in try commit.refused.map(Event.init(model:)) {
            refusals += 1
            #expect(throws: ChangeError.self, place(event.subjectID)) {
                _ = try apply(event, to: state)
            }
        }
    }

    /// Joins a record with one that a copied replica wrote.
    private mutating func join(_ twin: JSON) throws {
        twins += 1
        let name = try #require(twin["record"]?.string)
        let left = states[Int(try #require(twin["left"]?.integer))][name]
        let right = states[Int(try #require(twin["right"]?.integer))][name]
        let (mine, theirs) = (try #require(left), try #require(right))
        let kind = mine.record.kind
        let other = Version(
            record: try Record(kind: kind, id: name, stored: JSON(parsing: Array(take()))),
            events: theirs.events)
        let expected = take()
        for joined in [Self.join(mine, other), Self.join(other, mine)] {
            #expect(Data(joined.record.stored.canonical) == expected, place("\(name), twin"))
        }
    }
}

internal import Synchronization

/// The objects that a transaction wrote, so that they can be written again.
///
/// A `git gc --prune=now` that started before a reference moved may delete what it has just come
/// to point at; ``Repository/acknowledge(_:waiting:)`` puts that right from here.
public final class WriteJournal: Sendable {
    struct Entry: Sendable {
        let id: ObjectID
        let kind: ObjectKind
        let bytes: [UInt8]
    }

    private let entries = Mutex<[Entry]>([])

    /// Creates an empty journal.
    public init() {}

    /// How many objects it holds.
    public var count: Int { entries.withLock { $0.count } }

    func record(_ id: ObjectID, _ kind: ObjectKind, _ bytes: [UInt8]) {
        entries.withLock { $0.append(Entry(id: id, kind: kind, bytes: bytes)) }
    }

    var all: [Entry] { entries.withLock { $0 } }
}

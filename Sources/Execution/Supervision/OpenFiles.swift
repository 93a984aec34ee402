internal import CProcess

/// The files without a name that a tree of processes keeps, each once.
struct OpenFiles {
    /// Whether descriptors wait in sockets, which lead to files that nobody can look at.
    let isSending: Bool

    private var open: [Key: Int64] = [:]
    private var mapped: [Key: Int64] = [:]

    private struct Key: Hashable {
        let device: UInt64
        let number: UInt64
    }

    /// Looks at all that is open in any thread, and at what is mapped.
    init(_ entries: [cprocess_entry], areMemory: Bool) {
        var isSending = false
        for entry in entries where entry.ended == 0 {
            for thread in Self.tables(entry) {
                for file in Self.unnamed(thread) where (file.is_memory != 0) == areMemory {
                    open[Key(device: file.device, number: file.number)] = file.bytes
                }
                isSending = isSending || cprocess_in_flight(thread) > 0
            }
            for file in Self.mappings(entry.thread) where (file.is_memory != 0) == areMemory {
                let key = Key(device: file.device, number: file.number)
                mapped[key] = max(mapped[key] ?? 0, file.bytes)
            }
        }
        self.isSending = isSending
    }

    /// What the open files take, but those of some devices.
    func bytes(but isKnown: (UInt64) -> Bool = { _ in false }) -> Int64 {
        Self.sum(open.filter { !isKnown($0.key.device) }.values)
    }

    /// What those take at most that are only mapped, as far as they are mapped.
    func mappedBytes(but isKnown: (UInt64) -> Bool = { _ in false }) -> Int64 {
        Self.sum(mapped.filter { !isKnown($0.key.device) && open[$0.key] == nil }.values)
    }

    /// More than any machine has, and little enough to be added to.
    private static let most = Int64.max / 4

    /// Adds up sizes, of which a program can claim any: a file may be mapped far beyond its end.
    private static func sum(_ sizes: some Sequence<Int64>) -> Int64 {
        sizes.reduce(0) { min($0 + min(max($1, 0), most), most) }
    }

    private static func tables(_ entry: cprocess_entry) -> [Int32] {
        guard entry.threads > 1 else { return [entry.thread] }
        return unsafe Descendants.listing(capacity: 32, empty: 0) {
            unsafe cprocess_tables(entry.pid, $0, $1)
        }
    }

    private static func unnamed(_ thread: Int32) -> [cprocess_file] {
        unsafe Descendants.listing(capacity: 32, empty: cprocess_file()) {
            unsafe cprocess_unnamed(thread, $0, $1)
        }
    }

    private static func mappings(_ thread: Int32) -> [cprocess_file] {
        unsafe Descendants.listing(capacity: 32, empty: cprocess_file()) {
            unsafe cprocess_mapped(thread, $0, $1)
        }
    }
}

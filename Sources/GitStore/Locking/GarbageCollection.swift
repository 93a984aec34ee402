internal import Glibc
internal import Synchronization

extension Repository {
    /// Waits until no `git gc` is running in this repository.
    ///
    /// - Parameter limit: How long to wait.
    /// - Throws: ``GitError`` with code ``GitError/Code/locked`` if one is still running then.
    public func awaitGarbageCollection(waiting limit: Duration = .seconds(60)) throws(GitError) {
        var backoff = Backoff(waiting: limit)
        while let process = garbageCollector() {
            guard backoff.pause() else {
                throw GitError(
                    .locked, "git gc is running (process \(process)); try again when it is done")
            }
        }
    }

    /// Makes sure that what a reference has just come to point at is there to stay.
    ///
    /// To be called after the reference moved and before anybody is told so. A collection that
    /// started before may still delete what was unreachable then, hence the wait; one that starts
    /// later sees the reference.
    ///
    /// - Parameters:
    ///   - journal: All objects that were written.
    ///   - limit: How long to wait for a collection.
    /// - Returns: How many objects had to be written again.
    /// - Throws: ``GitError`` with code ``GitError/Code/locked`` if a collection outlives the
    ///   limit; the reference has moved all the same, and this may be called again.
    @discardableResult
    public func acknowledge(
        _ journal: WriteJournal, waiting limit: Duration = .seconds(60)
    ) throws(GitError) -> Int {
        try awaitGarbageCollection(waiting: limit)
        return try state.withLock { (state) throws(GitError) in
            try state.objects.restore(journal.all)
        }
    }

    /// The process that collects garbage, as `gc.pid` says; `nil` if it is gone.
    private func garbageCollector() -> Int32? {
        guard let line = Discovery.firstLine(of: "\(commonDirectory)/gc.pid") else { return nil }
        let words = line.split(separator: " ", maxSplits: 1)
        guard words.count == 2, let process = Int32(words[0]), process > 0,
            String(words[1]) == Self.hostName
        else { return nil }
        return kill(process, 0) == 0 || errno == EPERM ? process : nil
    }

    private static let hostName: String = {
        var bytes = [CChar](repeating: 0, count: 256)
        _ = bytes.withUnsafeMutableBufferPointer { buffer in
            buffer.baseAddress.map { gethostname($0, buffer.count - 1) }
        }
        return String(
            decoding: bytes.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
    }()
}

public import Model

extension Snapshot {
    /// Returns the events of some records, in the order in which they were made.
    ///
    /// The names of the files say whose events they are, so that no other is read.
    public func events(of subjects: Set<String>) throws -> [Event] {
        var events: [Event] = []
        for path in try eventFolders(after: 0) {
            for file in try repository.tree(path) where file.name.hasSuffix(".json") {
                let subject = file.name.prefix { $0 != "-" }
                guard subjects.contains(String(subject)) else { continue }
                let blob = try repository.readBlob(file.id, limit: JSON.maximumRecordSize)
                events.append(try Event(stored: JSON(parsing: blob)))
            }
        }
        return events.sorted { ($0.lamport, $0.replica, $0.n) < ($1.lamport, $1.replica, $1.n) }
    }
}

internal import GitStore

/// The places for jobs that run at once in this clone: kernel locks, given back on death.
enum Slots {
    /// Waits for a free place.
    ///
    /// - Returns: The place, held while the value lives; `nil` if a stop came first.
    static func take(
        _ count: Int, in directory: String, stop: StopSignal, repository: Repository
    ) throws -> Slot? {
        try repository.makeDirectory(directory)
        while !stop.isRequested {
            for number in 0..<max(1, count) {
                if let slot = try Slot(directory + "/\(number)") { return slot }
            }
            _ = try ChildHandle.wait(any: [], timeout: .milliseconds(50), stop: stop)
        }
        return nil
    }
}

/// A kernel lock that lives as long as a reference to it.
final class Slot {
    private let lock: FileLock

    /// Takes the lock, or returns `nil` if somebody has it.
    init?(_ path: String) throws {
        guard let lock = try FileLock.tryLock(path) else { return nil }
        self.lock = lock
    }
}

extension JobFiles {
    /// The file that whoever started the job holds locked until it has seen its end.
    ///
    /// A job that neither this one nor ``lock`` is held for is nobody's.
    var launch: String { "\(directory)/launch" }

    /// The file that is held locked while a checkout beside the agent's directory is in use.
    var checkout: String { "\(directory)/checkout" }
}
